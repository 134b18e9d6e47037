import { posix, win32 } from 'node:path';
import type { Facts } from '../machine/machine.ts';

/** What paths in the YAML are resolved with. */
export interface Paths {
  /** `~` becomes the home folder, a relative path starts from the folder. */
  resolve(folder: string, text: string): string;
  dirname(path: string): string;
  join(...parts: string[]): string;
  isAbsolute(path: string): boolean;
  /** True when the path lies inside the folder. */
  isInside(folder: string, path: string): boolean;
  /** $CODEX_HOME, else ~/.codex. */
  readonly codexHome: string;
}

/**
 * Paths as this machine writes them. The home folder decides and not the OS: `--os win32` on Linux plans for Windows with the
 * files that are here.
 */
export function pathsOf(facts: Facts): Paths {
  const style = /^([A-Za-z]:|\\\\)/.test(facts.home) ? win32 : posix;
  const resolve = (folder: string, text: string) => {
    if (text === '~') return facts.home;
    if (isHomeRelative(text)) return style.join(facts.home, text.slice(2));
    return style.resolve(folder, text);
  };
  const fromEnvironment = facts.env.CODEX_HOME;
  return {
    resolve,
    dirname: style.dirname,
    join: style.join,
    isAbsolute: style.isAbsolute,
    isInside: (folder, path) => {
      const relative = style.relative(folder, path);
      return relative !== '' && relative !== '..' && !relative.startsWith(`..${style.sep}`) && !style.isAbsolute(relative);
    },
    codexHome: fromEnvironment ? style.resolve(facts.cwd, fromEnvironment) : style.join(facts.home, '.codex'),
  };
}

const isHomeRelative = (text: string) => text.startsWith('~/') || text.startsWith('~\\');

/** `~somebody/file`: the shell would look up another user's home, codex-link does not. */
export const namesAnotherHome = (text: string) => text.startsWith('~') && text !== '~' && !isHomeRelative(text);
