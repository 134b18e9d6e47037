import { describe, expect, test } from 'vitest';
import { surroundings } from '../../../src/codex/surroundings.ts';
import type { DesiredProvider } from '../../../src/config/desired.ts';
import { MachineDecorator } from '../../../src/machine/decorator.ts';
import { MachineError } from '../../../src/machine/machine.ts';
import { linux } from '../../../src/platform/linux/linux.ts';
import { desired } from '../support/desired.ts';
import { applyTo, CONFIG, planOf, type World, world } from '../support/world.ts';

const SYSTEM = '/etc/codex/config.toml';
const MANAGED = '/etc/codex/managed_config.toml';
const REQUIRED = '/etc/codex/requirements.toml';
const TABLE = 'model_providers.cliproxy';

type Files = Readonly<Record<string, string>>;

async function found(files: Files, provider: Partial<DesiredProvider> = {}) {
  const { machine } = world();
  for (const [path, text] of Object.entries(files)) machine.place(path, text);
  return surroundings(machine, desired({ provider }), linux);
}

test('a machine with nothing around config.toml has no findings', async () => {
  expect(await found({})).toEqual([]);
  expect(await found({ [CONFIG]: 'model_provider = "mine"\n[model_providers.mine]\nname = "Mine"\n' })).toEqual([]);
});

describe('a layer that takes the route away is an error, with its line and who can change it', () => {
  test.each<[string, Files, Partial<DesiredProvider>, object]>([
    [
      'managed_config.toml selects another provider',
      { [MANAGED]: '# ours\nmodel_provider = "corp"\n\n[model_providers.corp]\nname = "Corp"\n' },
      {},
      {
        code: 'CL1006',
        file: MANAGED,
        line: 2,
        column: 1,
        message: `${MANAGED} makes Codex use corp, whatever config.toml says; wanted cliproxy`,
      },
    ],
    [
      'managed_config.toml selects a provider that is nowhere',
      { [MANAGED]: 'model_provider = "nope"\n' },
      {},
      { code: 'CL1006', file: MANAGED, line: 1 },
    ],
    [
      'requirements.toml selects another provider',
      { [REQUIRED]: 'model_provider = "openai"\n' },
      {},
      { code: 'CL1006', file: REQUIRED, line: 1, fix: `have model_provider taken out of ${REQUIRED}, by whoever manages it` },
    ],
    [
      'requirements.toml is above managed_config.toml',
      { [REQUIRED]: 'model_provider = "openai"\n', [MANAGED]: 'model_provider = "cliproxy"\n' },
      {},
      { code: 'CL1006', file: REQUIRED },
    ],
    [
      'the OAuth route is what is forbidden',
      { [REQUIRED]: 'model_provider = "cliproxy"\n' },
      { active: 'openai' },
      {
        code: 'CL1006',
        file: REQUIRED,
        message: `${REQUIRED} makes Codex use cliproxy, whatever config.toml says; wanted openai`,
      },
    ],
    [
      'managed_config.toml sends our table elsewhere',
      { [MANAGED]: '[model_providers.cliproxy]\nbase_url = "http://corp/v1"\n' },
      {},
      {
        code: 'CL1007',
        file: MANAGED,
        line: 2,
        message: `${MANAGED} sends ${TABLE} to http://corp/v1, whatever config.toml says`,
      },
    ],
    [
      'managed_config.toml has another helper',
      { [MANAGED]: '[model_providers.cliproxy.auth]\ncommand = "/opt/corp/token"\n' },
      {},
      {
        code: 'CL1007',
        file: MANAGED,
        line: 2,
        message: `${MANAGED} changes how Codex authenticates in ${TABLE}, whatever config.toml says`,
      },
    ],
    [
      'requirements.toml has a whole table in place of ours, without a helper',
      { [REQUIRED]: '[model_providers.cliproxy]\nname = "CLIProxy"\nbase_url = "http://127.0.0.1:8317/v1"\n' },
      {},
      {
        code: 'CL1007',
        file: REQUIRED,
        message: `${REQUIRED} changes how Codex authenticates in ${TABLE}, whatever config.toml says`,
      },
    ],
    [
      'the lowest layer adds a key that does not go with ours',
      { [SYSTEM]: '[model_providers.cliproxy]\nname = "Corp"\nenv_key = "CORP_KEY"\n' },
      {},
      {
        code: 'CL1008',
        file: SYSTEM,
        line: 3,
        message: `${SYSTEM} and ${CONFIG} together make Codex refuse everything: auth cannot be combined with env_key`,
      },
    ],
    [
      'the lowest layer has a table that is wrong by itself',
      { [SYSTEM]: '[model_providers.corp]\nbase_url = "http://corp"\n' },
      {},
      { code: 'CL1008', file: SYSTEM, line: 1 },
    ],
    ['a layer has a key of older versions', { [SYSTEM]: 'profile = "x"\n' }, {}, { code: 'CL1008', file: SYSTEM, line: 1 }],
    ['a layer is not TOML', { [MANAGED]: 'a = 1\nb = = 2\n' }, {}, { code: 'CL1009', file: MANAGED, line: 2 }],
  ])('%s', async (_what, files, provider, expected) => {
    const errors = (await found(files, provider)).filter((one) => one.severity === 'error');
    expect(errors).toMatchObject([{ resource: 'provider', ...expected }]);
    expect(errors[0]?.fix).toContain('by whoever manages it');
  });
});

test('what else such a layer changes is not told beside it, but what another one changes is', async () => {
  const managed = 'model = "gpt-5.4"\nmodel_provider = "corp"\n[model_providers.corp]\nname = "Corp"\n';
  const required = '[model_providers.cliproxy]\nname = "Ours"\nbase_url = "http://corp"\n';
  const codes = async (files: Files) => (await found(files, { model: 'gpt-5.5' })).map((one) => `${one.code} ${one.file}`);
  expect(await codes({ [MANAGED]: managed })).toEqual([`CL1006 ${MANAGED}`]);
  expect(await codes({ [MANAGED]: managed, [REQUIRED]: required })).toEqual([`CL1006 ${MANAGED}`, `CL1010 ${REQUIRED}`]);
});

test('a layer that cannot be read is an error that names it, and no crash', async () => {
  class Locked extends MachineDecorator {
    override async read(path: string, limit?: number) {
      if (path === REQUIRED) throw new MachineError('EACCES', `${path}: permission denied`, path);
      return this.inner.read(path, limit);
    }
  }
  const findings = await surroundings(new Locked(world().machine), desired(), linux);
  expect(findings).toMatchObject([{ code: 'CL1009', severity: 'error', file: REQUIRED }]);
});

describe('a layer that leaves the route alone', () => {
  test.each<[string, Files, Partial<DesiredProvider>, readonly object[]]>([
    ['the lowest selects another provider, which config.toml overrides', { [SYSTEM]: 'model_provider = "corp"\n' }, {}, []],
    [
      'the lowest has another address for our table',
      { [SYSTEM]: '[model_providers.cliproxy]\nbase_url = "http://corp"\n' },
      {},
      [],
    ],
    [
      'the highest say the same',
      { [MANAGED]: 'model_provider = "cliproxy"\n', [REQUIRED]: 'model_provider = "cliproxy"\n' },
      {},
      [],
    ],
    [
      'requirements about something else',
      { [REQUIRED]: 'allowed_login_methods = ["chatgpt"]\nmodel = "x"\n' },
      { model: 'gpt-5.5' },
      [],
    ],
    ['another table', { [REQUIRED]: '[model_providers.corp]\nname = "Corp"\n' }, {}, []],
    [
      'another model',
      { [MANAGED]: 'model = "gpt-5.4"\nmodel_context_window = 5\n' },
      { model: 'gpt-5.5', contextWindow: 272_000 },
      [
        {
          code: 'CL1010',
          severity: 'warning',
          file: MANAGED,
          line: 1,
          message: `${MANAGED} sets model, model_context_window in its own way`,
        },
      ],
    ],
    ['another model where none is managed', { [MANAGED]: 'model = "gpt-5.4"\n' }, {}, []],
    [
      'a key that we want absent, from below',
      { [SYSTEM]: '[model_providers.cliproxy]\nrequires_openai_auth = false\n' },
      {},
      [{ code: 'CL1010', severity: 'warning', file: SYSTEM, line: 2 }],
    ],
    [
      "our table, on OpenAI's own route",
      { [MANAGED]: '[model_providers.cliproxy]\nbase_url = "http://corp/v1"\n' },
      { active: 'openai' },
      [{ code: 'CL1010', severity: 'warning', file: MANAGED }],
    ],
  ])('%s', async (_what, files, provider, expected) => {
    const findings = await found(files, provider);
    expect(findings).toMatchObject(expected);
    expect(findings).toHaveLength(expected.length);
  });
});

describe('an apply', () => {
  const settledBy = async (files: Files, wanted = desired()): Promise<[World, number]> => {
    const made = world();
    for (const [path, text] of Object.entries(files)) made.machine.place(path, text);
    return [made, (await applyTo(made.machine, wanted)).code];
  };

  test('does not start under a layer that would outweigh it, and changes nothing', async () => {
    const [{ machine }, code] = await settledBy({ [REQUIRED]: 'model_provider = "openai"\n' });
    expect([code, machine.text(CONFIG)]).toEqual([1, null]);
  });

  test('goes on under a warning', async () => {
    const [{ machine }, code] = await settledBy(
      { [MANAGED]: 'model = "gpt-5.4"\n' },
      desired({ provider: { model: 'gpt-5.5' } }),
    );
    expect([code, machine.text(CONFIG) !== null]).toEqual([0, true]);
  });

  test('that leaves the provider out is not held up', async () => {
    const { machine } = world();
    machine.place(REQUIRED, 'model_provider = "openai"\n');
    const plan = await planOf(machine, desired(), { selection: { targets: ['helper'] } });
    expect(plan.findings.filter((one) => one.code === 'CL1006')).toEqual([]);
    expect((await planOf(machine, desired())).findings.map((one) => one.code)).toContain('CL1006');
  });
});

describe('profiles', () => {
  const profile = (name: string) => `/home/me/.codex/${name}.config.toml`;

  test.each<[string, Files, readonly object[]]>([
    [
      'a file that takes another route',
      { [profile('work')]: 'model = "x"\nmodel_provider = "openai"\n' },
      [{ code: 'CL1012', severity: 'info', file: profile('work'), line: 2, message: 'codex --profile work uses openai' }],
    ],
    [
      'a file that changes our table',
      { [profile('a')]: '[model_providers.cliproxy]\nbase_url = "http://x"\n' },
      [{ code: 'CL1012', severity: 'warning', line: 1, message: `codex --profile a changes ${TABLE}` }],
    ],
    ['a file about something else', { [profile('a')]: 'model = "x"\n' }, []],
    ['a file that is not TOML', { [profile('a')]: 'model_provider = = x' }, []],
    ['not a profile', { '/home/me/.codex/config.toml.bak': 'model_provider = "x"\n' }, []],
    [
      'the older form',
      { [CONFIG]: '[profiles.old]\nmodel_provider = "x"\n' },
      [{ code: 'CL1011', severity: 'info', file: CONFIG, line: 2 }],
    ],
    ['the older form, without a provider', { [CONFIG]: '[profiles.old]\nmodel = "x"\n' }, []],
    ['a config.toml that is not TOML, which its resource tells', { [CONFIG]: '[profiles\n' }, []],
  ])('%s', async (_what, files, expected) => {
    const findings = await found(files);
    expect(findings).toMatchObject(expected);
    expect(findings).toHaveLength(expected.length);
  });
});

describe('ccsxp', () => {
  const installed = (provider: Partial<DesiredProvider>) =>
    found({}, provider).then(() => {
      const { machine } = world();
      machine.place('/usr/local/bin/ccsxp', '', 0o755);
      return surroundings(machine, desired({ provider }), linux);
    });

  test('beside the id that it takes for its own is a warning that says which id to take', async () => {
    expect(await installed({})).toMatchObject([
      { code: 'CL1015', severity: 'warning', resource: 'provider', fix: expect.stringContaining('provider.id: codex-link') },
    ]);
  });

  test('beside another id is none', async () => {
    expect(await installed({ id: 'codex-link' })).toEqual([]);
  });
});

test("Codex App's folder in the session's files is compared with ours", async () => {
  const file = '/home/me/.config/environment.d/10-codex.conf';
  const given = async (text: string, more: Files = {}) =>
    (await found({ [file]: text, ...more })).map(({ code, line, fix }) => [code, line, fix]);
  expect(await given('A=1\nCODEX_HOME="$HOME/other"\n')).toEqual([['CL1013', 2, "CODEX_HOME='/home/me/other' codex-link apply"]]);
  expect(await given('CODEX_HOME=${HOME}/.codex/\n')).toEqual([]);
  expect(await given('CODEX_HOME=\n')).toEqual([]);
  // A later file wins, and one of the user stands in for one of the machine.
  expect(await given('CODEX_HOME=/x\n', { '/home/me/.config/environment.d/20.conf': 'CODEX_HOME=/home/me/.codex\n' })).toEqual(
    [],
  );
  expect(await given('A=1\n', { '/etc/environment.d/10-codex.conf': 'CODEX_HOME=/x\n' })).toEqual([]);
  expect(await given('A=1\n', { '/etc/environment': 'CODEX_HOME=/x\n' })).toHaveLength(1);
});
