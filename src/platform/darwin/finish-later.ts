import type { Machine } from '../../machine/machine.ts';
import { stateFolder } from '../../planner/state.ts';
import type { FinishLater, Rest } from '../platform.ts';
import { shellWord } from '../shell.ts';
import { agentPath, installAgent } from './launch-agent.ts';
import { macProgram } from './system.ts';

export const FINISH_AGENT = 'codex-link.finish';

/** The gateway may need a while after a login; then the apply fails, puts everything back and is tried again. */
const ATTEMPTS = 5;
const PAUSE_SECONDS = 60;

/**
 * A LaunchAgent that runs the apply once more when the person logs in to the desktop: then the login keychain is open and apps can be
 * asked. Its file is removed as soon as it begins, so it runs once; an apply that still has to leave something out arranges it anew.
 * Nothing of it holds a secret. How it ended stands in `finish.json` in the folder of the state.
 */
export const finishAtLogin: FinishLater = {
  when: 'after the next login to the desktop',

  async arrange(machine: Machine, rest: Rest): Promise<void> {
    const script = scriptPath(machine);
    const launchctl = await macProgram(machine, 'launchctl');
    await machine.makeFolder(stateFolder(machine), 0o700);
    await machine.write(script, new TextEncoder().encode(scriptText(machine, rest, launchctl)), { mode: 0o700 });
    await installAgent(machine, { label: FINISH_AGENT, argv: ['/bin/sh', script] });
  },

  async withdraw(machine: Machine): Promise<void> {
    // launchd is not told: when the agent itself is what runs this, it would be ended in the middle.
    for (const path of [agentPath(machine, FINISH_AGENT), scriptPath(machine)]) {
      if ((await machine.lstat(path)) !== null) await machine.remove(path);
    }
  },
};

function scriptPath(machine: Machine): string {
  return `${stateFolder(machine)}/finish.sh`;
}

function scriptText(machine: Machine, { argv, cwd, env }: Rest, launchctl: string): string {
  const exports = Object.entries(env).map(([name, value]) => `export ${name}=${shellWord(value)}\n`);
  return `#!/bin/sh
# Written by codex-link: finishes an apply at the next login to the desktop, once. It goes away by itself.
set -u
${exports.join('')}rm -f -- ${shellWord(agentPath(machine, FINISH_AGENT))}
cd ${shellWord(cwd)} || exit 1
attempt=1
while :; do
  ${argv.map(shellWord).join(' ')} >/dev/null 2>&1 </dev/null
  code=$?
  case $code in
    0 | 2 | 64) break ;;
  esac
  [ "$attempt" -ge ${ATTEMPTS} ] && break
  attempt=$((attempt + 1))
  sleep ${PAUSE_SECONDS}
done
if [ -d ${shellWord(stateFolder(machine))} ]; then
  printf '{"finished":"%s","exitCode":%d,"attempts":%d}\\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$code" "$attempt" >${shellWord(`${stateFolder(machine)}/finish.json`)}
fi
# Last, because launchd ends the script with it.
exec ${shellWord(launchctl)} bootout gui/"$(id -u)"/${FINISH_AGENT}
`;
}
