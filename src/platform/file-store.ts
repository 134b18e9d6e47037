import { dirname, join } from 'node:path';
import { CodexLinkError, type Finding, finding } from '../diagnostics/diagnostics.ts';
import { hasModes, type Machine, readText } from '../machine/machine.ts';
import { Secret } from '../secret.ts';
import type { HelperItem, SecretItem, SecretStore } from './platform.ts';
import { shellWord } from './shell.ts';

/** The folder of configuration of codex-link, which holds the token file. */
export function configHome(machine: Machine): string {
  return join(machine.facts.env.XDG_CONFIG_HOME || join(machine.facts.home, '.config'), 'codex-link');
}

function path(machine: Machine, item: SecretItem): string {
  return tokenFile(configHome(machine), item);
}

/** The file of an item in that folder. */
export function tokenFile(folder: string, item: Pick<SecretItem, 'service'>): string {
  return join(folder, name(item));
}

/** One file an item; characters that have a meaning in a path are written as `%XX`. */
function name(item: Pick<SecretItem, 'service'>): string {
  return `${encodeURIComponent(item.service).replaceAll('.', '%2E')}.token`;
}

/** A file that only the user can read: what is left on a machine without a keyring, like a server. */
export const fileStore: SecretStore = {
  kind: 'file',
  name: 'a file that only you can read',

  async unavailable(): Promise<null> {
    return null;
  },

  async read(machine: Machine, item: SecretItem): Promise<Secret | null> {
    const text = await readText(machine, path(machine, item));
    return text === null ? null : new Secret(text.replace(/\n$/, ''));
  },

  async write(machine: Machine, item: SecretItem, secret: Secret): Promise<void> {
    const file = path(machine, item);
    // A folder that is there keeps its mode: dotfiles live in it, and the file is private by itself.
    await machine.makeFolder(dirname(file), 0o700);
    await machine.write(file, new TextEncoder().encode(`${secret.reveal()}\n`), { mode: 0o600 });
    const readBack = await fileStore.read(machine, item);
    if (readBack === null || !readBack.equals(secret)) {
      throw new CodexLinkError(finding('CL3004', 'the file holds something else than was written', { file }));
    }
  },

  async remove(machine: Machine, item: SecretItem): Promise<void> {
    await machine.remove(path(machine, item));
  },

  async flaw(machine: Machine, item: SecretItem): Promise<string | null> {
    if (!hasModes(machine.facts)) return null;
    const file = path(machine, item);
    const there = await machine.stat(file);
    if (there === null) return null;
    return (there.mode & 0o077) === 0 ? null : `${file} can be read by others (mode ${there.mode.toString(8)})`;
  },

  async advice(machine: Machine, item: SecretItem): Promise<readonly Finding[]> {
    const folder = dirname(path(machine, item));
    const info = hasModes(machine.facts) ? await machine.stat(folder) : null;
    if (info === null || (info.mode & 0o022) === 0 || (info.mode & 0o1000) !== 0) return [];
    const message = `others can put files into ${folder} (mode ${info.mode.toString(8)})`;
    return [finding('CL3014', message, { file: folder, fix: `chmod go-w ${shellWord(folder)}` })];
  },

  programs: [],

  lookup(item: HelperItem): string {
    const full = tokenFile(item.configHome, item);
    const home = item.portableHome;
    const word = home !== null && full.startsWith(`${home}/`) ? `"$HOME"${shellWord(full.slice(home.length))}` : shellWord(full);
    return `file=${word}
[ -r "$file" ] || fail "there is no readable token in $file: run codex-link apply"
IFS= read -r token <"$file" || [ -n "$token" ] || fail "$file is empty: run codex-link apply"`;
  },
};
