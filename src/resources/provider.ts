import { dirname } from 'node:path';
import { type Conversations, conversations, hiddenBy } from '../codex/conversations.ts';
import { codexHome, configPath } from '../codex/home.ts';
import { valueAt } from '../codex/layers.ts';
import { leftovers } from '../codex/leftovers.ts';
import { hasChatgptLogin } from '../codex/login.ts';
import { parsedConfig, withoutPlace } from '../codex/parsed-config.ts';
import { placeOf } from '../codex/place.ts';
import { type ManagedKey, managedKeys } from '../codex/provider-table.ts';
import { BUILT_IN_PROVIDERS, isTable, refusals } from '../codex/rules.ts';
import { masking, sensitiveValues } from '../codex/sensitive.ts';
import { acceptance } from '../codex/staged.ts';
import { writerOf } from '../codex/writer.ts';
import type { Desired } from '../config/desired.ts';
import { CodexLinkError, type Finding, finding } from '../diagnostics/diagnostics.ts';
import { beforeCcsxp } from '../generations/before-ccsxp.ts';
import { decodeUtf8, type Machine, readBytes } from '../machine/machine.ts';
import type { State } from '../planner/state.ts';
import { dotted } from '../toml/dotted-path.ts';
import { type Parsed, type ParsedTable, parseToml, sameMeaning, TomlRefusal } from '../toml/read.ts';
import type { TomlValue } from '../toml/value.ts';
import { meaningOf } from '../toml/write-value.ts';
import { inSyncUnless, type Json, type Resource, type ValueChange, type Verdict, verdict } from './resource.ts';

interface Actual {
  /** Whether Codex has a ChatGPT login; true where none is needed. */
  readonly loggedIn: boolean;
  readonly path: string;
  readonly bytes: Uint8Array | null;
  readonly text: string | null;
  readonly config: ParsedTable;
  readonly keys: readonly ManagedKey[];
  /** The managed keys that differ. */
  readonly differing: readonly ManagedKey[];
  /** The file as it should be; the very text when nothing differs. */
  readonly candidate: string | null;
  /** Counted only when the selector or the id of our table changes; null when not, or when they cannot be counted. */
  readonly conversations: Conversations | null;
}

/** Our table under `model_providers` in config.toml, and the selector, model and context window beside it. */
export function providerResource(
  desired: Desired,
  { fingerprintKey, applied }: Pick<State, 'fingerprintKey' | 'applied'>,
  dependsOn: readonly string[],
): Resource<Actual> {
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
      const config = parsedConfig(text ?? '', path);
      const wanted = managedKeys(desired, machine.facts.os, codexHome(machine));
      const keys = [...wanted, ...leftovers(applied.provider, wanted, config, provider.id, asJson)];
      const differing = notAsWanted(config, keys);
      const loggedIn = !provider.keepChatgptFeatures || (await hasChatgptLogin(machine));
      const actual = { loggedIn, path, bytes, text, config, keys, differing, candidate: text, conversations: null };
      if (differing.length === 0) return actual;
      const rewritten = { path, text: text ?? '', config, keys, providerId: provider.id, fingerprintKey };
      const before = await beforeCcsxp(machine, rewritten);
      const candidate =
        before === null
          ? await edited(text, differing, path)
          : await edited(before, notAsWanted(parsedConfig(before, path), keys), path);
      const moves = differing.some((key) => key.path[0] === 'model_provider') || !hasOurTable(config, desired);
      return { ...actual, candidate, conversations: moves ? await conversations(machine) : null };
    },

    diff({ loggedIn, path, text, config, differing, candidate, conversations: found }: Actual): Verdict {
      const after = differing.length === 0 ? config : parseToml(candidate ?? '');
      const findings = refusals(after).map((one): Finding => {
        const message = `Codex refuses the whole file because of ${one.path.join('.')}: ${one.message}`;
        return finding('CL1002', message, { resource: address, file: path, ...placeOf(candidate ?? '', one.path) });
      });
      if (!loggedIn)
        findings.push(finding('CL1016', 'there is no ChatGPT login whose features could be kept', { resource: address }));
      if (differing.length === 0) return inSyncUnless(findings, `${path} is as it should be`);
      const mask = masking([...sensitiveValues(config, text ?? ''), ...sensitiveValues(after, candidate ?? '')]);
      const changes = differing.map((key) => change(config, key, mask));
      const gone = differing.filter((key) => key.leftover).map((key) => dotted(key.path));
      return verdict(text === null ? 'create' : 'update', reason(text, config, changes, gone, desired), {
        changes,
        fileChange: { path, before: text, after: candidate, mask },
        writer: writerOf(config, provider.id).writer,
        consequences: consequences(config, after, desired, changes, found),
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
            file: refused.file ?? path,
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

function reason(
  text: string | null,
  config: ParsedTable,
  changes: readonly ValueChange[],
  gone: readonly string[],
  desired: Desired,
): string {
  if (text === null) return 'Codex has no config.toml yet';
  const selector = changes.find((one) => one.path === 'model_provider');
  const { writer, evidence } = writerOf(config, desired.provider.id);
  if (selector !== undefined) {
    const by = writer === 'cc-switch' ? `; it is cc-switch's work: ${evidence}` : '';
    return `model_provider is ${selector.before ?? 'not set'}, wanted ${selector.after}${by}`;
  }
  const table = valueAt(config, ['model_providers', desired.provider.id]);
  if (table === undefined) return `model_providers.${desired.provider.id} does not exist`;
  if (writer === 'ccsxp') return `ccsxp has rewritten model_providers.${desired.provider.id}: ${evidence}`;
  if (gone.length === changes.length)
    return `${gone.join(', ')} ${gone.length === 1 ? 'was' : 'were'} set by an earlier apply, and left the YAML since`;
  const names = changes.map((one) => one.path);
  return names.length === 1 ? `${names[0]} differs` : `${names.length} managed keys differ: ${names.join(', ')}`;
}

function hasOurTable(config: ParsedTable, desired: Desired): boolean {
  return valueAt(config, ['model_providers', desired.provider.id]) !== undefined;
}

function consequences(
  config: ParsedTable,
  after: ParsedTable,
  desired: Desired,
  changes: readonly ValueChange[],
  found: Conversations | null,
): string[] {
  const notes: string[] = [];
  const change = changes.find((one) => one.path === 'model_provider');
  if (found !== null) {
    const [from, to] = [config, after].map((one) => (typeof one.model_provider === 'string' ? one.model_provider : 'openai'));
    const tables = isTable(after.model_providers) ? Object.keys(after.model_providers) : [];
    notes.push(...hiddenBy(found, from ?? '', to ?? '', new Set([...BUILT_IN_PROVIDERS, 'oss', ...tables])));
  } else if (change !== undefined) {
    const before = change.before ?? 'openai';
    notes.push(`conversations started with ${before} are hidden while ${change.after} is selected, and come back with ${before}`);
  }
  if (hasOurTable(config, desired) || change !== undefined) {
    notes.push('open threads keep the old route until Codex App restarts; new ones take the new route at once');
  }
  if (change !== undefined) notes.push(...costs(desired).map(({ message }) => message));
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
