import { dirname } from 'node:path';
import type { Desired } from '../config/desired.ts';
import { CodexLinkError, type Finding, finding } from '../diagnostics/diagnostics.ts';
import { type FileInfo, hasModes, type Machine, readText } from '../machine/machine.ts';
import { systemProgram } from '../machine/programs.ts';
import { configHome } from '../platform/file-store.ts';
import type { Platform, SecretStore } from '../platform/platform.ts';
import { shellWord } from '../platform/shell.ts';
import { inSyncUnless, type Resource, type ValueChange, type Verdict, verdict } from './resource.ts';
import type { Token } from './token.ts';

const MODE = 0o700;

interface Actual {
  readonly script: string;
  readonly text: string | null;
  readonly info: FileInfo | null;
  /** The permission bits, where the OS has them and they are wrong. */
  readonly wrongMode: number | null;
  /** Findings about the folders above. */
  readonly openFolders: readonly Finding[];
}

/** The script that Codex runs to get the token. */
export function helperResource(desired: Desired, token: Token, platform: Platform): Resource<Actual> {
  const { path } = desired.helper;
  const address = 'helper';

  return {
    kind: 'helper',
    address,
    dependsOn: ['secret'],

    async read(machine: Machine): Promise<Actual> {
      const { ending } = platform.helper;
      if (!path.endsWith(ending)) {
        const message = `${path} does not end with ${ending}, and Windows starts nothing else as such a script`;
        throw new CodexLinkError(finding('CL3056', message, { resource: address, file: path }));
      }
      const store = await token.store(machine);
      const [script, info, openFolders] = await Promise.all([
        helperScript(machine, desired, store, platform),
        machine.stat(path),
        foldersOpenToOthers(machine, path, address),
      ]);
      if (info !== null && info.kind !== 'file') {
        throw new CodexLinkError(finding('CL3010', `${path} is not a regular file`, { resource: address, file: path }));
      }
      const wrongMode = info !== null && hasModes(machine.facts) && info.mode !== MODE ? info.mode : null;
      return { script, info, wrongMode, text: await readText(machine, path), openFolders };
    },

    diff({ script, text, info, wrongMode, openFolders }: Actual): Verdict {
      const findings = openFolders;
      if (info === null) {
        return verdict('create', `${path} does not exist`, { fileChange: fileChange(path, null, script), findings });
      }
      const changes: ValueChange[] = [];
      if (wrongMode !== null)
        changes.push({ path: 'mode', before: wrongMode.toString(8), after: MODE.toString(8), sensitive: false });
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

/** The script that gets the token from the store, in the platform's language. */
async function helperScript(machine: Machine, desired: Desired, store: SecretStore, { helper }: Platform): Promise<string> {
  const { home, user } = machine.facts;
  const programs = new Map<string, string>();
  const findOfStore = store.findProgram ?? systemProgram;
  for (const name of store.programs) programs.set(name, (await findOfStore(machine, name)) ?? `/usr/bin/${name}`);
  for (const name of helper.programs) programs.set(name, (await systemProgram(machine, name)) ?? `/usr/bin/${name}`);
  const program = (name: string) => programs.get(name) ?? `/usr/bin/${name}`;
  const { portable } = desired.provider;
  const { account } = desired.secret;
  const lookup = store.lookup({
    service: desired.secret.service,
    account: portable && account === user ? helper.currentUser(program) : helper.word(account),
    portableHome: portable ? home : null,
    timeoutMs: desired.helper.timeoutMs,
    configHome: configHome(machine),
    facts: machine.facts,
    program,
  });
  return helper.script(lookup);
}

/** Whoever may write to a folder above the helper can put another program in its place, and Codex would run it. */
async function foldersOpenToOthers(machine: Machine, path: string, resource: string): Promise<Finding[]> {
  const found: Finding[] = [];
  if (!hasModes(machine.facts)) return found;
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
