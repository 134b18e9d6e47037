import { describe, expect, test } from 'vitest';
import type { Desired } from '../../../src/config/desired.ts';
import type { Command, Exit } from '../../../src/machine/machine.ts';
import type { MemoryMachine } from '../../../src/machine/memory.ts';
import { desired } from '../support/desired.ts';
import { ScriptedGateway } from '../support/gateway.ts';
import { applyTo, CCS, exit, HELPER, KEY, planOf, statuses, verdictOf, world } from '../support/world.ts';

const NPM = '/usr/bin/npm';
const PACKAGE = '/usr/local/lib/node_modules/@kaitranntt/ccs';
const BINARY = '/home/me/.ccs/cliproxy/bin/original/cli-proxy-api';
const ADDRESS = '127.0.0.1:8317';

const present = (rest: object = {}) => desired({ rest: { ccs: { ensure: 'present' }, ...rest } });

/** CCS as npm puts it there: a link to the package. */
function installed(machine: MemoryMachine, version = '7.79.1', program = CCS): void {
  machine.place(`${PACKAGE}/dist/ccs.js`, '', 0o755);
  machine.place(`${PACKAGE}/package.json`, JSON.stringify({ name: '@kaitranntt/ccs', version }));
  machine.placeLink(program, '../lib/node_modules/@kaitranntt/ccs/dist/ccs.js');
}

/** An npm that knows only what it is to be asked, and does it. */
function npm(machine: MemoryMachine, fails: Partial<Exit> | null = null, version?: string): Command[] {
  const ran: Command[] = [];
  machine.place(NPM, '', 0o755);
  machine.programs.set(NPM, async (command) => {
    ran.push(command);
    const [verb, ...rest] = command.args ?? [];
    if (rest.join(' ') !== '-g @kaitranntt/ccs') return exit(1, '', `npm error unknown: ${rest.join(' ')}`);
    if (verb === 'uninstall') {
      for (const path of [CCS, `${PACKAGE}/dist/ccs.js`, `${PACKAGE}/package.json`]) await machine.remove(path);
      return exit(0);
    }
    if (fails !== null) return { ...exit(1), ...fails };
    installed(machine, version);
    return exit(0, 'added 1 package');
  });
  return ran;
}

describe('what is there', () => {
  test.each<[string, (machine: MemoryMachine) => void, object]>([
    [
      'with its version',
      installed,
      { status: 'in-sync', reason: 'ccs 7.79.1 is installed and has never run here', findings: [] },
    ],
    [
      'with its folder',
      (machine) => {
        installed(machine);
        machine.placeFolder('/home/me/.ccs');
      },
      { status: 'in-sync', reason: 'ccs 7.79.1 is installed' },
    ],
    [
      'in a place without a package',
      (machine) => machine.place(CCS, '#!/bin/sh', 0o755),
      { status: 'in-sync', reason: expect.stringMatching(/^ccs is installed/), findings: [] },
    ],
    [
      'in another package',
      (machine) => {
        installed(machine);
        machine.place(`${PACKAGE}/package.json`, '{"name":"else","version":"1.0.0"}');
      },
      { status: 'in-sync', reason: expect.stringMatching(/^ccs is installed/) },
    ],
    [
      'with a package.json that is broken',
      (machine) => {
        installed(machine);
        machine.place(`${PACKAGE}/package.json`, '{');
      },
      { status: 'in-sync', reason: expect.stringMatching(/^ccs is installed/) },
    ],
    [
      'of the next major version',
      (machine) => installed(machine, '8.9.0'),
      { status: 'in-sync', findings: [{ code: 'CL7003', severity: 'info', message: expect.stringContaining('8.9.0') }] },
    ],
  ])('%s', async (_what, prepare, expected) => {
    for (const wanted of [present(), desired()]) {
      const { machine } = world();
      prepare(machine);
      expect(verdictOf(await planOf(machine, wanted), 'ccs')).toMatchObject(expected);
    }
  });

  test('missing, and not asked for', async () => {
    const { machine } = world();
    npm(machine);
    expect(verdictOf(await planOf(machine, desired()), 'ccs')).toMatchObject({
      status: 'unmanaged',
      findings: [],
      command: null,
    });
    machine.placeFolder('/home/me/.ccs');
    expect(verdictOf(await planOf(machine, desired()), 'ccs').reason).toContain('its folder is there');
  });

  test('nobody looks at it where it has no part', async () => {
    const gateway = { manager: 'none' } as const;
    const addresses = async (rest: Partial<Desired> = {}) =>
      Object.keys(statuses(await planOf(world().machine, desired({ gateway, rest }))));
    expect(await addresses()).not.toContain('ccs');
    for (const rest of [
      { ccs: { ensure: 'present' } as const },
      { accounts: [] },
      { routing: { strategy: null, sessionAffinity: null, sessionAffinityTtl: null } },
      { variants: [] },
    ]) {
      expect(await addresses(rest)).toContain('ccs');
    }
  });
});

describe('an installation', () => {
  test('is announced, done with npm, and nothing is left for the next run', async () => {
    const { machine } = world();
    const ran = npm(machine);
    expect(verdictOf(await planOf(machine, present()), 'ccs')).toMatchObject({
      status: 'create',
      reason: expect.stringContaining('npm install -g @kaitranntt/ccs'),
    });
    expect(ran).toEqual([]);
    expect((await applyTo(machine, present())).code).toBe(0);
    expect(ran).toMatchObject([{ file: NPM, args: ['install', '-g', '@kaitranntt/ccs'], effect: 'write' }]);
    expect(verdictOf(await planOf(machine, present()), 'ccs').status).toBe('in-sync');
    expect((await applyTo(machine, present())).document.outcome).toBe('converged');
    expect(ran).toHaveLength(1);
  });

  test('is taken back when a later step fails', async () => {
    const { machine } = world();
    const ran = npm(machine);
    machine.programs.set(HELPER, () => exit(0, 'two words\n'));
    const { code, document } = await applyTo(machine, present());
    expect([code, document.findings.some((one) => one.code === 'CL0010')]).toEqual([1, false]);
    expect(ran.map((one) => one.args?.[0])).toEqual(['install', 'uninstall']);
    expect(await machine.stat(CCS)).toBe(null);
  });

  test('that cannot be taken back is named', async () => {
    const { machine } = world();
    npm(machine);
    const program = machine.programs.get(NPM)!;
    machine.programs.set(NPM, (command, on) =>
      command.args?.[0] === 'uninstall' ? exit(1, '', 'npm error code EBUSY\n') : program(command, on),
    );
    machine.programs.set(HELPER, () => exit(0, 'two words\n'));
    const left = (await applyTo(machine, present())).document.findings.find((one) => one.code === 'CL0010');
    expect(left?.message).toMatch(/@kaitranntt\/ccs.*code EBUSY/);
  });

  test.each<[string, Partial<Exit>, string, string]>([
    [
      'offline',
      {
        stderr:
          "npm error code ECONNREFUSED\nnpm error syscall connect\nnpm error errno ECONNREFUSED\nnpm error FetchError: request to http://registry.example/x failed, reason: connect ECONNREFUSED\nnpm error     at ClientRequest.<anonymous> (/usr/lib/x.js:1:1) {\nnpm error   code: 'ECONNREFUSED',\nnpm error }\nnpm error\nnpm error If you are behind a proxy, look\nnpm error A complete log of this run can be found in: /x\n",
      },
      'failed: code ECONNREFUSED; FetchError: request to http://registry.example/x failed, reason: connect ECONNREFUSED; If you are behind a proxy, look',
      'npm install -g',
    ],
    [
      'without rights',
      { stderr: 'npm ERR! code EACCES\nnpm ERR! The operation was rejected by your operating system.\n' },
      'code EACCES; The operation was rejected',
      'npm config set prefix ~/.npm-global',
    ],
    ['without words', {}, 'it does not say why', 'npm install -g'],
    ['in other words', { stdout: 'one\ntwo\n\nthree\n' }, 'two; three', 'npm install -g'],
    ['that hangs', { code: null, timedOut: true }, 'not done after 10 minutes', 'npm install -g'],
  ])('%s fails, and says what npm says', async (_what, fails, words, fix) => {
    const { machine } = world();
    npm(machine, fails);
    const { code, document } = await applyTo(machine, present());
    expect(code).toBe(1);
    expect(document.findings).toContainEqual(
      expect.objectContaining({
        code: 'CL7005',
        message: expect.stringContaining(words),
        fix: expect.stringContaining(fix),
      }),
    );
  });

  test('that leaves no ccs behind is a failure', async () => {
    const { machine } = world();
    npm(machine, { code: 0 });
    expect((await applyTo(machine, present())).document.findings.map((one) => one.code)).toContain('CL7006');
  });

  test('without npm is for a person', async () => {
    const { machine } = world();
    expect(verdictOf(await planOf(machine, present()), 'ccs')).toMatchObject({
      status: 'manual',
      command: expect.stringContaining('npm install -g @kaitranntt/ccs'),
      findings: [{ code: 'CL7004', severity: 'warning' }],
    });
    expect((await applyTo(machine, present())).code).toBe(2);
  });
});

describe('a gateway that is down', () => {
  const down = () => {
    const made = world();
    made.machine.servers.delete(ADDRESS);
    npm(made.machine);
    return made;
  };

  test('is started by the ccs that has just been installed', async () => {
    const { machine } = down();
    machine.place(BINARY, '', 0o755);
    machine.programs.set(CCS, ({ args }) => {
      if (args?.join(' ') === 'cliproxy start') machine.servers.set(ADDRESS, new ScriptedGateway(KEY).server);
      return exit(0);
    });
    const plan = await planOf(machine, present());
    expect(plan.resources.find((one) => one.resource.address === 'gateway')?.resource.dependsOn).toContain('ccs');
    const verdict = verdictOf(plan, 'gateway');
    expect(verdict).toMatchObject({ status: 'update', reason: expect.stringContaining('after ccs is installed') });
    expect((await applyTo(machine, present())).code).toBe(0);
  });

  test('waits for a person where CLIProxyAPI itself is missing, and the installation stays', async () => {
    const { machine } = down();
    const verdict = verdictOf(await planOf(machine, present()), 'gateway');
    expect(verdict).toMatchObject({ status: 'manual', command: 'ccs cliproxy --latest && ccs cliproxy start' });
    expect((await applyTo(machine, present())).code).toBe(2);
    expect(await machine.stat(CCS)).not.toBe(null);
  });

  test('is nobody else’s business while openai is active', async () => {
    const { machine } = down();
    const wanted = { ...present(), provider: { ...present().provider, active: 'openai' as const } };
    expect(verdictOf(await planOf(machine, wanted), 'gateway').status).toBe('unmanaged');
  });
});
