import type { FileChange } from '../resources/resource.ts';

/** A unified diff with three lines around each change, secrets masked line by line; made lazily, because the library takes its time. */
export async function unifiedDiff(change: FileChange): Promise<string> {
  const { createTwoFilesPatch, FILE_HEADERS_ONLY } = await import('diff');
  const before = change.before === null ? '/dev/null' : change.path;
  const after = change.after === null ? '/dev/null' : change.path;
  const patch = createTwoFilesPatch(before, after, change.before ?? '', change.after ?? '', undefined, undefined, {
    context: 3,
    headerOptions: FILE_HEADERS_ONLY,
  });
  return patch
    .split('\n')
    .map((line, index) => (index < 2 ? header(line) : masked(line, change.mask)))
    .join('\n');
}

/** The library quotes a name with a backslash as git does; nobody reads the path of a Windows file so. */
function header(line: string): string {
  const [, sign = '', quoted] = /^(--- |\+\+\+ )(".*")\t?$/.exec(line) ?? [];
  return quoted === undefined ? line.replace(/\t$/, '') : sign + JSON.parse(quoted);
}

/** The first column says what happens to the line and is no part of it. */
function masked(line: string, mask: FileChange['mask']): string {
  return /^(@@|\\|$)/.test(line) ? line : `${line.slice(0, 1)}${mask(line.slice(1))}`;
}
