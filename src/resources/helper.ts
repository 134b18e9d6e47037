import { dirname } from 'node:path';
import type { Desired } from '../config/desired.ts';
import { CodexLinkError, type Finding, finding } from '../diagnostics/diagnostics.ts';
import { type FileInfo, type Machine, readText } from '../machine/machine.ts';
import { systemProgram } from '../machine/programs.ts';
import { configHome } from '../platform/file-store.ts';
import type { SecretStore } from '../platform/platform.ts';
import { shellWord } from '../platform/shell.ts';
import { inSyncUnless, type Resource, type ValueChange, type Verdict, verdict } from './resource.ts';
import type { Token } from './token.ts';

const MODE = 0o700;

interface Actual {
  readonly script: string;
  readonly text: string | null;
  readonly info: FileInfo | null;
  /** Findings about the folders above. */
  readonly openFolders: readonly Finding[];
}

/** The script that Codex runs to get the token. */
export function helperResource(desired: Desired, token: Token): Resource<Actual> {
  const { path } = desired.helper;
  const address = 'helper';

  return {
    kind: 'helper',
    address,
    dependsOn: ['secret'],

    async read(machine: Machine): Promise<Actual> {
      const store = await token.store(machine);
      const [script, info, openFolders] = await Promise.all([
        helperScript(machine, desired, store),
        machine.stat(path),
        foldersOpenToOthers(machine, path, address),
      ]);
      if (info !== null && info.kind !== 'file') {
        throw new CodexLinkError(finding('CL3010', `${path} is not a regular file`, { resource: address, file: path }));
      }
      return { script, info, text: await readText(machine, path), openFolders };
    },

    diff({ script, text, info, openFolders }: Actual): Verdict {
      const findings = openFolders;
      if (info === null) {
        return verdict('create', `${path} does not exist`, { fileChange: fileChange(path, null, script), findings });
      }
      const changes: ValueChange[] = [];
      if (info.mode !== MODE)
        changes.push({ path: 'mode', before: info.mode.toString(8), after: MODE.toString(8), sensitive: false });
      const changed = text !== script;
      if (!changed && changes.length === 0) return inSyncUnless(findings, `${path} is as it should be`);
      const reason = changed
        ? `${path} is not the script that codex-link writes`
        : `the mode of ${path} is ${info.mode.toString(8)}`;
      return verdict('update', reason, { changes, findings, fileChange: changed ? fileChange(path, text, script) : null });
    },

    async converge(machine: Machine, { script, text }: Actual): Promise<void> {
      await machine.makeFolder(dirname(path), 0o700);
      const bytes = (value: string) => new TextEncoder().encode(value);
      await machine.write(path, bytes(script), { mode: MODE, expect: text === null ? null : bytes(text) });
    },

    wanted({ script }: Actual) {
      return { path, script, mode: MODE };
    },
  };
}

function fileChange(path: string, before: string | null, after: string) {
  return { path, before, after, mask: (line: string) => line };
}

/**
 * The script: POSIX shell, absolute program paths, nothing from the environment but what a desktop launch is sure to have. It prints
 * the token on one line, or nothing and a reason on standard error, which Codex shows; so the reason never holds the token.
 */
async function helperScript(machine: Machine, desired: Desired, store: SecretStore): Promise<string> {
  const { home, user } = machine.facts;
  const programs = new Map<string, string>();
  for (const name of ['id', ...store.programs]) programs.set(name, (await systemProgram(machine, name)) ?? `/usr/bin/${name}`);
  const program = (name: string) => programs.get(name) ?? `/usr/bin/${name}`;
  const { portable } = desired.provider;
  const { account } = desired.secret;
  const lookup = store.lookup({
    service: desired.secret.service,
    account: portable && account === user ? `"$(${program('id')} -un)"` : shellWord(account),
    portableHome: portable ? home : null,
    timeoutMs: desired.helper.timeoutMs,
    configHome: configHome(machine),
    program,
  });
  return `#!/bin/sh
# Written by codex-link: Codex runs it to get the key of the gateway. Do not edit, the next \`codex-link apply\` puts it back.
set -u
LC_ALL=C
fail() {
  printf '%s: %s\\n' cliproxy-token "$1" >&2
  exit 1
}
${lookup}
case $token in
  '') fail 'the stored token is empty: run codex-link apply' ;;
  *[!!-~]*) fail 'the stored token is not one line of printable characters: run codex-link apply' ;;
esac
printf '%s\\n' "$token"
`;
}

/** Whoever may write to a folder above the helper can put another program in its place, and Codex would run it. */
async function foldersOpenToOthers(machine: Machine, path: string, resource: string): Promise<Finding[]> {
  const found: Finding[] = [];
  for (let folder = dirname(path); folder !== dirname(folder); folder = dirname(folder)) {
    const info = await machine.stat(folder);
    if (info === null) continue;
    const sticky = (info.mode & 0o1000) !== 0; // as in /tmp, where nobody can replace what is not theirs
    const foreign = info.uid !== machine.facts.uid && info.uid !== 0;
    const open = (info.mode & 0o022) !== 0 && !sticky;
    if (!open && !foreign) continue;
    const why = foreign ? `belongs to user ${info.uid}` : `can be written by others (mode ${info.mode.toString(8)})`;
    const fix = foreign ? `choose a helper.path in a folder of your own` : `chmod go-w ${shellWord(folder)}`;
    found.push(finding('CL3009', `${folder} ${why}`, { resource, file: folder, fix }));
  }
  return found;
}
