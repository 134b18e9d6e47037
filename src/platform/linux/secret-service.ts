import { CodexLinkError, type Finding, finding, refusalOf } from '../../diagnostics/diagnostics.ts';
import { type Command, failedWith, type Machine, MachineError } from '../../machine/machine.ts';
import { systemProgram } from '../../machine/programs.ts';
import { Secret } from '../../secret.ts';
import type { HelperItem, SecretItem, SecretStore } from '../platform.ts';
import { shellWord } from '../shell.ts';
import { busAddress, call, hasNoOwner, type MethodCall, sessionBusSockets } from './dbus.ts';

const BUS_TIMEOUT_MS = 2000;
/** secret-tool answers in 20 ms; an unlocked keyring never asks. */
const TOOL_TIMEOUT_MS = 5000;
const LABEL = 'CLIProxyAPI token (codex-link)';

interface Search {
  readonly socket: string;
  readonly item: 'present' | 'locked' | 'absent';
}

/**
 * The desktop's keyring (gnome-keyring, KWallet) through `secret-tool`. Whether it can be asked at all is found out over D-Bus
 * first: `secret-tool` says the same for locked and for missing, and hangs on a dialog when the keyring is locked on a desktop.
 */
export const secretService: SecretStore = {
  kind: 'secret-service',
  name: 'the Secret Service',

  async unavailable(machine: Machine): Promise<Finding | null> {
    return refusalOf(async () => {
      await tool(machine);
      await search(machine, { service: 'codex-link', account: 'availability' });
    });
  },

  async read(machine: Machine, item: SecretItem): Promise<Secret | null> {
    const [program, found] = await Promise.all([tool(machine), search(machine, item)]);
    if (found.item === 'locked') throw locked();
    if (found.item === 'absent') return null;
    const { code, stdout, stderr, timedOut } = await machine.run(
      command(machine, program, found, ['lookup', ...attributes(item)]),
    );
    if (timedOut) throw locked();
    if (code === 0) return new Secret(stdout);
    throw new CodexLinkError(finding('CL3004', `secret-tool could not read the item: ${stderr.trim() || `exit code ${code}`}`));
  },

  async write(machine: Machine, item: SecretItem, secret: Secret): Promise<void> {
    const [program, found] = await Promise.all([tool(machine), search(machine, item)]);
    if (found.item === 'locked') throw locked();
    const stored = await machine.run({
      ...command(machine, program, found, ['store', `--label=${LABEL}`, ...attributes(item)]),
      input: secret.reveal(),
      effect: 'write',
    });
    if (stored.code !== 0) {
      if (/locked collection/.test(stored.stderr)) throw locked();
      throw new CodexLinkError(
        finding('CL3004', `secret-tool could not store the item: ${stored.stderr.trim() || `exit code ${stored.code}`}`),
      );
    }
    // It cuts what is too long and still exits 0, so only what is read back counts.
    const readBack = await secretService.read(machine, item);
    if (readBack === null || !readBack.equals(secret)) {
      throw new CodexLinkError(finding('CL3004', 'the Secret Service gave back something else than was stored'));
    }
  },

  async remove(machine: Machine, item: SecretItem): Promise<void> {
    const [program, found] = await Promise.all([tool(machine), search(machine, item)]);
    if (found.item === 'locked') throw locked();
    if (found.item === 'absent') return;
    await machine.run({ ...command(machine, program, found, ['clear', ...attributes(item)]), effect: 'write' });
    if ((await search(machine, item)).item !== 'absent')
      throw new CodexLinkError(finding('CL3004', 'the item is still there after secret-tool clear'));
  },

  async flaw(): Promise<null> {
    return null; // access to items is the keyring's own business
  },

  programs: ['secret-tool', 'timeout', 'id'],

  lookup(item: HelperItem): string {
    const program = (name: string) => shellWord(item.program(name));
    // Codex gives up after its own time-out without a word, so the helper gives up before and says why.
    const seconds = Math.max(1, Math.floor((item.timeoutMs - 500) / 1000));
    return `# Apps started from a dock, cron and ssh know no session bus; it stands at its usual place.
if [ -z "\${DBUS_SESSION_BUS_ADDRESS:-}" ]; then
  runtime=\${XDG_RUNTIME_DIR:-/run/user/$(${program('id')} -u)}
  [ -S "$runtime/bus" ] || fail "no session bus at $runtime/bus: log in to the desktop first"
  export DBUS_SESSION_BUS_ADDRESS="unix:path=$runtime/bus"
fi
[ -x ${program('secret-tool')} ] || fail 'secret-tool is not installed: install libsecret-tools'
# A locked keyring on a desktop opens a dialog and waits.
token=$(${program('timeout')} ${seconds} ${program('secret-tool')} lookup service ${shellWord(item.service)} account ${item.account} 2>/dev/null)
case $? in
  0) ;;
  124) fail 'the keyring does not answer, it is probably locked: unlock it' ;;
  *) fail 'the keyring holds no token, or is locked: run codex-link plan' ;;
esac`;
  },
};

function attributes(item: SecretItem): string[] {
  return ['service', item.service, 'account', item.account];
}

async function tool(machine: Machine): Promise<string> {
  const path = await systemProgram(machine, 'secret-tool');
  if (path === null) throw new CodexLinkError(finding('CL3001', 'secret-tool is not installed'));
  return path;
}

/** Looks for the item without reading its value, without waking a keyring that does not run, and without a prompt. */
async function search(machine: Machine, item: SecretItem): Promise<Search> {
  let noBus = 'there is no session bus';
  for (const socket of sessionBusSockets(machine)) {
    try {
      const reply = await call(machine, socket, searchFor(item), BUS_TIMEOUT_MS);
      if (reply.ok) return { socket, item: reply.paths[0]?.length ? 'present' : reply.paths[1]?.length ? 'locked' : 'absent' };
      const why = hasNoOwner(reply.error) ? 'the session bus has no keyring running' : `the keyring answers with ${reply.error}`;
      throw new CodexLinkError(finding('CL3002', why));
    } catch (error) {
      if (!(error instanceof MachineError)) throw error;
      const why = failedWith(error, 'ETIMEDOUT') ? 'a session bus that does not answer' : 'no session bus';
      noBus = `there is ${why} at ${socket.replace('\0', '@')}`;
    }
  }
  throw new CodexLinkError(finding('CL3002', noBus));
}

function searchFor(item: SecretItem): MethodCall {
  return {
    destination: 'org.freedesktop.secrets',
    path: '/org/freedesktop/secrets',
    interface: 'org.freedesktop.Secret.Service',
    member: 'SearchItems',
    argument: { service: item.service, account: item.account },
  };
}

function command(machine: Machine, file: string, found: Search, args: string[]): Command {
  const { home, env } = machine.facts;
  const runtime: Record<string, string> = env.XDG_RUNTIME_DIR ? { XDG_RUNTIME_DIR: env.XDG_RUNTIME_DIR } : {};
  return {
    file,
    args,
    env: { HOME: home, LANG: 'C.UTF-8', DBUS_SESSION_BUS_ADDRESS: busAddress(found.socket), ...runtime },
    timeoutMs: TOOL_TIMEOUT_MS,
    effect: 'read',
  };
}

function locked(): CodexLinkError {
  return new CodexLinkError(finding('CL3003', 'the keyring is locked'));
}
