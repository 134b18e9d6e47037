import { expect, test } from 'vitest';
import type { Command } from '../../../src/machine/machine.ts';
import { MemoryMachine } from '../../../src/machine/memory.ts';
import { ReadOnlyMachine } from '../../../src/machine/read-only.ts';
import { linuxApp } from '../../../src/platform/linux/app.ts';

const WINDOW = '/opt/chatgpt/chatgpt';
const ENGINE = '/opt/chatgpt/resources/codex';

interface Process {
  /** What it runs. */
  readonly exe: string;
  readonly uid?: number;
  readonly state?: string;
}

/** A machine with the App, on which `kill` ends what may be ended. */
function desktop(
  processes: Readonly<Record<number, Process>>,
  options: { stubborn?: readonly number[]; launcher?: string } = {},
) {
  const machine = new MemoryMachine();
  const ran: Command[] = [];
  machine.placeFolder('/proc');
  for (const program of ['kill', 'setsid']) machine.place(`/usr/bin/${program}`, '', 0o755);
  machine.place('/opt/chatgpt/codex-launcher', '', 0o755);
  for (const folder of ['/usr/bin', '/opt']) machine.place(`${folder}/codex-launcher`, '', 0o755);
  machine.place('/usr/lib/chatgpt', '', 0o755);
  machine.placeLink('/usr/bin/chatgpt', options.launcher ?? '/opt/chatgpt/codex-launcher');
  for (const [pid, { exe, uid = 1000, state = 'S (sleeping)' }] of Object.entries(processes)) {
    machine.placeLink(`/proc/${pid}/exe`, exe);
    machine.place(`/proc/${pid}/status`, `Name:\tx\nState:\t${state}\nUid:\t${uid}\t${uid}\t${uid}\t${uid}\n`);
  }
  machine.programs.set('/usr/bin/kill', async (command, on) => {
    ran.push(command);
    for (const pid of command.args?.slice(1) ?? []) {
      if (options.stubborn?.includes(Number(pid))) continue;
      for (const file of ['exe', 'status']) await on.remove(`/proc/${pid}/${file}`);
      await on.remove(`/proc/${pid}`);
    }
    return { code: 0, stdout: '', stderr: '', timedOut: false };
  });
  machine.programs.set('/usr/bin/setsid', (command) => {
    ran.push(command);
    return { code: 0, stdout: '', stderr: '', timedOut: false };
  });
  return { machine, ran };
}

test('it is found by where its launcher leads, the lingering engine included, and only among the processes of the user', async () => {
  const { machine } = desktop({
    1: { exe: '/sbin/init', uid: 0 },
    10: { exe: WINDOW },
    11: { exe: ENGINE },
    12: { exe: WINDOW, uid: 1001 },
    13: { exe: WINDOW, state: 'Z (zombie)' },
    14: { exe: '/usr/bin/vim' },
    15: { exe: '/usr/bin/codex' },
    16: { exe: '/opt/chatgpt-other/x' },
    17: { exe: `${WINDOW} (deleted)` },
  });
  const app = await linuxApp.find(new ReadOnlyMachine(machine));
  expect(app).toEqual({
    installed: true,
    processes: [
      { pid: 10, name: WINDOW },
      { pid: 11, name: ENGINE },
      { pid: 17, name: WINDOW },
    ],
    outOfReach: null,
  });
});

test('without its launcher it is not installed, whatever runs', async () => {
  const { machine } = desktop({ 10: { exe: WINDOW } });
  await machine.remove('/usr/bin/chatgpt');
  expect(await linuxApp.find(machine)).toEqual({ installed: false, processes: [], outOfReach: null });
});

// Otherwise every program of the user would be asked to end: the shell, the desktop, and codex-link.
test.each([
  ['codex-launcher', '/usr/bin/codex-launcher'],
  ['/usr/lib/chatgpt', '/usr/lib/chatgpt'],
  ['/opt/codex-launcher', '/opt/codex-launcher'],
])('a launcher that leads to %s is the App alone, not its neighbours', async (launcher, exe) => {
  const { machine, ran } = desktop(
    { 10: { exe }, 20: { exe: '/usr/bin/bash' }, 21: { exe: '/usr/lib/systemd/systemd' }, 22: { exe: '/opt/other/program' } },
    { launcher },
  );
  const app = await linuxApp.find(machine);
  expect(app.processes).toEqual([{ pid: 10, name: exe }]);
  await linuxApp.quit(machine, app, 1000);
  expect(ran.map((one) => one.args)).toEqual([['-TERM', '10']]);
});

test('it is asked to end, politely, and has ended when no program of it is left', async () => {
  const { machine, ran } = desktop({ 10: { exe: WINDOW }, 11: { exe: ENGINE }, 20: { exe: '/bin/sh' } });
  expect(await linuxApp.quit(machine, await linuxApp.find(machine), 1000)).toBe(true);
  expect(ran.map((one) => one.args)).toEqual([['-TERM', '10', '11']]);
});

test('it is waited for, never killed', async () => {
  const { machine, ran } = desktop({ 10: { exe: WINDOW } }, { stubborn: [10] });
  const before = machine.now();
  expect(await linuxApp.quit(machine, await linuxApp.find(machine), 3000)).toBe(false);
  expect(machine.now() - before).toBe(3000);
  expect(ran.flatMap((one) => one.args)).toEqual(['-TERM', '10']);
});

// Between the plan and a person's yes there may be minutes, in which a number comes to belong to something else.
test('only what is the App now is asked to end', async () => {
  const { machine, ran } = desktop({ 10: { exe: WINDOW } });
  const seen = await linuxApp.find(machine);
  machine.placeLink('/proc/10/exe', '/usr/bin/somebody-elses-editor');
  expect(await linuxApp.quit(machine, seen, 1000)).toBe(true);
  expect(ran).toEqual([]);
});

test('it is opened in a session of its own, with no output of ours to write to', async () => {
  const { machine, ran } = desktop({});
  await linuxApp.reopen(machine);
  expect(ran.map((one) => one.args)).toEqual([
    ['--fork', '/bin/sh', '-c', 'exec "$0" </dev/null >/dev/null 2>&1', '/usr/bin/chatgpt'],
  ]);
});
