import { basename, join } from 'node:path';
import { CodexLinkError, finding } from '../diagnostics/diagnostics.ts';
import { decodeUtf8, failedWith, hasModes, type Machine, MachineError } from '../machine/machine.ts';
import { Secret } from '../secret.ts';
import { ccsFolder } from './ccs.ts';

/** The four models of Claude Code; CCS fills all of them. Source: CCS 7.79.1, cliproxy/services/variant-settings.js */
export const MODEL_VARIABLES = [
  'ANTHROPIC_MODEL',
  'ANTHROPIC_DEFAULT_OPUS_MODEL',
  'ANTHROPIC_DEFAULT_SONNET_MODEL',
  'ANTHROPIC_DEFAULT_HAIKU_MODEL',
] as const;
type ModelVariable = (typeof MODEL_VARIABLES)[number];

/**
 * One `*.settings.json` of CCS, which says what a runtime calls, as far as codex-link may know it. The file holds a key in clear, so
 * its text never leaves this module, and the key only as a `Secret`.
 */
export interface RuntimeSettings {
  readonly path: string;
  /** Permission bits. */
  readonly mode: number;
  readonly baseUrl: string | null;
  readonly key: Secret | null;
  readonly models: Readonly<Partial<Record<ModelVariable, string>>>;
}

/**
 * Where a settings file is that CCS's config names. CCS writes `~/.ccs/…` there even when its folder is elsewhere, and makes the file
 * in that folder all the same. Source: CCS 7.79.1, cliproxy/services/variant-settings.js
 */
export function settingsPath(machine: Machine, written: string): string {
  if (written.startsWith('~/.ccs/')) return join(ccsFolder(machine), basename(written));
  return written.startsWith('~/') ? join(machine.facts.home, written.slice(2)) : written;
}

/** The file that `ccs cliproxy create` makes for a variant of the provider codex. */
export function variantSettingsPath(machine: Machine, name: string): string {
  return join(ccsFolder(machine), `codex-${name}.settings.json`);
}

/** Reads one; null when it is not there. Throws `CodexLinkError` when it is no JSON, `MachineError` when it cannot be read. */
export async function readSettings(machine: Machine, path: string): Promise<RuntimeSettings | null> {
  const document = await parsedSettings(machine, path);
  const info = await machine.stat(path);
  if (document === null || info === null) return null;
  const env = variables(document.root);
  const text = (name: string) => (typeof env[name] === 'string' && env[name] !== '' ? env[name] : null);
  const key = text('ANTHROPIC_AUTH_TOKEN');
  return {
    path,
    mode: hasModes(machine.facts) ? info.mode : 0o600,
    baseUrl: text('ANTHROPIC_BASE_URL'),
    key: key === null ? null : new Secret(key),
    models: Object.fromEntries(
      MODEL_VARIABLES.flatMap((name) => {
        const model = text(name);
        return model === null ? [] : [[name, model]];
      }),
    ),
  };
}

/**
 * Puts another model into the file as CCS's own editor does, and leaves the rest of it as it is: the small model stays, and so does a
 * tier that somebody gave a model of its own. Throws ECHANGED when the model is not `from` any more.
 */
export async function changeModel(machine: Machine, path: string, from: string | null, to: string): Promise<void> {
  const document = await parsedSettings(machine, path);
  const env = variables(document?.root ?? {});
  if (document === null || (env.ANTHROPIC_MODEL ?? null) !== from) {
    throw new MachineError('ECHANGED', `${path} was changed by somebody else in the meantime`, path);
  }
  const tiers = ['ANTHROPIC_DEFAULT_OPUS_MODEL', 'ANTHROPIC_DEFAULT_SONNET_MODEL'].filter(
    (name) => env[name] === undefined || env[name] === from,
  );
  const changed = Object.fromEntries(['ANTHROPIC_MODEL', ...tiers].map((name) => [name, to]));
  const text = `${JSON.stringify({ ...document.root, env: { ...env, ...changed } }, null, 2)}\n`;
  await machine.write(path, new TextEncoder().encode(text), { expect: document.bytes });
}

/** A world-readable file with a key in it, as CCS makes it; null when only the owner can read it. */
export function exposedSettings({ mode, key }: RuntimeSettings): boolean {
  return key !== null && (mode & 0o044) !== 0;
}

interface Parsed {
  readonly bytes: Uint8Array;
  readonly root: Readonly<Record<string, unknown>>;
}

async function parsedSettings(machine: Machine, path: string): Promise<Parsed | null> {
  let bytes: Uint8Array;
  try {
    bytes = await machine.read(path);
  } catch (error) {
    if (failedWith(error, 'ENOENT')) return null;
    throw error;
  }
  const root = object(decodeUtf8(bytes, path));
  // Not the parser's message: it quotes the text, which may be the key's.
  if (root === null) throw new CodexLinkError(finding('CL7046', `${path} is not a JSON object`, { file: path }));
  return { bytes, root };
}

function object(text: string): Record<string, unknown> | null {
  try {
    return asObject(JSON.parse(text));
  } catch {
    return null;
  }
}

function variables(root: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return asObject(root.env) ?? {};
}

function asObject(value: unknown): Record<string, unknown> | null {
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Record<string, unknown>) : null;
}
