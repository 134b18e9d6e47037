import { expect } from 'vitest';
import type { Desired } from '../../src/config/desired.ts';
import { loadDesired } from '../../src/config/load.ts';
import { type Code, CodexLinkError, type Finding } from '../../src/diagnostics/diagnostics.ts';
import type { Facts, FileInfo, Machine } from '../../src/machine/machine.ts';
import { MachineError } from '../../src/machine/machine.ts';

/** What stands at a path: text, bytes, a folder, a file that may not be read, or a file that is too large to be made. */
export type Stands = string | Uint8Array | 'FOLDER' | 'DENIED' | { readonly size: number };

/** A machine that has files and can do nothing but look at them. Everything else fails, so that loading proves to need no more. */
export function readOnlyMachine(files: Readonly<Record<string, Stands>>, facts: Partial<Facts> = {}): Machine {
  const home = facts.home ?? '/home/me';
  const separator = home.includes('\\') ? '\\' : '/';
  const folders = new Set(Object.keys(files).flatMap((path) => parents(path, separator)));
  const door: Pick<Machine, 'facts' | 'stat' | 'read' | 'list'> = {
    facts: {
      os: 'linux',
      simulated: false,
      env: { HOME: home },
      home,
      user: 'me',
      uid: 1000,
      host: 'testhost',
      pid: 1,
      cwd: home,
      ...facts,
    },
    async stat(path): Promise<FileInfo | null> {
      const stands = files[path];
      const info = { mode: 0o644, uid: 1000, modified: 0 };
      if (stands === undefined) return folders.has(path) ? { ...info, kind: 'folder', size: 0 } : null;
      if (stands === 'FOLDER') return { ...info, kind: 'folder', size: 0 };
      const size = typeof stands === 'string' || stands instanceof Uint8Array ? stands.length : stands.size;
      return { ...info, kind: 'file', size };
    },
    async read(path) {
      const stands = files[path];
      if (stands === undefined) throw new MachineError('ENOENT', `${path} does not exist`, path);
      if (stands === 'FOLDER') throw new MachineError('EISDIR', `${path} is a folder`, path);
      if (stands === 'DENIED') throw new MachineError('EACCES', `${path}: permission denied`, path);
      if (typeof stands === 'string') return new TextEncoder().encode(stands);
      if (stands instanceof Uint8Array) return stands;
      throw new Error(`${path} is too large to be read`);
    },
    async list(path) {
      const below = Object.keys(files).filter((file) => file.startsWith(path + separator));
      return below.map((file) => file.slice(path.length + 1).split(separator)[0]!).sort();
    },
  };
  return new Proxy(door as unknown as Machine, {
    get: (target, name) => {
      if (name in target) return target[name as keyof Machine];
      throw new Error(`loading a desired state must not use ${String(name)}`);
    },
  });
}

function parents(path: string, separator: string): string[] {
  const parts = path.split(separator);
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join(separator));
}

export const mainFile = '/home/me/codex-link.yaml';

export interface World {
  readonly facts?: Partial<Facts>;
  /** Other files, by path. */
  readonly files?: Readonly<Record<string, Stands>>;
}

/** Loads the text as ./codex-link.yaml. */
export function load(text: Stands, { facts = {}, files = {} }: World = {}): Promise<Desired> {
  return loadDesired(readOnlyMachine({ [mainFile]: text, ...files }, facts));
}

/** Everything that is wrong, or nothing. Any other failure than a `CodexLinkError` fails the test. */
export async function findingsOf(loading: Promise<unknown>): Promise<readonly Finding[]> {
  try {
    await loading;
    return [];
  } catch (error) {
    if (error instanceof CodexLinkError) return error.findings;
    throw error;
  }
}

/** One bad input, and the one finding that is expected of it. */
export interface BadCase {
  readonly name: string;
  /** The text; `‸` stands right before the place that the finding has to name. */
  readonly yaml: string;
  readonly code: Code;
  /** Parts of the message. */
  readonly says: readonly string[];
  /** Part of the fix: the next thing to type. */
  readonly fix: string;
  readonly world?: World;
  /** Another file than ./codex-link.yaml in which the place is, marked there. */
  readonly inFile?: string;
}

/** The text without its marker, and where that was. */
export function marked(text: string): { text: string; line: number; column: number } {
  const before = text.slice(0, Math.max(0, text.indexOf('‸')));
  const lines = before.split('\n');
  return { text: text.replace('‸', ''), line: lines.length, column: [...lines.at(-1)!].length + 1 };
}

/** Loads the bad input and expects exactly the one finding at the marked place. */
export async function expectOneFinding({ yaml, code, says, fix, world = {}, inFile }: BadCase): Promise<void> {
  const main = marked(yaml);
  const others = Object.fromEntries(
    Object.entries(world.files ?? {}).map(([path, text]) => [path, typeof text === 'string' ? marked(text) : text]),
  );
  const files = Object.fromEntries(
    Object.entries(others).map(([path, one]) => [path, typeof one === 'object' && 'text' in one ? one.text : one]),
  );
  const place = inFile === undefined ? main : (others[inFile] as ReturnType<typeof marked>);
  const findings = await findingsOf(load(main.text, { ...world, files: files as Record<string, Stands> }));
  expect(findings.map((one) => `${one.file}:${one.line}:${one.column} ${one.code}`)).toEqual([
    `${inFile ?? mainFile}:${place.line}:${place.column} ${code}`,
  ]);
  for (const part of says) expect(findings[0]!.message).toContain(part);
  expect(findings[0]!.fix).toContain(fix);
  expect(findings[0]!.severity).toBe('error');
}
