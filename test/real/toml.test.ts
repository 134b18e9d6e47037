/** Whatever a config.toml looks like: when Codex accepts it before our edits, Codex accepts it after them, and takes our provider. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { managedKeys } from '../../src/codex/provider-table.ts';
import { type Edit, editToml, TomlRefusal } from '../../src/toml/edit.ts';
import { parseToml } from '../../src/toml/read.ts';
import { desired } from '../core/support/desired.ts';
import { askCodex } from '../support/codex-judge.ts';
import { type FreshHome, freshHome } from '../support/fresh-home.ts';

const { cases } = JSON.parse(readFileSync(new URL('../toml/cases.json', import.meta.url), 'utf8')) as {
  cases: { name: string; input: string | null }[];
};

describe('the real parser of Codex', () => {
  let home: FreshHome;
  beforeAll(() => {
    home = freshHome();
  });
  afterAll(() => home.dispose());

  const edits = (auth: 'helper' | 'dotenv'): Edit[] =>
    managedKeys(desired({ provider: { auth, model: 'gpt-5.5', contextWindow: 272000 } }), 'linux', home.path('.codex')).map(
      ({ path, value }) => (value === undefined ? { op: 'delete', path } : { op: 'set', path, value }),
    );

  it('accepts what it accepted before, with every way to hand it the token', { timeout: 120_000 }, async () => {
    let judged = 0;
    for (const { name, input } of cases) {
      if (!(await askCodex(home, input ?? '')).accepted) continue;
      for (const auth of ['helper', 'dotenv'] as const) {
        let text: string;
        try {
          text = editToml(input, edits(auth));
        } catch (error) {
          if (error instanceof TomlRefusal) continue; // something stands in the way, and nothing would be written
          throw error;
        }
        expect(await askCodex(home, text), `${name}, ${auth}:\n${text}`).toEqual({ accepted: true, message: null });
        expect(parseToml(text).model_provider, name).toBe('cliproxy');
        judged += 1;
      }
    }
    // Most of the cases are legal configurations; if that changed, this would test nothing.
    expect(judged).toBeGreaterThan(40);
  });
});
