import { dirname } from 'node:path';
import { failedWith, type Machine, readText } from '../../machine/machine.ts';
import { runSystem } from './system.ts';

/** A job of the user's own launchd, which starts it at every login to the desktop: launchd.plist(5). */
export interface LaunchAgent {
  readonly label: string;
  /** Absolute program first. No secret: everything of the user can read the file. */
  readonly argv: readonly string[];
}

/** launchd refuses a job while the last one of that label still ends. */
const ATTEMPTS = 10;
const PAUSE_MS = 200;

export function agentPath({ facts }: Machine, label: string): string {
  return `${facts.home}/Library/LaunchAgents/${label}.plist`;
}

/** The property list. */
export function agentText({ label, argv }: LaunchAgent): string {
  const strings = argv.map((word) => `    <string>${escaped(word)}</string>\n`).join('');
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>Label</key>
  <string>${escaped(label)}</string>
  <key>ProgramArguments</key>
  <array>
${strings}  </array>
  <key>RunAtLoad</key>
  <true/>
</dict>
</plist>
`;
}

/** Puts the file where launchd finds it at the next login. */
export async function installAgent(machine: Machine, agent: LaunchAgent): Promise<void> {
  const path = agentPath(machine, agent.label);
  await machine.makeFolder(dirname(path), 0o755);
  await machine.write(path, new TextEncoder().encode(agentText(agent)), { mode: 0o644 });
}

/** What stands in the agent's file; null when there is none. */
export function installedText(machine: Machine, label: string): Promise<string | null> {
  return readText(machine, agentPath(machine, label)).catch((error: unknown) => {
    if (failedWith(error, 'EILSEQ')) return ''; // not ours
    throw error;
  });
}

/** Runs an installed agent now, as it stands in its file. False when launchd does not take it. Needs the desktop session. */
export async function runAgent(machine: Machine, label: string): Promise<boolean> {
  await unloadAgent(machine, label);
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const args = ['bootstrap', domain(machine), agentPath(machine, label)];
    if ((await runSystem(machine, 'launchctl', { args, effect: 'write' })).code === 0) return true;
    await machine.sleep(PAUSE_MS);
  }
  return false;
}

/** Makes launchd forget the agent; its file stays. Nothing happens when launchd does not know it. */
export async function unloadAgent(machine: Machine, label: string): Promise<void> {
  await runSystem(machine, 'launchctl', { args: ['bootout', `${domain(machine)}/${label}`], effect: 'write' });
}

function domain({ facts }: Machine): string {
  return `gui/${facts.uid}`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
