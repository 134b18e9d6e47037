import type { CodeEntry } from './diagnostics.ts';

/** What codex-link fleet report finds in the files that many machines wrote. */
export const fleetCodes = {
  CL9001: {
    severity: 'error',
    summary: 'There is no report to read.',
    explanation:
      'fleet report reads the JSON that plan, apply and drift print with --json: files that end in .json, .jsonl or .ndjson, in the folders that are named and below them, or any file that is named itself.',
    fix: 'name a folder with reports in it, e.g. what codex-link drift --json printed on each machine as HOST.json',
  },
  CL9002: {
    severity: 'warning',
    summary: 'A report is not whole JSON.',
    explanation:
      'A machine that was cut off while it wrote, or a collector that mixed other text in, leaves a file that says nothing. It counts for no machine; an older report of the same machine still does.',
    fix: 'collect this report again; only standard output of codex-link belongs into it',
  },
  CL9003: {
    severity: 'warning',
    summary: 'A file is no report of codex-link.',
    explanation:
      'Only the documents of plan, apply, drift, use, rotate, rollback and destroy, and errors in their place, tell how a machine stands.',
    fix: 'take the file out of the folder, or collect codex-link drift --json',
  },
  CL9004: {
    severity: 'warning',
    summary: 'A report is too large to be one.',
    explanation:
      'The report of one machine is some kilobytes. One beyond 16 MiB was not read, so that it cannot fill the memory.',
    fix: 'collect this report again',
  },
  CL9005: {
    severity: 'warning',
    summary: 'A report cannot be read.',
    explanation: 'The system refused to give the file or the folder. What cannot be read is never taken for in sync.',
    fix: 'make it readable for you, then run codex-link fleet report again',
  },
  CL9006: {
    severity: 'warning',
    summary: 'The clock of a machine is ahead.',
    explanation:
      'The report says that it was made later than it was collected. The time of its file is taken instead, because otherwise the machine would never count as silent.',
    fix: 'set the clock of that machine',
  },
  CL9007: {
    severity: 'warning',
    summary: 'A report has a newer format than this codex-link knows.',
    explanation: 'The major part of formatVersion says what a document means. One that is newer is not guessed at.',
    fix: 'update codex-link here',
  },
  CL9008: {
    severity: 'error',
    summary: 'The list of expected machines cannot be used.',
    explanation:
      'With --hosts FILE every machine named there must have a report. The file has one name on a line; an inventory of Ansible in INI form and the output of ansible --list-hosts will do.',
    fix: 'name a file with one machine on each line',
  },
} as const satisfies Record<string, CodeEntry>;
