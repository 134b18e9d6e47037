import { dirname } from 'node:path';
import { configPath } from '../codex/home.ts';
import { masking, sensitiveValues } from '../codex/sensitive.ts';
import { acceptance } from '../codex/staged.ts';
import type { Desired } from '../config/desired.ts';
import { CodexLinkError, type Finding, finding } from '../diagnostics/diagnostics.ts';
import { followLinks } from '../machine/links.ts';
import { decodeUtf8, type Machine, readBytes } from '../machine/machine.ts';
import type { State } from '../planner/state.ts';
import { type Resource, type Verdict, verdict } from '../resources/resource.ts';
import type { Edit } from '../toml/intent.ts';
import { isTable, type Parsed, type ParsedTable, parseToml } from '../toml/read.ts';
import type { TomlValue } from '../toml/value.ts';
import { type ChangedFile, type Generation, isOursAlone, type Snapshot, snapshotAt } from './generation.ts';
import { fingerprintOf } from './record.ts';
import { unseal } from './sealed.ts';

interface Actual {
  readonly bytes: Uint8Array | null;
  readonly mode: number | null;
  /** What the file is to be; undefined: it cannot be told. */
  readonly target: Uint8Array | null | undefined;
}

/** What a rollback to one generation is made from. */
export interface RollbackTo {
  readonly generations: readonly Generation[];
  readonly number: number;
  readonly desired: Desired;
  readonly state: State;
}

/**
 * The files as they were just after a generation. A file that nobody else has touched since gets its very bytes back; of a config.toml
 * that somebody has edited since, only the keys that codex-link has ever set are put back, and everybody's edits stay.
 */
export async function rollbackResources(machine: Machine, to: RollbackTo): Promise<Resource[]> {
  const config = await followLinks(machine, configPath(machine));
  const helper = await followLinks(machine, to.desired.helper.path);
  return [fileResource('helper', helper, to, []), fileResource('provider', config, to, ['helper'])] as Resource[];
}

/** What a rollback leaves as it is, for the plan to say before it starts. */
export async function notRolledBack(machine: Machine, { generations, number }: RollbackTo): Promise<Finding[]> {
  const config = await followLinks(machine, configPath(machine));
  const later = generations.filter((one) => one.number > number);
  const files = new Set(later.flatMap((one) => one.files).flatMap((file) => (isKept(file) ? [] : [file.path])));
  files.delete(config); // its own resource says what becomes of it
  const findings = [...files].map((path) =>
    finding('CL0019', `${path} holds a secret, so nothing of it was kept: it stays as it is`, { file: path }),
  );
  const others = new Set(
    later.flatMap((one) => one.resources.map(({ address }) => address)).filter((one) => !ROLLED_BACK.test(one)),
  );
  if (others.size > 0) findings.push(finding('CL0019', `not rolled back: ${[...others].sort().join(', ')}`));
  return findings;
}

/** Rolled back, or nothing to roll back; dotenv and environment are told by their files. */
const ROLLED_BACK = /^(provider|helper|dotenv|environment|verification|app|gateway)$/;

function isKept({ before, after }: ChangedFile): boolean {
  return before?.text !== null && after?.text !== null;
}

function fileResource(kind: 'provider' | 'helper', path: string, to: RollbackTo, dependsOn: readonly string[]): Resource<Actual> {
  const { generations, number, state } = to;
  const snapshot = snapshotAt(generations, number, path);

  return {
    kind,
    address: kind,
    dependsOn,

    async read(machine: Machine): Promise<Actual> {
      const bytes = await readBytes(machine, path);
      const mode = (await machine.stat(path))?.mode ?? null;
      return { bytes, mode, target: snapshot === undefined ? bytes : await targetOf(bytes, snapshot) };
    },

    diff({ bytes, target, mode }: Actual): Verdict {
      if (snapshot === undefined) return verdict('in-sync', `no generation has changed ${path}`);
      if (target === undefined) {
        const message = `${path} as it was in generation ${number} cannot be made again: a secret that stood in it is gone`;
        return verdict('manual', message, {
          command: `edit ${path}`,
          findings: [finding('CL0019', message, { resource: kind, file: path })],
        });
      }
      const sameMode = snapshot === null || mode === snapshot.mode;
      if (same(bytes, target) && sameMode) return verdict('in-sync', `${path} is as it was in generation ${number}`);
      const [before, after] = [bytes, target].map((one) => (one === null ? null : new TextDecoder().decode(one)));
      const status = bytes === null ? 'create' : target === null ? 'delete' : 'update';
      return verdict(status, `as it was in generation ${number}`, {
        fileChange: {
          path,
          before: before ?? null,
          after: after ?? null,
          mask: masking([...secretsOf(before), ...secretsOf(after)]),
        },
        consequences: kind === 'provider' ? ['the YAML still says otherwise: the next codex-link apply goes forward again'] : [],
      });
    },

    async converge(machine: Machine, { bytes, target }: Actual): Promise<void> {
      if (target === undefined) return;
      if (target === null) return machine.remove(path);
      if (kind === 'provider') await accepted(machine, decodeUtf8(target, path), path);
      await machine.makeFolder(dirname(path), 0o700);
      await machine.write(path, target, { expect: bytes, ...(snapshot ? { mode: snapshot.mode } : {}) });
    },

    wanted: () => null,
  };

  async function targetOf(bytes: Uint8Array | null, wanted: Snapshot | null): Promise<Uint8Array | null | undefined> {
    const text = bytes === null ? '' : decodeUtf8(bytes, path);
    const now = bytes === null ? null : fingerprintOf(bytes, state.fingerprintKey);
    if (kind === 'helper' || isOursAlone(generations, number, path, now)) {
      if (wanted === null) return null;
      const whole = wanted.text === null ? null : unseal(wanted.text, secretsOf(text), state.fingerprintKey);
      if (whole !== null) return new TextEncoder().encode(whole);
      if (kind === 'helper') return undefined;
    }
    if (wanted !== null && wanted.text === null) return undefined;
    return new TextEncoder().encode(await withKeysOf(text, wanted?.text ?? '', generations));
  }
}

/** The text with every key that codex-link has ever set as it stands in the other text; keys that do not stand there go. */
async function withKeysOf(text: string, other: string, generations: readonly Generation[]): Promise<string> {
  const { editToml } = await import('../toml/edit.ts');
  const [now, then] = [parseToml(text), parseToml(other)];
  const managed = managedPaths(generations);
  // A table that was not there goes whole: without our keys Codex would refuse what is left of it, and the file with it.
  const tables = new Set(managed.flatMap(([parent, id]) => (parent === 'model_providers' && id !== undefined ? [id] : [])));
  const made = [...tables].filter(
    (id) => at(then, ['model_providers', id]) === undefined && at(now, ['model_providers', id]) !== undefined,
  );
  const edits = managed.flatMap((path): Edit[] => {
    if (path[0] === 'model_providers' && made.includes(path[1] ?? '')) return [];
    const value = at(then, path);
    if (value === undefined) return at(now, path) === undefined ? [] : [{ op: 'delete', path }];
    return isTable(value) ? [] : [{ op: 'set', path, value: value as TomlValue }];
  });
  return editToml(text, [...edits, ...made.map((id): Edit => ({ op: 'delete', path: ['model_providers', id] }))]);
}

/** Every key that codex-link has set in config.toml, as far as generations remember. */
function managedPaths(generations: readonly Generation[]): string[][] {
  const dotted = new Set(generations.flatMap(({ applied }) => (isRecord(applied.provider) ? Object.keys(applied.provider) : [])));
  return [...dotted].map((name) => {
    const path: string[] = [];
    for (let table: Parsed | undefined = parseToml(`${name} = 0`); isTable(table); table = table[path.at(-1) ?? '']) {
      path.push(Object.keys(table)[0] ?? '');
    }
    return path;
  });
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function at(table: ParsedTable, path: readonly string[]): Parsed | undefined {
  let value: Parsed | undefined = table;
  for (const key of path) value = isTable(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  return value;
}

/** The secrets of other people in a config.toml; none where it is none. */
function secretsOf(text: string | null | undefined): string[] {
  try {
    return sensitiveValues(parseToml(text ?? ''));
  } catch {
    return [];
  }
}

/** Codex's own parser has the last word, as with every change of the file. */
async function accepted(machine: Machine, text: string, path: string): Promise<void> {
  const answer = await acceptance(machine, text);
  if (answer.state !== 'refused') return;
  const { line } = answer;
  throw new CodexLinkError(
    finding('CL1003', `Codex would refuse the file as it was: ${answer.why}`, { resource: 'provider', file: path, line }),
  );
}

function same(a: Uint8Array | null, b: Uint8Array | null): boolean {
  return a === null || b === null ? a === b : Buffer.compare(a, b) === 0;
}
