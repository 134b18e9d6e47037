import { CodexLinkError, finding } from '../../diagnostics/diagnostics.ts';
import type { Job } from '../scheduler.ts';
import { shellWord } from '../shell.ts';

const BEGIN = '# >>> codex-link >>> looks for drift; written by codex-link, which puts it back';
const END = '# <<< codex-link <<<';
/** Debian's cron takes no longer command (MAX_COMMAND in its cron.h), others do. */
const LONGEST_COMMAND = 998;

/** Our lines of a crontab. Throws for times and commands that cron cannot take. */
export function cronBlock({ argv, environment, times }: Job): string {
  if (times.kind === 'interval') {
    const text = times.minutes % 1440 === 0 ? `${times.minutes / 1440} days` : `${times.minutes} minutes`;
    throw new CodexLinkError(
      finding('CL8048', `cron cannot run every ${text}`, { fix: 'choose an interval that divides a day, e.g. `every: 1h`' }),
    );
  }
  const variables = Object.entries(environment).map(([name, value]) => `${name}=${shellWord(value)}`);
  // Through env, because the table may have chosen a shell that assigns otherwise.
  const words = [...(variables.length === 0 ? [] : ['/usr/bin/env', ...variables]), ...argv.map(shellWord)];
  const command = words.join(' ').replaceAll('%', '\\%'); // a percent sign ends the command, whatever the quotes: crontab(5)
  if (Buffer.byteLength(command) > LONGEST_COMMAND)
    throw new CodexLinkError(finding('CL8041', `the command of the schedule is too long for cron: ${command.length} characters`));
  return [BEGIN, ...times.cron.map((line) => `${line} ${command}`), END].map((line) => `${line}\n`).join('');
}

interface Found {
  readonly start: number;
  readonly end: number;
}

/** Our block in a table; null when it has none. Throws when it has lost its end, for then nobody knows what is ours. */
export function blockIn(table: string): string | null {
  const found = blocks(table);
  if (found.length === 0) return null;
  return found.map(({ start, end }) => table.slice(start, end)).join('');
}

/** The table with this block instead of ours, at the same place, else at its end; null takes ours away. Every other byte stays. */
export function withBlock(table: string, block: string | null): string {
  const found = blocks(table);
  const text = block ?? '';
  if (found.length === 0) {
    const gap = text !== '' && table !== '' && !table.endsWith('\n') ? '\n' : '';
    return `${table}${gap}${text}`;
  }
  let rest = '';
  let at = 0;
  for (const [index, { start, end }] of found.entries()) {
    rest += `${table.slice(at, start)}${index === 0 ? text : ''}`;
    at = end;
  }
  return rest + table.slice(at);
}

function blocks(table: string): Found[] {
  const found: Found[] = [];
  let begun: number | null = null;
  let at = 0;
  for (const line of table.split(/(?<=\n)/)) {
    const text = line.trimEnd();
    if (text.startsWith('# >>> codex-link >>>')) {
      if (begun !== null) throw endless();
      begun = at;
    } else if (text === END && begun !== null) {
      found.push({ start: begun, end: at + line.length });
      begun = null;
    }
    at += line.length;
  }
  if (begun !== null) throw endless();
  return found;
}

function endless(): CodexLinkError {
  const message = 'the block of codex-link in the crontab has lost its last line';
  return new CodexLinkError(
    finding('CL8044', message, { fix: 'crontab -e and take the rest of the block out, then codex-link apply' }),
  );
}
