import { describe, expect, test } from 'vitest';
import type { Desired } from '../../../src/config/desired.ts';
import { desired } from '../support/desired.ts';
import { ANN, BOB, EVE, idToken, type Made, pool, REGISTRY, type Wanted, wish } from '../support/pool.ts';
import { planOf, verdictOf } from '../support/world.ts';

describe('accounts that the list does not name', () => {
  const strangers: readonly Made[] = [{ email: ANN }, { email: BOB, mode: 0o644 }, { email: EVE, paused: true }];
  const about = async (unlisted: Desired['unlistedAccounts'], wanted: readonly Wanted[] = [{ email: ANN }]) => {
    const plan = await planOf(pool(strangers), wish(wanted, unlisted));
    const statuses = plan.resources
      .filter((one) => one.resource.kind === 'accounts')
      .map((one) => [one.resource.address, one.verdict.status]);
    return {
      statuses,
      findings: plan.findings.filter(({ code }) => code.startsWith('CL70')).map(({ code, resource }) => [code, resource]),
    };
  };

  test('are left alone, reported or paused', async () => {
    const ann = [`accounts/${ANN}`, 'in-sync'];
    expect(await about('keep')).toEqual({ statuses: [ann], findings: [] });
    expect(await about('report')).toEqual({
      statuses: [ann],
      findings: [
        ['CL7015', `accounts/${BOB}`],
        ['CL7020', `accounts/${BOB}`],
        ['CL7015', `accounts/${EVE}`],
      ],
    });
    expect((await about('pause')).statuses).toEqual([ann, [`accounts/${BOB}`, 'update'], [`accounts/${EVE}`, 'in-sync']]);
  });

  test('are none where it is not clear who is meant', async () => {
    const twins: readonly Made[] = [
      { email: ANN, file: `codex-${ANN}-plus.json` },
      { email: ANN, file: `codex-${ANN}-team.json` },
    ];
    const plan = await planOf(pool(twins), wish([{ email: ANN }], 'pause'));
    expect(plan.resources.filter((one) => one.resource.kind === 'accounts').map((one) => one.resource.address)).toEqual([
      `accounts/${ANN}`,
    ]);
  });

  test('and nothing at all without a list', async () => {
    const machine = pool(strangers);
    const plan = await planOf(machine, desired({ rest: { unlistedAccounts: 'pause' } }));
    expect(plan.resources.map((one) => one.resource.kind)).not.toContain('accounts');
    expect(plan.findings.map(({ code, severity }) => [code, severity])).toContainEqual(['CL7026', 'info']);
  });
});

test('a damaged registry is said once, and does not keep the accounts from being seen', async () => {
  const machine = pool([{ email: ANN }, { email: BOB }], (made) => made.place(REGISTRY, '{', 0o600));
  const plan = await planOf(machine, wish([{ email: ANN }, { email: BOB }]));
  expect([verdictOf(plan, `accounts/${ANN}`).status, verdictOf(plan, `accounts/${BOB}`).status]).toEqual(['in-sync', 'in-sync']);
  expect(plan.findings.filter(({ code }) => code === 'CL7013')).toMatchObject([{ file: REGISTRY }]);
});

describe('the model of the provider', () => {
  const found = async (model: string, made: readonly Made[], wanted = wish([], 'keep', model)) => {
    const plan = await planOf(pool(made), { ...wanted, accounts: null });
    return plan.findings.filter(({ code }) => code === 'CL7021' || code === 'CL7022');
  };
  const free: Made = { email: ANN, token: { id_token: idToken('free') } };
  const plus: Made = { email: BOB, token: { id_token: idToken('plus') } };

  test('that no active account may use is said, with those that work', async () => {
    expect(await found('gpt-5.5-high-fast', [free, { ...plus, paused: true }])).toMatchObject([
      {
        code: 'CL7021',
        severity: 'warning',
        resource: 'provider',
        message:
          'gpt-5.5-high-fast needs a paid plan, and the active accounts have free; models that work: gpt-5.4, gpt-5.4-mini, gpt-5.2',
        fix: 'set provider.model: gpt-5.4',
      },
    ]);
    expect(await found('gpt-5.3-codex-spark', [free, plus])).toMatchObject([
      { message: expect.stringContaining('needs the plan pro') },
    ]);
    expect(await found('gpt-5.5', [free, { ...plus, token: { id_token: idToken('plus'), disabled: true } }])).toHaveLength(1);
  });

  test.each([
    ['one account may use it', 'gpt-5.5', [free, plus]],
    ['every plan may', 'gpt-5.4', [free]],
    ['a plan is not known', 'gpt-5.5', [free, { email: BOB }]],
    ['nobody is active', 'gpt-5.5', []],
    ['it is not known', 'some-model-of-tomorrow', [free]],
  ] as const)('says nothing when %s', async (_name, model, made) => {
    expect(await found(model, made)).toEqual([]);
  });

  test('is nobody’s business on another route, and where somebody else runs the gateway', async () => {
    const openai = desired({ provider: { model: 'gpt-5.5', active: 'openai' } });
    const remote = desired({ provider: { model: 'gpt-5.5' }, gateway: { manager: 'none' } });
    expect([await found('', [free], openai), await found('', [free], remote)]).toEqual([[], []]);
  });

  test('in an odd spelling gets a hint', async () => {
    expect(await found('gtp-5.4', [plus])).toMatchObject([
      { code: 'CL7022', severity: 'info', message: expect.stringContaining('gpt-5.4') },
    ]);
  });
});
