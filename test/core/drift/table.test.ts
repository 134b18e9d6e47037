/** The drift table: everything that breaks a machine is found by the very next run, with the right name, and gone when it is undone. */
import { afterAll, describe, expect, test } from 'vitest';
import { driftText } from '../../../src/report/drift-text.ts';
import { plain } from '../../../src/report/terminal.ts';
import { driftOf, historyOn } from '../support/drift.ts';
import { lived, MUTATIONS, wanted } from './lived.ts';

const figures = { mutations: MUTATIONS.length, found: 0, said: 0 };
afterAll(() => console.info(`drift table: ${JSON.stringify(figures)}`));

describe.each(MUTATIONS)('$name', ({ found, auth: carrier, act }) => {
  const auth = carrier ?? 'helper';
  test(`is found in ${found}`, async () => {
    const made = await lived(auth);
    const desired = wanted({}, auth);
    expect((await driftOf(made.machine, desired)).run.outcome).toBe('in-sync');
    await act(made);
    const { run } = await driftOf(made.machine, desired);
    expect([run.outcome, Object.keys(historyOn(made.machine).open)]).toEqual(['drift', expect.arrayContaining([found])]);
    figures.found++;
    const said = driftText(run, plain);
    expect(said).toMatch(/^Drift on testhost: /);
    expect(said).toContain(found);
    figures.said++;
  });
});
