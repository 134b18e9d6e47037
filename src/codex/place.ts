/** The line of a key in a TOML text, as good as it can be found without the editor; nothing when it is not found. */
export function placeOf(text: string, path: readonly string[]): { line: number; column: number } | Record<string, never> {
  const lines = text.split('\n');
  const header = lines.findIndex((line) => line.trim().startsWith('[') && line.includes(path[1] ?? path[0] ?? ''));
  const key = path.at(-1) ?? '';
  const from = path.length > 1 ? Math.max(header, 0) : 0;
  const at = lines.findIndex(
    (line, index) => index >= from && new RegExp(`^\\s*"?${key.replace(/[^\w-]/g, '.')}"?\\s*=`).test(line),
  );
  const line = at === -1 ? header : at;
  return line === -1 ? {} : { line: line + 1, column: (lines[line]?.search(/\S/) ?? 0) + 1 };
}
