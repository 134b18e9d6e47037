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

/** The console of this process, as the flags say. */
export function processConsole(flags: Invocation['flags']): Console {
  toleratePipes();
  const json = flags.json === true;
  const wanted = flags['no-color'] !== true && !process.env.NO_COLOR && process.env.TERM !== 'dumb';
  return {
    out: (text) => void (isMuted() || process.stdout.write(text)),
    err: (text) => void (isMuted() || process.stderr.write(text)),
    paint: wanted && process.stdout.isTTY && !json ? colored : plain,
    paintError: wanted && process.stderr.isTTY ? colored : plain,
    // Looked at only when asked for: opening standard input costs time.
    get interactive() {
      const mayAsk = flags['no-input'] !== true && flags.yes !== true;
      return mayAsk && !json && Boolean(process.stdin.isTTY && process.stdout.isTTY);
    },
    get live() {
      return !json && Boolean(process.stdout.isTTY);
    },
    json,
    quiet: flags.quiet === true,
  };
}

/** A reader that has seen enough (`| head`) is no error of ours. */
function toleratePipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    if (!stream.listeners('error').includes(unlessClosed)) stream.on('error', unlessClosed);
  }
}

function unlessClosed(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}

/** Prints a JSON document. */
export function printJson(console: Console, document: unknown): void {
  console.out(`${JSON.stringify(document, null, 2)}\n`);
}
