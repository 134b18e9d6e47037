import { CodexLinkError, finding } from '../../diagnostics/diagnostics.ts';
import { isEvery } from '../../schedule/cron.ts';
import { type CalendarEntry, shortestGap, type Times } from '../../schedule/times.ts';
import type { Job } from '../scheduler.ts';

const DAY = 1440;
/** No run is put off by more, however rare it is. */
const MOST_DELAY_SECONDS = 300;
const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

/** The service that the timer starts: in the background in every respect, and no failure when it finds something (exit 2 and 3). */
export function serviceUnit({ argv, environment }: Job): string {
  const variables = Object.entries(environment).map(([name, value]) => `Environment=${unitWord(`${name}=${value}`)}\n`);
  return `# Written by codex-link; \`codex-link apply\` puts it back.
[Unit]
Description=Look for drift of the Codex route

[Service]
Type=oneshot
ExecStart=${execStart(argv)}
${variables.join('')}SuccessExitStatus=2 3
Nice=19
IOSchedulingClass=idle
TimeoutStartSec=10min
StandardOutput=journal
StandardError=journal
`;
}

/** The timer. Throws for times that systemd cannot keep over the end of a session. */
export function timerUnit(times: Times): string {
  const delay = Math.max(1, Math.min(MOST_DELAY_SECONDS, Math.floor(shortestGap(times) * 6)));
  return `# Written by codex-link; \`codex-link apply\` puts it back.
[Unit]
Description=Look for drift of the Codex route now and then

[Timer]
${when(times)}RandomizedDelaySec=${delay}s
AccuracySec=${Math.min(delay, 60)}s

[Install]
WantedBy=timers.target
`;
}

function when(times: Times): string {
  if (times.kind === 'calendar')
    return `${times.entries.map((one) => `OnCalendar=${onCalendar(one)}\n`).join('')}Persistent=true\n`;
  // Counted anew at every login, so that a longer interval might never come round.
  if (times.minutes > DAY)
    throw new CodexLinkError(finding('CL8048', `a systemd timer cannot run every ${times.minutes / DAY} days`));
  return `OnStartupSec=${times.minutes}min\nOnUnitActiveSec=${times.minutes}min\n`;
}

/** A calendar event of systemd.time(7). Steps are written out, because `1/2` there goes on without an end. */
export function onCalendar({ minutes, hours, days, months, weekdays }: CalendarEntry): string {
  const list = (key: 'minutes' | 'hours' | 'days' | 'months', values: readonly number[]) =>
    isEvery(key, values) ? '*' : values.map((value) => String(value).padStart(2, '0')).join(',');
  const week = isEvery('weekdays', weekdays) ? '' : `${weekdays.map((day) => WEEKDAYS[day]).join(',')} `;
  return `${week}*-${list('months', months)}-${list('days', days)} ${list('hours', hours)}:${list('minutes', minutes)}:00`;
}

/** With a colon before it systemd takes every dollar sign as it is; older ones do not know the colon, so only where it is needed. */
function execStart(argv: readonly string[]): string {
  const plain = argv.some((word) => word.includes('$')) ? ':' : '';
  return `${plain}${argv.map(unitWord).join(' ')}`;
}

/** A word of a unit file: systemd.service(5), "Command lines". A percent sign begins a specifier wherever it stands. */
export function unitWord(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('%', '%%')}"`;
}
