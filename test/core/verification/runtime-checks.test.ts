import { describe, expect, test } from 'vitest';
import { Ccs } from '../../../src/ccs/ccs.ts';
import { offeredModels, withoutSuffixes } from '../../../src/gateway/models.ts';
import { MachineError } from '../../../src/machine/machine.ts';
import { ReadOnlyMachine } from '../../../src/machine/read-only.ts';
import { RecordingMachine } from '../../../src/machine/recording.ts';
import { verifyJson } from '../../../src/report/json.ts';
import { Secret } from '../../../src/secret.ts';
import { runtimeChecks } from '../../../src/verification/runtime-checks.ts';
import { type Differently, desired } from '../support/desired.ts';
import { answer } from '../support/gateway.ts';
import { problems } from '../support/schemas.ts';
import { CCS, type World, world } from '../support/world.ts';

const FOLDER = '/home/me/.ccs';
const DROID = '/home/me/.factory/settings.json';
const POOL_KEY = 'made-up-key-of-the-pool';
const OLD_KEY = 'made-up-key-of-yesterday';

const settings = (url: string, rest: object = {}) =>
  JSON.stringify({
    env: { ANTHROPIC_BASE_URL: url, ANTHROPIC_AUTH_TOKEN: POOL_KEY, ANTHROPIC_MODEL: 'gpt-5.4-high-fast', ...rest },
  });

const config = (rest = '', variant = '      port: 8318\n') =>
  `cliproxy:\n  auth:\n    api_key: ${POOL_KEY}\n  variants:\n    codex-fast:\n      provider: codex\n      settings: ~/.ccs/codex-codex-fast.settings.json\n${variant}    other:\n      provider: gemini\n${rest}`;

/** A pool with one variant on a gateway that has the old path. */
async function rows(change: (made: World) => unknown = () => {}, differently: Differently = {}) {
  const made = world();
  const { machine, gateway } = made;
  Object.assign(gateway, { keys: [POOL_KEY], version: '6.9.45', models: ['gpt-5.4', 'gpt-5.4-mini'] });
  machine.place(CCS, '', 0o755);
  machine.place(`${FOLDER}/config.yaml`, config(), 0o600);
  machine.place(`${FOLDER}/codex-codex-fast.settings.json`, settings('http://127.0.0.1:8318/api/provider/codex'));
  await change(made);
  const recording = new RecordingMachine(machine);
  const checks = await runtimeChecks(new ReadOnlyMachine(recording), desired(differently), new Ccs());
  const document = verifyJson({ checks, passed: true });
  expect([recording.operations, problems('verify', document, true)]).toEqual([[], []]);
  expect(JSON.stringify(document)).not.toMatch(new RegExp(`${POOL_KEY}|${OLD_KEY}`));
  expect(checks.filter(({ id, status }) => id !== 'runtime' || status === 'failed')).toEqual([]);
  return checks;
}

async function fast(change?: (made: World) => unknown, differently?: Differently) {
  const found = (await rows(change, differently)).find(({ runtime }) => runtime === 'ccs codex-fast');
  return { status: found?.status, message: found?.message, code: found?.finding?.code, fix: found?.finding?.fix };
}

const placed = (url: string, rest: object = {}) => {
  return ({ machine }: World) => machine.place(`${FOLDER}/codex-codex-fast.settings.json`, settings(url, rest));
};

describe('what there is', () => {
  const names = async (change?: (made: World) => unknown) => (await rows(change)).map(({ runtime }) => runtime);
  const program = (name: string) => (made: World) => made.machine.place(`/usr/local/bin/${name}`, '', 0o755);

  test('without CCS there is nothing to say', async () => {
    expect(await names(({ machine }) => machine.remove(CCS))).toEqual([]);
  });

  test.each<[string, (made: World) => unknown, string[]]>([
    ['variants of codex only', () => {}, ['ccs codex-fast']],
    ['ccsx', program('ccsx'), ['ccsx codex', 'ccs codex-fast']],
    ['ccsxp', program('ccsxp'), ['ccs codex-fast', 'ccsxp']],
    [
      'settings of the profile codex',
      ({ machine }) => machine.place(`${FOLDER}/codex.settings.json`, settings('http://localhost:8317/api/provider/codex')),
      ['ccs codex', 'ccs codex-fast'],
    ],
    [
      'models that CCS has given to Droid',
      ({ machine }) => {
        const model = { baseUrl: 'http://127.0.0.1:8317/api/provider/codex', apiKey: POOL_KEY, model: 'gpt-5.4' };
        const shown = ['CCS codex', 'ccs-codex-fast', 'CCS other', 'CCS gone', 'Mine'];
        machine.place(
          DROID,
          JSON.stringify({ customModels: [null, ...shown.map((displayName) => ({ displayName, ...model }))] }),
        );
      },
      ['ccs codex-fast', 'ccs-droid codex', 'ccs-droid codex-fast'],
    ],
    ['a settings file of Droid that is broken', ({ machine }) => machine.place(DROID, '{'), ['ccs codex-fast']],
  ])('%s', async (_what, change, expected) => {
    expect(await names(change)).toEqual(expected);
  });
});

describe('a variant', () => {
  test.each<[string, ((made: World) => unknown) | undefined, Differently, object]>([
    [
      'with a gateway of its own from the same CCS',
      undefined,
      {},
      { status: 'passed', message: 'Claude Code, gpt-5.4-high-fast, a gateway of its own on port 8318, with the same accounts' },
    ],
    [
      'on the same gateway',
      placed('http://localhost:8317/api/provider/codex/'),
      {},
      { status: 'passed', message: expect.stringContaining('the same gateway') },
    ],
    ['at the root', placed('http://127.0.0.1:8317'), {}, { status: 'passed' }],
    [
      'for Droid',
      ({ machine }) => machine.place(`${FOLDER}/config.yaml`, config('', '      port: 8318\n      target: droid\n')),
      {},
      { status: 'passed', message: expect.stringMatching(/^Droid, /) },
    ],
    [
      'without a settings file',
      ({ machine }) => machine.remove(`${FOLDER}/codex-codex-fast.settings.json`),
      {},
      { status: 'passed' },
    ],
    [
      'on another port',
      placed('http://127.0.0.1:9999/api/provider/codex'),
      {},
      { status: 'warning', code: 'CL7050', fix: expect.stringContaining('remove codex-fast') },
    ],
    [
      'on another host',
      placed('http://10.0.0.7:8317/v1'),
      {},
      { status: 'warning', code: 'CL7050', message: expect.stringContaining('http://10.0.0.7:8317,') },
    ],
    ['at no address', placed('nonsense'), {}, { status: 'warning', code: 'CL7050' }],
    [
      'elsewhere, where somebody else runs the gateway',
      placed('http://127.0.0.1:9999/v1'),
      { gateway: { manager: 'none' } },
      { status: 'skipped', code: undefined },
    ],
    [
      'at a path that is gone',
      ({ gateway }) => void Object.assign(gateway, { version: '7.2.140' }),
      {},
      { status: 'warning', code: 'CL7051', message: expect.stringContaining('/api/provider/codex') },
    ],
    [
      'with an old key',
      placed('http://127.0.0.1:8318/api/provider/codex', { ANTHROPIC_AUTH_TOKEN: OLD_KEY }),
      {},
      { status: 'warning', code: 'CL7052' },
    ],
    [
      'with an old key that its gateway still lists',
      (made) => {
        placed('http://127.0.0.1:8318/api/provider/codex', { ANTHROPIC_AUTH_TOKEN: OLD_KEY })(made);
        made.machine.place(`${FOLDER}/cliproxy/config-8318.yaml`, `api-keys:\n  - "${OLD_KEY}"\n`);
      },
      {},
      { status: 'passed' },
    ],
    [
      'with an old key that only another gateway lists',
      (made) => {
        placed('http://127.0.0.1:8318/api/provider/codex', { ANTHROPIC_AUTH_TOKEN: OLD_KEY })(made);
        made.machine.place(`${FOLDER}/cliproxy/config.yaml`, `api-keys:\n  - "${OLD_KEY}"\n`);
      },
      {},
      { status: 'warning', code: 'CL7052' },
    ],
    [
      'with the key of CCS, which the running gateway refuses',
      (made) => {
        placed('http://127.0.0.1:8317/api/provider/codex')(made);
        made.gateway.keys = ['else'];
      },
      {},
      { status: 'warning', code: 'CL7052' },
    ],
    [
      'of its own with the key of CCS, whatever the running gateway says',
      ({ gateway }) => void Object.assign(gateway, { keys: ['else'] }),
      {},
      { status: 'passed' },
    ],
    [
      'on the gateway of the YAML, which is not that of CCS',
      (made) => {
        placed('http://127.0.0.1:8317/api/provider/codex', { ANTHROPIC_AUTH_TOKEN: OLD_KEY })(made);
        made.machine.place(`${FOLDER}/config.yaml`, config('cliproxy_server:\n  local:\n    port: 8400\n'));
      },
      {},
      { status: 'skipped', message: expect.stringContaining('not looked at') },
    ],
    [
      'whose own port is that of the common gateway',
      (made) => {
        placed('http://127.0.0.1:8317/api/provider/codex')(made);
        made.machine.place(`${FOLDER}/config.yaml`, config('', '      port: 8317\n'));
      },
      {},
      { status: 'passed', message: expect.stringContaining('the same gateway') },
    ],
    [
      'without a key, which CCS fills in',
      placed('http://127.0.0.1:8318/api/provider/codex', { ANTHROPIC_AUTH_TOKEN: '' }),
      {},
      { status: 'passed' },
    ],
    [
      'with a model that is not offered',
      placed('http://127.0.0.1:8318/api/provider/codex', { ANTHROPIC_DEFAULT_HAIKU_MODEL: 'gpt-9-mini' }),
      {},
      { status: 'warning', code: 'CL7053', message: 'the gateway offers no gpt-9-mini' },
    ],
    [
      'with any model, while no list is given',
      (made) => {
        placed('http://127.0.0.1:8318/api/provider/codex', { ANTHROPIC_MODEL: 'gpt-9' })(made);
        made.gateway.models = [];
      },
      {},
      { status: 'passed' },
    ],
    [
      'while the gateway is down',
      ({ machine }) => machine.servers.clear(),
      {},
      { status: 'skipped', message: expect.stringContaining('does not answer'), code: undefined },
    ],
    [
      'while something else answers',
      ({ machine }) => void machine.servers.set('127.0.0.1:8317', () => answer(200, '')),
      {},
      { status: 'skipped', code: undefined },
    ],
    [
      'of a CCS that is set to another machine',
      ({ machine }) => machine.place(`${FOLDER}/config.yaml`, config('cliproxy_server:\n  remote:\n    enabled: true\n')),
      {},
      { status: 'skipped', message: expect.stringContaining('another machine') },
    ],
    [
      'of settings that are broken',
      ({ machine }) => machine.place(`${FOLDER}/codex-codex-fast.settings.json`, `{ "ANTHROPIC_AUTH_TOKEN": "${POOL_KEY}", `),
      {},
      { status: 'skipped', message: expect.stringContaining('not a JSON object') },
    ],
  ])('%s', async (_what, change, differently, expected) => {
    expect(await fast(change, differently)).toMatchObject(expected);
  });

  test('that cannot be read hides no other', async () => {
    const found = await rows(({ machine }) => {
      machine.place('/usr/local/bin/ccsxp', '', 0o755);
      const read = machine.read.bind(machine);
      machine.read = async (path, limit) => {
        if (path.endsWith('codex-fast.settings.json')) throw new MachineError('EACCES', `${path} cannot be read`, path);
        return read(path, limit);
      };
    });
    expect(found.map(({ runtime, status }) => [runtime, status])).toEqual([
      ['ccs codex-fast', 'skipped'],
      ['ccsxp', 'passed'],
    ]);
  });

  test('a config.yaml of CCS that is broken is one row', async () => {
    const found = await rows(({ machine }) => machine.place(`${FOLDER}/config.yaml`, 'a: [\n'));
    expect(found).toMatchObject([{ runtime: 'ccs', status: 'skipped', message: expect.stringContaining('not valid YAML') }]);
  });
});

describe('ccsxp', () => {
  const ccsxp = async (differently: Differently = {}, change: (made: World) => unknown = () => {}, env: object = {}) => {
    const found = await rows((made) => {
      made.machine.place('/usr/local/bin/ccsxp', '', 0o755);
      Object.assign(made.machine.facts.env, env);
      return change(made);
    }, differently);
    return found.find(({ runtime }) => runtime === 'ccsxp');
  };

  test('says whether it shares our provider id', async () => {
    expect((await ccsxp())?.message).toBe('Codex, the same gateway; it writes its own provider cliproxy over ours');
    expect((await ccsxp({ provider: { id: 'codex-link' } }))?.message).toContain('cliproxy beside our codex-link');
    expect((await ccsxp({}, undefined, { CCSXP_CODEX_HOME: '/elsewhere' }))?.message).toBe('Codex, the same gateway');
  });

  test('uses the port of CCS, whatever ours is', async () => {
    const change = ({ machine }: World) => machine.place(`${FOLDER}/config.yaml`, 'cliproxy_server:\n  local:\n    port: 8400\n');
    expect(await ccsxp({}, change)).toMatchObject({
      status: 'warning',
      finding: { code: 'CL7050', fix: expect.stringContaining('8400') },
    });
  });
});

test('the key is sent to CLIProxyAPI only', async () => {
  const heard: string[] = [];
  await rows(({ machine }) => {
    machine.servers.set('127.0.0.1:8317', (bytes) => {
      heard.push(Buffer.from(bytes).toString('latin1'));
      return answer(200, '<html>');
    });
  });
  expect(heard.length).toBeGreaterThan(0);
  expect(heard.join('')).not.toContain(POOL_KEY);
});

test.each([
  ['gpt-5.4', 'gpt-5.4'],
  ['gpt-5.4-mini', 'gpt-5.4-mini'],
  ['gpt-5.4-high-fast', 'gpt-5.4'],
  ['gpt-5.4-fast', 'gpt-5.4'],
  ['gpt-5.3-codex-xhigh', 'gpt-5.3-codex'],
  ['gpt-5.4-high[1m]', 'gpt-5.4'],
  ['gpt-5.4(high)', 'gpt-5.4'],
])('%s is %s without suffixes', (model, plain) => {
  expect(withoutSuffixes(model)).toBe(plain);
});

test.each<[string, () => Uint8Array]>([
  ['no JSON', () => answer(200, '<html>')],
  ['an error', () => answer(500, '{"data":[{"id":"x"}]}')],
  ['no list', () => answer(200, '{}')],
  ['no HTTP', () => Buffer.from('SSH-2.0\r\n')],
])('a list of models that is %s says nothing', async (_what, server) => {
  const { machine } = world();
  machine.servers.set('127.0.0.1:8317', server);
  expect(await offeredModels(machine, desired().gateway, new Secret('k'))).toBe(null);
});
