import { describe, expect, test } from 'vitest';
import type { Desired } from '../../../src/config/desired.ts';
import { FaultyMachine } from '../../../src/machine/faulty.ts';
import type { MemoryMachine } from '../../../src/machine/memory.ts';
import { RecordingMachine } from '../../../src/machine/recording.ts';
import { desired } from '../support/desired.ts';
import {
  type Applied,
  applyTo,
  CONFIG,
  DOTENV,
  HELPER,
  planOf,
  rebooted,
  STATE,
  TOKEN_FILE,
  type World,
  world,
} from '../support/world.ts';

/** A machine that waits for an apply, and what is wanted of it. */
interface Scenario {
  readonly name: string;
  readonly wanted: Desired;
  /** The files that the apply changes, besides what it remembers. */
  readonly files: readonly string[];
  prepare(): Promise<World>;
}

const THEIRS = '# by hand\nmodel = "gpt-5.5" # the good one\n\n[mcp_servers.x]\ncommand = "x"\n';
const HELPERS = desired({ provider: { model: 'gpt-5.5' } });
const DOTENVS = desired({ provider: { auth: 'dotenv', keepChatgptFeatures: true } });

function lived(files: Readonly<Record<string, string>> = {}): World {
  const made = world();
  made.machine.place(CONFIG, THEIRS, 0o600);
  for (const [path, text] of Object.entries(files)) made.machine.place(path, text, 0o600);
  return made;
}

/** One where an apply has been, and the world has moved since: another key, an edited helper, a rewritten table. */
async function applied(wanted: Desired, files: Readonly<Record<string, string>> = {}): Promise<World> {
  const made = lived(files);
  expect((await applyTo(made.machine, wanted)).code).toBe(0);
  const { env } = made.machine.facts as { env: Record<string, string> };
  env.GATEWAY_KEY = 'another-key-9876543210';
  made.gateway.keys = [env.GATEWAY_KEY];
  const config = made.machine.text(CONFIG) ?? '';
  made.machine.place(CONFIG, config.replace('http://127.0.0.1:8317/v1', 'http://127.0.0.1:8317/api/provider/codex'), 0o600);
  if (made.machine.text(HELPER) !== null) made.machine.place(HELPER, '#!/bin/sh\necho edited\n', 0o755);
  return made;
}

const SCENARIOS: readonly Scenario[] = [
  {
    name: 'a first apply on an empty machine',
    wanted: HELPERS,
    files: [CONFIG, HELPER, TOKEN_FILE],
    prepare: async () => world(),
  },
  {
    name: 'a first apply where Codex has lived',
    wanted: HELPERS,
    files: [CONFIG, HELPER, TOKEN_FILE],
    prepare: async () => lived(),
  },
  { name: 'an update of everything', wanted: HELPERS, files: [CONFIG, HELPER, TOKEN_FILE], prepare: () => applied(HELPERS) },
  {
    name: 'a first apply with dotenv',
    wanted: DOTENVS,
    files: [CONFIG, DOTENV, TOKEN_FILE],
    prepare: async () => lived({ [DOTENV]: 'OTHER=1\n' }),
  },
  { name: 'an update with dotenv', wanted: DOTENVS, files: [CONFIG, DOTENV, TOKEN_FILE], prepare: () => applied(DOTENVS) },
  {
    name: 'a move from dotenv to a helper',
    wanted: HELPERS,
    files: [CONFIG, DOTENV, HELPER, TOKEN_FILE],
    prepare: () => applied(DOTENVS, { [DOTENV]: 'OTHER=1\n' }),
  },
];

/** Without what codex-link remembers, which is no part of the promise. */
function disk(machine: MemoryMachine): Record<string, string> {
  return Object.fromEntries(Object.entries(machine.snapshot()).filter(([path]) => !path.startsWith('/home/me/.local')));
}

async function attempt(machine: FaultyMachine, wanted: Desired): Promise<Applied | null> {
  try {
    return await applyTo(machine, wanted);
  } catch {
    return null; // as when a process ends
  }
}

describe.each(SCENARIOS)('$name', ({ wanted, files, prepare }) => {
  test('without a fault converges, changes these files, and a second one changes nothing', async () => {
    const { machine } = await prepare();
    const before = disk(machine);
    const recording = new RecordingMachine(machine);
    const { code, document } = await applyTo(recording, wanted);
    expect([code, document.outcome, document.verified]).toEqual([0, 'converged', true]);
    const after = disk(machine);
    const isFile = (path: string) => (after[path] ?? before[path])?.startsWith('file');
    const changed = Object.keys({ ...before, ...after }).filter((path) => isFile(path) && before[path] !== after[path]);
    expect(changed.sort()).toEqual([...files].sort());
    const again = new RecordingMachine(machine);
    expect((await applyTo(again, wanted)).code).toBe(0);
    expect(again.operations.map((one) => one.path).filter((path) => !path.startsWith(STATE))).toEqual([]);
    expect(disk(machine)).toEqual(after);
  });

  test('whatever goes wrong at whichever change', { timeout: 60_000 }, async () => {
    const recording = new RecordingMachine((await prepare()).machine);
    await applyTo(recording, wanted);
    const { operations } = recording;
    expect(operations.length).toBeGreaterThan(files.length + 3);
    const final = disk((recording as unknown as { inner: MemoryMachine }).inner);
    for (const [index, operation] of operations.entries()) {
      for (const code of ['EIO', 'CRASH']) {
        for (const when of ['before', 'after'] as const) {
          const label = `${code} ${when} change ${index + 1}: ${operation.kind} ${operation.path}`;
          const { machine } = await prepare();
          const before = disk(machine);
          const faulty = new FaultyMachine(machine, { at: index + 1, when, code });
          const result = await attempt(faulty, wanted);
          expect(faulty.struck, label).toBe(true);

          // Old or new, whole, with its mode, and nothing else left lying about.
          const now = disk(machine);
          for (const path of Object.keys({ ...before, ...now })) {
            expect([before[path], final[path]], `${label}; ${path}`).toContain(now[path]);
          }
          if (code === 'EIO') {
            const isOurs = !operation.path.startsWith(STATE) || operation.path.endsWith('state.json');
            // What went wrong before or after the converging itself has no say in what it did.
            if (isOurs) expect(result?.document.outcome, label).toBe('failed');
            if (isOurs)
              expect(
                result?.document.findings.map((one) => one.code),
                label,
              ).not.toContain('CL0010');
            if (isOurs || result === null) expect([before, final], label).toContainEqual(now);
            if (isOurs) expect(now, label).toEqual(before);
          }

          rebooted(machine);
          const next = await applyTo(machine, wanted);
          expect([next.code, next.document.outcome], label).toEqual([0, 'converged']);
          expect(disk(machine), label).toEqual(final);
          expect((await planOf(machine, wanted)).outcome, label).toBe('in-sync');
        }
      }
    }
  });
});
