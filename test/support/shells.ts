/** Asks real shells what they would complete. Each starts without anybody's settings. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import type { FreshHome } from './fresh-home.ts';

/** What a shell offers for the line, the cursor at its end. */
export type Offers = (line: string) => Promise<string[]>;

const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

async function run(home: FreshHome, file: string, args: readonly string[], input = ''): Promise<string> {
  const options = { cwd: home.work, env: home.env, extendEnv: false, reject: false, input, timeout: 20_000 } as const;
  return (await execa(file, args, options)).stdout;
}

function sorted(text: string): string[] {
  return [...new Set(text.split('\n').map((line) => line.trim()))].filter((line) => line !== '').sort();
}

/**
 * bash calls the function of `complete -F` with the words of the line, `=` being one of its own (COMP_WORDBREAKS). Here the function is
 * called the same way; `typed` does it with the real keys.
 */
export function bashOffers(home: FreshHome, script: string): Offers {
  return async (line) => {
    const words = line.split(/ +|(?==)|(?<==)/);
    const set = `COMP_WORDS=(${words.map(quoted).join(' ')}); COMP_CWORD=${words.length - 1}`;
    return sorted(
      await run(home, 'bash', [
        '--norc',
        '--noprofile',
        '-c',
        `source ${quoted(script)}; ${set}; $(complete -p codex-link | sed 's/.*-F \\([^ ]*\\).*/\\1/'); printf '%s\\n' "\${COMPREPLY[@]}"`,
      ]),
    );
  };
}

/** What stands on the line after Tab was pressed at its end in an interactive bash. */
export async function typedInBash(home: FreshHome, script: string, line: string): Promise<string> {
  // Everything is read as if typed: the last key ends the line, and the command is a function that shows its words.
  const keys = `PS1=; codex-link() { printf 'WORD<%s>\\n' "$@"; }; source ${quoted(script)}\n${line}\t\nexit\n`;
  const output = await run(home, 'script', ['-qec', 'bash --norc --noprofile -i', '/dev/null'], keys);
  return [...output.matchAll(/^WORD<([^>\r\n]*)>/gm)].map((match) => match[1]).join(' ');
}

/** fish says it by itself; what follows a tab is the description. */
export function fishOffers(home: FreshHome, script: string): Offers {
  return async (line) => {
    const output = await run(home, 'fish', ['--no-config', '-c', `source ${quoted(script)}; complete -C ${quoted(line)}`]);
    return sorted(output.replaceAll(/\t.*/g, ''));
  };
}

/** zsh completes on a terminal only: one in a terminal of its own gets the keys, and writes down what is added to its list. */
export function zshOffers(home: FreshHome, script: string): Offers {
  return async (line) => {
    const [begin, end] = [join(home.work, 'begin.zsh'), join(home.work, 'offers')];
    const inner = `PS1=
autoload -Uz compinit; compinit -u -D
source ${quoted(script)}
compadd() {
  local -a offered
  [[ " $* " == *\\ -[OAD]\\ * ]] || { builtin compadd -O offered "$@"; print -rl -- $offered >> ${quoted(end)}; }
  builtin compadd "$@"
}
print READY >> ${quoted(end)}
`;
    const outer = `zmodload zsh/zpty
print -r -- ${quoted(inner)} > ${quoted(begin)}
: > ${quoted(end)}
zpty inner zsh -f -i
wait_for() { local i; for i in {1..200}; do grep -q $1 ${quoted(end)} && return; sleep 0.05; done; }
zpty -w inner source ${quoted(begin)}
wait_for READY
zpty -w -n inner ${quoted(line)}$'\\t'
zpty -w -n inner $'\\C-u'"print DONE >> ${end}"$'\\n'
wait_for DONE
zpty -d inner
`;
    await run(home, 'zsh', ['-f', '-c', outer]);
    return sorted(readFileSync(end, 'utf8')).filter((one) => one !== 'READY' && one !== 'DONE');
  };
}
