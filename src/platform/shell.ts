/** A POSIX shell word that stands for exactly these characters. */
export function shellWord(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
