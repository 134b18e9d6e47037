import { posix } from 'node:path';
import { CodexLinkError, finding } from '../../diagnostics/diagnostics.ts';
import { type Exit, type Machine, readText } from '../../machine/machine.ts';
import { systemProgram } from '../../machine/programs.ts';
import type { OnUndo } from '../../resources/resource.ts';
import { refuseCharacters } from '../../schedule/characters.ts';
import type { Times } from '../../schedule/times.ts';
import { type Installed, type Job, nextOnly, type Runs, type Scheduler, without } from '../scheduler.ts';
import { launchAgentPlist } from './schedule-plist.ts';

const LABEL = 'codex-link.drift';
const TIMEOUT_MS = 10_000;

/** A LaunchAgent of the user. It needs the graphical session, which is where launchd runs agents. */
export const launchAgent: Scheduler = {
  kind: 'launchd',
  name: 'the LaunchAgent',

  unavailable: (machine) => without(machine, 'launchctl'),

  async read(machine: Machine, job: Job | null): Promise<Installed> {
    if (job !== null) refuseCharacters(job);
    const path = plistPath(machine);
    const before = await readText(machine, path);
    const after = job === null ? null : launchAgentPlist(LABEL, job, logPath(machine));
    const session = await launchctl(machine, ['print', domain(machine)], 'read');
    const outOfReach = session?.code === 0 ? null : finding('CL8050', 'there is no graphical session to ask launchd in');
    const loaded = outOfReach === null ? (await launchctl(machine, ['print', service(machine)], 'read'))?.code === 0 : null;
    const flaw = job !== null && loaded === false ? `launchd has not loaded ${path}` : null;
    return { present: before !== null || loaded === true, parts: [{ path, before, after }], flaw, outOfReach, findings: [] };
  },

  async install(machine: Machine, { parts: [part] }: Installed, onUndo: OnUndo): Promise<void> {
    if (part === undefined || part.after === null) return;
    // What is registered first is undone last: then the file is as it was.
    onUndo('the LaunchAgent', async (later) => {
      await unload(later);
      if (part.before !== null) await load(later);
    });
    for (const folder of [posix.dirname(part.path), posix.dirname(logPath(machine))]) await machine.makeFolder(folder, 0o755);
    const text = new TextEncoder();
    await machine.write(part.path, text.encode(part.after), {
      mode: 0o644,
      expect: part.before === null ? null : text.encode(part.before),
    });
    await unload(machine);
    await load(machine);
  },

  async remove(machine: Machine, { parts: [part] }: Installed, onUndo: OnUndo): Promise<void> {
    onUndo('the LaunchAgent', async (later) => {
      if (part !== undefined && part.before !== null) await load(later);
    });
    await unload(machine);
    await machine.remove(plistPath(machine));
  },

  async runs(machine: Machine, times: Times | null): Promise<Runs> {
    const printed = await launchctl(machine, ['print', service(machine)], 'read');
    const code = /^\s*last exit code = (\d+)/m.exec(printed?.stdout ?? '')?.[1];
    // launchd does not tell when that was.
    return { ...nextOnly(machine, times), exitCode: code === undefined ? null : Number(code) };
  },
};

function plistPath({ facts }: Machine): string {
  return posix.join(facts.home, 'Library', 'LaunchAgents', `${LABEL}.plist`);
}

/** A run in sync says nothing, so that it does not grow. */
function logPath({ facts }: Machine): string {
  return posix.join(facts.home, 'Library', 'Logs', 'codex-link', 'drift.log');
}

function domain({ facts }: Machine): string {
  return `gui/${facts.uid}`;
}

function service(machine: Machine): string {
  return `${domain(machine)}/${LABEL}`;
}

/** Loads the file, and looks whether it is loaded. */
async function load(machine: Machine): Promise<void> {
  const ran = await launchctl(machine, ['bootstrap', domain(machine), plistPath(machine)], 'write');
  if ((await launchctl(machine, ['print', service(machine)], 'read'))?.code === 0) return;
  const said = ran?.stderr.trim().split('\n')[0] || 'it says nothing';
  throw new CodexLinkError(finding('CL8043', `launchctl did not load ${plistPath(machine)}: ${said}`));
}

/** Not being loaded is fine. launchd may take a moment, and refuses to load again before. */
async function unload(machine: Machine): Promise<void> {
  if ((await launchctl(machine, ['print', service(machine)], 'read'))?.code !== 0) return;
  await launchctl(machine, ['bootout', service(machine)], 'write');
  for (let tries = 0; tries < 20; tries++) {
    if ((await launchctl(machine, ['print', service(machine)], 'read'))?.code !== 0) return;
    await machine.sleep(100);
  }
  throw new CodexLinkError(finding('CL8043', `launchctl did not unload ${LABEL}`));
}

async function launchctl(machine: Machine, args: readonly string[], effect: 'read' | 'write'): Promise<Exit | null> {
  const file = await systemProgram(machine, 'launchctl');
  if (file === null) return null;
  const { home, user, env } = machine.facts;
  const path = machine.facts.simulated ? (env.PATH ?? '') : '/usr/bin:/bin:/usr/sbin:/sbin';
  return machine.run({ file, args, env: { HOME: home, USER: user, PATH: path }, timeoutMs: TIMEOUT_MS, effect });
}
