import type { ChangedFile, Generation } from '../generations/generation.ts';
import { shownSealed } from '../generations/sealed.ts';
import { localTimeOf } from '../local-time.ts';
import { unifiedDiff } from './file-diff.ts';
import { type Paint, printable } from './terminal.ts';

/** One line for each generation, the newest first. */
export function historyText(generations: readonly Generation[]): string {
  if (generations.length === 0) return 'Nothing was applied here yet.\n';
  const lines = generations.toReversed().map(({ number, at, command, user, host, resources }) => {
    const what = resources.map((one) => one.address).join(', ');
    return `${String(number).padStart(5)}  ${minute(at)}  ${command.padEnd(8)}  ${printable(`${user}@${host}`)}  ${printable(what)}`;
  });
  return `${lines.join('\n')}\n`;
}

/** One generation, with the diff of each file that was kept. */
export async function generationText(generation: Generation, paint: Paint): Promise<string> {
  const { number, at, command, user, host, codexLinkVersion, resources, files } = generation;
  const title = `Generation ${number}: ${command} by ${user}@${host}, ${minute(at)}, codex-link ${codexLinkVersion}`;
  const lines = resources.map((one) => `  ${one.address} (${one.status}): ${printable(one.reason)}`);
  const diffs = await Promise.all(files.map((file) => fileText(file)));
  return `${[paint('bold', printable(title)), ...lines, '', ...diffs].join('\n')}`;
}

async function fileText(file: ChangedFile): Promise<string> {
  const diff = await generationDiff(file);
  return diff === null
    ? `${printable(file.path)}: changed; it holds a secret, so its content was not kept\n`
    : `${printable(diff)}`;
}

/** What a generation changed in a file; null when its content was not kept. */
export async function generationDiff({ path, before, after }: ChangedFile): Promise<string | null> {
  if (before?.text === null || after?.text === null) return null;
  return unifiedDiff({ path, before: before?.text ?? null, after: after?.text ?? null, mask: shownSealed });
}

/** As `status` says it, on the clock of whoever reads. */
function minute(at: string): string {
  return localTimeOf(at);
}
