import { describe, expect, test } from 'vitest';
import type { MemoryMachine } from '../../../src/machine/memory.ts';
import { unifiedDiff } from '../../../src/report/file-diff.ts';
import { desired } from '../support/desired.ts';
import { applyTo, DOTENV, KEY, planOf, verdictOf, world } from '../support/world.ts';

const OURS = `CLIPROXY_API_KEY=${KEY}`;
const ENVIRONMENT_D = '/home/me/.config/environment.d/60-codex-link.conf';

const PLACES = [
  { auth: 'dotenv', address: 'dotenv', file: DOTENV, other: 'environment' },
  { auth: 'env', address: 'environment', file: ENVIRONMENT_D, other: 'dotenv' },
] as const;

const place = (machine: MemoryMachine, file: string, text: string, mode = 0o600) => machine.place(file, text, mode);

describe.each(PLACES)('$address', ({ auth, address, file, other }) => {
  const wanted = desired({ provider: { auth } });

  // text, mode, status, text afterwards
  test.each<[string, string | null, number, string, string]>([
    ['no file', null, 0, 'create', `${OURS}\n`],
    ['an empty file', '', 0o600, 'create', `${OURS}\n`],
    ['lines of others', 'A=1\n# c\n', 0o600, 'create', `A=1\n# c\n${OURS}\n`],
    ['no final line end', 'A=1', 0o600, 'create', `A=1\n${OURS}\n`],
    ['another value', 'A=1\nCLIPROXY_API_KEY=old\nB=2\n', 0o600, 'update', `A=1\n${OURS}\nB=2\n`],
    ['the value, quoted', `export CLIPROXY_API_KEY="${KEY}"\n`, 0o600, 'in-sync', `export CLIPROXY_API_KEY="${KEY}"\n`],
    ['the value, and another one below it', `${OURS}\nCLIPROXY_API_KEY=old\n`, 0o600, 'update', `${OURS}\n`],
    ['the value twice', `${OURS}\nA=1\n${OURS}\n`, 0o600, 'update', `${OURS}\nA=1\n`],
    ['the value, but others can read it', `${OURS}\n`, 0o644, 'update', `${OURS}\n`],
    ['line ends of Windows', 'A=1\r\nCLIPROXY_API_KEY=old\r\n', 0o600, 'update', `A=1\r\n${OURS}\r\n`],
    ['a byte order mark', '\uFEFFCLIPROXY_API_KEY=old\n', 0o600, 'update', `\uFEFF${OURS}\n`],
  ])('%s', async (_what, before, mode, status, after) => {
    const { machine } = world();
    if (before !== null) place(machine, file, before, mode);
    const plan = await planOf(machine, wanted);
    expect(verdictOf(plan, address).status).toBe(status);
    expect(verdictOf(plan, other).status).toBe('unmanaged');
    const { fileChange } = verdictOf(plan, address);
    if (fileChange !== null) {
      const diff = await unifiedDiff(fileChange);
      for (const hidden of [KEY, 'old']) expect(diff).not.toContain(hidden);
    }
    expect((await applyTo(machine, wanted)).code).toBe(0);
    expect([machine.text(file), (await machine.stat(file))?.mode]).toEqual([after, 0o600]);
    expect((await planOf(machine, wanted)).outcome).toBe('in-sync');
  });

  test('the secrets of others around it do not show', async () => {
    const { machine } = world();
    place(
      machine,
      file,
      'A=hidden-a\r\n#B=hidden-b\r\nCLIPROXY_API_KEY=hidden-c\r\nexport D="hidden-d\r\nhidden-e"\r\n# words\r\n',
    );
    const diff = await unifiedDiff(verdictOf(await planOf(machine, wanted), address).fileChange!);
    expect(diff).not.toContain('hidden');
    expect(diff).toContain('# words');
    expect(diff).toContain('A=(sensitive)');
  });

  test('an edit between plan and apply is noticed, never overwritten', async () => {
    const { machine } = world();
    place(machine, file, 'A=1\n');
    const planned = (await planOf(machine, wanted)).resources.find((one) => one.resource.address === address)!;
    place(machine, file, 'A=2\n');
    await expect(planned.resource.converge(machine, planned.actual, () => {})).rejects.toMatchObject({ code: 'ECHANGED' });
    expect(machine.text(file)).toBe('A=2\n');
  });

  test('a folder in its place is not replaced', async () => {
    const { machine } = world();
    machine.placeFolder(file);
    expect(verdictOf(await planOf(machine, wanted), address)).toMatchObject({
      status: 'unknown',
      findings: [{ code: 'CL3011', file }],
    });
  });

  test('a file that is no text is unknown', async () => {
    const { machine } = world();
    machine.place(file, new Uint8Array([0xff, 0xfe]), 0o600);
    expect(verdictOf(await planOf(machine, wanted), address)).toMatchObject({
      status: 'unknown',
      findings: [{ code: 'CL0005' }],
    });
  });

  test('without a token there is nothing to write', async () => {
    const { machine } = world({ env: { HOME: '/home/me', PATH: '/usr/bin' } });
    expect(verdictOf(await planOf(machine, wanted), address).status).toBe('skipped');
  });

  describe('no longer wanted', () => {
    const helper = desired();

    async function moved(before: string | null): Promise<MemoryMachine> {
      const { machine } = world();
      if (before !== null) place(machine, file, before);
      expect((await applyTo(machine, wanted)).code).toBe(0);
      return machine;
    }

    test.each<[string, string | null, string | null]>([
      ['goes with its file when nothing else is in it', null, null],
      ['leaves what others have there', 'A=1\n', 'A=1\n'],
      ['leaves a comment', '# mine\n', '# mine\n'],
    ])('%s', async (_what, before, after) => {
      const machine = await moved(before);
      const verdict = verdictOf(await planOf(machine, helper), address);
      expect(verdict).toMatchObject({
        status: 'delete',
        changes: [{ path: 'CLIPROXY_API_KEY', before: '(sensitive)', after: null, sensitive: true }],
      });
      expect((await applyTo(machine, helper)).code).toBe(0);
      expect(machine.text(file)).toBe(after);
      expect(verdictOf(await planOf(machine, helper), address).status).toBe('unmanaged');
    });

    test('stays when codex-link did not put it there', async () => {
      const { machine } = world();
      place(machine, file, `${OURS}\n`);
      expect(verdictOf(await planOf(machine, helper), address).status).toBe('unmanaged');
      expect((await applyTo(machine, helper)).code).toBe(0);
      expect(machine.text(file)).toBe(`${OURS}\n`);
    });

    test('stays when somebody has changed the file since the plan', async () => {
      const machine = await moved(null);
      const planned = (await planOf(machine, helper)).resources.find((one) => one.resource.address === address)!;
      place(machine, file, `${OURS}\nTHEIRS=1\n`);
      await expect(planned.resource.converge(machine, planned.actual, () => {})).rejects.toMatchObject({ code: 'ECHANGED' });
      expect(machine.text(file)).toBe(`${OURS}\nTHEIRS=1\n`);
      await machine.remove(file);
      await planned.resource.converge(machine, planned.actual, () => {}); // somebody else was quicker
      expect(machine.text(file)).toBe(null);
    });

    test('behind a link of a dotfiles repo the file goes that was not there, and the link stays', async () => {
      const { machine } = world();
      machine.placeFolder('/home/me/dotfiles');
      machine.placeFolder(file.slice(0, file.lastIndexOf('/')));
      machine.placeLink(file, '/home/me/dotfiles/env');
      expect((await applyTo(machine, wanted)).code).toBe(0);
      expect(machine.text('/home/me/dotfiles/env')).toBe(`${OURS}\n`);
      expect((await applyTo(machine, helper)).code).toBe(0);
      expect([machine.text('/home/me/dotfiles/env'), await machine.readLink(file)]).toEqual([null, '/home/me/dotfiles/env']);
      expect((await planOf(machine, helper)).outcome).toBe('in-sync');
    });
  });
});

test('XDG_CONFIG_HOME is where the environment is', async () => {
  const { machine } = world({ env: { HOME: '/home/me', PATH: '/usr/bin', GATEWAY_KEY: KEY, XDG_CONFIG_HOME: '/cfg' } });
  await applyTo(machine, desired({ provider: { auth: 'env' } }));
  expect(machine.text('/cfg/environment.d/60-codex-link.conf')).toBe(`${OURS}\n`);
});
