import type { HelperLanguage } from './platform.ts';
import { shellWord } from './shell.ts';

/**
 * The helper as POSIX shell: absolute program paths, nothing from the environment but what a desktop launch is sure to have. It prints
 * the token on one line, or nothing and a reason on standard error, which Codex shows; so the reason never holds the token.
 */
export const posixHelper: HelperLanguage = {
  ending: '',
  word: shellWord,
  currentUser: (program) => `"$(${program('id')} -un)"`,
  programs: ['id'],
  script: (lookup) => `#!/bin/sh
# Written by codex-link: Codex runs it to get the key of the gateway. Do not edit, the next \`codex-link apply\` puts it back.
set -u
LC_ALL=C
fail() {
  printf '%s: %s\\n' cliproxy-token "$1" >&2
  exit 1
}
${lookup}
case $token in
  '') fail 'the stored token is empty: run codex-link apply' ;;
  *[!!-~]*) fail 'the stored token is not one line of printable characters: run codex-link apply' ;;
esac
printf '%s\\n' "$token"
`,
};
