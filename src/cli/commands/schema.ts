import { printJson } from '../console.ts';
import type { Command } from '../main.ts';

/** Prints the JSON Schema, e.g. for an editor. */
export const schema: Command = async (_invocation, console) => {
  const { default: document } = await import('../../../schema/codex-link.schema.json', { with: { type: 'json' } });
  printJson(console, document);
  return 0;
};
