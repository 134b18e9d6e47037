import { CodexLinkError, finding } from '../../diagnostics/diagnostics.ts';
import { type FieldName, isEvery } from '../../schedule/cron.ts';
import type { CalendarEntry, Times } from '../../schedule/times.ts';
import type { Job } from '../scheduler.ts';

/** More moments than anybody means, and a plist that is still read at once. */
const MOST_MOMENTS = 500;

const KEYS: readonly (readonly [FieldName, string])[] = [
  ['months', 'Month'],
  ['days', 'Day'],
  ['weekdays', 'Weekday'],
  ['hours', 'Hour'],
  ['minutes', 'Minute'],
];

/** The property list of a LaunchAgent: launchd.plist(5). */
export function launchAgentPlist(label: string, { argv, environment, times }: Job, log: string): string {
  const variables = Object.entries(environment);
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<!-- Written by codex-link; codex-link apply puts it back. -->
<plist version="1.0">
<dict>
\t<key>Label</key>
\t${string(label)}
\t<key>ProgramArguments</key>
\t<array>
${argv.map((word) => `\t\t${string(word)}\n`).join('')}\t</array>
${variables.length === 0 ? '' : variablesOf(variables)}${when(times)}\t<key>ProcessType</key>
\t<string>Background</string>
\t<key>LowPriorityIO</key>
\t<true/>
\t<key>StandardOutPath</key>
\t${string(log)}
\t<key>StandardErrorPath</key>
\t${string(log)}
</dict>
</plist>
`;
}

function variablesOf(variables: readonly [string, string][]): string {
  const lines = variables.map(([name, value]) => `\t\t<key>${escaped(name)}</key>\n\t\t${string(value)}\n`);
  return `\t<key>EnvironmentVariables</key>\n\t<dict>\n${lines.join('')}\t</dict>\n`;
}

function when(times: Times): string {
  if (times.kind === 'interval') {
    // Counted anew whenever the agent is loaded, so that a longer interval might never come round.
    if (times.minutes > 1440) throw refused(`launchd cannot run every ${times.minutes / 1440} days`);
    return startInterval(times.minutes);
  }
  if (times.entries.some((entry) => KEYS.every(([key]) => isEvery(key, entry[key])))) return startInterval(1);
  const moments = times.entries.flatMap(momentsOf);
  if (moments.length > MOST_MOMENTS)
    throw refused(`launchd has to be told each of its times, and these are ${moments.length}, more than ${MOST_MOMENTS}`);
  const dicts = moments.map(
    (moment) =>
      `\t\t<dict>\n${moment.map(([key, value]) => `\t\t\t<key>${key}</key>\n\t\t\t<integer>${value}</integer>\n`).join('')}\t\t</dict>\n`,
  );
  return `\t<key>StartCalendarInterval</key>\n\t<array>\n${dicts.join('')}\t</array>\n`;
}

function startInterval(minutes: number): string {
  return `\t<key>StartInterval</key>\n\t<integer>${minutes * 60}</integer>\n`;
}

/** Every combination of what an entry restricts; what is left out of a dict may be anything. */
function momentsOf(entry: CalendarEntry): (readonly [string, number])[][] {
  const restricted = KEYS.filter(([key]) => !isEvery(key, entry[key]));
  // launchd takes one of the two as enough, as cron does for plain fields; here a day has to be both.
  if (restricted.some(([key]) => key === 'days') && restricted.some(([key]) => key === 'weekdays'))
    throw refused('launchd cannot run on days that are restricted both in the month and in the week');
  return restricted.reduce<(readonly [string, number])[][]>(
    (all, [key, name]) => all.flatMap((one) => entry[key].map((value) => [...one, [name, value] as const])),
    [[]],
  );
}

function refused(message: string): CodexLinkError {
  return new CodexLinkError(finding('CL8048', message));
}

function string(text: string): string {
  return `<string>${escaped(text)}</string>`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
