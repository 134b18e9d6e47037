import { describe, expect, test } from 'vitest';
import type { Desired } from '../../../src/config/desired.ts';
import type { Command } from '../../../src/machine/machine.ts';
import { ReadOnlyMachine } from '../../../src/machine/read-only.ts';
import { linux } from '../../../src/platform/linux/linux.ts';
import type { Check } from '../../../src/verification/check.ts';
import { notLookedAt, verifyRoute } from '../../../src/verification/checks.ts';
import { type Differently, desired } from '../support/desired.ts';
import { answer, type ScriptedGateway } from '../support/gateway.ts';
import { applyTo, asHeld, CODEX, CONFIG, exit, HELPER, KEY, planOf, useOn, type World, world } from '../support/world.ts';

/** A machine that is set up, then spoilt, then looked at by a machine that changes nothing. */
async function verified(spoil: (made: World) => unknown = () => {}, differently: Differently = {}, live = false) {
  const made = world();
  const wanted = desired(differently);
  expect((await applyTo(made.machine, { ...wanted, provider: { ...wanted.provider, active: 'cliproxy' } } as Desired)).code).toBe(
    0,
  );
  await spoil(made);
  const { checks, passed } = await verifyRoute(new ReadOnlyMachine(made.machine), wanted, linux, { live });
  const status = (id: Check['id']) => checks.find((one) => one.id === id)?.status;
  const found = checks.flatMap((one) => (one.finding === null ? [] : [one.finding.code]));
  return { checks, passed, status, found };
}

test('a route that works, in the order in which a request goes', async () => {
  const { checks, passed } = await verified();
  expect(passed).toBe(true);
  expect(checks.map((one) => `${one.id} ${one.status}`)).toEqual(
    ['helper', 'listener', 'key', 'base-path', 'config', 'provider', 'doctor'].map((id) => `${id} passed`),
  );
  expect(JSON.stringify(checks)).not.toContain(KEY);
});

test('the helper is run as Codex runs it from a dock', async () => {
  const ran: Command[] = [];
  const spy = ({ machine }: World) => {
    machine.programs.set(HELPER, (command) => {
      ran.push(command);
      return exit(0, `${KEY}\r\n`);
    });
  };
  expect((await verified(spy)).passed).toBe(true);
  expect((await verified(spy, { provider: { portable: true }, helper: { timeoutMs: 700 } })).passed).toBe(true);
  const env = { HOME: '/home/me', PATH: '/usr/bin:/bin:/usr/sbin:/sbin' };
  expect(ran.slice(0, 1)).toEqual([{ file: HELPER, args: [], env, cwd: '/', timeoutMs: 5000, effect: 'read' }]);
  expect(ran.at(-1)).toEqual({ file: HELPER, args: [], env, cwd: '/home/me/.codex', timeoutMs: 700, effect: 'read' });
});

describe('each failure has its cause', () => {
  const helper =
    (result: object) =>
    ({ machine }: World) =>
      void machine.programs.set(HELPER, () => ({ ...exit(0), ...result }));
  const serving =
    (own: Partial<ScriptedGateway>) =>
    ({ gateway }: World) =>
      void Object.assign(gateway, own);
  /** A Codex whose doctor says this, and which knows no other way to be asked. */
  const doctor =
    (report: unknown) =>
    ({ machine }: World) => {
      const before = machine.programs.get(CODEX)!;
      machine.programs.set(CODEX, (command, on) => {
        if (command.until !== undefined) return exit(1, '', 'error: no such method');
        return command.args?.[0] === 'doctor' ? exit(1, JSON.stringify(report)) : before(command, on);
      });
    };
  const check = (id: string, status: string, details: object = {}) => ({
    [id]: { id, status, summary: `about ${id}`, remediation: null, details },
  });

  test.each<[string, (made: World) => unknown, Check['id'], string]>([
    ['a helper that fails', helper({ code: 3, stderr: 'no luck\n' }), 'helper', 'exit code 3: no luck'],
    ['a helper that says nothing', helper({ stdout: '' }), 'helper', 'it is empty'],
    ['a helper that says two lines', helper({ stdout: 'a\nb\n' }), 'helper', 'more than one line'],
    ['a helper that hangs', helper({ code: null, timedOut: true }), 'helper', 'nothing within 5000 ms'],
    ['a helper that is gone', ({ machine }) => machine.remove(HELPER), 'helper', 'cannot be started'],
    ['nobody listening', ({ machine }) => machine.servers.delete('127.0.0.1:8317'), 'listener', 'nothing answers'],
    [
      'somebody else listening',
      ({ machine }) => machine.servers.set('127.0.0.1:8317', () => answer(200, '')),
      'listener',
      'not CLIProxyAPI',
    ],
    ['safe mode', serving({ safeMode: true }), 'listener', 'nothing but a warning'],
    ['another key', serving({ keys: ['other'] }), 'key', 'refuses the key'],
    ['no key asked for', serving({ keys: [] }), 'key', 'without any key'],
    [
      'a config.toml that Codex refuses',
      ({ machine }) => machine.place(CONFIG, '[model_providers.x]\n'),
      'config',
      'Codex refuses config.toml',
    ],
    [
      'another provider above it',
      doctor({ checks: check('config.load', 'ok', { 'model provider': 'corp' }) }),
      'provider',
      'Codex uses corp, not cliproxy',
    ],
    [
      'another address above it',
      doctor({
        checks: {
          ...check('config.load', 'ok', { 'model provider': 'cliproxy' }),
          ...check('network.provider_reachability', 'ok', { a: 'http://corp/v1/<redacted> reachable' }),
        },
      }),
      'provider',
      'would call http://corp/v1',
    ],
    ['a warning of the doctor', doctor({ checks: check('network.env', 'warning') }), 'doctor', 'network.env: about network.env'],
    ['a failure of the doctor', doctor({ checks: check('network.env', 'fail') }), 'doctor', 'network.env'],
  ])('%s', async (_what, spoil, id, words) => {
    const { checks, passed, status } = await verified(spoil);
    expect([passed, status(id)]).toEqual([false, 'failed']);
    const one = checks.find((check) => check.id === id);
    expect(one?.message).toContain(words);
    expect(one?.finding).toMatchObject({ severity: 'error', fix: expect.stringMatching(/./) });
    expect(JSON.stringify(checks)).not.toContain(KEY);
  });

  test('a warning that is allowed is none', async () => {
    const warned = doctor({
      checks: { ...check('config.load', 'ok', { 'model provider': 'cliproxy' }), ...check('network.env', 'warning') },
    });
    expect((await verified(warned, { verify: { allowWarnings: ['network.env'] } })).passed).toBe(true);
  });

  test.each<[Differently, Check['id'], string]>([
    [{ provider: { basePath: '/nope' } }, 'base-path', 'CL4004'],
    [{ provider: { basePath: '/backend-api/codex' } }, 'base-path', 'CL4005'],
  ])('a base path %j', async (differently, id, code) => {
    const made = world();
    await applyTo(made.machine, desired());
    const { checks } = await verifyRoute(made.machine, desired(differently), linux, { live: false });
    expect(checks.find((one) => one.id === id)?.finding?.code).toBe(code);
  });

  test('a token that is nowhere', async () => {
    for (const auth of ['dotenv', 'env'] as const) {
      const made = world();
      const { checks } = await verifyRoute(made.machine, desired({ provider: { auth } }), linux, { live: false });
      expect(checks[0]).toMatchObject({ id: 'environment', status: 'failed', finding: { code: 'CL5007' } });
    }
  });
});

test('what is not installed is skipped, and says so', async () => {
  const { passed, status, checks } = await verified(({ machine }) => machine.remove(CODEX));
  expect(passed).toBe(true);
  for (const id of ['config', 'provider', 'doctor'] as const) {
    expect(status(id)).toBe('skipped');
    expect(checks.find((one) => one.id === id)?.message).toBe('codex is not installed');
  }
});

test('the doctor can be left out', async () => {
  const { passed, status } = await verified(() => {}, { verify: { doctor: 'off' } });
  expect([passed, status('provider'), status('doctor')]).toEqual([true, 'passed', 'skipped']);
});

describe('what Codex itself says is in effect', () => {
  const MANAGED = '/etc/codex/managed_config.toml';
  /** A Codex that answers this to the questions 1 to 3. */
  const engine =
    (config: object, origins: Record<string, string>, list: object | null = null, requirements: object | null = null) =>
    ({ machine }: World) => {
      const usual = machine.programs.get(CODEX)!;
      machine.programs.set(CODEX, (command, on) => {
        if (command.until === undefined) return usual(command, on);
        const named = Object.entries(origins).map(([key, file]) => [key, { name: { type: 'someone', file } }]);
        const results = [{}, { config, origins: Object.fromEntries(named) }, list, { requirements }];
        return exit(
          0,
          results.map((result, id) => `${JSON.stringify({ id, ...(result === null ? { error: {} } : { result }) })}\n`).join(''),
        );
      });
    };
  const pool = (base_url: string) => ({ model_provider: 'cliproxy', model_providers: { cliproxy: { base_url } } });
  const OURS = 'http://127.0.0.1:8317/v1';
  const ADDRESS = 'model_providers.cliproxy.base_url';

  test.each<[string, (made: World) => unknown, string, string]>([
    [
      'another provider, and who says so',
      engine({ model_provider: 'corp' }, { model_provider: MANAGED }),
      `Codex uses corp, not cliproxy, because ${MANAGED} says so`,
      `have model_provider taken out of ${MANAGED}, by whoever manages it`,
    ],
    [
      'another address behind the same beginning, which doctor hides',
      engine(pool(`${OURS}/else`), { [ADDRESS]: MANAGED }),
      `Codex would call ${OURS}/else, not ${OURS}, because ${MANAGED} says so`,
      `have ${ADDRESS} taken out of ${MANAGED}, by whoever manages it`,
    ],
    [
      'a requirement, which has no origin',
      (made) => {
        made.machine.place('/etc/codex/requirements.toml', 'model_provider = "openai"\n');
        engine({ model_provider: 'openai' }, {}, null, { modelProvider: 'openai' })(made);
      },
      'Codex uses openai, not cliproxy, because /etc/codex/requirements.toml says so',
      'have model_provider taken out of /etc/codex/requirements.toml, by whoever manages it',
    ],
    [
      'a requirement from elsewhere',
      engine({ model_provider: 'openai' }, {}, null, { modelProvider: 'openai' }),
      'Codex uses openai, not cliproxy, because a requirement of the organisation says so',
      'have model_provider taken out of a requirement of the organisation, by whoever manages it',
    ],
    [
      "the user's own file, which an apply mends",
      engine({ model_provider: 'mine' }, { model_provider: CONFIG }),
      'Codex uses mine, not cliproxy',
      'codex-link apply',
    ],
    [
      'the list of providers, which has the last word',
      engine(pool(OURS), {}, { defaultProviderId: 'cliproxy', data: [{ id: 'cliproxy', baseUrl: 'http://corp/v1' }] }),
      `Codex would call http://corp/v1, not ${OURS}`,
      'codex-link apply',
    ],
  ])('%s', async (_what, spoil, message, fix) => {
    const { checks } = await verified(spoil);
    expect(checks.find((one) => one.id === 'provider')).toMatchObject({
      status: 'failed',
      message,
      finding: { code: 'CL5002', message, fix },
    });
  });

  test('is ours, at the whole address, from the file that it was read from and not the copy', async () => {
    const { checks } = await verified();
    expect(checks.find((one) => one.id === 'provider')?.message).toBe(`Codex uses cliproxy at ${OURS}, as ${CONFIG} says`);
  });

  test('a slash at the end of the address changes nothing', async () => {
    expect((await verified(engine(pool(`${OURS}/`), { [ADDRESS]: CONFIG }))).status('provider')).toBe('passed');
  });

  test('is asked with what .env says of proxies, and nothing else of it', async () => {
    const seen: Command[] = [];
    await verified((made) => {
      const usual = made.machine.programs.get(CODEX)!;
      made.machine.place('/home/me/.codex/.env', 'OTHER=hidden\nNO_PROXY=127.0.0.1\n');
      made.machine.programs.set(CODEX, (command, on) => {
        seen.push(command);
        return usual(command, on);
      });
    });
    const asked = seen.filter((one) => one.until !== undefined || one.args?.[0] === 'doctor');
    expect(asked.map((one) => [one.env.NO_PROXY, one.env.OTHER])).toEqual([
      ['127.0.0.1', undefined],
      ['127.0.0.1', undefined],
    ]);
    expect(asked.find((one) => one.until !== undefined)?.args).toEqual(['app-server', '-c', 'features.plugins=false']);
  });
});

test('a gateway that nobody could ask proves nothing, whatever gateway.ensure says', async () => {
  const gone = ({ machine }: World) => void machine.servers.delete('127.0.0.1:8317');
  const { checks, passed, status } = await verified(gone, { gateway: { ensure: 'ignore' } });
  expect([passed, status('helper'), status('listener'), status('key')]).toEqual([false, 'passed', 'skipped', 'skipped']);
  expect(notLookedAt(checks)).toMatchObject({
    code: 'CL5008',
    severity: 'warning',
    message:
      'not looked at: listener (nothing answers at http://127.0.0.1:8317, and gateway.ensure is ignore); key and base-path (the gateway does not answer)',
  });
});

test('what is not installed is told, and what nobody asked for is not', async () => {
  const without = await verified(({ machine }) => machine.remove(CODEX));
  expect(without.passed).toBe(true);
  expect(notLookedAt(without.checks)).toMatchObject({
    severity: 'info',
    message: 'not looked at: config, provider and doctor (codex is not installed)',
  });
  const off = await verified(() => {}, { verify: { doctor: 'off' } });
  expect([off.status('doctor'), notLookedAt(off.checks)]).toEqual(['skipped', null]);
});

test('an apply says only then that the route is verified', async () => {
  const made = world();
  expect((await applyTo(made.machine, desired())).document.verified).toBe(true);
  made.machine.servers.delete('127.0.0.1:8317');
  const ignored = await applyTo(made.machine, desired({ gateway: { ensure: 'ignore' }, provider: { model: 'gpt-5.4' } }));
  expect([ignored.code, ignored.document.verified]).toEqual([0, false]);
  expect(ignored.document.findings.map((one) => one.code)).toContain('CL5008');
  const away = await useOn(made.machine, desired(), 'openai');
  expect([away.code, away.document.verified]).toEqual([0, false]); // nobody is signed in
  made.machine.place('/home/me/.codex/auth.json', '{"auth_mode":"chatgpt","tokens":{}}', 0o600);
  expect((await applyTo(made.machine, desired({ provider: { active: 'openai', model: 'gpt-5.5' } }))).document.verified).toBe(
    true,
  );
});

test('a switch does not tell the way out of the hold that it is', async () => {
  const made = world();
  await applyTo(made.machine, desired());
  await useOn(made.machine, desired(), 'openai');
  expect((await planOf(made.machine, await asHeld(made.machine, desired()))).findings.map((one) => one.code)).toContain('CL0011');
  const back = await useOn(made.machine, desired(), 'cliproxy');
  expect(back.document.findings.map((one) => one.code)).not.toContain('CL0011');
});

test("on OpenAI's route only Codex matters, and a missing login is a warning", async () => {
  const openai = ({ machine }: World) => machine.place(CONFIG, 'model_provider = "openai"\n');
  const without = await verified(openai, { provider: { active: 'openai' } });
  expect([without.passed, without.status('login'), without.found]).toEqual([true, 'warning', ['CL5006']]);
  const login = (made: World) => {
    openai(made);
    made.machine.place('/home/me/.codex/auth.json', '{}');
  };
  expect((await verified(login, { provider: { active: 'openai' } })).status('login')).toBe('passed');
});

describe('a real request', () => {
  test('is spent only when asked for, with the key, and its answer counts', async () => {
    const counting = async (live: boolean) => {
      let made: World | undefined;
      const result = await verified(
        (one) => {
          made = one;
          one.gateway.received.length = 0;
        },
        {},
        live,
      );
      return { result, posts: made!.gateway.received.filter((one) => one.startsWith('POST /v1/responses')) };
    };
    expect((await counting(false)).posts).toEqual([]);
    const { result, posts } = await counting(true);
    expect([result.status('live'), posts.length]).toEqual(['passed', 1]);
    expect(posts[0]).toContain(`Authorization: Bearer ${KEY}`);
  });

  test('is not spent on a route that is broken', async () => {
    const { status } = await verified(({ gateway }) => void Object.assign(gateway, { keys: ['other'] }), {}, true);
    expect(status('live')).toBe('skipped');
  });

  test.each<[string, () => Uint8Array, string]>([
    [
      'an error with a reason',
      () => answer(429, '{"error":{"message":"all accounts are exhausted"}}'),
      'all accounts are exhausted',
    ],
    ['an error in another shape', () => answer(400, '{"error":"bad model"}'), 'bad model'],
    ['an error that says the key', () => answer(401, `{"error":"no such key: ${KEY}"}`), 'no such key: (sensitive)'],
    ['an error without a reason', () => answer(502, '<html>'), 'no reason given'],
    [
      'an answer that stops half-way',
      () => answer(200, 'event: response.created\ndata: {"type":"response.created"}\n\n'),
      'did not come to its end',
    ],
    ['no HTTP', () => Buffer.from('nonsense'), 'failed'],
  ])('that ends with %s', async (_what, respond, words) => {
    const { status, checks } = await verified(
      ({ machine, gateway }) => {
        const scripted = gateway.server;
        machine.servers.set('127.0.0.1:8317', (bytes) =>
          Buffer.from(bytes).toString('latin1').startsWith('POST') ? respond() : scripted(bytes),
        );
      },
      {},
      true,
    );
    expect(status('live')).toBe('failed');
    expect(checks.find((one) => one.id === 'live')?.finding).toMatchObject({
      code: 'CL5005',
      message: expect.stringContaining(words),
    });
  });
});
