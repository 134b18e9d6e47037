import { head } from '../../report/json.ts';
import { printJson } from '../console.ts';
import type { Command } from '../main.ts';

/** Prints the JSON Schema, e.g. for an editor; with `--json` as one of our documents, which is still a JSON Schema. */
export const schema: Command = async (_invocation, console) => {
  const { default: document } = await import('../../../schema/codex-link.schema.json', { with: { type: 'json' } });
  printJson(console, console.json ? { ...head('schema'), ...document } : document);
  return 0;
};
