import { basename, join } from 'node:path';
import { type Finding, finding } from '../diagnostics/diagnostics.ts';
import { type FileInfo, type Machine, MachineError } from '../machine/machine.ts';
import type { Found } from './understand.ts';

/** No report of one machine is that large, in bytes. */
const LARGEST = 16 * 1024 * 1024;
/** How much of a file with many reports is held at once, in bytes. */
const CHUNK = 1024 * 1024;
/** Folders within folders; also the end of links that lead in a circle. */
const DEEPEST = 8;

const WHOLE = /\.json$/i;
const LINES = /\.(jsonl|ndjson)$/i;

/** A document, or what kept us from it. */
export type Sourced = Found | { readonly trouble: Finding };

/** Every document in the files and below the folders, one at a time, so that only one is in memory. Missing paths throw. */
export async function* documents(machine: Machine, paths: readonly string[]): AsyncGenerator<Sourced> {
  for (const path of paths) {
    const info = await machine.stat(path);
    if (info === null) throw new MachineError('ENOENT', `${path} does not exist`, path);
    if (info.kind === 'folder') yield* inFolder(machine, path, '', 1);
    else yield* inFile(machine, path, info, nameOf(basename(path)));
  }
}

async function* inFolder(machine: Machine, folder: string, below: string, depth: number): AsyncGenerator<Sourced> {
  let names: readonly string[];
  try {
    names = await machine.list(folder);
  } catch (error) {
    yield unreadable(folder, error);
    return;
  }
  for (const name of names) {
    if (name.startsWith('.')) continue; // what is still being written, among others
    const path = join(folder, name);
    const isReport = WHOLE.test(name) || LINES.test(name);
    try {
      const info = await machine.stat(path);
      if (info?.kind === 'folder' && depth < DEEPEST) yield* inFolder(machine, path, `${below}${name}/`, depth + 1);
      else if (info?.kind === 'file' && isReport) yield* inFile(machine, path, info, `${below}${nameOf(name)}`);
    } catch (error) {
      yield unreadable(path, error);
    }
  }
}

async function* inFile(machine: Machine, path: string, info: FileInfo, name: string): AsyncGenerator<Sourced> {
  const about = { file: path, name, modified: info.modified };
  try {
    if (LINES.test(path)) yield* inLines(machine, about);
    else if (info.size > LARGEST) yield* maybeLines(machine, about);
    else {
      const text = new TextDecoder().decode(await machine.read(path));
      const document = parsed(text);
      if (document === undefined) yield* maybeLines(machine, about, text);
      else if (!Array.isArray(document)) yield { ...about, document, line: null };
      else for (const one of document) yield { ...about, document: one, line: null };
    }
  } catch (error) {
    yield unreadable(path, error);
  }
}

type About = Pick<Found, 'file' | 'name' | 'modified'>;

/** Lines of JSON under a name that does not say so: then the first line is JSON by itself. */
async function* maybeLines(machine: Machine, about: About, text?: string): AsyncGenerator<Sourced> {
  const start = text ?? new TextDecoder().decode(await machine.read(about.file, CHUNK));
  const end = start.indexOf('\n');
  if (end > 0 && parsed(start.slice(0, end)) !== undefined) yield* inLines(machine, about);
  else if (text === undefined)
    yield { trouble: finding('CL9004', `${about.file} is too large for a report`, { file: about.file }) };
  else yield { trouble: finding('CL9002', `${about.file} is not whole JSON`, { file: about.file }) };
}

async function* inLines(machine: Machine, about: About): AsyncGenerator<Sourced> {
  const { file } = about;
  let number = 0;
  for await (const text of lines(machine, file)) {
    number++;
    if (text === null) {
      yield { trouble: finding('CL9004', `${file} has a line that is too long for a report`, { file, line: number }) };
    } else if (text.trim() !== '') {
      const document = parsed(text);
      if (document === undefined)
        yield { trouble: finding('CL9002', `${file} has a line that is not whole JSON`, { file, line: number }) };
      else yield { ...about, document, line: number };
    }
  }
}

/** The lines of a file, of which never more than one and a chunk are in memory; null for one that is too long. */
async function* lines(machine: Machine, path: string): AsyncGenerator<string | null> {
  const decoder = new TextDecoder();
  let rest = '';
  let tooLong = false;
  for (let from = 0; ; ) {
    const bytes = await machine.read(path, CHUNK, from);
    from += bytes.length;
    const parts = (rest + decoder.decode(bytes, { stream: bytes.length > 0 })).split('\n');
    rest = parts.pop() ?? '';
    for (const part of parts) {
      yield tooLong ? null : part;
      tooLong = false;
    }
    if (rest.length > LARGEST) {
      rest = '';
      tooLong = true;
    }
    if (bytes.length === 0) break;
  }
  if (rest !== '' || tooLong) yield tooLong ? null : rest;
}

/** Undefined for what is no JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text) as unknown;
  } catch {
    return undefined;
  }
}

function nameOf(file: string): string {
  return file.replace(WHOLE, '').replace(LINES, '');
}

function unreadable(path: string, error: unknown): { trouble: Finding } {
  if (!(error instanceof MachineError)) throw error;
  return { trouble: finding('CL9005', error.message, { file: path }) };
}
