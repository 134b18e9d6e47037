/** The default route on Windows, from a new machine to a healed one and back: the packed program and the real codex.exe, under Wine. */
import { chmodSync, statSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { statuses } from '../support/cli.ts';
import { missingForWine } from '../support/wine.ts';
import { CONFIG, DOTENV, IN_SYNC, Journey, NAME, TOKEN } from './journey.ts';

const BEFORE =
  '# mine\r\napproval_policy = "on-request"\r\n\r\n[mcp_servers.docs] # keep\r\ncommand = \'C:\\tools\\docs.exe\'\r\n';

describe.skipIf(missingForWine().length > 0)('dotenv', () => {
  let journey: Journey;
  beforeAll(async () => {
    journey = await Journey.begin();
  });
  beforeEach(() => journey.reset());
  afterAll(() => journey?.end());

  it('a new machine: applied, in sync, a turn of codex.exe, and destroyed without a trace', async () => {
    const { windows } = journey;
    windows.write(CONFIG, BEFORE);
    windows.write(DOTENV, '\uFEFFOTHER=1\r\n');
    windows.write('.codex/installation_id', '4f8e3f5e-2f5e-4f0e-9a57-0d8f3d6f1c11');
    journey.yaml();
    const before = journey.tree();

    const applied = await journey.json('apply', '--yes');
    expect(applied.stderr).toBe('');
    expect(applied.code).toBe(0);
    expect(applied.document).toMatchObject({ verified: true });
    expect(statuses(applied.document)).toMatchObject({ secret: 'create', dotenv: 'create', provider: 'update' });
    // Whether others can read it is not known here, and is not called fine.
    expect(applied.stdout).not.toContain(TOKEN);
    expect(windows.read(DOTENV)).toBe(`\uFEFFOTHER=1\r\n${NAME}=${TOKEN}\r\n`);
    const config = windows.read(CONFIG) ?? '';
    expect(config.startsWith('# mine\r\napproval_policy = "on-request"\r\n')).toBe(true);
    expect(config.replaceAll('\r\n', '')).not.toContain('\n');
    expect((await journey.credential('read')).stdout).toBe(TOKEN);
    expect((await journey.link('plan')).stdout).toMatch(IN_SYNC);
    expect((await journey.json('plan')).document.findings.map(({ code }) => code)).toContain('CL3055');

    const { stdout, code } = await journey.turn();
    expect({ stdout: stdout.trim(), code }).toEqual({ stdout: 'hi from the pool', code: 0 });
    expect(journey.gateway.requests.at(-1)).toMatchObject({ path: '/v1/responses', status: 200, key: 'valid' });

    const destroyed = await journey.link('destroy', '--yes', '--purge');
    expect(destroyed.stderr).toBe('');
    const after = journey.tree();
    const ours = Object.keys(after).filter((name) => !Object.hasOwn(before, name) && !/^\.codex\//.test(name));
    expect(ours).toEqual([]);
    expect(windows.read(CONFIG)).toBe(BEFORE);
    expect(windows.read(DOTENV)).toBe('\uFEFFOTHER=1\r\n');
    expect((await journey.credential('read')).code).toBe(1);
  });

  it.each<[string, string, (one: Journey) => unknown]>([
    [
      'the selector was moved',
      'provider',
      ({ windows }) => windows.write(CONFIG, (windows.read(CONFIG) ?? '').replace('= "cliproxy"', '= "openai"')),
    ],
    ['config.toml is gone', 'provider', ({ windows }) => windows.write(CONFIG, '')],
    [
      'config.toml was changed and is read-only',
      'provider',
      ({ windows }) => {
        windows.write(CONFIG, (windows.read(CONFIG) ?? '').replace('272000', '1_000'));
        chmodSync(windows.path(CONFIG), 0o444);
      },
    ],
    ['.env has another key', 'dotenv', ({ windows }) => windows.write(DOTENV, `${NAME}=another\r\n`)],
    ['.env sets it twice', 'dotenv', ({ windows }) => windows.write(DOTENV, `${NAME}=${TOKEN}\r\n${NAME}=another\r\n`)],
    ['the item is gone', 'secret', (one) => one.credential('remove')],
    ['the item is another one', 'secret', (one) => one.credential('write', 'another')],
  ])('drift: %s; it is found and healed', async (_what, address, breakIt) => {
    journey.windows.write(CONFIG, BEFORE);
    journey.yaml();
    expect((await journey.link('apply', '--yes')).code).toBe(0);
    await breakIt(journey);
    const planned = await journey.json('plan');
    const found = planned.document.resources.filter(({ cause }) => cause === 'drift').map((one) => one.address);
    expect(found).toEqual([address]);
    const healed = await journey.link('apply', '--yes');
    expect(healed.stderr).toBe('');
    expect(healed.code).toBe(0);
    expect((await journey.link('plan')).stdout).toMatch(IN_SYNC);
  });

  it('a file that is read-only stays so', async () => {
    const { windows } = journey;
    windows.write(CONFIG, BEFORE);
    chmodSync(windows.path(CONFIG), 0o444);
    journey.yaml();
    const applied = await journey.link('apply', '--yes');
    expect(applied.stderr).toBe('');
    expect(applied.code).toBe(0);
    expect(windows.read(CONFIG)).toContain('model_provider = "cliproxy"');
    expect(statSync(windows.path(CONFIG)).mode & 0o222).toBe(0);
  });

  it('the fallback: OpenAI, held, and back', async () => {
    journey.windows.write(CONFIG, BEFORE);
    journey.windows.write('.codex/auth.json', '{}');
    journey.yaml();
    expect((await journey.link('apply', '--yes')).code).toBe(0);
    const there = journey.windows.read(CONFIG);
    const used = await journey.link('use', 'openai');
    expect(used.stderr).toBe('');
    expect(used.code).toBe(0);
    expect(journey.windows.read(CONFIG)).toContain('model_provider = "openai"');
    expect((await journey.json('plan')).document.findings.map(({ code }) => code)).toContain('CL0011');
    expect((await journey.link('use', 'cliproxy')).code).toBe(0);
    expect(journey.windows.read(CONFIG)).toBe(there);
    expect((await journey.turn()).stdout.trim()).toBe('hi from the pool');
  });

  it('what cannot be verified is put back', async () => {
    journey.windows.write(CONFIG, BEFORE);
    journey.yaml();
    const wrong = await journey.windows.codexLink(['apply', '--yes', '--json'], {
      env: { TEST_GATEWAY_KEY: 'test-token-wrong' },
    });
    expect(wrong.code).toBe(1);
    expect(journey.windows.read(CONFIG)).toBe(BEFORE);
    expect(journey.windows.read(DOTENV)).toBe(null);
    expect((await journey.credential('read')).code).toBe(1);
  });

  it('a run that another one is in the way of says who that is', async () => {
    journey.yaml();
    const holder = { pid: 4294967, start: null, host: 'another-host', command: 'apply', since: '2026-11-01T00:00:00.000Z' };
    journey.windows.write('.local/state/codex-link/lock', `${JSON.stringify(holder)}\n`);
    const { code, stderr } = await journey.link('apply', '--yes');
    expect(code).toBe(4);
    expect(stderr).toContain('another-host');
  });
});
