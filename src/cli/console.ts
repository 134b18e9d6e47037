import { colored, type Paint, plain } from '../report/terminal.ts';
import type { Invocation } from './arguments.ts';
import { isMuted } from './interruption.ts';

/** Where a command prints. Standard output carries the answer, standard error all the rest. */
export interface Console {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly paint: Paint;
  /** Colours for standard error, which may go elsewhere. */
  readonly paintError: Paint;
  /** True when there is a person who can be asked, and who has not answered beforehand. */
  readonly interactive: boolean;
  /** True when a person looks on: what was printed can be drawn anew. */
  readonly live: boolean;
  readonly json: boolean;
  /** Only the last line is wanted. */
  readonly quiet: boolean;
}

const opened = new Set<'stdout' | 'stderr'>();

/** Opened when there is something to print: it takes time, and a drift in sync is silent. */
function stream(name: 'stdout' | 'stderr'): NodeJS.WriteStream {
  if (!opened.has(name)) {
    opened.add(name);
    process[name].on('error', name === 'stdout' ? unwritten : () => {}); // when that one fails, nowhere is left to say it
  }
  return process[name];
}

/** False while nothing was printed, so that nothing can be on its way to a slow reader. */
export function hasPrinted(): boolean {
  return opened.size > 0;
}

/** The console of this process, as the flags say. */
export function processConsole(flags: Invocation['flags']): Console {
  const json = flags.json === true;
  const wanted = flags['no-color'] !== true && !process.env.NO_COLOR && process.env.TERM !== 'dumb';
  return {
    out: (text) => void (isMuted() || stream('stdout').write(text)),
    err: (text) => void (isMuted() || stream('stderr').write(text)),
    get paint() {
      return wanted && !json && stream('stdout').isTTY ? colored : plain;
    },
    get paintError() {
      return wanted && stream('stderr').isTTY ? colored : plain;
    },
    get interactive() {
      const mayAsk = flags['no-input'] !== true && flags.yes !== true;
      return mayAsk && !json && Boolean(process.stdin.isTTY && stream('stdout').isTTY);
    },
    get live() {
      return !json && Boolean(stream('stdout').isTTY);
    },
    json,
    quiet: flags.quiet === true,
  };
}

/** A reader that has seen enough (`| head`) is no error of ours. A full disk is one, unless the exit code tells of something already. */
function unwritten({ code }: NodeJS.ErrnoException): void {
  if (code === 'EPIPE') return;
  stream('stderr').write(`codex-link: the output could not be written (${code})\n`);
  process.once('exit', (ended) => {
    if (ended === 0) process.exitCode = 1;
  });
}

/** Prints a JSON document. */
export function printJson(console: Console, document: unknown): void {
  console.out(`${JSON.stringify(document, null, 2)}\n`);
}
