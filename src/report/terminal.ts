import { util } from '../machine/builtins.ts';

type Style = 'red' | 'green' | 'yellow' | 'cyan' | 'bold' | 'dim';

/** Puts a style on a text, or leaves it plain. */
export type Paint = (style: Style, text: string) => string;

export const plain: Paint = (_style, text) => text;
export const colored: Paint = (style, text) => util().styleText(style, text, { validateStream: false });

/** Takes control characters out of what came from elsewhere, so that a file's content cannot move the cursor or fake a line. */
export function printable(text: string): string {
  return text.replace(/\x1b\[[0-9;?]*[ -/]*[@-~]/g, '').replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, '�');
}
