/** Every change of every kind of run, broken in every way: nothing lost, the next apply finishes, and destroy still finds the way back. */
import { dirname } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { type Fault, FaultyMachine } from '../../src/machine/faulty.ts';
import type { MemoryMachine } from '../../src/machine/memory.ts';
import { RecordingMachine } from '../../src/machine/recording.ts';
import { type Applied, asHeld, destroyOn, HELPER, planOf, STATE } from '../core/support/world.ts';
import {
  type Disk,
  differing,
  disk,
  EMPTY,
  isTemporary,
  ended as processEnded,
  refusalOf,
  same,
  temporaries,
  Watching,
  without,
} from './judging.ts';
import { applyAsHeld, EDITED, SCENARIOS, type Scenario } from './scenarios.ts';

type Kind = Omit<Fault, 'at'>;

const FAULTS: readonly Kind[] = [
  { when: 'before', code: 'EIO' },
  { when: 'after', code: 'EIO' },
  { when: 'torn', code: 'EIO' },
  { when: 'before', code: 'EACCES' },
  { when: 'before', code: 'ENOSPC', lasting: true },
  { when: 'torn', code: 'ENOSPC', lasting: true },
  { when: 'before', code: 'EROFS', lasting: true },
  { when: 'before', code: 'CRASH' },
  { when: 'after', code: 'CRASH' },
  { when: 'torn', code: 'CRASH' },
];

const figures = { injected: 0, lost: 0, notConverged: 0, notRestored: 0 };

afterAll(() => {
  const { injected, lost, notConverged, notRestored } = figures;
  process.stdout.write(
    `\ncrash points injected: ${injected}, files lost: ${lost}, not converged: ${notConverged}, not restored: ${notRestored}\n`,
  );
});

interface Faultless {
  readonly before: Disk;
  readonly after: Disk;
  readonly watching: Watching;
  /** Where the next apply leads, with the run and without it. */
  readonly ends: readonly Disk[];
}

async function faultless(scenario: Scenario): Promise<Faultless> {
  const { machine: untouched } = await ready(scenario);
  await applyAsHeld(untouched, scenario.wanted);
  const { machine } = await ready(scenario);
  const before = disk(machine);
  const watching = new Watching(machine);
  expect((await scenario.run(watching)).code).toBe(0);
  const after = disk(machine);
  await applyAsHeld(machine, scenario.wanted);
  return { before, after, watching, ends: [disk(untouched), disk(machine)] };
}

async function ready(scenario: Scenario): Promise<{ machine: MemoryMachine; pristine: Disk }> {
  const world = scenario.place();
  const pristine = everything(world.machine);
  await scenario.prepare(world);
  return { machine: world.machine, pristine };
}

/** With what codex-link remembers: destroy forgets it. */
function everything(machine: MemoryMachine): Disk {
  return machine.snapshot();
}

async function broken(
  scenario: Scenario,
  fault: Fault,
): Promise<{ machine: MemoryMachine; pristine: Disk; ended: Applied | null }> {
  const { machine, pristine } = await ready(scenario);
  const faulty = new FaultyMachine(machine, fault);
  const ended = await scenario.run(faulty).catch(() => null); // as when a process ends
  expect(faulty.struck).toBe(true);
  return { machine, pristine, ended };
}

/** What is not as promised just after the fault. */
function losses(machine: MemoryMachine, fault: Fault, ended: Applied | null, { before, after, watching }: Faultless): string[] {
  const now = disk(machine);
  const wrong = Object.keys({ ...before, ...now }).flatMap((path) => {
    if (isTemporary(path)) return now[path]?.startsWith('file 600 ') ? [] : [`${path} is open to others`];
    return watching.stagesOf(path).has(now[path]) ? [] : [`${path} is neither old nor new`];
  });
  const refusal = refusalOf(machine);
  if (refusal !== null) wrong.push(`Codex would refuse config.toml: ${refusal}`);
  if (fault.code === 'CRASH') return wrong;
  const leftovers = Object.keys(now).filter(isTemporary); // the state's are for the next run to clear up
  if (fault.lasting !== true && leftovers.length > 0) wrong.push(`left lying about: ${leftovers}`);
  const known = ended?.document.findings.some((one) => one.code === 'CL0010');
  if (known && fault.lasting !== true) wrong.push('one fault was enough for something not to be put back');
  if (ended?.code === 0 && !same(now, after)) wrong.push(`said to be done: ${differing(now, after)}`);
  if (ended !== null && ended.code !== 0 && !known && !same(now, before))
    wrong.push(`said to be put back: ${differing(now, before)}`);
  // Nobody was told anything: it has not begun, or it was all done; destroy goes on to forget after that.
  const remembered = watching.operations.findIndex(({ kind, path }) => kind === 'write' && path === `${STATE}/state.json`);
  const forgets = remembered !== -1 && fault.at > remembered + 1;
  if (ended === null && !forgets && ![before, after].some((one) => same(now, one)))
    wrong.push('ended without a word on what it has left');
  return wrong;
}

async function notConverged(machine: MemoryMachine, wanted: Scenario['wanted'], ends: readonly Disk[]): Promise<string[]> {
  processEnded(machine);
  const next = await applyAsHeld(machine, wanted);
  if (next.code !== 0) return [`exit ${next.code}: ${JSON.stringify(next.document.findings)}`];
  const now = disk(machine);
  const wrong = ends.some((one) => same(now, one)) ? [] : [`another end: ${ends.map((one) => differing(now, one))}`];
  if (temporaries(machine).length > 0) wrong.push(`left lying about: ${temporaries(machine)}`);
  const plan = await planOf(machine, await asHeld(machine, wanted));
  if (plan.outcome !== 'in-sync') wrong.push(`a second plan: ${plan.outcome}`);
  return wrong;
}

async function notRestored(machine: MemoryMachine, pristine: Disk, { wanted, stays }: Scenario): Promise<string[]> {
  processEnded(machine);
  const { code, document } = await destroyOn(machine, wanted);
  if (code !== 0) return [`exit ${code}: ${JSON.stringify(document.findings)}`];
  const wrong = differing(without(everything(machine), stays), without(pristine, stays));
  // A helper that somebody has edited, and that no run has come so far as to heal, stays and is named.
  const named = document.findings.some(({ code, message }) => code === 'CL0026' && message.startsWith(`${HELPER} stays`));
  const theirs = named && machine.text(HELPER) === EDITED ? [HELPER, dirname(HELPER)] : [];
  const news = wrong.filter((path) => !EMPTY.includes(path) && !theirs.includes(path));
  return news.length > 0 ? [`not as it was: ${news}`] : [];
}

describe.each(SCENARIOS)('$name', (scenario) => {
  test('without a fault changes these files, each once, and an apply after an apply changes nothing', async () => {
    const { before, after, watching, ends } = await faultless(scenario);
    const isFile = (path: string) => (after[path] ?? before[path])?.startsWith('file');
    expect(differing(before, after).filter(isFile).sort()).toEqual([...scenario.files].sort());
    // Between old and new there is nothing, but for the keys of the gateway while both work.
    for (const path of scenario.files)
      expect(watching.stagesOf(path).size, path).toBeLessThanOrEqual(path.includes('/cliproxy/config') ? 3 : 2);
    const { machine } = await ready(scenario);
    await applyAsHeld(machine, scenario.wanted);
    const recording = new RecordingMachine(machine);
    await applyAsHeld(recording as unknown as MemoryMachine, scenario.wanted);
    expect(recording.operations.map((one) => one.path).filter((path) => !path.startsWith(STATE))).toEqual([]);
    expect(disk(machine)).toEqual(ends[0]);
  });

  test('whatever goes wrong at whichever change', { timeout: 180_000 }, async () => {
    const reference = await faultless(scenario);
    const { operations } = reference.watching;
    expect(operations.length).toBeGreaterThan(8);
    const wrong: string[] = [];
    for (const [index, { kind, path }] of operations.entries()) {
      for (const one of FAULTS) {
        if (one.when === 'torn' && kind !== 'write' && kind !== 'create') continue;
        const fault = { ...one, at: index + 1 };
        const label = `${fault.code} ${fault.when} change ${fault.at}: ${kind} ${path}: `;
        const { machine, pristine, ended } = await broken(scenario, fault);
        const lost = losses(machine, fault, ended, reference);
        const stuck = await notConverged(machine, scenario.wanted, reference.ends).catch((error: unknown) => [String(error)]);
        const kept = await notRestored(machine, pristine, scenario).catch((error: unknown) => [String(error)]);
        // The other way on: nobody applies before it is destroyed. Before a change is as after the one before it.
        if (fault.code === 'CRASH' && fault.when !== 'before') {
          const again = await broken(scenario, fault);
          kept.push(...(await notRestored(again.machine, pristine, scenario).catch((error: unknown) => [`at once: ${error}`])));
        }
        figures.injected += 1;
        figures.lost += lost.length;
        figures.notConverged += stuck.length;
        figures.notRestored += kept.length;
        wrong.push(...[...lost, ...stuck, ...kept].map((text) => label + text));
      }
    }
    expect(wrong).toEqual([]);
  });
});
