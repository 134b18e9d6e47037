import { describe, expect, test } from 'vitest';
import { Ccs } from '../../../src/ccs/ccs.ts';
import type { Command } from '../../../src/machine/machine.ts';
import { MachineError } from '../../../src/machine/machine.ts';
import type { MemoryMachine } from '../../../src/machine/memory.ts';
import { variantResource } from '../../../src/resources/variant.ts';
import { desired } from '../support/desired.ts';
import { applyTo, CCS, exit, HELPER, placeCcs, planOf, verdictOf, world } from '../support/world.ts';

const CCS_CONFIG = '/home/me/.ccs/config.yaml';
const SETTINGS = '/home/me/.ccs/codex-codex-fast.settings.json';
const ADDRESS = 'variants/codex-fast';
const OWN_KEY = 'made-up-key-of-the-gateway';

const wanting = (model = 'gpt-5.4-high-fast', name = 'codex-fast') => desired({ rest: { variants: [{ name, model }] } });

const entry = (provider = 'codex', extra = '') =>
  `cliproxy:\n  variants:\n    codex-fast:\n      provider: ${provider}\n      settings: ~/.ccs/codex-codex-fast.settings.json\n      port: 8318\n${extra}`;

const settings = (model: string, rest: object = {}, key = OWN_KEY) =>
  `${JSON.stringify({ env: { ANTHROPIC_BASE_URL: 'http://127.0.0.1:8318/api/provider/codex', ANTHROPIC_AUTH_TOKEN: key, ANTHROPIC_MODEL: model, ANTHROPIC_DEFAULT_OPUS_MODEL: model, ANTHROPIC_DEFAULT_SONNET_MODEL: model, ANTHROPIC_DEFAULT_HAIKU_MODEL: 'gpt-5.4-mini', ...rest } }, null, 2)}\n`;

/** A machine with an account, and a `ccs` that makes and removes variants, strict about its arguments. */
function withCcs(says: (args: readonly string[]) => string | null = () => null) {
  const made = world();
  const { machine } = made;
  const ran: string[] = [];
  placeCcs(machine);
  machine.place('/home/me/.ccs/cliproxy/auth/codex-a@example.com.json', '{"type":"codex","access_token":"made-up"}', 0o600);
  machine.programs.set(CCS, async ({ args = [] }: Command) => {
    ran.push(args.join(' '));
    const said = says(args);
    if (said !== null) return exit(0, said);
    const create = /^cliproxy create codex-fast --provider codex --model (\S+) --target claude --no-input$/.exec(
      args.join(' '),
    )?.[1];
    if (create !== undefined) {
      machine.place(CCS_CONFIG, entry(), 0o600);
      machine.place(SETTINGS, settings(create.replace('gpt-5-codex', 'gpt-5.4')));
    } else if (args.join(' ') === 'cliproxy remove codex-fast --yes') {
      machine.place(CCS_CONFIG, 'cliproxy:\n  variants: {}\n', 0o600);
      await machine.remove(SETTINGS);
    } else throw new Error(`unexpected: ccs ${args.join(' ')}`);
    return exit(0);
  });
  return { ...made, ran };
}

async function judged(prepare: (machine: MemoryMachine) => unknown, wanted = wanting()) {
  const { machine, ran } = withCcs();
  await prepare(machine);
  const verdict = verdictOf(await planOf(machine, wanted), ADDRESS);
  expect([ran, JSON.stringify(verdict).includes(OWN_KEY)]).toEqual([[], false]);
  return verdict;
}

const there = (config = entry(), text = settings('gpt-5.4-high-fast'), mode = 0o600) => {
  return (machine: MemoryMachine) => {
    machine.place(CCS_CONFIG, config, 0o600);
    machine.place(SETTINGS, text, mode);
  };
};

describe('a reading', () => {
  test.each<[string, (machine: MemoryMachine) => unknown, object]>([
    [
      'of nothing',
      () => {},
      { status: 'create', changes: [{ path: 'model', before: null, after: 'gpt-5.4-high-fast' }], findings: [] },
    ],
    ['of what is wanted', there(), { status: 'in-sync', findings: [] }],
    [
      'of another model',
      there(entry(), settings('gpt-5.4')),
      { status: 'update', changes: [{ path: 'model', before: 'gpt-5.4', after: 'gpt-5.4-high-fast' }], fileChange: null },
    ],
    ['of no model', there(entry(), '{"env":{}}'), { status: 'update', changes: [{ before: null }] }],
    [
      'of a file that others can read',
      there(entry(), settings('gpt-5.4-high-fast'), 0o644),
      { status: 'in-sync', findings: [{ code: 'CL7044', severity: 'warning', fix: `chmod 600 ${SETTINGS}`, file: SETTINGS }] },
    ],
    ['of one that the group can read', there(entry(), settings('gpt-5.4-high-fast'), 0o640), { findings: [{ code: 'CL7044' }] }],
    [
      'of such a file with the key that everybody knows',
      there(entry(), settings('gpt-5.4-high-fast', {}, 'ccs-internal-managed'), 0o644),
      { status: 'in-sync', findings: [{ code: 'CL7044', severity: 'info' }] },
    ],
    [
      'of a variant of another provider',
      there(entry('gemini')),
      { status: 'manual', findings: [{ code: 'CL7041', severity: 'error' }] },
    ],
    [
      'of a composite one',
      there(entry('codex', '      type: composite\n')),
      { status: 'manual', reason: expect.stringContaining('composite'), findings: [{ code: 'CL7041' }] },
    ],
    [
      'of another profile with the name',
      (machine) => machine.place(CCS_CONFIG, 'profiles:\n  codex-fast:\n    type: api\n'),
      { status: 'manual', findings: [{ code: 'CL7041', severity: 'error' }] },
    ],
    [
      'of a Claude account with the name',
      (machine) => machine.place(CCS_CONFIG, 'accounts:\n  codex-fast:\n    created: 2026-01-01\n'),
      { status: 'manual', findings: [{ code: 'CL7041' }] },
    ],
    [
      'without its settings file',
      (machine) => machine.place(CCS_CONFIG, entry()),
      {
        status: 'manual',
        command: 'ccs cliproxy remove codex-fast --yes && codex-link apply',
        findings: [{ code: 'CL7047', severity: 'warning' }],
      },
    ],
    [
      'of a settings file that is broken',
      there(entry(), `{"env": {"ANTHROPIC_AUTH_TOKEN": "${OWN_KEY}", oops`),
      { status: 'unknown', findings: [{ code: 'CL7046' }] },
    ],
    ['of a settings file that is a list', there(entry(), '[]'), { status: 'unknown', findings: [{ code: 'CL7046' }] }],
    ['without CCS', (machine) => machine.remove(CCS), { status: 'manual', findings: [{ code: 'CL7040', severity: 'warning' }] }],
    [
      'without CCS, but with the variant',
      async (machine) => {
        there()(machine);
        await machine.remove(CCS);
      },
      { status: 'in-sync' },
    ],
    [
      'without an account',
      (machine) => machine.place('/home/me/.ccs/cliproxy/auth/codex-a@example.com.json', '{"type":"gemini"}'),
      {
        status: 'manual',
        command: expect.stringContaining('ccs codex --auth --add'),
        findings: [{ code: 'CL7043', severity: 'warning' }],
      },
    ],
    [
      'with nothing but a paused account',
      async (machine) => {
        await machine.remove('/home/me/.ccs/cliproxy/auth/codex-a@example.com.json');
        machine.place('/home/me/.ccs/cliproxy/auth-paused/codex-a.json', '{"type":"codex"}');
        const accounts = { a: { tokenFile: 'codex-a.json' } };
        machine.place('/home/me/.ccs/cliproxy/accounts.json', JSON.stringify({ version: 1, providers: { codex: { accounts } } }));
      },
      { status: 'create' },
    ],
    [
      'with a paused token that CCS knows nothing of, beside one that is gone',
      async (machine) => {
        await machine.remove('/home/me/.ccs/cliproxy/auth/codex-a@example.com.json');
        machine.place('/home/me/.ccs/cliproxy/auth-paused/codex-a.json', '{"type":"codex"}');
        const accounts = { b: { tokenFile: 'codex-b.json' } };
        machine.place('/home/me/.ccs/cliproxy/accounts.json', JSON.stringify({ version: 1, providers: { codex: { accounts } } }));
      },
      { status: 'manual', findings: [{ code: 'CL7043' }] },
    ],
    [
      'with a paused token and no registry',
      async (machine) => {
        await machine.remove('/home/me/.ccs/cliproxy/auth/codex-a@example.com.json');
        machine.place('/home/me/.ccs/cliproxy/auth-paused/codex-a.json', '{"type":"codex"}');
      },
      { status: 'manual', findings: [{ code: 'CL7043' }] },
    ],
  ])('%s', async (_what, prepare, expected) => {
    expect(await judged(prepare)).toMatchObject(expected);
  });

  test.each(['codex', 'Default', 'nul', 'x'.repeat(33), '-fast', 'a b'])(
    'the name %s is refused by CCS, so it is by us',
    async (name) => {
      const { machine } = withCcs();
      const verdict = verdictOf(await planOf(machine, wanting('gpt-5.4', name)), `variants/${name}`);
      expect(verdict).toMatchObject({ status: 'manual', findings: [{ code: 'CL7042', severity: 'error' }] });
    },
  );

  test("CCS's own folder may be elsewhere, whatever its config says", async () => {
    const { machine } = world({ env: { HOME: '/home/me', PATH: '/usr/bin', CCS_DIR: '/srv/ccs', GATEWAY_KEY: 'k' } });
    machine.place('/srv/ccs/config.yaml', entry());
    machine.place('/srv/ccs/codex-codex-fast.settings.json', settings('gpt-5.4-high-fast'), 0o600);
    expect(verdictOf(await planOf(machine, wanting()), ADDRESS).status).toBe('in-sync');
  });
});

describe('an apply', () => {
  const result = (document: Awaited<ReturnType<typeof applyTo>>['document']) =>
    document.resources.find((one) => one.address === ADDRESS)?.result;

  test('makes what is missing, tells of the readable file, and does nothing the second time', async () => {
    const { machine, ran } = withCcs();
    const first = await applyTo(machine, wanting());
    expect([first.code, result(first.document), ran.length]).toEqual([0, 'done', 1]);
    expect(first.document.findings.map((one) => one.code)).toContain('CL7044');
    const second = await applyTo(machine, wanting());
    expect([second.code, result(second.document), ran.length]).toEqual([0, 'unchanged', 1]);
  });

  test('changes the model, without ccs, and nothing else in the file', async () => {
    const { machine, ran } = withCcs();
    there(entry(), settings('gpt-5.4', { ANTHROPIC_DEFAULT_OPUS_MODEL: 'gpt-5.5-xhigh', CCS_MARK: 'kept' }), 0o640)(machine);
    expect((await applyTo(machine, wanting())).code).toBe(0);
    const wanted = settings('gpt-5.4-high-fast', { ANTHROPIC_DEFAULT_OPUS_MODEL: 'gpt-5.5-xhigh', CCS_MARK: 'kept' });
    expect([machine.text(SETTINGS), (await machine.stat(SETTINGS))?.mode, ran]).toEqual([wanted, 0o640, []]);
    expect(await machine.stat('/home/me/.ccs/config.yaml.lock')).toBe(null);
  });

  test('that fails later takes a new variant back, and gives an old file its bytes', async () => {
    const { machine, ran } = withCcs();
    machine.place(SETTINGS, 'left over', 0o600);
    machine.programs.set(HELPER, () => exit(0, 'two words\n'));
    const { code, document } = await applyTo(machine, wanting());
    expect([code, result(document), ran.at(-1)]).toEqual([1, 'rolled-back', 'cliproxy remove codex-fast --yes']);
    expect(machine.text(SETTINGS)).toBe('left over');
    expect(document.findings.map((one) => one.code)).not.toContain('CL0010');
  });

  test('that fails later takes a new model back', async () => {
    const { machine } = withCcs();
    there(entry(), settings('gpt-5.4'))(machine);
    machine.programs.set(HELPER, () => exit(0, 'two words\n'));
    expect((await applyTo(machine, wanting())).code).toBe(1);
    expect(machine.text(SETTINGS)).toBe(settings('gpt-5.4'));
  });

  test('believes the files and not the exit code', async () => {
    const { machine } = withCcs(() => '[X] Port limit reached\n');
    const { code, document } = await applyTo(machine, wanting());
    expect(code).toBe(1);
    expect(document.findings).toContainEqual(
      expect.objectContaining({ code: 'CL7045', message: expect.stringContaining('[X] Port limit reached') }),
    );
  });

  test('says when CCS puts another model in the place of a retired one', async () => {
    const { machine } = withCcs();
    const { code, document } = await applyTo(machine, wanting('gpt-5-codex'));
    expect([code, machine.text(SETTINGS)]).toEqual([1, null]);
    expect(document.findings).toContainEqual(
      expect.objectContaining({ code: 'CL7045', message: expect.stringContaining('with gpt-5.4 instead of gpt-5-codex') }),
    );
  });

  test('says when the variant cannot be taken back', async () => {
    const { machine } = withCcs((args) => (args[1] === 'remove' ? '[X] Stop the session first.\n' : null));
    machine.programs.set(HELPER, () => exit(0, 'two words\n'));
    const { document } = await applyTo(machine, wanting());
    const left = document.findings.find((one) => one.code === 'CL0010');
    expect(left?.message).toContain('[X] Stop the session first.');
  });

  test('leaves alone what somebody else has changed since the plan', async () => {
    const { machine } = withCcs();
    there(entry(), settings('gpt-5.4'))(machine);
    const write = machine.claim.bind(machine);
    machine.claim = async (path, content) => {
      if (path.endsWith('config.yaml.lock')) machine.place(SETTINGS, settings('gpt-9'));
      return write(path, content);
    };
    const { code, document } = await applyTo(machine, wanting());
    expect([code, machine.text(SETTINGS)]).toEqual([1, settings('gpt-9')]);
    expect(document.findings.map((one) => one.code)).toContain('CL0008');
  });

  test('leaves alone what is changed in the very moment of writing', async () => {
    const { machine } = withCcs();
    there(entry(), settings('gpt-5.4'))(machine);
    const write = machine.write.bind(machine);
    machine.write = async (path, bytes, options) => {
      if (path === SETTINGS) machine.place(SETTINGS, settings('gpt-5.4', { MINE: 'too' }));
      return write(path, bytes, options);
    };
    expect([(await applyTo(machine, wanting())).code, machine.text(SETTINGS)]).toEqual([1, settings('gpt-5.4', { MINE: 'too' })]);
  });

  test('does not make what somebody else has made since the plan', async () => {
    const { machine, ran } = withCcs();
    const one = variantResource({ name: 'codex-fast', model: 'gpt-5.4' }, new Ccs(), []);
    const actual = await one.read(machine);
    there()(machine);
    await expect(one.converge(machine, actual, () => {})).rejects.toMatchObject({ code: 'ECHANGED' });
    expect(ran).toEqual([]);
  });

  test('of a file that cannot be read does not start', async () => {
    const { machine } = withCcs();
    there()(machine);
    const read = machine.read.bind(machine);
    machine.read = async (path, limit) => {
      if (path === SETTINGS) throw new MachineError('EACCES', 'no', path);
      return read(path, limit);
    };
    expect((await applyTo(machine, wanting())).code).toBe(1);
  });
});
