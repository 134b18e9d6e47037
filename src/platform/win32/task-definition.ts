import { crypto } from '../../machine/builtins.ts';
import type { Job } from '../scheduler.ts';
import { taskTriggers } from './task-triggers.ts';

/**
 * The definition of a task, as text: "Task Scheduler 2.0 schema". It is hidden, runs only while the user is logged on, makes up for a run that
 * was missed, and never longer than ten minutes. Node would open a console window, so it runs below a console host that has none.
 * @param user with its domain, e.g. `PC\me`
 * @param host path of conhost.exe
 */
export function taskXml({ argv, times }: Job, user: string, host: string): string {
  const body = `<Principals><Principal id="Author"><UserId>${escaped(user)}</UserId><LogonType>InteractiveToken</LogonType><RunLevel>LeastPrivilege</RunLevel></Principal></Principals>
<Settings><MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy><DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries><StopIfGoingOnBatteries>false</StopIfGoingOnBatteries><StartWhenAvailable>true</StartWhenAvailable><RunOnlyIfNetworkAvailable>false</RunOnlyIfNetworkAvailable><Enabled>true</Enabled><Hidden>true</Hidden><ExecutionTimeLimit>PT10M</ExecutionTimeLimit><Priority>7</Priority></Settings>
<Triggers>${taskTriggers(times)}</Triggers>
<Actions Context="Author"><Exec><Command>${escaped(host)}</Command><Arguments>${escaped(['--headless', ...argv].map(windowsWord).join(' '))}</Arguments></Exec></Actions>
`;
  const [principals, settings, triggers, actions] = body.split('\n');
  return `<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
<RegistrationInfo><Description>Looks for drift of the Codex route. Written by codex-link, ${digest(body)}</Description></RegistrationInfo>
${triggers}
${principals}
${settings}
${actions}
</Task>
`;
}

/** What of a definition tells whether it is the same: Windows adds to the rest, and writes a user's name as a number. */
export interface TaskEssence {
  /** The mark of the whole definition that was installed, from its description. */
  readonly mark: string;
  readonly command: string;
  readonly triggers: string;
  readonly enabled: boolean;
}

/**
 * Reads a definition, ours or one that schtasks has printed; null when it is none. What schtasks prints went through the code page of the
 * console, so that other letters than ASCII may be lost; they are left out on both sides, and the mark still tells them apart.
 */
export function taskEssence(xml: string): TaskEssence | null {
  const text = xml
    .replace(/[^\x20-\x7e]|\?(?!xml|>)/g, '')
    .replace(/>\s+</g, '><')
    .replaceAll(' />', '/>');
  if (!text.includes('<Task ')) return null;
  const inside = (name: string, from = text) => new RegExp(`<${name}(?: [^>]*)?>(.*?)</${name}>`).exec(from)?.[1] ?? '';
  return {
    mark: /Written by codex-link, ([0-9a-f]{16})/.exec(inside('Description'))?.[1] ?? '',
    command: `${inside('Command')} ${inside('Arguments')}`,
    triggers: inside('Triggers'),
    enabled: !/<Enabled>false</.test(inside('Settings')) && !/<Enabled>false</.test(inside('Triggers')),
  };
}

/** The bytes that schtasks wants: UTF-16, little endian, with a mark of it. */
export function utf16(text: string): Uint8Array {
  return Buffer.from(`\ufeff${text}`, 'utf16le');
}

/** A word of a command line, as CommandLineToArgvW takes it apart. */
export function windowsWord(text: string): string {
  if (text !== '' && !/[\s"]/.test(text)) return text;
  return `"${text.replace(/(\\*)"/g, '$1$1\\"').replace(/(\\+)$/, '$1$1')}"`;
}

function digest(text: string): string {
  return crypto().createHash('sha256').update(text).digest('hex').slice(0, 16);
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
