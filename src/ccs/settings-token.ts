import { join } from 'node:path';
import { listed } from '../machine/folders.ts';
import { type Machine, readBytes } from '../machine/machine.ts';
import { Secret } from '../secret.ts';

/**
 * The settings files in CCS's folder that hold a token of the gateway for Claude Code: CCS writes it there once, and never again while
 * one is there. Source: CCS 7.79.1, cliproxy/config/env-builder.js, ensureRequiredEnvVars
 *
 * By text, and not as `settings-file.ts` reads one: every other byte stays, and a file that is no JSON is left alone.
 */
export async function settingsFilesWith(machine: Machine, folder: string, isOld: (token: Secret) => boolean): Promise<string[]> {
  const names = await listed(machine, folder);
  const files: string[] = [];
  for (const path of names.filter((name) => name.endsWith('.settings.json')).map((name) => join(folder, name))) {
    const token = tokenIn(new TextDecoder().decode((await readBytes(machine, path)) ?? new Uint8Array()));
    if (token !== null && isOld(token)) files.push(path);
  }
  return files;
}

/** Puts another token into such a file; every other byte stays. Nothing happens when its token is not an old one any more. */
export async function replaceToken(
  machine: Machine,
  path: string,
  isOld: (token: Secret) => boolean,
  next: Secret,
): Promise<void> {
  const bytes = await readBytes(machine, path);
  const text = new TextDecoder().decode(bytes ?? new Uint8Array());
  const token = tokenIn(text);
  if (bytes === null || token === null || !isOld(token)) return;
  const replaced = text.replace(TOKEN, (_all, before: string) => before + JSON.stringify(next.reveal()));
  await machine.write(path, new TextEncoder().encode(replaced), { expect: bytes });
}

const TOKEN = /("ANTHROPIC_AUTH_TOKEN"\s*:\s*)"((?:[^"\\]|\\.)*)"/;

/** The token in the text of a settings file. As text, so that a file that is no JSON is simply left alone. */
function tokenIn(text: string): Secret | null {
  const literal = TOKEN.exec(text)?.[2];
  if (literal === undefined) return null;
  try {
    return new Secret(JSON.parse(`"${literal}"`) as string);
  } catch {
    return null;
  }
}
