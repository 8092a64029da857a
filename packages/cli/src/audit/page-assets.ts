import { createHash } from 'node:crypto';

/** As a Content-Security-Policy names an inline script or style. Rule: CSP 3, 2.3.1 `hash-source`. */
export function sourceHash(source: string): string {
  return `sha256-${createHash('sha256').update(source).digest('base64')}`;
}

/** The whole style of the page. */
export const pageStyle: string = `
:root { color-scheme: light dark; font: 15px/1.45 system-ui, sans-serif; }
body { margin: 2rem auto; max-width: 78rem; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; margin-bottom: 1rem; }
th, td { text-align: left; vertical-align: top; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid #8884; overflow-wrap: anywhere; }
#images th:nth-child(1) { width: 9rem; } #images th:nth-child(2), #images th:nth-child(3) { width: 13rem; }
.verified { color: #18794e; } .denied { color: #cd2b31; } .undecided { color: #ad5700; }
summary { cursor: pointer; } dl { margin: .5rem 0; } dt { font-weight: 600; } dd { margin: 0 0 .25rem 1rem; }
#filter label { margin-right: 1rem; } tr.off { display: none; }
@media (prefers-color-scheme: dark) { .verified { color: #4cc38a; } .denied { color: #ff6369; } .undecided { color: #f1a10d; } }
`;

/** The whole script: it hides rows, and nothing else. Without it everything can be read. */
export const pageScript: string = `
'use strict';
(function () {
  var form = document.getElementById('filter');
  var rows = Array.prototype.slice.call(document.querySelectorAll('#images tbody tr'));
  var value = function (id) { return document.getElementById(id).value; };
  function apply() {
    var text = value('text').toLowerCase(), verdict = value('verdict'), code = value('code'), rule = value('rule'), shown = 0;
    rows.forEach(function (row) {
      var data = row.dataset;
      var on = (verdict === '' || data.verdict === verdict) && (code === '' || data.code === code)
        && (rule === '' || data.rule === rule) && (text === '' || row.textContent.toLowerCase().indexOf(text) !== -1);
      row.classList.toggle('off', !on);
      if (on) shown += 1;
    });
    document.getElementById('shown').textContent = shown + ' of ' + rows.length;
  }
  form.addEventListener('input', apply);
  form.addEventListener('submit', function (event) { event.preventDefault(); });
  form.hidden = false;
  apply();
})();
`;
