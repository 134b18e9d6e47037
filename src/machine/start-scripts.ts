import { win32 } from 'node:path';
import { syncFs } from './builtins.ts';
import type { Command } from './machine.ts';

/** What Windows is asked to start for a command. */
export interface Start {
  readonly file: string;
  readonly args: readonly string[];
  /** The arguments are one command line already, quotes and all. */
  readonly verbatim: boolean;
}

/** Characters that mean nothing to cmd.exe between double quotes. */
const PLAIN = /^[\w .,:;=+@~/\\()[\]{}#-]*$/;

/**
 * What to start for a command on Windows. Scripts (.cmd, .bat) are no programs: Node refuses them without a shell (CVE-2024-27980), and
 * cmd.exe has its own ideas of arguments. The ones that npm, pnpm and yarn write only start a Node script or a program, which is
 * then started without them. Null for a script with arguments that cmd.exe could take for something else.
 */
export function windowsStart({ file, args = [], env }: Command): Start | null {
  if (!isStartScript(file)) return { file, args, verbatim: false };
  const target = targetOf(file, contentOf(file));
  if (target !== null) {
    return /\.exe$/i.test(target)
      ? { file: target, args, verbatim: false }
      : { file: process.execPath, args: [target, ...args], verbatim: false };
  }
  const words = [file, ...args];
  if (!words.every((word) => PLAIN.test(word) && !word.endsWith('\\'))) return null;
  const line = words.map((word) => `"${word}"`).join(' ');
  const shell = win32.join(env.SystemRoot ?? 'C:\\Windows', 'System32', 'cmd.exe');
  return { file: shell, args: ['/d', '/s', '/c', `"${line}"`], verbatim: true };
}

/** Whether Windows takes the file for a script of cmd.exe. */
export function isStartScript(file: string): boolean {
  return /\.(cmd|bat)$/i.test(file);
}

/**
 * The program or Node script that a script of npm's kind starts: its last line names it in quotes, from the script's own folder, and
 * hands all arguments on. Null for any other script. Source: cmd-shim 8.0.0 (npm), @zkochan/cmd-shim (pnpm).
 */
export function targetOf(script: string, text: string): string | null {
  const targets = [...text.matchAll(/"%(?:~dp0|dp0%)\\?([^"%\r\n]+\.(?:exe|[cm]?js))"\s+%\*/gi)].map(([, path = '']) => path);
  const target = targets.at(-1);
  return target === undefined ? null : win32.join(win32.dirname(script), target);
}

function contentOf(file: string): string {
  try {
    return syncFs().readFileSync(file, 'utf8');
  } catch {
    return ''; // starting it says why
  }
}
