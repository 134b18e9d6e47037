import { describe, expect, test } from 'vitest';
import { readGenerations } from '../../../src/generations/generation.ts';
import { ChangeDecorator, type Operation } from '../../../src/machine/decorator.ts';
import { FaultyMachine } from '../../../src/machine/faulty.ts';
import type { MemoryMachine } from '../../../src/machine/memory.ts';
import { RecordingMachine } from '../../../src/machine/recording.ts';
import { desired } from '../support/desired.ts';
import { applyTo, CONFIG, HELPER, KEY, planOf, rebooted, rollBackOn, STATE, TOKEN_FILE, world } from '../support/world.ts';

const JOURNAL = `${STATE}/journal.json`;
const THEIRS = '# by hand\nmodel = "gpt-5.5"\n\n[mcp_servers.x]\nenv = { API_TOKEN = "made-up-secret" }\n';
const WANTED = desired({ provider: { model: 'gpt-5.4' } });

function lived() {
  const made = world();
  made.machine.place(CONFIG, THEIRS, 0o640);
  return made;
}

/** Sees the journal as it stands on the disk just before each change. */
class Watching extends ChangeDecorator {
  readonly seen: { readonly operation: Operation; readonly journal: string | null }[] = [];
  readonly memory: MemoryMachine;

  constructor(memory: MemoryMachine) {
    super(memory);
    this.memory = memory;
  }

  protected around<T>(operation: Operation, action: () => Promise<T>): Promise<T> {
    this.seen.push({ operation, journal: this.memory.text(JOURNAL) });
    return action();
  }
}

describe('the journal', () => {
  test('is on the disk before the first change, with each file as it was before its own', async () => {
    const watching = new Watching(lived().machine);
    expect((await applyTo(watching, WANTED)).code).toBe(0);
    const outside = watching.seen.filter(({ operation }) => !operation.path.startsWith('/home/me/.local'));
    expect(outside.map(({ operation }) => operation.path)).toEqual(expect.arrayContaining([CONFIG, HELPER, TOKEN_FILE]));
    for (const { operation, journal } of outside) {
      expect(journal, `${operation.kind} ${operation.path}`).not.toBeNull();
      if (operation.kind === 'write') expect(journal).toContain(JSON.stringify(operation.path));
      for (const secret of [KEY, 'made-up-secret']) expect(journal).not.toContain(secret);
    }
    expect(watching.memory.text(JOURNAL)).toBeNull();
  });

  test('is never written by an apply that changes nothing, and gone after one that failed', async () => {
    const { machine } = lived();
    await applyTo(machine, WANTED);
    const recording = new RecordingMachine(machine);
    await applyTo(recording, WANTED);
    expect(recording.operations.filter((one) => one.path === JOURNAL)).toEqual([]);
    machine.place(HELPER, 'edited', 0o700);
    machine.programs.set(HELPER, () => ({ code: 1, stdout: '', stderr: '', timedOut: false }));
    expect((await applyTo(machine, WANTED)).code).toBe(1);
    expect(machine.text(JOURNAL)).toBeNull();
  });

  test('of a run that is under way is not taken for an interrupted one', async () => {
    const { machine } = lived();
    await crashed(machine, 'before', CONFIG);
    machine.processes.set(99, 'other');
    machine.place(`${STATE}/lock`, JSON.stringify({ pid: 99, start: 'other', host: 'testhost', command: 'apply', since: '' }));
    expect(codes(await planOf(machine, WANTED))).not.toContain('CL0020');
    machine.processes.delete(99);
    expect(codes(await planOf(machine, WANTED))).toContain('CL0020');
  });

  test('that is not ours is left out of it', async () => {
    const { machine } = lived();
    machine.place(JOURNAL, '{"version":7}');
    expect(codes(await planOf(machine, WANTED))).not.toContain('CL0020');
    expect((await applyTo(machine, WANTED)).code).toBe(0);
  });
});

const codes = (plan: { findings: readonly { code: string }[] }) => plan.findings.map((one) => one.code);

/** Lets the process die at the change of a file. */
async function crashed(machine: MemoryMachine, when: 'before' | 'after', path: string): Promise<void> {
  const recording = new RecordingMachine(lived().machine);
  await applyTo(recording, WANTED);
  const at = recording.operations.findIndex((one) => one.path === path) + 1;
  await applyTo(new FaultyMachine(machine, { at, when, code: 'CRASH' }), WANTED).catch(() => {});
  rebooted(machine);
}

describe.each(['before', 'after'] as const)('killed %s any change', (when) => {
  test('the next plan says so, and a rollback goes back to before it', async () => {
    const recording = new RecordingMachine(lived().machine);
    await applyTo(recording, WANTED);
    const original = lived().machine.snapshot();
    for (let at = 1; at <= recording.operations.length; at++) {
      const { machine } = lived();
      await applyTo(new FaultyMachine(machine, { at, when, code: 'CRASH' }), WANTED).catch(() => {});
      rebooted(machine);
      const touched = machine.text(CONFIG) !== THEIRS || machine.text(HELPER) !== null;
      if (machine.text(JOURNAL) === null) {
        // Before it began, or after it was all done.
        expect(touched, `change ${at}`).toBe((await readGenerations(machine)).length > 0);
        continue;
      }
      const plan = await planOf(machine, WANTED);
      expect(codes(plan), `change ${at}`).toContain('CL0020');
      const rolledBack = await rollBackOn(machine, WANTED, null).catch((error: unknown) => error);
      if (touched) expect(rolledBack, `change ${at}`).toMatchObject({ code: 0 });
      expect([machine.text(CONFIG), machine.text(HELPER)], `change ${at}`).toEqual([THEIRS, null]);
      expect(machine.snapshot()[CONFIG]).toBe(original[CONFIG]);
      expect(machine.text(JOURNAL), `change ${at}`).toBeNull();
      expect((await applyTo(machine, WANTED)).code, `change ${at}`).toBe(0);
    }
  });

  test('the next apply finishes, and what was interrupted is a generation of its own', async () => {
    const { machine } = lived();
    await crashed(machine, when, CONFIG);
    expect((await applyTo(machine, WANTED)).code).toBe(0);
    const [first, second] = await readGenerations(machine);
    expect(first?.files.map((one) => one.path)).toEqual(when === 'after' ? [HELPER, CONFIG, TOKEN_FILE] : [HELPER, TOKEN_FILE]);
    // With nothing left to do there is nothing to write down.
    expect(second?.number).toBe(when === 'after' ? undefined : 2);
    expect(codes(await planOf(machine, WANTED))).not.toContain('CL0020');
  });
});
