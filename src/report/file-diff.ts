import type { FileChange } from '../resources/resource.ts';

/** A unified diff with three lines around each change, secrets masked line by line; made lazily, because the library takes its time. */
export async function unifiedDiff(change: FileChange): Promise<string> {
  const { createTwoFilesPatch, FILE_HEADERS_ONLY } = await import('diff');
  const name = oneLine(change.path);
  const headers = [change.before === null ? '/dev/null' : name, change.after === null ? '/dev/null' : name];
  const patch = createTwoFilesPatch('', '', change.before ?? '', change.after ?? '', undefined, undefined, {
    context: 3,
    headerOptions: FILE_HEADERS_ONLY,
  });
  return patch
    .split('\n')
    .map((line, index) => (index < headers.length ? `${line.slice(0, 3)} ${headers[index]}` : masked(line, change.mask)))
    .join('\n');
}

/** The library would write other scripts, quotes and backslashes as git does, in octal; nobody reads the path of a file so. */
function oneLine(path: string): string {
  return path.replace(/[\n\r\t]/g, (character) => JSON.stringify(character).slice(1, -1));
}

/** The first column says what happens to the line and is no part of it. */
function masked(line: string, mask: FileChange['mask']): string {
  return /^(@@|\\|$)/.test(line) ? line : `${line.slice(0, 1)}${mask(line.slice(1))}`;
}
