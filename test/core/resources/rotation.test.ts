import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { Desired } from '../../../src/config/desired.ts';
import { FaultyMachine } from '../../../src/machine/faulty.ts';
import type { MemoryMachine } from '../../../src/machine/memory.ts';
import { RecordingMachine } from '../../../src/machine/recording.ts';
import { readState } from '../../../src/planner/state.ts';
import { type Differently, desired } from '../support/desired.ts';
import {
  applyTo,
  CCS,
  destroyOn,
  exit,
  placeCcs,
  planOf,
  rebooted,
  STATE,
  TOKEN_FILE,
  verdictOf,
  world,
} from '../support/world.ts';

const FOLDER = '/home/me/.ccs';
const GATEWAY = `${FOLDER}/cliproxy/config.yaml`;
const CCS_CONFIG = `${FOLDER}/config.yaml`;
const OF_VARIANT = `${FOLDER}/cliproxy/config-8318.yaml`;
const SETTINGS = `${FOLDER}/codex-fast.settings.json`;
const OLD = 'old-key-of-this-test';
const THEIRS = 'key-of-somebody-else';

const keysOf = (machine: MemoryMachine, path = GATEWAY) =>
  (parse(machine.text(path) ?? '') as { 'api-keys': string[] })['api-keys'];
const stored = (machine: MemoryMachine) => machine.text(TOKEN_FILE)?.trim();
const ofCcs = (machine: MemoryMachine) =>
  (parse(machine.text(CCS_CONFIG) ?? '') as { cliproxy: { auth: { api_key: string } } }).cliproxy.auth.api_key;
const tokenOfClaude = (machine: MemoryMachine) =>
  (JSON.parse(machine.text(SETTINGS) ?? '') as { env: { ANTHROPIC_AUTH_TOKEN: string } }).env.ANTHROPIC_AUTH_TOKEN;

const wanting = (source: Desired['secret']['source'] = { kind: 'ccs' }, rest: Differently = {}) =>
  desired({ ...rest, secret: { source } });

/**
 * A machine where an apply has been, whose gateway takes the keys that stand in its config; a deaf one, as on Linux, those that stood
 * there when it was last started.
 */
async function applied(wanted: Desired = wanting(), { deaf = false } = {}) {
  const made = world();
  const { machine, gateway } = made;
  machine.place(CCS_CONFIG, `version: 13\ncliproxy:\n  auth:\n    api_key: "${OLD}" # ours\n`, 0o600);
  machine.place(GATEWAY, `port: 8317\napi-keys:\n  - "${OLD}"\n  - "${THEIRS}"\nauth-dir: x\n`, 0o600);
  machine.place(OF_VARIANT, `port: 8318\napi-keys:\n  - "${OLD}"\n`, 0o600);
  machine.place(`${FOLDER}/cliproxy/config-8319.yaml`, `port: 8319\napi-keys:\n  - "${THEIRS}"\n`, 0o600);
  machine.place(SETTINGS, JSON.stringify({ env: { ANTHROPIC_MODEL: 'm', ANTHROPIC_AUTH_TOKEN: OLD } }, null, 2), 0o644);
  machine.place(`${FOLDER}/other.settings.json`, JSON.stringify({ env: { ANTHROPIC_AUTH_TOKEN: THEIRS } }), 0o644);
  if (wanted.secret.source.kind !== 'ccs') machine.place(TOKEN_FILE, `${OLD}\n`, 0o600);
  const { server } = gateway;
  gateway.keys = keysOf(machine);
  machine.servers.set('127.0.0.1:8317', (bytes) => {
    if (!deaf) gateway.keys = keysOf(machine);
    return server(bytes);
  });
  if (deaf) {
    placeCcs(machine);
    machine.place(`${FOLDER}/cliproxy/sessions.json`, '{"port":8317,"pid":77,"sessions":[]}');
    machine.processes.set(77, 'start');
    machine.programs.set(CCS, ({ args = [] }) => {
      if (args[1] === 'restart') gateway.keys = keysOf(machine);
      return exit(0);
    });
  }
  expect((await applyTo(machine, wanted)).code).toBe(0);
  return made;
}

describe('a rotation', () => {
  test('ends with one new key everywhere, the old one withdrawn, and those of others left', async () => {
    const { machine } = await applied();
    const { code, document } = await applyTo(machine, wanting(), { rotate: true });
    expect([code, document.outcome, document.verified]).toEqual([0, 'converged', true]);
    const key = stored(machine);
    expect(key).toMatch(/^[\w-]{43}$/);
    expect(keysOf(machine)).toEqual([key, THEIRS]);
    expect(keysOf(machine, OF_VARIANT)).toEqual([key]);
    expect(keysOf(machine, `${FOLDER}/cliproxy/config-8319.yaml`)).toEqual([THEIRS]);
    expect([ofCcs(machine), tokenOfClaude(machine)]).toEqual([key, key]);
    expect(machine.text(`${FOLDER}/other.settings.json`)).toContain(THEIRS);
    expect(document.findings.filter((one) => one.code === 'CL7064')).toMatchObject([
      { message: 'one other key opens the gateway, and stay valid' },
    ]);
    expect(JSON.stringify(document)).not.toContain(key);
    expect(JSON.stringify(document)).not.toContain(OLD);
    expect((await readState(machine)).rotation).toBeNull();
    expect((await planOf(machine, wanting())).outcome).toBe('in-sync');
  });

  test('is named by destroy as what CCS keeps, and nothing that CCS was never told', async () => {
    const wanted = wanting({ kind: 'ccs' }, { rest: { ccs: { ensure: 'present' } } });
    const { machine } = await applied(wanted, { deaf: true });
    const kept = async () => {
      const { document } = await destroyOn(machine, wanted);
      return document.findings.flatMap((one) => (one.code === 'CL0019' ? [one.message] : []));
    };
    expect(await kept()).toEqual([]);
    expect((await applyTo(machine, wanted)).code).toBe(0);
    expect((await applyTo(machine, wanted, { rotate: true })).code).toBe(0);
    expect(await kept()).toEqual(['CCS keeps what it was told: the new key of its gateway']);
  });

  test('is not told what it is there for', async () => {
    const { machine } = await applied();
    machine.place(CCS_CONFIG, 'version: 13\n', 0o600);
    const { document } = await applyTo(machine, wanting(), { rotate: true });
    expect(document.findings.map((one) => one.code)).not.toContain('CL4010');
  });

  test('waits for the route to be proved before it withdraws', async () => {
    const { machine } = await applied();
    const { plan } = await applyTo(machine, wanting(), { rotate: true });
    const order = plan.resources.map((one) => one.resource.address);
    const at = (address: string) => order.indexOf(address);
    expect(at('gateway-key/new')).toBeLessThan(at('secret'));
    expect(at('secret')).toBeLessThan(at('verification'));
    expect(at('verification')).toBeLessThan(at('gateway-key/old'));
    expect(at('gateway-key/old')).toBeLessThan(at('app'));
  });

  test.each(['keep', 'prompt'] as const)('of a key that is only ours (%s) leaves that of CCS alone', async (kind) => {
    const { machine } = await applied(wanting({ kind }));
    machine.place(CCS_CONFIG, 'cliproxy:\n  auth:\n    api_key: "key-of-ccs"\n', 0o600);
    machine.place(GATEWAY, `api-keys:\n  - "key-of-ccs"\n  - "${OLD}"\n`, 0o600);
    expect((await applyTo(machine, wanting({ kind }), { rotate: true })).code).toBe(0);
    expect(keysOf(machine)).toEqual([stored(machine), 'key-of-ccs']);
    expect([ofCcs(machine), tokenOfClaude(machine)]).toEqual(['key-of-ccs', OLD]);
    expect(keysOf(machine, OF_VARIANT)).toEqual([OLD]);
  });

  test.each<[string, Desired, string]>([
    ['a gateway of somebody else', wanting({ kind: 'keep' }, { gateway: { manager: 'none' } }), 'CL7060'],
    ['a gateway on another machine', wanting({ kind: 'ccs' }, { gateway: { loopback: false } }), 'CL7060'],
    ['a key from a variable', wanting({ kind: 'env', name: 'GATEWAY_KEY' }), 'CL7061'],
    ['a key from a file', wanting({ kind: 'file', path: '/k' }), 'CL7061'],
    ['a key from a command', wanting({ kind: 'command', argv: ['x'] }), 'CL7061'],
  ])('is refused for %s', async (_name, wanted, code) => {
    const { machine } = world();
    const before = machine.snapshot();
    await expect(applyTo(machine, wanted, { rotate: true })).rejects.toMatchObject({ findings: [{ code }] });
    expect(machine.snapshot()).toEqual(before);
  });

  test.each<[string, (machine: MemoryMachine) => void | Promise<void>, string]>([
    ['CCS has made no config for its gateway', (machine) => machine.remove(GATEWAY), 'CL7062'],
    [
      'CCS is set to another machine',
      (machine) => machine.place(CCS_CONFIG, `${machine.text(CCS_CONFIG)}cliproxy_server:\n  remote:\n    enabled: true\n`),
      'CL7062',
    ],
  ])('does not begin when %s', async (_name, breaks, code) => {
    const { machine } = await applied();
    await breaks(machine);
    machine.servers.set('127.0.0.1:8317', world().gateway.server);
    const before = machine.snapshot();
    const { document } = await applyTo(machine, wanting(), { rotate: true });
    expect(document.findings.map((one) => one.code)).toContain(code);
    expect(machine.snapshot()).toEqual(before);
  });

  test('is put back when the gateway does not take the key up', async () => {
    const { machine, gateway } = await applied();
    gateway.keys = [OLD];
    machine.servers.set('127.0.0.1:8317', gateway.server);
    const before = disk(machine);
    const { code, document } = await applyTo(machine, wanting(), { rotate: true });
    expect([code, document.findings.map((one) => one.code)]).toEqual([1, expect.arrayContaining(['CL7063'])]);
    expect(disk(machine)).toEqual(before);
    expect((await readState(machine)).rotation).toBeNull();
  });
});

/** Without what codex-link remembers, and without a lock that a dead process left behind. */
function disk(machine: MemoryMachine): Record<string, string> {
  return Object.fromEntries(
    Object.entries(machine.snapshot()).filter(([path]) => !path.startsWith(STATE) && !path.endsWith('.lock')),
  );
}

async function changesOfARotation(): Promise<number> {
  const { machine } = await applied();
  const recording = new RecordingMachine(machine);
  await applyTo(recording, wanting(), { rotate: true });
  return recording.operations.length;
}

describe.each(['before', 'after'] as const)('a fault %s any change of it', (when) => {
  test('that is an error leaves the old key in force everywhere, or the new one', async () => {
    const count = await changesOfARotation();
    expect(count).toBeGreaterThan(8);
    for (let at = 1; at <= count; at++) {
      const { machine } = await applied();
      const before = disk(machine);
      await applyTo(new FaultyMachine(machine, { at, when, code: 'EIO' }), wanting(), { rotate: true }).catch(() => {});
      expect(keysOf(machine), `change ${at}`).toContain(stored(machine));
      if (stored(machine) === OLD) expect(disk(machine), `change ${at}`).toEqual(before);
      rebooted(machine); // the failed run has ended
      await finishes(machine, at);
    }
  });

  // A run that is ended while CCS restarts the gateway may leave one that runs, and that CCS knows nothing of.
  test.each([
    ['knows', false],
    ['has forgotten', true],
  ])('that is a crash, with a deaf gateway that CCS %s: the old key stops working all the same', async (_how, forgotten) => {
    const one = await applied(wanting(), { deaf: true });
    const recording = new RecordingMachine(one.machine);
    expect((await applyTo(recording, wanting(), { rotate: true })).code).toBe(0);
    expect(one.gateway.keys).toEqual([stored(one.machine), THEIRS]);
    for (let at = 1; at <= recording.operations.length; at++) {
      const { machine, gateway } = await applied(wanting(), { deaf: true });
      await applyTo(new FaultyMachine(machine, { at, when, code: 'CRASH' }), wanting(), { rotate: true }).catch(() => {});
      expect(gateway.keys, `change ${at}`).toContain(stored(machine));
      rebooted(machine);
      machine.clock += 60_000;
      const told = keysOf(machine).some((key) => key !== OLD && key !== THEIRS); // before that nothing is restarted
      if (forgotten && told) await machine.remove(`${FOLDER}/cliproxy/sessions.json`);
      const before = stored(machine);
      await finishes(machine, at, before === OLD);
      expect(gateway.keys, `change ${at}`).toEqual([stored(machine), THEIRS]);
    }
  });

  test.each(['apply', 'rotate'] as const)('that is a crash leaves a route that works, and the next %s finishes', async (next) => {
    const count = await changesOfARotation();
    for (let at = 1; at <= count; at++) {
      const { machine } = await applied();
      await applyTo(new FaultyMachine(machine, { at, when, code: 'CRASH' }), wanting(), { rotate: true }).catch(() => {});
      expect(keysOf(machine), `change ${at}`).toContain(stored(machine));
      rebooted(machine);
      machine.clock += 60_000;
      await finishes(machine, at, next === 'rotate');
    }
  });
});

/** The next run ends with one key of ours, that everybody uses, and nothing left to be done. */
async function finishes(machine: MemoryMachine, at: number, rotate = false): Promise<void> {
  const { code, document } = await applyTo(machine, wanting(), { rotate });
  expect(code, `change ${at}: ${JSON.stringify(document.findings)}`).toBe(0);
  const key = stored(machine);
  expect(keysOf(machine), `change ${at}`).toEqual([key, THEIRS]);
  expect([ofCcs(machine), tokenOfClaude(machine)], `change ${at}`).toEqual([key, key]);
  expect(keysOf(machine, OF_VARIANT), `change ${at}`).toEqual([key]);
  expect((await readState(machine)).rotation, `change ${at}`).toBeNull();
  const plan = await planOf(machine, wanting());
  expect(plan.outcome, `change ${at}`).toBe('in-sync');
}

test('plan tells of a rotation that was interrupted, and what the next apply does about it', async () => {
  const { machine } = await applied();
  const recording = new RecordingMachine((await applied()).machine);
  await applyTo(recording, wanting(), { rotate: true });
  // The crash comes with the store's own write: the gateway has learned the new key by then.
  const at = recording.operations.findIndex((one) => one.path === TOKEN_FILE) + 1;
  await applyTo(new FaultyMachine(machine, { at, when: 'before', code: 'CRASH' }), wanting(), { rotate: true }).catch(() => {});
  const plan = await planOf(machine, wanting());
  expect(plan.findings.map((one) => one.code)).toContain('CL7065');
  expect(verdictOf(plan, 'secret').status).toBe('update');
  expect(verdictOf(plan, 'gateway-key/old').status).toBe('delete');
});
