import { colored, type Paint, plain } from '../report/terminal.ts';

/** Where a command prints. Standard output carries the answer, standard error all the rest. */
export interface Console {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly paint: Paint;
  /** Colours for standard error, which may go elsewhere. */
  readonly paintError: Paint;
  /** True when there is a person who can be asked. */
  readonly interactive: boolean;
  readonly json: boolean;
  /** Only the last line is wanted. */
  readonly quiet: boolean;
}

/** The console of this process. */
export function processConsole(flags: {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly color: boolean;
  readonly input: boolean;
}): Console {
  process.stdout.on('error', unwritten);
  process.stderr.on('error', () => {}); // nowhere is left to say it
  const wanted = flags.color && !process.env.NO_COLOR && process.env.TERM !== 'dumb';
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    paint: wanted && process.stdout.isTTY && !flags.json ? colored : plain,
    paintError: wanted && process.stderr.isTTY ? colored : plain,
    // Looked at only when asked for: opening standard input costs time.
    get interactive() {
      return flags.input && !flags.json && Boolean(process.stdin.isTTY && process.stdout.isTTY);
    },
    json: flags.json,
    quiet: flags.quiet,
  };
}

/** A reader that has seen enough (`| head`) is no error of ours. A full disk is one, unless the exit code tells of something already. */
function unwritten({ code }: NodeJS.ErrnoException): void {
  if (code === 'EPIPE') return;
  process.stderr.write(`codex-link: the output could not be written (${code})\n`);
  process.once('exit', (ended) => {
    if (ended === 0) process.exitCode = 1;
  });
}

/** Prints a JSON document. */
export function printJson(console: Console, document: unknown): void {
  console.out(`${JSON.stringify(document, null, 2)}\n`);
}
