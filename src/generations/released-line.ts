import { maskedLine, valueIn, withValue } from '../codex/dotenv.ts';
import { followLinks } from '../machine/links.ts';
import { decodeUtf8, hasModes, type Machine, MachineError, readBytes } from '../machine/machine.ts';
import type { Json, Kind, Resource, ValueChange, Verdict } from '../resources/resource.ts';
import { verdict } from '../resources/resource.ts';
import { Secret } from '../secret.ts';
import type { OriginalFile } from './original.ts';
import { fingerprintOf } from './record.ts';
import { kept } from './released-item.ts';

/** A variable in a file of variables that is to go again. */
export interface ReleasedLine {
  readonly kind: Kind & ('dotenv' | 'environment');
  readonly address: string;
  readonly dependsOn: readonly string[];
  readonly path: string;
  readonly name: string;
  /** Why it goes, for people. */
  readonly why: string;
  /** How the file was at first; undefined when codex-link has never changed it. */
  readonly file: OriginalFile | undefined;
  /** False when the file set the variable before codex-link came: its value was not kept, and nobody else's line is taken out. */
  readonly made: boolean;
  /** Whether this is a key that codex-link has written there. */
  readonly isOurs: (key: Secret) => boolean;
  readonly fingerprintKey: string;
  /** Something that stays needs it; null when nothing does. */
  readonly neededBy: string | null;
  /** The key that the gateway takes after this run: any other serves nobody, and in the way of a new one it does harm. */
  readonly inForce: (machine: Machine) => Promise<Secret | null>;
  /** What it was told to be. */
  readonly told: Json;
  /** False when the same run has changed another variable of the file before. */
  readonly first: boolean;
}

interface Actual {
  /** Absolute, links followed. */
  readonly real: string;
  readonly bytes: Uint8Array | null;
  readonly mode: number | null;
  readonly value: string | null;
  /** Only where something needs the line. */
  readonly inForce: Secret | null;
  /** What the file is to be: null, no file. */
  readonly target: Uint8Array | null;
  readonly targetMode: number | null;
}

/** Takes the variable out. A file that nobody else has touched since is byte for byte and with the mode what it was before. */
export function releasedLine(line: ReleasedLine): Resource<Actual> {
  const { path, name, file, fingerprintKey } = line;

  return {
    kind: line.kind,
    address: line.address,
    dependsOn: line.dependsOn,

    async read(machine: Machine): Promise<Actual> {
      const real = await followLinks(machine, path);
      const info = await machine.stat(real);
      const bytes = info?.kind === 'file' ? await readBytes(machine, real) : null;
      const value = bytes === null ? null : valueIn(decodeUtf8(bytes, path), name);
      const mode = info !== null && hasModes(machine.facts) ? info.mode : null;
      const inForce = value === null || line.neededBy === null ? null : await line.inForce(machine);
      const { target, targetMode } = bytes === null ? { target: null, targetMode: null } : targetOf(bytes, value, inForce);
      return { real, bytes, mode, value, inForce, target, targetMode };
    },

    diff({ bytes, mode, value, inForce, target, targetMode }: Actual): Verdict {
      if (bytes === null) return verdict('unmanaged', `${path} does not exist`);
      const why = keptBecause(value, inForce);
      if (same(bytes, target) && (targetMode === null || mode === null || mode === targetMode)) {
        if (why === null) return verdict('unmanaged', `${path} does not set ${name}`);
        return kept(line.address, `${path} still sets ${name}: ${why}`, `edit ${path}`, { file: path });
      }
      const changes: ValueChange[] = [];
      if (!same(bytes, target)) changes.push({ path: name, before: '(sensitive)', after: null, sensitive: true });
      if (target !== null && targetMode !== null && mode !== null && mode !== targetMode)
        changes.push({ path: 'mode', before: mode.toString(8), after: targetMode.toString(8), sensitive: false });
      const [before, after] = [bytes, target].map((one) => (one === null ? null : new TextDecoder().decode(one)));
      return verdict(same(bytes, target) ? 'update' : 'delete', same(bytes, target) ? `${path} gets its mode back` : line.why, {
        changes,
        fileChange: same(bytes, target) ? null : { path, before: before ?? null, after: after ?? null, mask: maskedLine },
      });
    },

    async converge(machine: Machine, planned: Actual): Promise<void> {
      const bytes = await readBytes(machine, planned.real);
      if (bytes === null) return;
      if (line.first && !same(bytes, planned.bytes)) {
        throw new MachineError('ECHANGED', `${path} was changed by somebody else in the meantime`, path);
      }
      const { target, targetMode } = targetOf(bytes, valueIn(decodeUtf8(bytes, path), name), planned.inForce);
      if (target === null) return machine.remove(planned.real);
      await machine.write(planned.real, target, { expect: bytes, ...(targetMode === null ? {} : { mode: targetMode }) });
    },

    /** A line that stays only because it is needed is looked at again, until it is not; but the state knows one of a kind. */
    wanted: ({ value, inForce }) =>
      value !== null && line.address === line.kind && isStillNeeded(new Secret(value), inForce) ? line.told : null,
  };

  function isStillNeeded(key: Secret, inForce: Secret | null): boolean {
    return line.made && line.isOurs(key) && line.neededBy !== null && (inForce === null || inForce.equals(key));
  }

  function keptBecause(value: string | null, inForce: Secret | null): string | null {
    if (value === null) return null;
    const key = new Secret(value);
    if (!line.made) return 'it did so before codex-link came, and what it was set to was not kept';
    if (isStillNeeded(key, inForce)) return line.neededBy;
    return line.isOurs(key) ? null : 'somebody else has changed it since';
  }

  function targetOf(
    bytes: Uint8Array,
    value: string | null,
    inForce: Secret | null,
  ): { target: Uint8Array | null; targetMode: number | null } {
    const { before = null } = file ?? {};
    const text = decodeUtf8(bytes, path);
    const left = value === null || keptBecause(value, inForce) !== null ? text : withValue(text, name, null);
    // The line that we add needs a line end before it, which the original may not have had.
    for (const candidate of before === null ? [] : [left, left.replace(/\r?\n$/, '')]) {
      const encoded = new TextEncoder().encode(candidate);
      if (fingerprintOf(encoded, fingerprintKey) === before?.fingerprint) return { target: encoded, targetMode: before.mode };
    }
    const unknown = file === undefined && left === '' && left !== text;
    if (left === '' && ((file !== undefined && before === null) || unknown)) return { target: null, targetMode: null };
    return { target: left === text ? bytes : new TextEncoder().encode(left), targetMode: null };
  }
}

function same(a: Uint8Array | null, b: Uint8Array | null): boolean {
  return a === null || b === null ? a === b : Buffer.compare(a, b) === 0;
}
