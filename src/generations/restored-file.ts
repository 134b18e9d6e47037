import { dirname } from 'node:path';
import { parsedConfig } from '../codex/parsed-config.ts';
import { masking, sensitiveValues } from '../codex/sensitive.ts';
import { acceptance } from '../codex/staged.ts';
import { CodexLinkError, finding } from '../diagnostics/diagnostics.ts';
import { decodeUtf8, type Machine, readBytes } from '../machine/machine.ts';
import { typed } from '../platform/typed.ts';
import { type Resource, type Verdict, verdict } from '../resources/resource.ts';
import { partsOf } from '../toml/dotted-path.ts';
import type { Edit } from '../toml/intent.ts';
import { isTable, type Parsed, type ParsedTable, parseToml } from '../toml/read.ts';
import type { TomlValue } from '../toml/value.ts';
import type { Snapshot } from './generation.ts';
import { fingerprintOf } from './record.ts';
import { kept } from './released-item.ts';
import { unseal } from './sealed.ts';

interface Actual {
  readonly bytes: Uint8Array | null;
  readonly mode: number | null;
  /** What the file is to be; undefined: it cannot be told. */
  readonly target: Uint8Array | null | undefined;
  /** What a person types to remove it. */
  readonly removal: string;
}

/** A file that is to be again as it was. */
export interface Restoration {
  readonly kind: 'provider' | 'helper';
  /** Where it is not the kind. */
  readonly address?: string;
  readonly path: string;
  readonly dependsOn: readonly string[];
  /** How it was; null: there was none. */
  readonly snapshot: Snapshot | null;
  /** When that was, for people, e.g. `in generation 3`. */
  readonly when: string;
  /** Whether nobody but codex-link has changed it since; `now` is the fingerprint of its bytes, null when there is no file. */
  readonly oursAlone: (now: string | null) => boolean;
  /** Every key of config.toml that codex-link has ever set, in dotted form. */
  readonly keys: readonly string[];
  readonly fingerprintKey: string;
  /** Keeps the provider's table, and gives only the selector and what stands beside it back. */
  readonly keepTable?: boolean;
  readonly consequences?: readonly string[];
  /** Why the file is to be left as it is, given the fingerprint of its bytes, null when there is none; null when it goes back. */
  readonly stays?: (now: string | null) => string | null;
}

/**
 * Puts a file back. One that nobody else has touched since gets its very bytes; of a config.toml that somebody has edited since, only
 * the keys that codex-link has ever set go back, and everybody's edits stay.
 */
export function restoredFile(to: Restoration): Resource<Actual> {
  const { kind, path, snapshot, when, fingerprintKey, address = kind } = to;

  return {
    kind,
    address,
    dependsOn: to.dependsOn,

    async read(machine: Machine): Promise<Actual> {
      const bytes = await readBytes(machine, path);
      const mode = (await machine.stat(path))?.mode ?? null;
      return { bytes, mode, target: await targetOf(bytes), removal: typed(machine.facts.os).remove(path) };
    },

    diff({ bytes, target, mode, removal }: Actual): Verdict {
      if (target === undefined) {
        const message = `${path} as it was ${when} cannot be made again: a secret that stood in it is gone`;
        const findings = [finding('CL0019', message, { resource: address, file: path })];
        return verdict('manual', message, { command: `edit ${path}`, findings });
      }
      const sameMode = target === null || snapshot === null || mode === snapshot.mode;
      if (same(bytes, target) && sameMode) return verdict('in-sync', `${path} is as it was ${when}`);
      const [before, after] = [bytes, target].map((one) => (one === null ? null : new TextDecoder().decode(one)));
      const why = to.stays?.(bytes === null ? null : fingerprintOf(bytes, fingerprintKey)) ?? null;
      if (why !== null) return kept(address, `${path} stays: ${why}`, removal, { file: path });
      const status = bytes === null ? 'create' : target === null ? 'delete' : 'update';
      return verdict(status, `as it was ${when}`, {
        fileChange: {
          path,
          before: before ?? null,
          after: after ?? null,
          mask: masking([...secretsOf(before), ...secretsOf(after)]),
        },
        consequences: to.consequences ?? [],
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

  async function targetOf(bytes: Uint8Array | null): Promise<Uint8Array | null | undefined> {
    const text = bytes === null ? '' : decodeUtf8(bytes, path);
    const whole = kind === 'helper' || to.oursAlone(bytes === null ? null : fingerprintOf(bytes, fingerprintKey));
    if (whole && to.keepTable !== true) {
      if (snapshot === null) return null;
      const opened = snapshot.text === null ? null : unseal(snapshot.text, secretsOf(text), fingerprintKey);
      if (opened !== null) return new TextEncoder().encode(opened);
    }
    if (kind === 'helper' || snapshot?.text === null) return undefined;
    const left = await withKeysOf(text, snapshot?.text ?? '', to);
    // There was no file, and nobody has put anything of their own into ours.
    if (snapshot === null && left.trim() === '') return null;
    return new TextEncoder().encode(left);
  }
}

/** The text with every key that codex-link has ever set as it stands in the other text; keys that do not stand there go. */
async function withKeysOf(text: string, other: string, { path, keys, keepTable = false }: Restoration): Promise<string> {
  const { editToml } = await import('../toml/edit.ts');
  const [now, then] = [parsedConfig(text, path), parsedConfig(other, path)];
  const managed = keys.map(partsOf).filter((path) => !keepTable || path.length === 1);
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

function at(table: ParsedTable, path: readonly string[]): Parsed | undefined {
  let value: Parsed | undefined = table;
  for (const key of path) value = isTable(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  return value;
}

/** The secrets of other people in a config.toml; none where it is none. */
function secretsOf(text: string | null | undefined): string[] {
  try {
    return sensitiveValues(parseToml(text ?? ''), text ?? '');
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
