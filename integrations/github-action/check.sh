#!/usr/bin/env bash
# Validates the file that FILE names, and shows its plan. Ends with the exit code of the validation; a plan of a runner always has
# changes, so those are no failure.
set -euo pipefail

code=0
if [ -n "${SARIF:-}" ]; then
  codex-link validate --file "$FILE" --format sarif >"$SARIF" || code=$?
fi
# Once more for people: the same errors, in the log.
codex-link validate --file "$FILE" || exit $?
[ "$code" -eq 0 ] || exit "$code"
[ "${PLAN:-true}" = true ] || exit 0

# No array: with `set -u` an empty one is an error to the bash 3.2 of macOS.
codex-link plan --file "$FILE" ${PLAN_OS:+--os "$PLAN_OS"} || true
outcome=$(codex-link plan --file "$FILE" ${PLAN_OS:+--os "$PLAN_OS"} --json | node -p 'JSON.parse(require("fs").readFileSync(0, "utf8")).outcome ?? "unknown"' || true)
[ -z "${GITHUB_OUTPUT:-}" ] || printf 'outcome=%s\n' "$outcome" >>"$GITHUB_OUTPUT"
