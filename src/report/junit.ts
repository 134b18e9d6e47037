import type { DriftResource, DriftRun } from '../drift/run.ts';

/**
 * A run as JUnit XML, in the form that Jenkins, GitLab and GitHub's reporters read: a resource is a test case; one that has drifted is a
 * failure, one that cannot be asked an error, and one that is not looked at, or accepted, is skipped. An error that belongs to no resource
 * is a case of its own.
 */
export function junitXml(run: DriftRun): string {
  const cases = [...run.resources.map((one) => resourceCase(run, one)), ...strayErrors(run)];
  const count = (kind: Case['kind']) => cases.filter((one) => one.kind === kind).length;
  const seconds = (run.durationMs / 1000).toFixed(3);
  const attributes = `name="codex-link drift" tests="${cases.length}" failures="${count('failure')}" errors="${count('error')}" skipped="${count('skipped')}" time="${seconds}" timestamp="${run.started.slice(0, 19)}" hostname=${quoted(run.host)}`;
  const lines = cases.map(({ name, kind, message, text }) => {
    const head = `    <testcase classname=${quoted(`codex-link.${run.host}`)} name=${quoted(name)} time="0"`;
    if (kind === 'passed') return `${head}/>`;
    const body = text === '' ? '/>' : `>${escaped(text)}</${kind}>`;
    return `${head}>\n      <${kind} message=${quoted(message)}${body}\n    </testcase>`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n  <testsuite ${attributes}>\n${lines.map((line) => `${line}\n`).join('')}  </testsuite>\n</testsuites>\n`;
}

interface Case {
  readonly name: string;
  readonly kind: 'passed' | 'failure' | 'error' | 'skipped';
  readonly message: string;
  readonly text: string;
}

function resourceCase(run: DriftRun, one: DriftResource): Case {
  const accepted = run.ignored.find(({ address }) => address === one.address);
  const made = (kind: Case['kind'], message: string, text = ''): Case => ({ name: one.address, kind, message, text });
  if (one.drifted) return made('failure', one.reason, details(one));
  if (accepted !== undefined) return made('skipped', `accepted by drift.ignore: ${accepted.why ?? accepted.reason}`);
  if (one.status === 'unknown') return made('error', one.reason, one.command === null ? '' : `next: ${one.command}`);
  return one.status === 'in-sync' || one.status === 'run' ? made('passed', '') : made('skipped', `${one.status}: ${one.reason}`);
}

function details({ since, writer, changes, command }: DriftResource): string {
  const values = changes.map(({ path, before, after }) => `${path}: ${JSON.stringify(before)} -> ${JSON.stringify(after)}`);
  return [
    ...(since === null ? [] : [`since ${since}`]),
    ...(writer === null ? [] : [`written by ${writer}`]),
    ...values,
    ...(command === null ? [] : [`next: ${command}`]),
  ].join('\n');
}

function strayErrors(run: DriftRun): Case[] {
  const told = new Set(run.resources.filter((one) => one.drifted || one.status === 'unknown').map((one) => one.address));
  return run.findings
    .filter(({ severity, resource }) => severity === 'error' && (resource === null || !told.has(resource)))
    .map(({ code, message, fix }) => ({ name: code, kind: 'failure', message, text: `next: ${fix}` }));
}

function quoted(text: string): string {
  return `"${escaped(text).replaceAll('\n', '&#10;').replaceAll('\t', '&#9;')}"`;
}

/** XML 1.0 has no way at all to write most control characters, nor half a surrogate pair. */
function escaped(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\x00-\x08\x0b-\x1f\x7f\ufffe\uffff]/g, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
