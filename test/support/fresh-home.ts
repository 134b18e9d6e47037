/** A throw-away HOME with a clean environment, so that the real programs can be run without touching anybody's files. */
import { createHash } from 'node:crypto';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { programsBin } from './programs.ts';

export type Environment = Record<string, string>;

export interface FreshHome {
  /** The absolute path that HOME points to. It holds an empty `.codex`. */
  home: string;
  /** A folder beside it to run programs in. */
  work: string;
  /** All of the environment a program gets; nothing of ours leaks in. */
  env: Environment;
  /** The absolute path of something in HOME. */
  path(...parts: string[]): string;
  /** Writes a file in HOME, with its folders. `mode` default 0o644; it is set even where the umask is stricter. */
  write(file: string, content: string, mode?: number): string;
  /** Reads a file in HOME; null when it is not there. */
  read(file: string): string | null;
  /** Every entry below HOME (or a folder of it) with its kind, mode and content hash: two equal trees give equal records. */
  hashTree(folder?: string): Record<string, string>;
  /** Removes all of it. */
  dispose(): void;
}

function hashFolder(root: string, below: string, into: Record<string, string>): void {
  for (const name of readdirSync(join(root, below)).sort()) {
    const relative = below === '' ? name : `${below}/${name}`;
    const path = join(root, relative);
    const info = lstatSync(path);
    const mode = (info.mode & 0o777).toString(8);
    if (info.isSymbolicLink()) {
      into[relative] = `link ${readlinkSync(path)}`;
    } else if (info.isDirectory()) {
      into[relative] = `folder ${mode}`;
      hashFolder(root, relative, into);
    } else if (info.isFile()) {
      into[relative] = `file ${mode} ${createHash('sha256').update(readFileSync(path)).digest('hex')}`;
    } else {
      into[relative] = `other ${mode}`;
    }
  }
}

/**
 * Makes one. HOME and TMPDIR are neighbours: Codex warns, and makes no helper links, when CODEX_HOME lies below TMPDIR.
 * CODEX_HOME is not set; the programs find `~/.codex` by themselves.
 */
export function freshHome(): FreshHome {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'codex-link-')));
  const home = join(root, 'home');
  const work = join(root, 'work');
  const temporary = join(root, 'tmp');
  for (const folder of [join(home, '.codex'), work, temporary]) mkdirSync(folder, { recursive: true });
  const env: Environment = {
    HOME: home,
    PATH: [programsBin, dirname(process.execPath), '/usr/local/bin', '/usr/bin', '/bin'].join(delimiter),
    TMPDIR: temporary,
    TERM: 'xterm-256color', // `codex doctor` warns about a dumb terminal
    NO_COLOR: '1',
    LANG: 'C.UTF-8',
  };
  const path = (...parts: string[]) => join(home, ...parts);
  return {
    home,
    work,
    env,
    path,
    write(file, content, mode = 0o644) {
      const target = path(file);
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, content);
      chmodSync(target, mode);
      return target;
    },
    read(file) {
      try {
        return readFileSync(path(file), 'utf8');
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
        throw error;
      }
    },
    hashTree(folder = '') {
      const tree: Record<string, string> = {};
      hashFolder(path(folder), '', tree);
      return tree;
    },
    dispose() {
      // A program that was just ended may still write for a moment.
      rmSync(root, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
    },
  };
}
