from registry.example.com/base/python:3.13 as base
onbuild copy --from=registry.example.com/tools/pip-audit:2 / /audit
FROM BASE
run pip install --no-cache-dir -r requirements.txt
