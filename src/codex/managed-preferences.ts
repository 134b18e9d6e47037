import type { Machine } from '../machine/machine.ts';
import { systemProgram } from '../machine/programs.ts';

/** What device management gives Codex on macOS, as TOML; null for nothing. */
export interface ManagedPreference {
  /** The property list that holds it. */
  readonly path: string;
  /** Null when the value is no base64 of a text, with which Codex does not start. */
  readonly toml: string | null;
}

/** Keys of the preferences of `com.openai.codex`. Source: openai/codex, codex-rs/config/src/loader/macos.rs. */
export type ManagedKey = 'config_toml_base64' | 'requirements_toml_base64';

/**
 * A configuration that device management has installed; the one for the user stands above that for the Mac. Codex asks macOS for the
 * preference; these are the files that macOS answers it from. Values that the person set for himself are not looked at.
 */
export async function managedPreference(machine: Machine, key: ManagedKey): Promise<ManagedPreference | null> {
  const { os, user } = machine.facts;
  if (os !== 'darwin') return null;
  for (const folder of [`/Library/Managed Preferences/${user}`, '/Library/Managed Preferences']) {
    const path = `${folder}/com.openai.codex.plist`;
    if ((await machine.stat(path))?.kind !== 'file') continue;
    const encoded = await valueIn(machine, path, key);
    if (encoded !== null) return { path, toml: decoded(encoded) };
  }
  return null;
}

function decoded(encoded: string): string | null {
  const bytes = Buffer.from(encoded, 'base64');
  if (bytes.toString('base64') !== encoded) return null;
  const text = bytes.toString('utf8');
  return Buffer.from(text).equals(bytes) ? text : null;
}

/** The files are binary property lists, which only macOS itself takes apart. */
async function valueIn(machine: Machine, path: string, key: string): Promise<string | null> {
  const plutil = await systemProgram(machine, 'plutil');
  if (plutil === null) return null;
  const { home, env } = machine.facts;
  const exit = await machine.run({
    file: plutil,
    args: ['-extract', key, 'xml1', '-o', '-', path],
    env: { HOME: home, PATH: env.PATH ?? '/usr/bin:/bin' },
    timeoutMs: 5000,
    effect: 'read',
  });
  return /<string>([^<]*)<\/string>/.exec(exit.stdout)?.[1]?.trim() || null;
}
