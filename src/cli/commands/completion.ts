import { nearest } from '../../config/nearest.ts';
import { head } from '../../report/json.ts';
import { usage } from '../arguments.ts';
import { bashCompletion } from '../completion/bash.ts';
import { fishCompletion } from '../completion/fish.ts';
import { grammar } from '../completion/grammar.ts';
import { pwshCompletion } from '../completion/pwsh.ts';
import { zshCompletion } from '../completion/zsh.ts';
import { printJson } from '../console.ts';
import type { Command } from '../main.ts';

const SCRIPTS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion, pwsh: pwshCompletion } as const;

/** Prints the script that completes command lines in a shell. It is static: pressing Tab never starts codex-link. */
export const completion: Command = async ({ operands: [asked = ''] }, console) => {
  if (!isShell(asked)) {
    const shells = Object.keys(SCRIPTS);
    const near = nearest(asked, shells);
    throw usage(
      `completion takes ${shells.join(', ')}, not ${JSON.stringify(asked)}${near === null ? '' : `, did you mean ${near}?`}`,
      'completion',
    );
  }
  const script = SCRIPTS[asked](grammar());
  if (console.json) printJson(console, { ...head('completion'), shell: asked, script });
  else console.out(script);
  return 0;
};

function isShell(name: string): name is keyof typeof SCRIPTS {
  return Object.hasOwn(SCRIPTS, name);
}
