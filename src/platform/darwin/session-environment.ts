import { CodexLinkError, Deferred, finding } from '../../diagnostics/diagnostics.ts';
import type { Machine } from '../../machine/machine.ts';
import { systemProgram } from '../../machine/programs.ts';
import { Secret } from '../../secret.ts';
import { configHome } from '../file-store.ts';
import type { SecretVariable, VariableState, VariableStore } from '../platform.ts';
import type { Variable } from '../session-environment.ts';
import { shellWord } from '../shell.ts';
import { keychain } from './keychain.ts';
import { agentPath, agentText, installAgent, installedText, type LaunchAgent, runAgent, unloadAgent } from './launch-agent.ts';
import { hasDesktop, macProgram, runSystem } from './system.ts';

export const ENVIRONMENT_AGENT = 'codex-link.environment';

/** How long the agent may take: a shell, `security` and `launchctl`. */
const PATIENCE_MS = 10_000;
const POLL_MS = 100;

/**
 * The variables of launchd's desktop session. A LaunchAgent without a secret reads the key from the store at every login and hands it to
 * the session; the same agent is run to set it now. launchctl takes a value in no other way than as an argument, where root and the user
 * can see it for a moment: the price of `provider.auth: env` on macOS. codex-link itself never starts it so.
 */
export const launchdEnvironment: VariableStore = {
  name: 'launchd',
  holdsOne: true,
  cost: 'at each login launchctl is given the value as an argument, where you and root can see it for a moment',
  removal: (machine, name) => `launchctl unsetenv ${name} && rm ${shellWord(agentPath(machine, ENVIRONMENT_AGENT))}`,

  async read(machine: Machine, variable: SecretVariable): Promise<VariableState> {
    if (!(await hasDesktop(machine))) throw outOfReach();
    const [value, text, wanted] = await Promise.all([
      valueNow(machine, variable.name),
      installedText(machine, ENVIRONMENT_AGENT),
      agentFor(machine, variable),
    ]);
    const flaw =
      text === null
        ? `${variable.name} is lost at the next login, because ${agentPath(machine, ENVIRONMENT_AGENT)} does not exist`
        : text === agentText(wanted)
          ? null
          : `${agentPath(machine, ENVIRONMENT_AGENT)} is not the agent that codex-link writes`;
    return { value, flaw, present: value !== null || text !== null };
  },

  async write(machine: Machine, variable: SecretVariable, value: Secret): Promise<void> {
    if (!(await hasDesktop(machine))) throw outOfReach();
    const { store = keychain, item } = variable;
    await installAgent(machine, await agentFor(machine, variable));
    const held = await store.read(machine, item);
    const same = held?.equals(value) ?? false;
    // When an old value is put back, the store may still hold the new one, and the agent takes its value from there.
    if (!same) await store.write(machine, item, value);
    try {
      await setNow(machine, variable.name, value);
    } finally {
      if (!same) await (held === null ? store.remove(machine, item) : store.write(machine, item, held));
    }
  },

  async remove(machine: Machine, { name }: SecretVariable): Promise<void> {
    if (!(await hasDesktop(machine))) throw outOfReach();
    await unloadAgent(machine, ENVIRONMENT_AGENT);
    await machine.remove(agentPath(machine, ENVIRONMENT_AGENT));
    await runSystem(machine, 'launchctl', { args: ['unsetenv', name], effect: 'write' });
    if ((await valueNow(machine, name)) !== null)
      throw new CodexLinkError(finding('CL3038', `launchd still has ${name} after launchctl unsetenv`));
  },
};

/** Those of the named variables that launchd gives to apps; of others, which may be secrets, nothing is kept. */
export async function sessionVariables(machine: Machine, names: readonly string[]): Promise<readonly Variable[]> {
  // A line for each: NAME="value"; export NAME;
  if (machine.facts.simulated && (await systemProgram(machine, 'launchctl')) === null) return []; // planned for from another OS
  const { code, stdout } = await runSystem(machine, 'launchctl', { args: ['export'], effect: 'read' });
  if (code !== 0) return [];
  return names.flatMap((name) => {
    const found = new RegExp(`^${name}="(.*)"; export ${name};?$`, 'm').exec(stdout);
    return found === null ? [] : [{ name, value: found[1] ?? '', place: null }];
  });
}

async function setNow(machine: Machine, name: string, value: Secret): Promise<void> {
  if (!(await runAgent(machine, ENVIRONMENT_AGENT))) {
    const file = agentPath(machine, ENVIRONMENT_AGENT);
    throw new CodexLinkError(finding('CL3038', 'launchd does not take the LaunchAgent of codex-link', { file }));
  }
  for (let waited = 0; waited < PATIENCE_MS; waited += POLL_MS) {
    if ((await valueNow(machine, name))?.equals(value)) return;
    await machine.sleep(POLL_MS);
  }
  throw new CodexLinkError(finding('CL3038', `the LaunchAgent ran, and launchd still does not have ${name}`));
}

async function valueNow(machine: Machine, name: string): Promise<Secret | null> {
  const { stdout } = await runSystem(machine, 'launchctl', { args: ['getenv', name], effect: 'read' });
  const value = stdout.replace(/\n$/, '');
  return value === '' ? null : new Secret(value);
}

async function agentFor(machine: Machine, { name, item, store = keychain }: SecretVariable): Promise<LaunchAgent> {
  const programs = new Map(await Promise.all(store.programs.map(async (one) => [one, await macProgram(machine, one)] as const)));
  const lookup = store.lookup({
    service: item.service,
    account: shellWord(item.account),
    portableHome: null,
    timeoutMs: PATIENCE_MS,
    configHome: configHome(machine),
    facts: machine.facts,
    program: (one) => programs.get(one) ?? `/usr/bin/${one}`,
  });
  const launchctl = shellWord(await macProgram(machine, 'launchctl'));
  const script = `set -u
LC_ALL=C
fail() {
  printf '%s: %s\\n' ${ENVIRONMENT_AGENT} "$1" >&2
  exit 1
}
${lookup}
case $token in
  '' | *[!!-~]*) fail 'the stored token is not one line of printable characters: run codex-link apply' ;;
esac
exec ${launchctl} setenv ${shellWord(name)} "$token"
`;
  return { label: ENVIRONMENT_AGENT, argv: ['/bin/sh', '-c', script] };
}

function outOfReach(): Deferred {
  return new Deferred(finding('CL3039', "the desktop session's variables cannot be had from here"));
}
