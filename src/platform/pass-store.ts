import { delimiter, dirname, join, resolve } from 'node:path';
import { CodexLinkError, type Finding, finding, refusalOf } from '../diagnostics/diagnostics.ts';
import { type Exit, type Machine, MachineError } from '../machine/machine.ts';
import { installedProgram, userEnvironment } from '../machine/programs.ts';
import { Secret } from '../secret.ts';
import { withoutNewAgent } from './gpg-agent.ts';
import type { HelperItem, SecretItem, SecretStore } from './platform.ts';
import { shellWord } from './shell.ts';

/** gpg opens an item in 25 ms; a smart card that waits for a touch must not make a plan wait. */
const TIMEOUT_MS = 10_000;
/**
 * Never a question: a passphrase that gpg-agent does not remember, or a key that gpg does not trust, is an error instead. The status lines
 * say which key an item is for, in every language.
 */
const NO_QUESTIONS = '--pinentry-mode error --batch --no-tty --status-fd 2';

/**
 * The password store of `pass`: one file for each item, encrypted by gpg. Whether there is an item is seen without opening it.
 * Source: pass 1.7.4 and gpg 2.2.40, by running them.
 */
export const passStore: SecretStore = {
  kind: 'pass',
  name: 'the password store (pass)',
  onlyByName: true,

  async unavailable(machine: Machine): Promise<Finding | null> {
    return refusalOf(() => ready(machine, { service: 'codex-link', account: 'availability' }));
  },

  async read(machine: Machine, item: SecretItem): Promise<Secret | null> {
    const programs = await ready(machine, item);
    if ((await machine.stat(itemFile(machine, item))) === null) return null;
    const shown = await withoutNewAgent(machine, environment(machine, programs), () =>
      pass(machine, programs, ['show', itemName(item)]),
    );
    // The first line is the password, whatever a person has noted below it: the store's own custom.
    if (shown.code === 0) return new Secret(shown.stdout.split('\n')[0] ?? '');
    throw await unreadable(machine, programs, item, shown);
  },

  async write(machine: Machine, item: SecretItem, secret: Secret): Promise<void> {
    const programs = await ready(machine, item);
    const args = ['insert', '--multiline', '--force', itemName(item)];
    const stored = await pass(machine, programs, args, `${secret.reveal()}\n`);
    if (stored.code !== 0) throw failed('could not store the item', stored);
    const readBack = await passStore.read(machine, item);
    if (readBack === null || !readBack.equals(secret))
      throw new CodexLinkError(finding('CL3073', 'the password store gave back something else than was stored'));
  },

  async remove(machine: Machine, item: SecretItem): Promise<void> {
    const programs = await ready(machine, item);
    const file = itemFile(machine, item);
    if ((await machine.stat(file)) === null) return;
    const removed = await pass(machine, programs, ['rm', '--force', itemName(item)], '');
    if ((await machine.stat(file)) !== null) throw failed('could not remove the item', removed);
  },

  async flaw(): Promise<null> {
    return null; // the item is encrypted; who may read the file is the person's own choice
  },

  async sideEffects(machine: Machine, item: SecretItem): Promise<readonly string[]> {
    const repository = await gitAbove(machine, dirname(itemFile(machine, item)));
    return repository === null ? [] : [`pass commits each change of the item to the git repository ${repository}`];
  },

  programs: ['pass', 'gpg', 'timeout'],
  findProgram: (machine, name) => installedProgram(machine, name),

  lookup(item: HelperItem): string {
    const { env } = item.facts;
    const word = (path: string) => {
      const home = item.portableHome;
      return home !== null && path.startsWith(`${home}/`) ? `"$HOME"${shellWord(path.slice(home.length))}` : shellWord(path);
    };
    // In double quotes it is no name, but a question who runs the script.
    const account = item.account.startsWith('"') ? item.account : shellWord(encoded(unquoted(item.account)));
    const name = `${shellWord(`codex-link/${encoded(item.service)}/`)}${account}`;
    const program = (which: string) => shellWord(item.program(which));
    const seconds = Math.max(1, Math.floor((item.timeoutMs - 500) / 1000));
    const gnupg = env.GNUPGHOME
      ? `GNUPGHOME=${word(resolve(item.facts.cwd, env.GNUPGHOME))}; export GNUPGHOME`
      : 'unset GNUPGHOME';
    return `# Where they are for the person who ran codex-link; apps started from a dock, and cron, know nothing of it.
PASSWORD_STORE_DIR=${word(storeFolder(item.facts))}; export PASSWORD_STORE_DIR
${gnupg}
PATH=${shellWord(searchPath([item.program('pass'), item.program('gpg')]))}; export PATH
PASSWORD_STORE_GPG_OPTS='--pinentry-mode error --batch --no-tty'; export PASSWORD_STORE_GPG_OPTS
name=${name}
[ -x ${program('pass')} ] || fail 'pass is not installed'
# A smart card may wait for a touch; Codex gives up after its own time-out without a word.
limit=
[ -x ${program('timeout')} ] && limit="${item.program('timeout')} ${seconds}"
item=$($limit ${program('pass')} show "$name" </dev/null 2>/dev/null) ||
  fail "pass does not give $name: it is locked, or not there; run pass show $name in a terminal"
token=\${item%%"
"*}`;
  },
};

/** Absolute paths of the programs that every call needs. */
interface Programs {
  readonly pass: string;
  readonly gpg: string;
}

/** Throws unless `pass` can keep this item: it is installed, and its store knows for whom to encrypt. */
async function ready(machine: Machine, item: SecretItem): Promise<Programs> {
  const [program, gpg] = await Promise.all(['pass', 'gpg'].map((name) => installedProgram(machine, name)));
  if (program == null || gpg == null)
    throw new CodexLinkError(finding('CL3070', `${program == null ? 'pass' : 'gpg'} is not installed`));
  const root = storeFolder(machine.facts);
  const folders = ['', 'codex-link', `codex-link/${encoded(item.service)}`].map((one) => join(root, one, '.gpg-id'));
  const keys = await Promise.all(folders.map((file) => machine.stat(file)));
  if (keys.every((one) => one === null))
    throw new CodexLinkError(finding('CL3071', `there is no password store in ${root}`, { file: root }));
  return { pass: program, gpg };
}

/** Runs `pass`, so that nobody is asked anything. It writes when it is given an input. */
async function pass(machine: Machine, programs: Programs, args: string[], input?: string): Promise<Exit> {
  const effect = input === undefined ? 'read' : 'write';
  const env = environment(machine, programs);
  const given = input === undefined ? {} : { input };
  return machine.run({ file: programs.pass, args, env, timeoutMs: TIMEOUT_MS, effect, ...given });
}

function environment(machine: Machine, programs: Programs): Record<string, string> {
  const { PASSWORD_STORE_GPG_OPTS: theirs = '', ...env } = userEnvironment(machine);
  const PATH = [env.PATH, searchPath([programs.pass, programs.gpg])].filter(Boolean).join(delimiter);
  return { ...env, PATH, PASSWORD_STORE_GPG_OPTS: `${theirs} ${NO_QUESTIONS}`.trim() };
}

/** `pass` is a script that looks its programs up. */
function searchPath(programs: readonly string[]): string {
  return [...new Set([...programs.map((one) => dirname(one)), '/usr/local/bin', '/usr/bin', '/bin'])].join(':');
}

/** Why an item that is there was not opened. */
async function unreadable(machine: Machine, programs: Programs, item: SecretItem, shown: Exit): Promise<CodexLinkError> {
  const name = itemName(item);
  if (shown.timedOut) return locked(name);
  const key = /^\[GNUPG:\] ENC_TO ([0-9A-F]+)/m.exec(shown.stderr)?.[1];
  if (key === undefined || !/^\[GNUPG:\] DECRYPTION_FAILED/m.test(shown.stderr)) return failed('could not read the item', shown);
  // gpg says "no secret key" for a key that is not here and for one that it may not ask the passphrase of.
  const env = environment(machine, programs);
  const args = ['--batch', '--no-tty', '--with-colons', '--list-secret-keys', key];
  const listed = await withoutNewAgent(machine, env, () =>
    machine.run({ file: programs.gpg, args, env, timeoutMs: TIMEOUT_MS, effect: 'read' }),
  );
  if (listed.code === 0) return locked(name);
  return new CodexLinkError(finding('CL3074', `${name} is encrypted for the key ${key}, which gpg does not have here`));
}

function locked(name: string): CodexLinkError {
  const fix = `pass show ${shellWord(name)} in a terminal, then run the command again`;
  return new CodexLinkError(finding('CL3072', `gpg does not open ${name} without asking for a passphrase`, { fix }));
}

/** What gpg and pass say for themselves, which is never the item. */
function failed(what: string, { code, stderr, timedOut }: Exit): CodexLinkError {
  const words = stderr.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('[GNUPG:]'));
  const why = timedOut ? 'no answer in time' : words.slice(-2).join('; ') || `exit code ${code}`;
  return new CodexLinkError(finding('CL3073', `pass ${what}: ${why}`));
}

function storeFolder({ env, home, cwd }: Pick<Machine['facts'], 'env' | 'home' | 'cwd'>): string {
  return env.PASSWORD_STORE_DIR ? resolve(cwd, env.PASSWORD_STORE_DIR) : join(home, '.password-store');
}

/** Path of the item within the password store, without its ending. */
export function itemName({ service, account }: SecretItem): string {
  return `codex-link/${encoded(service)}/${encoded(account)}`;
}

function itemFile(machine: Machine, item: SecretItem): string {
  return `${join(storeFolder(machine.facts), itemName(item))}.gpg`;
}

/** A part of an item's name; what would lead into another folder, or hide the item from `pass ls`, is written as `%XX`. */
function encoded(part: string): string {
  return part.replace(/[%/\\\p{Cc}]|^[.-]/gu, (one) =>
    encodeURIComponent(one).replace(/^[.-]$/, (sign) => (sign === '.' ? '%2E' : '%2D')),
  );
}

/** What a word of the shell in single quotes stands for. */
function unquoted(word: string): string {
  return word.slice(1, -1).replaceAll(`'\\''`, `'`);
}

/** The git repository that the folder is in; `pass` commits to whatever repository its store is in. */
async function gitAbove(machine: Machine, start: string): Promise<string | null> {
  for (let folder = start; ; folder = dirname(folder)) {
    const there = await machine.stat(join(folder, '.git')).catch((error: unknown) => {
      if (error instanceof MachineError) return null;
      throw error;
    });
    if (there !== null) return folder;
    if (folder === dirname(folder)) return null;
  }
}
