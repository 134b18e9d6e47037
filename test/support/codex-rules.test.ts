import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { askCodex, type Verdict } from './codex-judge.ts';
import { type FreshHome, freshHome } from './fresh-home.ts';
import { codexPath } from './programs.ts';

/** A config.toml, and what codex 0.169.0 says to it. */
interface Rule extends Verdict {
  name: string;
  config: string;
}

const rules = JSON.parse(readFileSync(new URL('./codex-rules.json', import.meta.url), 'utf8')) as Rule[];

test('every rule has a name of its own', () => {
  expect(new Set(rules.map((rule) => rule.name)).size).toBe(rules.length);
});

describe.skipIf(codexPath() === null)('the real codex', { timeout: 120_000 }, () => {
  test('says to each config what codex-rules.json says it says', async () => {
    const left = [...rules];
    const wrong: unknown[] = [];
    async function ask(home: FreshHome): Promise<void> {
      for (let rule = left.shift(); rule !== undefined; rule = left.shift()) {
        const { accepted, message } = await askCodex(home, rule.config);
        if (accepted !== rule.accepted || message !== rule.message) wrong.push({ name: rule.name, accepted, message });
      }
    }
    const homes = [freshHome(), freshHome()];
    await Promise.all(homes.map(ask));
    for (const home of homes) home.dispose();
    expect(wrong).toEqual([]);
  });
});
