import { dirname } from 'node:path';
import { codexHome, configPath } from '../codex/home.ts';
import { type ManagedKey, managedKeys } from '../codex/provider-table.ts';
import { isTable, refusals } from '../codex/rules.ts';
import { masking, sensitiveValues } from '../codex/sensitive.ts';
import { acceptance } from '../codex/staged.ts';
import { writerOf } from '../codex/writer.ts';
import type { Desired } from '../config/desired.ts';
import { CodexLinkError, type Finding, finding } from '../diagnostics/diagnostics.ts';
import { beforeCcsxp } from '../generations/before-ccsxp.ts';
import { decodeUtf8, type Machine, readBytes } from '../machine/machine.ts';
import { type Parsed, type ParsedTable, parseToml, sameMeaning, TomlRefusal } from '../toml/read.ts';
import type { TomlValue } from '../toml/value.ts';
import { meaningOf } from '../toml/write-value.ts';
import { inSyncUnless, type Json, type Resource, type ValueChange, type Verdict, verdict } from './resource.ts';

interface Actual {
  readonly path: string;
  readonly bytes: Uint8Array | null;
  readonly text: string | null;
  readonly config: ParsedTable;
  readonly keys: readonly ManagedKey[];
  /** The managed keys that differ. */
  readonly differing: readonly ManagedKey[];
  /** The file as it should be; the very text when nothing differs. */
  readonly candidate: string | null;
}

/** Our table under `model_providers` in config.toml, and the selector, model and context window beside it. */
export function providerResource(desired: Desired, fingerprintKey: string, dependsOn: readonly string[]): Resource<Actual> {
  const address = 'provider';
  const { provider } = desired;

  return {
    kind: 'provider',
    address,
    dependsOn,

    async read(machine: Machine): Promise<Actual> {
      const path = configPath(machine);
      const bytes = await readBytes(machine, path);
      const text = bytes === null ? null : decodeUtf8(bytes, path);
      const config = parsed(text ?? '', path);
      const keys = managedKeys(desired, codexHome(machine));
      const differing = notAsWanted(config, keys);
      if (differing.length === 0) return { path, bytes, text, config, keys, differing, candidate: text };
      const rewritten = { path, text: text ?? '', config, keys, providerId: provider.id, fingerprintKey };
      const before = await beforeCcsxp(machine, rewritten);
      const candidate =
        before === null
          ? await edited(text, differing, path)
          : await edited(before, notAsWanted(parsed(before, path), keys), path);
      return { path, bytes, text, config, keys, differing, candidate };
    },

    diff({ path, text, config, differing, candidate }: Actual): Verdict {
      const after = differing.length === 0 ? config : parseToml(candidate ?? '');
      const findings = refusals(after).map((one): Finding => {
        const message = `Codex refuses the whole file because of ${one.path.join('.')}: ${one.message}`;
        return finding('CL1002', message, { resource: address, file: path, ...place(candidate ?? '', one.path) });
      });
      if (differing.length === 0) return inSyncUnless(findings, `${path} is as it should be`);
      const mask = masking([...sensitiveValues(config), ...sensitiveValues(after)]);
      const changes = differing.map((key) => change(config, key, mask));
      return verdict(text === null ? 'create' : 'update', reason(text, config, changes, desired), {
        changes,
        fileChange: { path, before: text, after: candidate, mask },
        writer: writerOf(valueAt(config, ['model_providers', provider.id])),
        consequences: consequences(config, desired, changes),
        findings: [...findings, ...costs(desired)],
      });
    },

    async converge(machine: Machine, { path, bytes, candidate }: Actual): Promise<void> {
      if (candidate === null) return;
      // Codex's own parser has the last word, on a copy, before the file that it lives on is touched.
      const refused = await acceptance(machine, candidate);
      if (refused.state === 'refused') {
        throw new CodexLinkError(
          finding('CL1003', `Codex would refuse the new file: ${refused.why}`, {
            resource: address,
            file: path,
            line: refused.line,
          }),
        );
      }
      await machine.makeFolder(dirname(path), 0o700);
      await machine.write(path, new TextEncoder().encode(candidate), { expect: bytes });
    },

    wanted({ keys }: Actual): Json {
      return Object.fromEntries(keys.flatMap(({ path, value }) => (value === undefined ? [] : [[dotted(path), asJson(value)]])));
    },
  };
}

function parsed(text: string, path: string): ParsedTable {
  try {
    return parseToml(text);
  } catch (error) {
    if (!(error instanceof TomlRefusal)) throw error;
    const where = error.line === undefined ? {} : { line: error.line, column: error.column ?? null };
    throw new CodexLinkError(finding('CL1001', `it is not valid TOML: ${withoutPlace(error)}`, { file: path, ...where }), 1, {
      cause: error,
    });
  }
}

/** The place is told apart from the message, as with every finding. */
function withoutPlace(error: TomlRefusal): string {
  return error.message.replace(/^line \d+, column \d+: /, '');
}

/** The editor is loaded only when something differs: a plan in sync needs no positions. */
async function edited(text: string | null, keys: readonly ManagedKey[], path: string): Promise<string> {
  const { editToml } = await import('../toml/edit.ts');
  try {
    const edits = keys.map(({ path: at, value }) =>
      value === undefined ? ({ op: 'delete', path: [...at] } as const) : ({ op: 'set', path: [...at], value } as const),
    );
    return editToml(text, edits);
  } catch (error) {
    if (!(error instanceof TomlRefusal)) throw error;
    throw new CodexLinkError(
      finding('CL1004', `it cannot be edited safely: ${withoutPlace(error)}`, { file: path, line: error.line ?? null }),
      1,
      { cause: error },
    );
  }
}

function notAsWanted(config: ParsedTable, keys: readonly ManagedKey[]): ManagedKey[] {
  return keys.filter((key) => !isAsWanted(config, key));
}

function isAsWanted(config: ParsedTable, { path, value }: ManagedKey): boolean {
  const actual = valueAt(config, path);
  // Without a selector Codex takes OpenAI, so there is nothing to write for it.
  if (actual === undefined && path.length === 1 && path[0] === 'model_provider' && value === 'openai') return true;
  return value === undefined || actual === undefined ? actual === value : sameMeaning(actual, meaningOf(value));
}

function valueAt(config: ParsedTable, path: readonly string[]): Parsed | undefined {
  let at: Parsed | undefined = config;
  for (const key of path) at = isTable(at) && Object.hasOwn(at, key) ? (at as ParsedTable)[key] : undefined;
  return at;
}

function change(config: ParsedTable, key: ManagedKey, mask: (text: string) => string): ValueChange {
  const before = asJson(valueAt(config, key.path));
  const name = key.path.at(-1) ?? '';
  if (name === 'experimental_bearer_token')
    return { path: dotted(key.path), before: '(sensitive)', after: null, sensitive: true };
  const shown = maskedJson(before, mask);
  return {
    path: dotted(key.path),
    before: shown,
    after: asJson(key.value),
    sensitive: JSON.stringify(shown) !== JSON.stringify(before),
  };
}

/** A whole table may go, like another one's helper or headers, and hold secrets deep inside. */
function maskedJson(value: Json, mask: (text: string) => string): Json {
  return JSON.parse(JSON.stringify(value, (_key, inner: unknown) => (typeof inner === 'string' ? mask(inner) : inner))) as Json;
}

/** Integers of TOML as numbers; a value that JSON cannot say is shown as its text. */
function asJson(value: Parsed | TomlValue | undefined): Json {
  if (value === undefined) return null;
  return JSON.parse(JSON.stringify(value, (_key, inner: unknown) => (typeof inner === 'bigint' ? Number(inner) : inner))) as Json;
}

function dotted(path: readonly string[]): string {
  return path.map((key) => (/^[A-Za-z0-9_-]+$/.test(key) ? key : JSON.stringify(key))).join('.');
}

function reason(text: string | null, config: ParsedTable, changes: readonly ValueChange[], desired: Desired): string {
  if (text === null) return 'Codex has no config.toml yet';
  const selector = changes.find((one) => one.path === 'model_provider');
  if (selector !== undefined) return `model_provider is ${selector.before ?? 'not set'}, wanted ${selector.after}`;
  const table = valueAt(config, ['model_providers', desired.provider.id]);
  if (table === undefined) return `model_providers.${desired.provider.id} does not exist`;
  if (writerOf(table) === 'ccsxp') return `ccsxp has rewritten model_providers.${desired.provider.id}`;
  const names = changes.map((one) => one.path);
  return names.length === 1 ? `${names[0]} differs` : `${names.length} managed keys differ: ${names.join(', ')}`;
}

function consequences(config: ParsedTable, desired: Desired, changes: readonly ValueChange[]): string[] {
  const notes: string[] = [];
  const selector = changes.find((one) => one.path === 'model_provider');
  if (selector !== undefined) {
    notes.push(
      `conversations started with ${selector.before ?? 'openai'} are hidden while ${selector.after} is selected, and come back with it`,
    );
  }
  if (valueAt(config, ['model_providers', desired.provider.id]) !== undefined || selector !== undefined) {
    notes.push('open threads keep the old route until Codex App restarts; new ones take the new route at once');
  }
  return notes;
}

/** What the chosen way to authenticate costs. */
function costs(desired: Desired): Finding[] {
  const { provider } = desired;
  if (provider.active === 'openai' || (provider.auth !== 'helper' && provider.keepChatgptFeatures)) return [];
  const way = provider.auth === 'helper' ? 'with a helper' : 'with env_key alone';
  return [
    finding('CL1005', `${way}, Codex App hides Plugins and the model picker while ${provider.id} is active`, {
      resource: 'provider',
    }),
  ];
}

/** The line of a key in the text, as good as it can be found without the editor. */
function place(text: string, path: readonly string[]): { line: number; column: number } | Record<string, never> {
  const lines = text.split('\n');
  const header = lines.findIndex((line) => line.trim().startsWith('[') && line.includes(path[1] ?? path[0] ?? ''));
  const key = path.at(-1) ?? '';
  const from = path.length > 1 ? Math.max(header, 0) : 0;
  const at = lines.findIndex(
    (line, index) => index >= from && new RegExp(`^\\s*"?${key.replace(/[^\w-]/g, '.')}"?\\s*=`).test(line),
  );
  const line = at === -1 ? header : at;
  return line === -1 ? {} : { line: line + 1, column: (lines[line]?.search(/\S/) ?? 0) + 1 };
}
