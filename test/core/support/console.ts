import type { Console } from '../../../src/cli/console.ts';
import { plain } from '../../../src/report/terminal.ts';

/** A console with `--json` and nobody at it; what goes to standard output is kept in `printed`. */
export function jsonConsole(): { console: Console; printed: string[] } {
  const printed: string[] = [];
  const console: Console = {
    out: (text) => void printed.push(text),
    err: () => {},
    paint: plain,
    paintError: plain,
    interactive: false,
    live: false,
    json: true,
    quiet: false,
  };
  return { console, printed };
}
