import { describe, expect, test } from 'vitest';
import { Ccs } from '../../../src/ccs/ccs.ts';
import type { DesiredSecret, SecretSource } from '../../../src/config/desired.ts';
import { CodexLinkError } from '../../../src/diagnostics/diagnostics.ts';
import type { MemoryMachine } from '../../../src/machine/memory.ts';
import { ReadOnlyMachine } from '../../../src/machine/read-only.ts';
import { linux } from '../../../src/platform/linux/linux.ts';
import { planJson } from '../../../src/report/json.ts';
import { planText } from '../../../src/report/plan-text.ts';
import { plain } from '../../../src/report/terminal.ts';
import { type Ask, Token } from '../../../src/resources/token.ts';
import { Secret, tokenProblem } from '../../../src/secret.ts';
import { desired } from '../support/desired.ts';
import { FakeKeyring } from '../support/keyring.ts';
import { FRESH } from '../support/resources.ts';
import { applyTo, exit, KEY, planOf, TOKEN_FILE, verdictOf, world } from '../support/world.ts';

const wanting = (secret: Partial<DesiredSecret>) => desired({ secret });
const SOURCE_FILE = '/home/me/keys/gateway';
const CCS_CONFIG = '/home/me/.ccs/config.yaml';
const command = (...argv: string[]): SecretSource => ({ kind: 'command', argv });

/** The token that a source gives on a machine, or what it is instead. */
async function sourced(source: SecretSource, prepare: (machine: MemoryMachine) => void = () => {}, ask: Ask | null = null) {
  const { machine } = world();
  prepare(machine);
  const wanted = await new Token(wanting({ source }), linux, new Ccs(), null, { ask })
    .wanted(new ReadOnlyMachine(machine))
    .catch((error: unknown) => error);
  if (wanted instanceof CodexLinkError) return wanted.findings[0];
  return wanted as Exclude<typeof wanted, Error>;
}

describe('a source', () => {
  const stored = (machine: MemoryMachine) => machine.place(TOKEN_FILE, 'stored\n', 0o600);
  const program = (code: number, stdout: string) => (machine: MemoryMachine) => {
    machine.place('/usr/bin/give', '', 0o755);
    machine.programs.set('/usr/bin/give', () => exit(code, stdout));
  };

  test.each<[string, SecretSource, (machine: MemoryMachine) => void, string]>([
    ['env', { kind: 'env', name: 'GATEWAY_KEY' }, () => {}, KEY],
    ['file', { kind: 'file', path: SOURCE_FILE }, (machine) => machine.place(SOURCE_FILE, 'from-file\n'), 'from-file'],
    ['command by name', command('give', '--key'), program(0, 'from-command\r\n'), 'from-command'],
    ['command by path', command('/usr/bin/give'), program(0, 'from-command'), 'from-command'],
    [
      'ccs with its own key',
      { kind: 'ccs' },
      (machine) => machine.place(CCS_CONFIG, 'cliproxy:\n  auth:\n    api_key: from-ccs\n'),
      'from-ccs',
    ],
    [
      'ccs with the well-known key',
      { kind: 'ccs' },
      (machine) => machine.place(CCS_CONFIG, 'version: 13\n'),
      'ccs-internal-managed',
    ],
    ['ccs that never ran', { kind: 'ccs' }, () => {}, 'ccs-internal-managed'],
  ])('%s', async (_what, source, prepare, token) => {
    const wanted = await sourced(source, prepare);
    expect(wanted).toMatchObject({ state: 'known' });
    expect((wanted as { token: Secret }).token.reveal()).toBe(token);
  });

  test('generate makes a token of that many random bytes, once', async () => {
    const [one, two] = [await sourced({ kind: 'generate', bytes: 32 }), await sourced({ kind: 'generate', bytes: 32 })] as {
      token: Secret;
    }[];
    expect(Buffer.from(one!.token.reveal(), 'base64url')).toHaveLength(32);
    expect(tokenProblem(one!.token.reveal())).toBe(null);
    expect(one!.token.equals(two!.token)).toBe(false);
    expect(await sourced({ kind: 'generate', bytes: 32 }, stored)).toEqual({ state: 'kept' });
  });

  test('prompt asks once, only when nothing is stored, and never without a person', async () => {
    const asked: string[] = [];
    const ask = async (question: string) => {
      asked.push(question);
      return ' typed-in\n';
    };
    expect(((await sourced({ kind: 'prompt' }, () => {}, ask)) as { token: Secret }).token.reveal()).toBe('typed-in');
    expect(asked).toHaveLength(1);
    expect(await sourced({ kind: 'prompt' }, stored, ask)).toEqual({ state: 'kept' });
    expect(asked).toHaveLength(1);
    expect(await sourced({ kind: 'prompt' })).toMatchObject({ state: 'missing', command: 'codex-link apply' });
  });

  test('keep takes what is there', async () => {
    expect(await sourced({ kind: 'keep' }, stored)).toEqual({ state: 'kept' });
    expect(await sourced({ kind: 'keep' })).toMatchObject({
      state: 'missing',
      why: expect.stringContaining('secret.source is keep'),
    });
  });

  test.each<[string, SecretSource, (machine: MemoryMachine) => void, string]>([
    ['an unset variable', { kind: 'env', name: 'NOT_SET' }, () => {}, 'NOT_SET is not set'],
    ['a file that is not there', { kind: 'file', path: SOURCE_FILE }, () => {}, 'does not exist'],
    ['a program that is not there', command('nowhere'), () => {}, 'no program nowhere on PATH'],
    ['a path that is not there', command('/nowhere'), () => {}, 'ENOENT'],
    ['a program that fails', command('give'), program(3, 'half-a-token'), 'exit code 3'],
    [
      'a program that hangs',
      command('give'),
      (machine) => {
        machine.place('/usr/bin/give', '', 0o755);
        machine.programs.set('/usr/bin/give', () => ({ ...exit(0), code: null, timedOut: true }));
      },
      'did not answer within 15 s',
    ],
  ])('%s gives nothing, and says why', async (_what, source, prepare, why) => {
    const wanted = await sourced(source, prepare);
    expect(wanted).toMatchObject({ state: 'missing', why: expect.stringContaining(why), command: expect.stringMatching(/./) });
    expect(JSON.stringify(wanted)).not.toContain('half-a-token');
  });

  const bad = 'top secret, two words';
  test.each<[string, SecretSource, (machine: MemoryMachine) => void]>([
    ['file', { kind: 'file', path: SOURCE_FILE }, (machine) => machine.place(SOURCE_FILE, bad)],
    ['command', command('give'), program(0, bad)],
    ['ccs', { kind: 'ccs' }, (machine) => machine.place(CCS_CONFIG, `cliproxy:\n  auth:\n    api_key: ${bad}\n`)],
  ])('%s with something that cannot be a token is refused without showing it', async (kind, source, prepare) => {
    const found = await sourced(source, prepare);
    expect(found).toMatchObject({ code: 'CL3005', message: expect.stringContaining(kind) });
    expect(JSON.stringify(found)).not.toContain('top secret');
  });

  test('a CCS whose file is damaged is refused without quoting it', async () => {
    const found = await sourced({ kind: 'ccs' }, (machine) => machine.place(CCS_CONFIG, 'api_key: "top secret\n  : ['));
    expect(found).toMatchObject({ code: 'CL3008', file: CCS_CONFIG });
    expect(JSON.stringify(found)).not.toContain('top secret');
  });

  test('a command runs without the token that may be in our own environment', async () => {
    const seen: unknown[] = [];
    await sourced(command('give'), (machine) => {
      machine.place('/usr/bin/give', '', 0o755);
      machine.programs.set('/usr/bin/give', ({ args, effect, input }) => {
        seen.push({ args, effect, input });
        return exit(0, 'x');
      });
    });
    expect(seen).toEqual([{ args: [], effect: 'read', input: undefined }]);
  });
});

test.each([
  ['', 'empty'],
  ['a\nb', 'more than one line'],
  ['a\r', 'more than one line'],
  ['a b', 'white space'],
  ['a\tb', 'white space'],
  ['schlüssel', 'printable ASCII'],
  ['a\u0000b', 'printable ASCII'],
  ['x'.repeat(1281), 'longer than'],
  ['x'.repeat(1280), null],
  ['!#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~"', null],
])('tokenProblem of %j', (value, problem) => {
  if (problem === null) expect(tokenProblem(value)).toBe(null);
  else expect(tokenProblem(value)).toContain(problem);
});

// stored, mode, source, status, codes of findings
const env: SecretSource = { kind: 'env', name: 'GATEWAY_KEY' };
const gone: SecretSource = { kind: 'env', name: 'NOT_SET' };
test.each<[string, string | null, number, SecretSource, string, string[]]>([
  ['nothing stored', null, 0, env, 'create', []],
  ['the same stored', KEY, 0o600, env, 'in-sync', []],
  ['another stored', 'other', 0o600, env, 'update', []],
  ['the same, but others can read it', KEY, 0o644, env, 'update', []],
  ['another, and others can read it', 'other', 0o644, env, 'update', []],
  ['no source, nothing stored', null, 0, gone, 'manual', ['CL3006']],
  ['no source, but something stored', 'other', 0o600, gone, 'in-sync', ['CL3007']],
  ['no source, and others can read what is stored', 'other', 0o644, gone, 'update', ['CL3007']],
  ['kept', 'other', 0o600, { kind: 'keep' }, 'in-sync', []],
  ['kept, but others can read it', 'other', 0o644, { kind: 'keep' }, 'update', []],
])('%s', async (_what, stored, mode, source, status, codes) => {
  const made = world();
  if (stored !== null) {
    made.machine.placeFolder('/home/me/.config/codex-link', 0o700);
    made.machine.place(TOKEN_FILE, `${stored}\n`, mode);
  }
  made.gateway.keys = [KEY, 'other'];
  const wanted = wanting({ source });
  const verdict = verdictOf(await planOf(made.machine, wanted), 'secret');
  expect([verdict.status, verdict.findings.map((one) => one.code)]).toEqual([status, codes]);
  if (status === 'manual') return;
  expect((await applyTo(made.machine, wanted)).code).toBe(0);
  expect(verdictOf(await planOf(made.machine, wanted), 'secret').status).toBe('in-sync');
  expect([made.machine.text(TOKEN_FILE), (await made.machine.stat(TOKEN_FILE))?.mode]).toEqual([
    `${source === env ? KEY : stored}\n`,
    0o600,
  ]);
});

describe('the store', () => {
  const auto = wanting({ store: 'auto' });
  const storeOf = async (machine: MemoryMachine, last: string | null, wanted = auto) =>
    new Token(wanted, linux, new Ccs(), { store: last, stamp: null, fingerprint: null, fingerprintKey: '' })
      .store(machine)
      .then((store) => store.kind)
      .catch((error: unknown) => (error instanceof CodexLinkError ? error.findings[0]?.code : error));

  test.each<[string, boolean, string | null, string]>([
    ['a keyring answers', true, null, 'secret-service'],
    ['none does', false, null, 'file'],
    ['a keyring was used before, and is away for a moment', false, 'secret-service', 'secret-service'],
    ['a file was used before, and now there is a keyring', true, 'file', 'file'],
    ['the password store was named before, and is no longer', false, 'pass', 'file'],
    ['one was used before that this version does not know', true, 'keychain', 'secret-service'],
  ])('auto: %s', async (_what, keyring, last, kind) => {
    const { machine } = world();
    if (keyring) new FakeKeyring().install(machine);
    expect(await storeOf(machine, last)).toBe(kind);
  });

  test('a file that auto fell back to is said; one that was asked for is not', async () => {
    const { machine } = world();
    expect(verdictOf(await planOf(machine, auto), 'secret').findings.map((one) => one.code)).toEqual(['CL3013']);
    expect(verdictOf(await planOf(machine, desired()), 'secret').findings).toEqual([]);
  });

  test.each(['keychain', 'credential-manager'] as const)('%s is not supported here', async (store) => {
    const { machine } = world();
    const wanted = wanting({ store });
    expect(await storeOf(machine, null, wanted)).toBe('CL3012');
    expect(verdictOf(await planOf(machine, wanted), 'secret')).toMatchObject({
      status: 'unknown',
      findings: [{ code: 'CL3012' }],
    });
  });

  test('a keyring that is locked makes the secret unknown, and everything that needs it', async () => {
    const { machine } = world();
    Object.assign(new FakeKeyring().install(machine), { locked: true }).items.set('CLIPROXY_API_KEY me', KEY);
    const wanted = wanting({ store: 'secret-service' });
    const plan = await planOf(machine, wanted);
    expect(verdictOf(plan, 'secret')).toMatchObject({ status: 'unknown', findings: [{ code: 'CL3003' }] });
    const before = machine.snapshot();
    expect((await applyTo(machine, wanted)).code).toBe(1);
    expect(machine.snapshot()).toMatchObject(before);
  });
});

describe('with a keyring', () => {
  const wanted = desired({ secret: { store: 'secret-service' } });

  test('a failed apply gives back what was in it', async () => {
    for (const before of [null, 'old-key']) {
      const made = world();
      made.gateway.keys = ['neither'];
      const keyring = new FakeKeyring().install(made.machine);
      if (before !== null) keyring.items.set('CLIPROXY_API_KEY me', before);
      // The key is refused by the gateway only after the secret was stored, when verification runs with it.
      made.gateway.keys = [KEY];
      made.machine.programs.set('/home/me/.codex/bin/cliproxy-token', () => exit(1, '', 'broken'));
      const { code } = await applyTo(made.machine, wanted);
      expect([code, keyring.items.get('CLIPROXY_API_KEY me') ?? null]).toEqual([1, before]);
    }
  });
});

describe('the token is nowhere to be seen', () => {
  const OTHER = 'another-token-of-somebody';

  test.each([null, OTHER])(
    'neither in a plan, nor in an apply, nor in what is remembered (stored before: %s)',
    async (before) => {
      for (const auth of ['helper', 'dotenv', 'env'] as const) {
        const made = world();
        const wanted = desired({ provider: { auth } });
        if (before !== null) {
          made.machine.place(TOKEN_FILE, `${before}\n`, 0o644);
          made.machine.place('/home/me/.codex/.env', `CLIPROXY_API_KEY=${before}\n`);
          made.machine.place(
            '/home/me/.codex/config.toml',
            `[model_providers.cliproxy]\nname = "x"\nexperimental_bearer_token = "${before}"\n`,
          );
        }
        const plan = await planOf(made.machine, wanted);
        const shown = [
          JSON.stringify(plan.resources.map((one) => one.verdict)),
          JSON.stringify(plan.findings),
          JSON.stringify(await planJson(plan, 'linux')),
          await planText(plan, plain, 'verbose'),
        ];
        const applied = await applyTo(made.machine, wanted);
        shown.push(JSON.stringify(applied.document), made.machine.text('/home/me/.local/state/codex-link/state.json') ?? '');
        for (const text of shown) {
          expect(text).not.toContain(KEY);
          if (before !== null) expect(text).not.toContain(before);
        }
      }
    },
  );

  test('however it is printed', async () => {
    const secret = new Secret(KEY);
    const { inspect, format } = await import('node:util');
    const shown = [
      String(secret),
      `${secret}`,
      JSON.stringify({ secret }),
      inspect(secret),
      inspect({ deep: [secret] }, { depth: 9, showHidden: true }),
      format('%s %o %j', secret, secret, secret),
    ];
    for (const text of shown) expect(text).not.toContain(KEY);
    expect(Object.keys(secret)).toEqual([]);
    expect(secret.fingerprint('k')).toMatch(/^[0-9a-f]{16}$/);
    expect(secret.fingerprint('k')).toBe(new Secret(KEY).fingerprint('k'));
    expect(secret.fingerprint('k')).not.toBe(secret.fingerprint('other'));
  });
});

test('everything is found out once, however many need it', async () => {
  const { machine } = world();
  const reads: string[] = [];
  const read = machine.read.bind(machine);
  machine.read = (path) => {
    reads.push(path);
    return read(path);
  };
  await planOf(machine, desired(), { state: FRESH });
  expect(reads.filter((path) => path === TOKEN_FILE)).toHaveLength(1);
});
