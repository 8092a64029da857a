#!/usr/bin/env bash
# What action.yml runs: signet with the inputs, which come as environment variables. Its exit code is that of signet.
set -uo pipefail

main() {
  local program=${SIGNET_PROGRAM:-signet} code=0
  command -v -- "$program" > /dev/null || usage "the program signet is not on PATH: install it in an earlier step, or name it (input signet)"
  args=()
  case ${SIGNET_COMMAND:-verify} in
    verify) verify_arguments ;;
    sign) sign_arguments ;;
    refresh) refresh_arguments ;;
    *) usage "the input command is verify, sign or refresh" ;;
  esac
  [ -z "${SIGNET_STATE:-}" ] || args+=("--state=$SIGNET_STATE")
  [ -z "${SIGNET_REGISTRY_CONFIG:-}" ] || args+=("--registry-config=$SIGNET_REGISTRY_CONFIG")
  "$program" "${args[@]}" ${references[@]+-- "${references[@]}"} || code=$?
  if [ "$code" != 0 ]; then
    case ${SIGNET_COMMAND:-verify} in
      sign) echo "::error title=signet::not signed, or not published (exit code $code)" ;;
      refresh) echo "::error title=signet::not every catalogue is signed anew (exit code $code)" ;;
    esac
  fi
  finish "$code"
}

verify_arguments() {
  local file
  args=(verify --output github)
  lines "${SIGNET_FILES:-}"
  for file in ${found[@]+"${found[@]}"}; do args+=("--file=$file"); done
  lines "${SIGNET_REFERENCES:-}"
  references=(${found[@]+"${found[@]}"})
  [ -z "${SIGNET_POLICY:-}" ] || args+=("--policy=$SIGNET_POLICY")
  [ -z "${SIGNET_KEY:-}" ] || args+=("--key=$SIGNET_KEY")
  [ -z "${SIGNET_WAIT:-}" ] || args+=("--wait=$SIGNET_WAIT")
  is_true tag-bound "${SIGNET_TAG_BOUND:-}" && args+=(--tag-bound)
  is_true strict "${SIGNET_STRICT:-}" && args+=(--strict)
  return 0
}

sign_arguments() {
  args=(sign)
  [ -n "${SIGNET_KEY:-}" ] || usage "sign needs the input key"
  [ -z "${SIGNET_FILES:-}" ] || usage "files is an input of verify"
  if is_true stage "${SIGNET_STAGE:-}"; then
    args+=(--stage)
    [ -z "${SIGNET_POLICY:-}" ] || args+=("--policy=$SIGNET_POLICY")
    [ -z "${SIGNET_WAIT:-}" ] || args+=("--wait=$SIGNET_WAIT")
  else
    [ -z "${SIGNET_POLICY:-}${SIGNET_WAIT:-}${SIGNET_STATE:-}" ] || usage "policy, wait and state are inputs of verify, and of sign with stage"
  fi
  args+=("--key=$SIGNET_KEY")
  lines "${SIGNET_REFERENCES:-}"
  [ ${#found[@]} != 0 ] || usage "sign needs the input references"
  references=("${found[@]}")
}

refresh_arguments() {
  args=(tags refresh)
  [ -n "${SIGNET_POLICY:-}" ] && [ -n "${SIGNET_CATALOGUE_KEY:-}" ] || usage "refresh needs the inputs policy and catalogue-key"
  [ -z "${SIGNET_FILES:-}${SIGNET_KEY:-}${SIGNET_WAIT:-}" ] || usage "files, key and wait are no inputs of refresh"
  args+=("--policy=$SIGNET_POLICY" "--catalogue-key=$SIGNET_CATALOGUE_KEY")
  if is_true cold "${SIGNET_COLD:-}"; then args+=(--cold); fi
  lines "${SIGNET_REFERENCES:-}"
  [ ${#found[@]} != 0 ] || usage "refresh needs the input references: repositories"
  references=("${found[@]}")
}

# lines TEXT: its lines that are not empty, without white space around them, in the array "found".
lines() {
  local line
  found=()
  while IFS= read -r line || [ -n "$line" ]; do
    line=${line%$'\r'}
    line=${line#"${line%%[![:space:]]*}"}
    line=${line%"${line##*[![:space:]]}"}
    [ -z "$line" ] || found+=("$line")
  done <<< "$1"
}

# is_true NAME VALUE: a misspelt yes must not count as no.
is_true() {
  case $2 in
    true) return 0 ;;
    false | "") return 1 ;;
    *) usage "the input $1 is true or false" ;;
  esac
}

usage() {
  echo "::error title=signet::$1"
  finish 2
}

finish() {
  [ -z "${GITHUB_OUTPUT:-}" ] || echo "exit-code=$1" >> "$GITHUB_OUTPUT"
  exit "$1"
}

main
