import { describe, expect, test } from 'vitest';
import { UndoingMachine } from '../../../src/applier/undo.ts';
import type { Desired } from '../../../src/config/desired.ts';
import { MemoryMachine } from '../../../src/machine/memory.ts';
import { ReadOnlyMachine } from '../../../src/machine/read-only.ts';
import { launchAgent } from '../../../src/platform/darwin/scheduler.ts';
import { linux } from '../../../src/platform/linux/linux.ts';
import type { Platform } from '../../../src/platform/platform.ts';
import type { Scheduler } from '../../../src/platform/scheduler.ts';
import { taskScheduler } from '../../../src/platform/win32/scheduler.ts';
import type { Json, Verdict } from '../../../src/resources/resource.ts';
import { scheduleResource } from '../../../src/resources/schedule.ts';
import { desired } from '../support/desired.ts';
import { placeCrontab, placeLaunchctl, placeSchtasks, placeSystemd } from '../support/schedulers.ts';
import { applyTo, destroyOn, planOf, verdictOf, world } from '../support/world.ts';

const PROGRAM = { node: '/usr/bin/node', script: '/usr/bin/codex-link' };
const wanting = (schedule: Desired['drift']['schedule'], file = '/home/me/codex-link.yaml') =>
  desired({ drift: { schedule }, rest: { file } });
const with_ = (...schedulers: Scheduler[]): Platform => ({ ...linux, schedulers });

/** One machine and what is remembered of it from one step to the next. */
class Story {
  last: Json | undefined;
  readonly machine: MemoryMachine;
  readonly platform: Platform;

  constructor(machine: MemoryMachine, platform: Platform) {
    this.machine = machine;
    this.platform = platform;
  }

  async verdict(schedule: Desired['drift']['schedule'], file?: string): Promise<Verdict> {
    const resource = scheduleResource(wanting(schedule, file), this.platform, this.last, PROGRAM);
    return resource.diff(await resource.read(new ReadOnlyMachine(this.machine)), new Set());
  }

  /** Converges; `undone` takes it back again. */
  async converge(schedule: Desired['drift']['schedule'], { undone = false } = {}): Promise<string[]> {
    const resource = scheduleResource(wanting(schedule), this.platform, this.last, PROGRAM);
    const reading = await resource.read(new ReadOnlyMachine(this.machine));
    const undoing = new UndoingMachine(this.machine);
    await resource.converge(undoing, reading, undoing.onUndo);
    if (undone) return undoing.takeBack();
    this.last = resource.wanted(reading) ?? undefined;
    return [];
  }
}

const place = (facts: ConstructorParameters<typeof MemoryMachine>[0] = {}) => {
  const machine = new MemoryMachine(facts);
  machine.place('/usr/bin/node', '', 0o755);
  machine.place('/usr/bin/codex-link', '', 0o755);
  return machine;
};
const MAC = { os: 'darwin', home: '/Users/me', uid: 501, env: { HOME: '/Users/me' } } as const;
const WINDOWS = { os: 'win32', simulated: true, env: { HOME: '/home/me', PATH: '/stand-ins', USERDOMAIN: 'PC' } } as const;

/** Each backend, with what there is of ours afterwards, and how somebody takes it away. */
const BACKENDS: readonly (readonly [string, () => { story: Story; there: () => unknown; wreck: () => unknown }])[] = [
  [
    'the crontab',
    () => {
      const machine = place();
      const state = placeCrontab(machine, 'MAILTO=""\n# theirs\n');
      return {
        story: new Story(machine, linux),
        there: () => state.table,
        wreck: () => {
          state.table = '# theirs, later\n';
        },
      };
    },
  ],
  [
    'the systemd user timer',
    () => {
      const machine = place();
      const manager = placeSystemd(machine);
      placeCrontab(machine);
      return {
        story: new Story(machine, linux),
        there: () => {
          const text = (name: string) => machine.text(`/home/me/.config/systemd/user/codex-link-drift.${name}`);
          return [text('timer'), text('service'), manager.active, manager.loaded];
        },
        wreck: () => {
          manager.active = false;
        },
      };
    },
  ],
  [
    'the LaunchAgent',
    () => {
      const machine = place(MAC);
      const state = placeLaunchctl(machine);
      return {
        story: new Story(machine, with_(launchAgent)),
        there: () => [state.loaded, machine.text('/Users/me/Library/LaunchAgents/codex-link.drift.plist')],
        wreck: () => {
          state.loaded = null;
        },
      };
    },
  ],
  [
    'the Task Scheduler',
    () => {
      const machine = place(WINDOWS);
      const state = placeSchtasks(machine);
      return {
        story: new Story(machine, with_(taskScheduler)),
        there: () => [...state.tasks],
        wreck: () => state.tasks.clear(),
      };
    },
  ],
];

describe.each(BACKENDS)('%s', (name, make) => {
  test('gets it, keeps it, changes it, and gives it back', async () => {
    const { story, there, wreck } = make();
    const nothing = there();
    expect((await story.verdict({ every: '1h' })).status).toBe('create');
    await story.converge({ every: '1h' });
    expect(await story.verdict({ every: '1h' })).toMatchObject({
      status: 'in-sync',
      reason: `${name} looks for drift, every 1h`,
      findings: [],
    });
    expect(await story.verdict({ every: '15m' })).toMatchObject({ status: 'update', fileChange: expect.anything() });
    await story.converge({ every: '15m' });
    expect((await story.verdict({ every: '15m' })).status).toBe('in-sync');
    wreck();
    expect(['create', 'update']).toContain((await story.verdict({ every: '15m' })).status);
    await story.converge({ every: '15m' });
    expect((await story.verdict({ every: '15m' })).status).toBe('in-sync');
    expect((await story.verdict(null)).status).toBe('delete');
    await story.converge(null);
    expect((await story.verdict(null)).status).toBe('unmanaged');
    if (name !== 'the crontab') expect(there()).toEqual(nothing);
    else expect(there()).toBe('# theirs, later\n');
  });

  test('is put back as it was', async () => {
    const { story, there } = make();
    const nothing = there();
    expect(await story.converge({ every: '1h' }, { undone: true })).toEqual([]);
    expect(there()).toEqual(nothing);
    await story.converge({ every: '1h' });
    const before = there();
    expect(await story.converge({ cron: '5 4 * * 1-5' }, { undone: true })).toEqual([]);
    expect(there()).toEqual(before);
    expect(await story.converge(null, { undone: true })).toEqual([]);
    expect(there()).toEqual(before);
    expect((await story.verdict({ every: '1h' })).status).toBe('in-sync');
  });

  test('knows when it runs next, and changes nothing by being asked', async () => {
    const { story } = make();
    await story.converge({ every: '1h' });
    const before = story.machine.snapshot();
    const scheduler = story.platform.schedulers.find((one) => one.name === name);
    const { next } = (await scheduler?.runs(new ReadOnlyMachine(story.machine), null)) ?? {};
    expect([next, story.machine.snapshot()]).toEqual([null, before]);
  });
});

test('a timer that runs is started anew whenever its times change, back again too', async () => {
  const machine = place();
  const manager = placeSystemd(machine);
  const story = new Story(machine, linux);
  await story.converge({ every: '1h' });
  expect(manager.calls).toEqual(['daemon-reload', 'enable --now codex-link-drift.timer']);
  manager.calls.length = 0;
  await story.converge({ every: '15m' }, { undone: true });
  const restart = ['daemon-reload', 'restart codex-link-drift.timer'];
  expect(manager.calls).toEqual([
    'daemon-reload',
    'enable --now codex-link-drift.timer',
    'restart codex-link-drift.timer',
    ...restart,
  ]);
});

describe('the choice', () => {
  test('is systemd where a user manager answers, and stays what it was', async () => {
    const machine = place();
    const state = placeCrontab(machine);
    const story = new Story(machine, linux);
    await story.converge({ every: '1h' });
    expect(state.table).toContain('codex-link');
    placeSystemd(machine); // somebody logs in
    expect((await story.verdict({ every: '1h' })).status).toBe('in-sync');
    const fresh = new Story(machine, linux);
    expect((await fresh.verdict({ every: '1h' })).reason).toContain('systemd');
  });

  test('is a step for a person where there is nothing to choose from, and never drift by itself', async () => {
    const story = new Story(place(), linux);
    expect(await story.verdict({ every: '1h' })).toMatchObject({
      status: 'manual',
      reason: expect.stringContaining('neither systemd nor cron'),
    });
    expect((await story.verdict({ every: '1h' })).findings.map((one) => [one.code, one.severity])).toEqual([
      ['CL8042', 'warning'],
    ]);
    expect((await story.verdict(null)).status).toBe('unmanaged');
  });

  test('needs a file', async () => {
    const machine = place();
    placeCrontab(machine);
    expect(await new Story(machine, linux).verdict({ every: '1h' }, '-')).toMatchObject({
      status: 'manual',
      findings: [{ code: 'CL8047' }],
    });
  });

  test.each([
    [{ every: '7m' }, 'CL8048'],
    [{ every: '2d' }, 'CL8048'],
  ])('refuses what it cannot say exactly: %j', async (schedule, code) => {
    const machine = place();
    placeCrontab(machine);
    await expect(new Story(machine, linux).verdict(schedule)).rejects.toThrow(code);
  });
});

describe('out of reach', () => {
  test('a timer whose manager does not answer, as under cron, is in sync by its files', async () => {
    const machine = place();
    placeSystemd(machine);
    const story = new Story(machine, linux);
    await story.converge({ every: '1h' });
    await machine.remove('/run/user/1000/systemd/private');
    expect((await story.verdict({ every: '1h' })).status).toBe('in-sync');
    expect(await story.verdict({ every: '15m' })).toMatchObject({
      status: 'deferred',
      findings: [{ code: 'CL8050', resource: 'schedule' }],
    });
  });

  test('an agent without a graphical session is deferred', async () => {
    const machine = place(MAC);
    const state = placeLaunchctl(machine, { session: false });
    const story = new Story(machine, with_(launchAgent));
    expect(await story.verdict({ every: '1h' })).toMatchObject({
      status: 'deferred',
      reason: expect.stringContaining('no graphical session'),
    });
    state.session = true;
    await story.converge({ every: '1h' });
    state.session = false;
    expect((await story.verdict({ every: '1h' })).status).toBe('in-sync');
  });
});

test('a crontab is not written in the second in which cron looks at it', async () => {
  const machine = place();
  placeCrontab(machine);
  const story = new Story(machine, linux);
  for (const [at, expected] of [
    ['12:00:00.000', '12:00:01.500'],
    ['12:00:01.499', '12:00:01.500'],
    ['12:00:59.999', '12:00:59.999'],
  ] as const) {
    machine.clock = Date.parse(`2026-11-21T${at}Z`);
    await story.converge({ every: at.endsWith('0') ? '1h' : at.endsWith('499') ? '2h' : '3h' });
    expect(machine.clock).toBe(Date.parse(`2026-11-21T${expected}Z`));
  }
});

describe('what is not believed', () => {
  test('a schtasks that does nothing and says that all is well', async () => {
    const machine = place(WINDOWS);
    placeSchtasks(machine, { lies: true });
    const story = new Story(machine, with_(taskScheduler));
    expect((await story.verdict({ every: '1h' })).status).toBe('create');
    await expect(story.converge({ every: '1h' })).rejects.toThrow(/CL8043/);
  });

  test('a crontab that is not UTF-8, ends its lines with carriage returns, or has been changed meanwhile', async () => {
    const machine = place();
    const state = placeCrontab(machine, '# \ufffd\n');
    const story = new Story(machine, linux);
    await expect(story.verdict({ every: '1h' })).rejects.toThrow(/CL8044.*UTF-8/);
    state.table = '0 0 * * * true\\r\n';
    await expect(story.verdict({ every: '1h' })).rejects.toThrow(/CL8044.*carriage return/);
    state.table = '';
    const resource = scheduleResource(wanting({ every: '1h' }), linux, undefined, PROGRAM);
    const reading = await resource.read(machine);
    await story.converge({ every: '15m' });
    await expect(resource.converge(machine, reading, () => {})).rejects.toThrow(/somebody else has changed/);
  });
});

test('an undo leaves what somebody has added to the crontab since', async () => {
  const machine = place();
  const state = placeCrontab(machine, '# theirs\n');
  const resource = scheduleResource(wanting({ every: '1h' }), linux, undefined, PROGRAM);
  const undoing = new UndoingMachine(machine);
  await resource.converge(undoing, await resource.read(machine), undoing.onUndo);
  state.table = `0 1 * * * new\n${state.table}# new, too\n`;
  expect(await undoing.takeBack()).toEqual([]);
  expect(state.table).toBe('0 1 * * * new\n# theirs\n# new, too\n');
});

describe('in a whole apply', () => {
  test('it is installed with the rest, remembered, and destroy takes it away, even if no apply remembers it', async () => {
    const { machine } = world();
    const state = placeCrontab(machine, '# theirs\n');
    const wanted = wanting({ every: '1h' });
    const { code, document } = await applyTo(machine, wanted);
    expect([code, document.resources.find((one) => one.address === 'schedule')?.result]).toEqual([0, 'done']);
    const after = await planOf(machine, wanted);
    expect([after.outcome, verdictOf(after, 'schedule').status]).toEqual(['in-sync', 'in-sync']);
    expect(verdictOf(await planOf(machine, wanting(null)), 'schedule').status).toBe('delete');
    const memory = '/home/me/.local/state/codex-link/state.json';
    machine.place(memory, (machine.text(memory) ?? '').replace(/"schedule"/, '"other"'), 0o600);
    expect((await destroyOn(machine, wanted)).code).toBe(0);
    expect(state.table).toBe('# theirs\n');
  });

  test('a machine without a schedule asks no scheduler', async () => {
    const { machine } = world();
    machine.place('/usr/bin/crontab', '', 0o755);
    machine.programs.set('/usr/bin/crontab', () => {
      throw new Error('it was asked');
    });
    expect((await applyTo(machine, desired())).code).toBe(0);
  });
});
