import { beforeEach, describe, expect, test } from 'vitest';
import { apply } from '../../../src/applier/apply.ts';
import { Ccs } from '../../../src/ccs/ccs.ts';
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

function resourceFor(auth: 'env' | 'helper', owned = false): Resource {
  const wanted = desired({ provider: { auth }, secret: { store: 'file', source: { kind: 'env', name: 'GATEWAY_KEY' } } });
  const token = new Token(wanted, session.platform, new Ccs(), null);
  return { ...environmentResource(wanted, token, session.platform, 'f'.repeat(64), owned), dependsOn: [] };
}

const planOf = (...resources: Resource[]) => makePlan(machine, resources, FRESH, EVERYTHING);
const run = async (...resources: Resource[]) =>
  apply(machine, await planOf(...resources), { started: () => {}, settled: () => {} }, new AbortController().signal);

// auth, owned, value, flaw, status, value afterwards
test.each<['env' | 'helper', boolean, string | null, string | null, string, string | null]>([
  ['env', false, null, null, 'create', KEY],
  ['env', true, 'old-key', null, 'update', KEY],
  ['env', true, KEY, 'it is lost at the next login', 'update', KEY],
  ['env', true, KEY, null, 'in-sync', KEY],
  ['helper', true, KEY, null, 'delete', null],
  ['helper', true, null, null, 'unmanaged', null],
  ['helper', false, 'of-somebody-else', null, 'unmanaged', 'of-somebody-else'],
])('%s, owned: %s, value %s, flaw %s: %s', async (auth, owned, value, flaw, status, after) => {
  session.value = value;
  session.flaw = flaw;
  const { verdict } = (await planOf(resourceFor(auth, owned))).resources[0]!;
  expect(verdict.status).toBe(status);
  expect(JSON.stringify(verdict)).not.toContain(KEY);
  expect((await run(resourceFor(auth, owned))).outcome).toBe('converged');
  expect([session.value, session.flaw]).toEqual([after, null]);
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
    expect((await run(resourceFor('env', true), fails)).outcome).toBe('failed');
    expect(session.value).toBe(before);
  });
});
