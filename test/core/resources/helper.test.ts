import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Ccs } from '../../../src/ccs/ccs.ts';
import type { DesiredProvider, DesiredSecret } from '../../../src/config/desired.ts';
import { MemoryMachine } from '../../../src/machine/memory.ts';
import { linux } from '../../../src/platform/linux/linux.ts';
import { helperResource } from '../../../src/resources/helper.ts';
import { Token } from '../../../src/resources/token.ts';
import { desired } from '../support/desired.ts';
import { FakeKeyring } from '../support/keyring.ts';
import { inFolder } from '../support/real.ts';
import { applyTo, HELPER, planOf, verdictOf, world } from '../support/world.ts';

interface Differently {
  readonly provider?: Partial<DesiredProvider>;
  readonly secret?: Partial<DesiredSecret>;
  readonly timeoutMs?: number;
  readonly user?: string;
  readonly home?: string;
}

/** The script for a machine of which nothing but its user and home matters. */
async function script({
  provider = {},
  secret = {},
  timeoutMs = 5000,
  user = 'me',
  home = '/home/me',
}: Differently): Promise<string> {
  const machine = new MemoryMachine({ home, user, env: { HOME: home } });
  new FakeKeyring().install(machine);
  const wanted = desired({ provider, secret, helper: { timeoutMs, path: `${home}/.codex/bin/cliproxy-token` } });
  const { script: text } = await helperResource(wanted, new Token(wanted, linux, new Ccs(), null), linux).read(machine);
  return text;
}

describe('the script', () => {
  test.each<[string, Differently]>([
    ['for a file', {}],
    ['for a file, portable', { provider: { portable: true } }],
    ['for a keyring', { secret: { store: 'secret-service' } }],
    ['for a keyring, portable', { secret: { store: 'secret-service' }, provider: { portable: true } }],
    ['for strange names', { secret: { store: 'secret-service', service: "it's $HOME; rm -rf /", account: '`id` "x"' } }],
    ['for a home with strange characters', { home: "/home/it's $me" }],
  ])('%s is POSIX shell that a shell takes', async (_what, differently) => {
    const text = await script(differently);
    expect(text).toMatch(/^#!\/bin\/sh\n/);
    const { status, stderr } = spawnSync('/bin/sh', ['-n'], { input: text, encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
  });

  test('portable, it is the same for every user', async () => {
    for (const store of ['file', 'secret-service'] as const) {
      const [me, you] = await Promise.all([
        script({ provider: { portable: true }, secret: { store, account: 'me' } }),
        script({ provider: { portable: true }, secret: { store, account: 'you' }, user: 'you', home: '/Users/you' }),
      ]);
      expect(me).toBe(you);
      expect(me).not.toMatch(/\bme\b/);
    }
  });

  test('not portable, it names the account and the home', async () => {
    const text = await script({ secret: { store: 'secret-service', account: 'work' } });
    expect(text).toContain("lookup service 'CLIPROXY_API_KEY' account 'work'");
    expect(await script({})).toContain("file='/home/me/.config/codex-link/CLIPROXY_API_KEY.token'");
  });

  test('uses absolute paths of programs and gives up before Codex does', async () => {
    const text = await script({ secret: { store: 'secret-service' }, timeoutMs: 8000 });
    expect(text).toContain("'/usr/bin/timeout' 7 '/usr/bin/secret-tool' lookup");
    expect(await script({ secret: { store: 'secret-service' }, timeoutMs: 500 })).toContain("'/usr/bin/timeout' 1 ");
  });
});

describe('run by a real shell, as Codex runs it', () => {
  const running = (content: string | null, mode = 0o600) =>
    inFolder(async (home) => {
      const text = await script({ home });
      mkdirSync(join(home, '.config/codex-link'), { recursive: true });
      const file = join(home, '.config/codex-link/CLIPROXY_API_KEY.token');
      if (content !== null) writeFileSync(file, content);
      if (content !== null) chmodSync(file, mode);
      writeFileSync(join(home, 'helper'), text, { mode: 0o700 });
      const { status, stdout, stderr } = spawnSync(join(home, 'helper'), [], {
        env: { HOME: home, PATH: '/usr/bin:/bin' },
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      return { status, stdout, stderr };
    });

  test.each([
    ['token\n', 'token\n'],
    ['token', 'token\n'],
    ['!"#$%&\'()*+,-./09:;<=>?@AZ[\\]^_`az{|}~\n', '!"#$%&\'()*+,-./09:;<=>?@AZ[\\]^_`az{|}~\n'],
    ['-n\n', '-n\n'],
  ])('it prints the token of %j', async (content, printed) => {
    expect(await running(content)).toEqual({ status: 0, stdout: printed, stderr: '' });
  });

  test.each([
    ['no file', null, 'no readable token'],
    ['an empty file', '', 'is empty'],
    ['an empty line', '\n', 'is empty'],
    ['a token with a blank', 'top secret\n', 'not one line of printable'],
    ['a token with a wide character', 'schlüssel\n', 'not one line of printable'],
    ['a token with a control character', 'a\x07b\n', 'not one line of printable'],
  ])('with %s it prints nothing, and says why without the token', async (_what, content, why) => {
    const { status, stdout, stderr } = await running(content);
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toContain(why);
    expect(stderr).not.toMatch(/top|schl/);
  });
});

describe('the file', () => {
  test('that is missing, edited, or has another mode is put right', async () => {
    const { machine } = world();
    expect(verdictOf(await planOf(machine, desired()), 'helper')).toMatchObject({
      status: 'create',
      fileChange: { before: null },
    });
    await applyTo(machine, desired());
    const right = machine.text(HELPER) ?? '';
    expect((await machine.stat(HELPER))?.mode).toBe(0o700);

    machine.place(HELPER, '#!/bin/sh\necho mine\n', 0o700);
    expect(verdictOf(await planOf(machine, desired()), 'helper')).toMatchObject({
      status: 'update',
      changes: [],
      fileChange: { before: '#!/bin/sh\necho mine\n', after: right },
    });

    machine.place(HELPER, right, 0o755);
    const verdict = verdictOf(await planOf(machine, desired()), 'helper');
    expect(verdict).toMatchObject({
      status: 'update',
      fileChange: null,
      changes: [{ path: 'mode', before: '755', after: '700' }],
    });
    await applyTo(machine, desired());
    expect([machine.text(HELPER), (await machine.stat(HELPER))?.mode]).toEqual([right, 0o700]);
    expect(verdictOf(await planOf(machine, desired()), 'helper').status).toBe('in-sync');
  });

  test('something else in its place is not replaced', async () => {
    const { machine } = world();
    machine.placeFolder(HELPER);
    expect(verdictOf(await planOf(machine, desired()), 'helper')).toMatchObject({
      status: 'unknown',
      findings: [{ code: 'CL3010', file: HELPER }],
    });
  });

  test('an edit between plan and apply is noticed', async () => {
    const { machine } = world();
    await applyTo(machine, desired());
    machine.place(HELPER, 'edited', 0o700);
    const plan = await planOf(machine, desired());
    const planned = plan.resources.find((one) => one.resource.address === 'helper')!;
    machine.place(HELPER, 'edited again', 0o700);
    await expect(planned.resource.converge(machine, planned.actual, () => {})).rejects.toMatchObject({ code: 'ECHANGED' });
    expect(machine.text(HELPER)).toBe('edited again');
  });

  test.each<[string, (machine: MemoryMachine) => void, string | null]>([
    ['are fine', () => {}, null],
    ['can be written by all', (machine) => machine.placeFolder('/home/me/.codex', 0o777), 'can be written by others (mode 777)'],
    ['can be written by a group', (machine) => machine.placeFolder('/home', 0o775), 'mode 775'],
    ['are sticky', (machine) => machine.placeFolder('/home', 0o1777), null],
    ['belong to root', (machine) => machine.placeFolder('/home', 0o755, 0), null],
    ['belong to somebody else', (machine) => machine.placeFolder('/home', 0o755, 1001), 'belongs to user 1001'],
  ])('folders above that %s', async (_what, prepare, words) => {
    const { machine } = world();
    prepare(machine);
    const { findings } = verdictOf(await planOf(machine, desired()), 'helper');
    expect(findings).toMatchObject(
      words === null ? [] : [{ code: 'CL3009', severity: 'error', message: expect.stringContaining(words) }],
    );
    expect((await applyTo(machine, desired())).code).toBe(words === null ? 0 : 1);
  });
});
