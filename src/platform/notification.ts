import { type Command, type Machine, MachineError } from '../machine/machine.ts';
import { systemProgram } from '../machine/programs.ts';
import { busAddress, sessionBusSockets } from './linux/dbus.ts';

const TIMEOUT_MS = 5000;

/** Shows a desktop notification. Null when it was shown, else why not. */
export async function notify(machine: Machine, title: string, text: string): Promise<string | null> {
  const command = await notifierOf(machine, title, text);
  if (typeof command === 'string') return command;
  try {
    const { code, stderr, timedOut } = await machine.run(command);
    if (timedOut) return 'the desktop did not answer';
    return code === 0 ? null : (stderr.trim().split('\n')[0] ?? `exit code ${code}`);
  } catch (error) {
    if (!(error instanceof MachineError)) throw error;
    return error.message;
  }
}

function notifierOf(machine: Machine, title: string, text: string): Promise<Command | string> {
  switch (machine.facts.os) {
    case 'linux':
      return onLinux(machine, title, text);
    case 'darwin':
      return onMac(machine, title, text);
    case 'win32':
      return onWindows(machine, title, text);
  }
}

async function onLinux(machine: Machine, title: string, text: string): Promise<Command | string> {
  const file = await systemProgram(machine, 'notify-send');
  if (file === null) return 'notify-send is not installed';
  // Without a bus notify-send would try to start one.
  for (const socket of sessionBusSockets(machine)) {
    if (!socket.startsWith('\0') && (await machine.stat(socket)) === null) continue;
    const env = { HOME: machine.facts.home, LANG: 'C.UTF-8', DBUS_SESSION_BUS_ADDRESS: busAddress(socket) };
    // Marks end options, so that no text is taken for one. `<` would be markup.
    const args = ['--app-name=codex-link', '--', title, text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')];
    return { file, args, env, timeoutMs: TIMEOUT_MS, effect: 'write' };
  }
  return 'there is no desktop session';
}

/** The texts are arguments of the script and no part of it. Unverified on a Mac. */
async function onMac(machine: Machine, title: string, text: string): Promise<Command | string> {
  const file = await systemProgram(machine, 'osascript');
  if (file === null) return 'osascript is not there';
  const script = ['on run argv', 'display notification (item 2 of argv) with title (item 1 of argv)', 'end run'];
  const args = [...script.flatMap((line) => ['-e', line]), title, text];
  return { file, args, env: { HOME: machine.facts.home, PATH: '/usr/bin:/bin' }, timeoutMs: TIMEOUT_MS, effect: 'write' };
}

/** The texts come by the environment: PowerShell has no arguments for `-Command`. Unverified on Windows. */
async function onWindows(machine: Machine, title: string, text: string): Promise<Command | string> {
  const file = await systemProgram(machine, 'powershell');
  if (file === null) return 'PowerShell is not there';
  const { SystemRoot = 'C:\\Windows', USERPROFILE = machine.facts.home } = machine.facts.env;
  return {
    file,
    args: ['-NoProfile', '-NonInteractive', '-Command', TOAST],
    env: { SystemRoot, USERPROFILE, CODEX_LINK_TITLE: title, CODEX_LINK_TEXT: text },
    timeoutMs: TIMEOUT_MS,
    effect: 'write',
  };
}

const TOAST = `$ErrorActionPreference = 'Stop'
[void][Windows.UI.Notifications.ToastNotificationManager, Windows.UI.Notifications, ContentType = WindowsRuntime]
$toast = [Windows.UI.Notifications.ToastNotificationManager]::GetTemplateContent(1)
$lines = $toast.GetElementsByTagName('text')
[void]$lines.Item(0).AppendChild($toast.CreateTextNode($env:CODEX_LINK_TITLE))
[void]$lines.Item(1).AppendChild($toast.CreateTextNode($env:CODEX_LINK_TEXT))
$id = '{1AC14E77-02E7-4E5D-B744-2EB1AE5198B7}\\WindowsPowerShell\\v1.0\\powershell.exe'
[Windows.UI.Notifications.ToastNotificationManager]::CreateToastNotifier($id).Show([Windows.UI.Notifications.ToastNotification]::new($toast))`;
