import type { Code } from '../diagnostics/diagnostics.ts';
import { type FileInfo, type Machine, MachineError } from '../machine/machine.ts';
import { typed } from '../platform/typed.ts';
import type { Findings } from './findings.ts';
import { similarName } from './locate.ts';
import { pathsOf } from './paths.ts';
import type { Place, Source } from './tree.ts';

/** Bytes; a desired state is a page of text, and parsing takes about a second per MiB. */
const sizeLimit = 1024 * 1024;

/** Gives the bytes of standard input. */
export type ReadStdin = () => Promise<Uint8Array>;

/**
 * Reads a file as UTF-8 text, without a byte order mark. Whatever is wrong with it goes to the findings, and the result is null.
 * `namedAt` is where another file names this one under `extends`; without it the command line did.
 */
export async function readSource(
  machine: Machine,
  file: string,
  stdin: ReadStdin | undefined,
  findings: Findings,
  namedAt: Place | null,
): Promise<Source | null> {
  const bytes = await readLimited(machine, file, stdin, findings, namedAt);
  if (bytes === null) return null;
  const text = decode(machine, file, bytes, findings);
  if (text === null) return null;
  const folder = file === '-' ? machine.facts.cwd : pathsOf(machine.facts).dirname(file);
  const source = { file, folder, text };
  return hasControls(source, findings) ? null : source;
}

/** The first few are told, which is enough to see what is wrong: a file that is no text has nothing else. */
const controlsTold = 10;

function hasControls(source: Source, findings: Findings): boolean {
  const { file, text } = source;
  let told = 0;
  for (const { index } of text.matchAll(/[\0-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)/g)) {
    const { name, fix } = controlName(text.charCodeAt(index));
    findings.at({ source, offset: index, end: index + 1 }, 'CL2007', `${file} contains ${name}`, fix);
    if (text[index] === '\0' || ++told === controlsTold) return true;
  }
  return told > 0;
}

function controlName(code: number): { name: string; fix: string } {
  if (code === 0) return { name: 'a NUL byte', fix: 'save the file anew as UTF-8 text' };
  if (code === 0x0d) {
    return { name: 'a carriage return without a line feed', fix: 'save the file with line ends of Unix (LF) or Windows (CRLF)' };
  }
  const name = `the control character U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
  return { name, fix: 'remove the character, or write it as an escape in double quotes' };
}

async function readLimited(
  machine: Machine,
  file: string,
  stdin: ReadStdin | undefined,
  findings: Findings,
  namedAt: Place | null,
): Promise<Uint8Array | null> {
  try {
    if (file === '-') {
      if (stdin === undefined) throw new MachineError('EBADF', 'there is no standard input here');
      return ifSmall(file, await stdin(), findings);
    }
    const info = await machine.stat(file);
    if (info === null) {
      await reportMissing(machine, file, findings, namedAt);
      return null;
    }
    if (!isReadable(info, file)) {
      const inside = `${namedAt === null ? '--file ' : ''}${pathsOf(machine.facts).join(file, 'codex-link.yaml')}`;
      const isFolder = info.kind === 'folder';
      const fix = isFolder ? `name the file in it, e.g. ${inside}` : 'name a YAML file';
      unusable(file, 'CL2004', `${file} is ${isFolder ? 'a folder' : 'not a file'}`, fix, findings, namedAt);
      return null;
    }
    if (info.size > sizeLimit) return tooLarge(file, info.size, findings);
    return ifSmall(file, await machine.read(file), findings);
  } catch (error) {
    if (!(error instanceof MachineError)) throw error;
    await reportUnreadable(machine, error, file, findings, namedAt);
    return null;
  }
}

/** Pipes are fine where a shell makes them: `codex-link plan --file <(sops decrypt …)` names /dev/fd/63. */
const isReadable = (info: FileInfo, file: string) =>
  info.kind === 'file' || (info.kind === 'other' && /^\/(dev\/(stdin|fd\/[0-9]+)|proc\/[a-z0-9]+\/fd\/[0-9]+)$/.test(file));

function ifSmall(file: string, bytes: Uint8Array, findings: Findings): Uint8Array | null {
  return bytes.length > sizeLimit ? tooLarge(file, bytes.length, findings) : bytes;
}

function tooLarge(file: string, size: number, findings: Findings): null {
  const mebibytes = (size / 1024 / 1024).toFixed(1);
  findings.ofFile(
    file,
    'CL2005',
    `${file} has ${mebibytes} MiB; 1 MiB is the limit`,
    'check that the path names codex-link.yaml',
  );
  return null;
}

/** Tells what is wrong with a file as a whole: where another file names it, there. */
function unusable(file: string, code: Code, message: string, fix: string, findings: Findings, namedAt: Place | null): void {
  if (namedAt === null) findings.ofFile(file, code, message, fix);
  else findings.at(namedAt, code, `extends: ${message}`, fix);
}

async function reportUnreadable(machine: Machine, error: MachineError, file: string, findings: Findings, namedAt: Place | null) {
  const { code } = error;
  const tell = (as: Code, message: string, fix: string) => unusable(file, as, message, fix, findings, namedAt);
  if (['ENOENT', 'ENOTDIR'].includes(code)) await reportMissing(machine, file, findings, namedAt);
  else if (code === 'EISDIR') tell('CL2004', `${file} is a folder`, 'name the file in it');
  else if (code === 'EACCES' || code === 'EPERM') {
    const { os, user } = machine.facts;
    const message = `${file} cannot be read: permission denied`;
    tell('CL2003', message, `run \`${typed(os).readable(file, user)}\`, and check its folders`);
  } else {
    const fix = file === '-' ? 'pipe the YAML into codex-link, or name a file with `--file PATH`' : 'check the disk and the path';
    tell('CL2003', `${file === '-' ? 'standard input' : file} cannot be read: ${code}`, fix);
  }
}

async function reportMissing(machine: Machine, file: string, findings: Findings, namedAt: Place | null) {
  const similar = await similarName(machine, file);
  const hint = similar === null ? '' : `; did you mean ${similar}?`;
  if (namedAt === null) {
    findings.ofFile(file, 'CL2002', `${file} does not exist${hint}`, 'correct the path after `--file`');
  } else {
    const fix = similar === null ? `create ${file}, or remove it from \`extends\`` : `write ${similar} in place of the name`;
    findings.at(namedAt, 'CL2030', `extends: ${file} does not exist${hint}`, fix);
  }
}

function decode({ facts }: Machine, file: string, bytes: Uint8Array, findings: Findings): string | null {
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) {
    const fix = `save it as UTF-8, e.g. with \`${typed(facts.os).recoded(file, 'UTF-16')}\``;
    findings.ofFile(file, 'CL2006', `${file} is UTF-16, and codex-link reads UTF-8`, fix, { line: 1, column: 1 });
    return null;
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    // The lenient decoder puts U+FFFD where the first wrong byte is.
    const lenient = new TextDecoder('utf-8').decode(bytes);
    const before = lenient.slice(0, Math.max(0, lenient.indexOf('\ufffd')));
    const where = { line: before.split('\n').length, column: [...before.slice(before.lastIndexOf('\n') + 1)].length + 1 };
    findings.ofFile(
      file,
      'CL2006',
      `${file} is not valid UTF-8`,
      `save it as UTF-8, e.g. with \`${typed(facts.os).recoded(file, 'LATIN1')}\``,
      where,
    );
    return null;
  }
}
