import { beforeEach, describe, expect, test } from 'vitest';
import { apply } from '../../../src/applier/apply.ts';
import { Ccs } from '../../../src/ccs/ccs.ts';
import { type ReleasedItem, releasedVariable } from '../../../src/generations/released-item.ts';
import { MemoryMachine } from '../../../src/machine/memory.ts';
import { makePlan } from '../../../src/planner/plan.ts';
import { linux } from '../../../src/platform/linux/linux.ts';
import type { Platform, SecretVariable, VariableState } from '../../../src/platform/platform.ts';
import { environmentResource } from '../../../src/resources/environment.ts';
import type { Resource } from '../../../src/resources/resource.ts';
import { Token } from '../../../src/resources/token.ts';
import { Secret } from '../../../src/secret.ts';
import { desired } from '../support/desired.ts';
import { EVERYTHING, FRESH, step } from '../support/resources.ts';

const KEY = 'key-of-this-test-0123456789';

/** An OS that keeps the variables of its sessions itself. */
class Session {
  value: string | null = null;
  flaw: string | null = null;
  questions = 0;
  readonly platform: Platform = {
    ...linux,
    environment: {
      kind: 'store',
      name: 'the session',
      removal: (_machine, name) => `forget ${name}`,
      read: async (): Promise<VariableState> => {
        this.questions++;
        const value = this.value === null ? null : new Secret(this.value);
        return { value, flaw: this.flaw, present: value !== null };
      },
      write: async (_machine, variable: SecretVariable, value: Secret) => {
        expect(variable).toMatchObject({ name: 'CLIPROXY_API_KEY', item: { service: 'CLIPROXY_API_KEY', account: 'me' } });
        this.value = value.reveal();
        this.flaw = null;
      },
      remove: async () => {
        this.value = null;
      },
    },
  };
}

let session: Session;
const machine = new MemoryMachine({ env: { HOME: '/home/me', GATEWAY_KEY: KEY } });

beforeEach(() => {
  session = new Session();
});

function resourceFor(auth: 'env' | 'helper'): Resource {
  const wanted = desired({ provider: { auth }, secret: { store: 'file', source: { kind: 'env', name: 'GATEWAY_KEY' } } });
  const token = new Token(wanted, session.platform, new Ccs(), null);
  return { ...environmentResource(wanted, token, session.platform, 'f'.repeat(64)), dependsOn: [] };
}

const planOf = (...resources: Resource[]) => makePlan(machine, resources, FRESH, EVERYTHING);
const run = async (...resources: Resource[]) =>
  apply(machine, await planOf(...resources), { started: () => {}, settled: () => {} }, new AbortController().signal);

// auth, value, flaw, status, value afterwards
test.each<['env' | 'helper', string | null, string | null, string, string | null]>([
  ['env', null, null, 'create', KEY],
  ['env', 'old-key', null, 'update', KEY],
  ['env', KEY, 'it is lost at the next login', 'update', KEY],
  ['env', KEY, null, 'in-sync', KEY],
  ['helper', 'of-somebody-else', null, 'unmanaged', 'of-somebody-else'],
])('%s, value %s, flaw %s: %s', async (auth, value, flaw, status, after) => {
  session.value = value;
  session.flaw = flaw;
  const { verdict } = (await planOf(resourceFor(auth))).resources[0]!;
  expect(verdict.status).toBe(status);
  expect(JSON.stringify(verdict)).not.toContain(KEY);
  expect((await run(resourceFor(auth))).outcome).toBe('converged');
  expect([session.value, session.flaw]).toEqual([after, null]);
});

describe('released', () => {
  const released = (over: Partial<ReleasedItem> = {}): Resource => {
    const { environment } = session.platform;
    if (environment.kind !== 'store') throw new Error('the session keeps no variables');
    const item = { service: 'CLIPROXY_API_KEY', account: 'me' };
    const isOurs = (key: Secret) => key.equals(new Secret(KEY));
    const given = {
      address: 'environment',
      dependsOn: [],
      item,
      read: async () => null,
      why: '',
      made: true,
      isOurs,
      neededBy: null,
    };
    return releasedVariable({ ...given, ...over }, environment, { name: 'CLIPROXY_API_KEY', item });
  };

  // value, what is different, status, value afterwards, whether it is told that it stays
  test.each<[string | null, Partial<ReleasedItem>, string, string | null, boolean]>([
    [KEY, {}, 'delete', null, false],
    [null, {}, 'unmanaged', null, false],
    ['of-somebody-else', {}, 'unmanaged', 'of-somebody-else', true],
    [KEY, { made: false }, 'unmanaged', KEY, false],
    [KEY, { neededBy: 'model_providers.old uses it' }, 'unmanaged', KEY, true],
  ])('%s, %o: %s', async (value, over, status, after, told) => {
    session.value = value;
    const { verdict } = (await planOf(released(over))).resources[0]!;
    expect([verdict.status, verdict.findings.map(({ code, fix }) => [code, fix])]).toEqual([
      status,
      told ? [['CL0026', 'forget CLIPROXY_API_KEY']] : [],
    ]);
    expect(JSON.stringify(verdict)).not.toContain(KEY);
    expect((await run(released(over))).outcome).toBe('converged');
    expect(session.value).toBe(after);
  });

  test('when a later step fails, it is put back', async () => {
    session.value = KEY;
    const fails = step('later', ['environment'], 'update', async () => {
      throw new Error('boom');
    });
    expect((await run(released(), fails)).outcome).toBe('failed');
    expect(session.value).toBe(KEY);
  });
});

test('nothing is asked of the OS when nothing of ours can be there', async () => {
  await planOf(resourceFor('helper'));
  expect(session.questions).toBe(0);
});

describe('when a later step fails', () => {
  const fails = step('later', ['environment'], 'update', async () => {
    throw new Error('boom');
  });

  test.each([['the old value'], [null]])('%s is put back', async (before) => {
    session.value = before;
    expect((await run(resourceFor('env'), fails)).outcome).toBe('failed');
    expect(session.value).toBe(before);
  });
});
