import { describe, expect, test } from 'vitest';
import { CodexLinkError } from '../../../src/diagnostics/diagnostics.ts';
import { type Command, type Exit, MachineError } from '../../../src/machine/machine.ts';
import { MemoryMachine } from '../../../src/machine/memory.ts';
import { passStore } from '../../../src/platform/pass-store.ts';
import { Secret } from '../../../src/secret.ts';

const ITEM = { service: 'CLIPROXY_API_KEY', account: 'me' };
const STORE = '/home/me/.password-store';
const TOKEN = 'test-token-of-the-store';

/** A machine with programs that do what those of pass do, as far as a file in clear text can; the real ones are run in test/real. */
function machineWithPass(
  options: { env?: Record<string, string>; store?: string; without?: string; show?: Exit; listed?: Exit } = {},
) {
  const { store = STORE } = options;
  const machine = new MemoryMachine({ env: { HOME: '/home/me', ...options.env } });
  const calls: Command[] = [];
  machine.place(`${store}/.gpg-id`, 'me\n');
  for (const name of ['pass', 'gpg', 'gpgconf']) if (name !== options.without) machine.place(`/usr/bin/${name}`, '', 0o755);
  const done: Exit = { code: 0, stdout: '', stderr: '', timedOut: false };
  machine.programs.set('/usr/bin/pass', async (command) => {
    calls.push(command);
    const { args = [], input = '' } = command;
    const file = `${store}/${args.at(-1)}.gpg`;
    if (args[0] === 'insert') machine.place(file, input);
    if (args[0] === 'rm') await machine.remove(file);
    return args[0] === 'show' ? (options.show ?? { ...done, stdout: machine.text(file) ?? '' }) : done;
  });
  machine.programs.set('/usr/bin/gpgconf', (command) => {
    calls.push(command);
    return { ...done, stdout: command.args?.[0] === '--list-dirs' ? '/run/agent\n' : '' };
  });
  machine.programs.set('/usr/bin/gpg', (command) => {
    calls.push(command);
    return options.listed ?? done;
  });
  return { machine, calls };
}

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => null,
    (error: unknown) => (error instanceof CodexLinkError ? error.findings[0]?.code : error),
  );
const shown = (rest: Partial<Exit>): Exit => ({ code: 2, stdout: '', stderr: '', timedOut: false, ...rest });

test('an item is written, read and removed; its value is in no argument and no environment', async () => {
  const { machine, calls } = machineWithPass();
  expect([await passStore.unavailable(machine), await passStore.read(machine, ITEM)]).toEqual([null, null]);
  expect(calls).toEqual([]); // what is not there is not asked for
  await passStore.write(machine, ITEM, new Secret(TOKEN));
  expect((await passStore.read(machine, ITEM))?.reveal()).toBe(TOKEN);
  for (const { args, env, effect } of calls) {
    expect(JSON.stringify({ args, env })).not.toContain(TOKEN);
    expect(env.PASSWORD_STORE_GPG_OPTS).toContain('--pinentry-mode error');
    expect(effect).toBe(args?.[0] === 'insert' ? 'write' : 'read');
  }
  await passStore.remove(machine, ITEM);
  await passStore.remove(machine, ITEM);
  expect(await passStore.read(machine, ITEM)).toBe(null);
  expect(calls.filter(({ args }) => args?.[0] === 'rm').length).toBe(1);
});

test.each([
  ['me', 'me'],
  ['me@example.com', 'me@example.com'],
  ['CORP\\me', 'CORP%5Cme'],
  ['..', '%2E.'],
  ['../../.ssh/id', '%2E.%2F..%2F.ssh%2Fid'],
  ['-c', '%2Dc'],
  ['a%2Fb', 'a%252Fb'],
  ['.hidden', '%2Ehidden'],
  ['two words', 'two words'],
  ['a\nb', 'a%0Ab'],
])('an account %j is one name in the store', async (account, name) => {
  const { machine } = machineWithPass();
  await passStore.write(machine, { ...ITEM, account }, new Secret(TOKEN));
  expect(machine.text(`${STORE}/codex-link/CLIPROXY_API_KEY/${name}.gpg`)).toBe(`${TOKEN}\n`);
});

describe('what stands in the way', () => {
  test.each([
    ['pass', 'CL3070'],
    ['gpg', 'CL3070'],
    ['gpgconf', null],
  ])('without %s', async (without, code) => {
    const { machine } = machineWithPass({ without });
    expect(await codeOf(passStore.read(machine, ITEM))).toBe(code);
    expect((await passStore.unavailable(machine))?.code ?? null).toBe(code);
  });

  test.each(['.gpg-id', 'codex-link/.gpg-id', 'codex-link/CLIPROXY_API_KEY/.gpg-id'])('keys may be named in %s', async (file) => {
    const { machine } = machineWithPass();
    await machine.remove(`${STORE}/.gpg-id`);
    expect(await codeOf(passStore.read(machine, ITEM))).toBe('CL3071');
    machine.place(`${STORE}/${file}`, 'me\n');
    expect(await codeOf(passStore.read(machine, ITEM))).toBe(null);
  });

  const closed = '[GNUPG:] ENC_TO 719679CAAF7100C3 1 0\n[GNUPG:] DECRYPTION_FAILED\ngpg: decryption failed: No secret key\n';
  test.each<[string, Exit, Exit, string]>([
    ['a key that is here, with a passphrase', shown({ stderr: closed }), shown({ code: 0 }), 'CL3072'],
    ['a key that is not here', shown({ stderr: closed }), shown({}), 'CL3074'],
    ['a card that waits for a touch', shown({ code: null, timedOut: true }), shown({ code: 0 }), 'CL3072'],
    ['no message of gpg', shown({ stderr: '[GNUPG:] NODATA 1\ngpg: no valid OpenPGP data found.\n' }), shown({}), 'CL3073'],
    ['nothing said', shown({}), shown({}), 'CL3073'],
  ])('%s', async (_what, show, listed, code) => {
    const { machine } = machineWithPass({ show, listed });
    machine.place(`${STORE}/codex-link/CLIPROXY_API_KEY/me.gpg`, 'x');
    expect(await codeOf(passStore.read(machine, ITEM))).toBe(code);
  });

  test('what comes back is something else', async () => {
    const { machine } = machineWithPass({ show: shown({ code: 0, stdout: 'test-other\n' }) });
    expect(await codeOf(passStore.write(machine, ITEM, new Secret(TOKEN)))).toBe('CL3073');
  });
});

describe('the agent', () => {
  const kills = (calls: readonly Command[]) => calls.filter(({ args }) => args?.[0] === '--kill').length;

  test.each<[string, MachineError | null, number]>([
    ['that was not there is ended', new MachineError('ENOENT', 'no socket'), 1],
    ['whose socket is left over counts as not there', new MachineError('ECONNREFUSED', 'refused'), 1],
    ['that answers is kept', null, 0],
    ['that cannot be asked is left in peace', new MachineError('EACCES', 'denied'), 0],
  ])('%s', async (_what, failure, expected) => {
    const { machine, calls } = machineWithPass();
    machine.place(`${STORE}/codex-link/CLIPROXY_API_KEY/me.gpg`, TOKEN);
    machine.dial = async () => {
      if (failure !== null) throw failure;
      return { send: async () => {}, receive: async () => null, close: () => {} };
    };
    expect((await passStore.read(machine, ITEM))?.reveal()).toBe(TOKEN);
    expect(kills(calls)).toBe(expected);
  });
});

test.each([
  ['/home/me/.password-store/.git', '/home/me/.password-store'],
  ['/home/me/.git', '/home/me'],
  ['/home/other/.git', null],
])('a repository at %s', async (repository, named) => {
  const { machine } = machineWithPass();
  machine.placeFolder(repository);
  const notes = (await passStore.sideEffects?.(machine, ITEM)) ?? [];
  expect(notes).toEqual(named === null ? [] : [`pass commits each change of the item to the git repository ${named}`]);
});
