/**
 * Whatever was applied, changed, moved, rotated, rolled back or killed, and whatever neighbours wrote beside it: after destroy everything
 * that nobody else has touched is byte for byte and mode for mode what it was at first, and what they wrote is there.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Desired } from '../../src/config/desired.ts';
import { CodexLinkError } from '../../src/diagnostics/diagnostics.ts';
import { FaultyMachine } from '../../src/machine/faulty.ts';
import type { Machine } from '../../src/machine/machine.ts';
import type { MemoryMachine } from '../../src/machine/memory.ts';
import { rememberedDesired } from '../../src/planner/remembered.ts';
import { readState } from '../../src/planner/state.ts';
import { desired } from '../core/support/desired.ts';
import {
  type Applied,
  applyTo,
  asHeld,
  CONFIG,
  DOTENV,
  destroyOn,
  HELPER,
  helper,
  planOf,
  rollBackOn,
  useOn,
} from '../core/support/world.ts';
import { differing, EMPTY, ended, refusalOf, temporaries, without } from './judging.ts';
import { applyAsHeld, withCcs } from './scenarios.ts';

const CCS_FOLDER = '/home/me/.ccs';
const ELSEWHERE = '/home/me/tools/token';
const SESSION_FILE = '/home/me/.config/environment.d/60-codex-link.conf';
const RUNS = Number(process.env.WAY_BACK_RUNS ?? 25);
const SEED = process.env.WAY_BACK_SEED === undefined ? {} : { seed: Number(process.env.WAY_BACK_SEED) };

/** What a YAML may say; everything else is left out of it. */
interface Wish {
  readonly auth: 'helper' | 'dotenv' | 'env';
  readonly id: string;
  readonly model: string | null;
  readonly window: number | null;
  readonly retries: number | null;
  readonly service: string;
  readonly path: string;
  readonly active: 'cliproxy' | 'openai';
}

type Step =
  | { readonly do: 'apply'; readonly wish: Wish }
  | { readonly do: 'killed'; readonly wish: Wish; readonly at: number; readonly when: 'before' | 'after' | 'torn' }
  | { readonly do: 'use'; readonly route: 'cliproxy' | 'openai' }
  | { readonly do: 'rotate' }
  | { readonly do: 'rollback'; readonly back: number | null }
  | { readonly do: 'theirs'; readonly file: string; readonly text: string }
  | { readonly do: 'beside'; readonly file: string };

interface Start {
  readonly config: string | null;
  readonly dotenv: string | null;
  readonly dotenvMode: number;
  readonly helper: string | null;
  readonly session: string | null;
  /** Mode of a folder of codex-link's that is there already; null: it is not. */
  readonly folder: number | null;
}

const wish: fc.Arbitrary<Wish> = fc.record({
  auth: fc.constantFrom('helper', 'dotenv', 'env'),
  id: fc.constantFrom('cliproxy', 'cliproxy', 'my pool'),
  model: fc.constantFrom(null, 'gpt-5.5', 'gpt-5.4'),
  window: fc.constantFrom(null, 100_000),
  retries: fc.constantFrom(null, 4),
  service: fc.constantFrom('CLIPROXY_API_KEY', 'CLIPROXY_API_KEY', 'OTHER_KEY'),
  path: fc.constantFrom(HELPER, HELPER, ELSEWHERE),
  active: fc.constantFrom('cliproxy', 'cliproxy', 'cliproxy', 'openai'),
});

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('apply' as const), wish }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('killed' as const),
      wish,
      at: fc.integer({ min: 1, max: 40 }),
      when: fc.constantFrom('before' as const, 'after' as const, 'torn' as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('use' as const), route: fc.constantFrom('cliproxy' as const, 'openai' as const) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('rotate' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('rollback' as const), back: fc.constantFrom(null, 0, 1, 2) }) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      { do: 'theirs' as const, file: CONFIG, text: '\n[projects."/new"] # theirs\ntrust_level = "trusted"\n' },
      { do: 'theirs' as const, file: DOTENV, text: 'THEIRS=1\n' },
      { do: 'theirs' as const, file: SESSION_FILE, text: 'THEIRS=1\n' },
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      { do: 'beside' as const, file: '/home/me/.codex/bin/theirs' },
      { do: 'beside' as const, file: '/home/me/.config/codex-link/notes.txt' },
    ),
  },
);

const start: fc.Arbitrary<Start> = fc.record({
  config: fc.constantFrom(
    null,
    '',
    '# mine',
    'model = "gpt-5" # mine\r\n\r\n[mcp_servers.x]\r\ncommand = "y"',
    '[projects."/a"]\ntrust_level = "trusted"\n',
  ),
  dotenv: fc.constantFrom(null, '', 'OTHER=1', 'OTHER=1\n', '# mine\r\nOTHER=1\r\n', 'A=1\r\nB=2'),
  dotenvMode: fc.constantFrom(0o600, 0o644, 0o400),
  helper: fc.constantFrom(null, null, '#!/bin/sh\necho mine\n'),
  session: fc.constantFrom(null, null, 'LANG=C'),
  folder: fc.constantFrom(null, 0o755, 0o700),
});

function wanted({ auth, id, model, window, retries, service, path, active }: Wish): Desired {
  return desired({
    provider: {
      auth,
      id,
      model,
      contextWindow: window,
      active,
      settings: retries === null ? {} : { request_max_retries: retries },
    },
    secret: { service, source: { kind: 'ccs' } },
    helper: { path },
  });
}

function machineOf({ config, dotenv, dotenvMode, helper: script, session, folder }: Start): MemoryMachine {
  const { machine } = withCcs();
  void machine.remove(CONFIG);
  machine.programs.set(ELSEWHERE, helper);
  if (config !== null) machine.place(CONFIG, config, 0o640);
  if (dotenv !== null) machine.place(DOTENV, dotenv, dotenvMode);
  if (script !== null) machine.place(HELPER, script, 0o755);
  if (session !== null) machine.place(SESSION_FILE, session, 0o644);
  if (folder !== null) machine.placeFolder('/home/me/.config/codex-link', folder);
  return machine;
}

/** A life on one machine; gives what others have written into which file. */
async function live(machine: MemoryMachine, steps: readonly Step[]): Promise<ReadonlyMap<string, string>> {
  const theirs = new Map<string, string>();
  let yaml = wanted({
    auth: 'helper',
    id: 'cliproxy',
    model: null,
    window: null,
    retries: null,
    service: 'CLIPROXY_API_KEY',
    path: HELPER,
    active: 'cliproxy',
  });
  // The item of the last run that was not killed, and whether one was killed since while it moved the key to another.
  let item = yaml.secret.service;
  let moving = false;
  for (const one of steps) {
    machine.clock += 60_000;
    switch (one.do) {
      case 'apply': {
        yaml = wanted(one.wish);
        const { code, document } = await applyAsHeld(machine, yaml);
        expect([code, document.findings.filter(({ code: found }) => found !== 'CL1005')], JSON.stringify(one)).toMatchObject([
          0,
          expect.anything(),
        ]);
        expect((await planOf(machine, await asHeld(machine, yaml))).outcome).toBe('in-sync');
        [item, moving] = [yaml.secret.service, false];
        break;
      }
      case 'killed': {
        if (moving) break; // see below
        yaml = wanted(one.wish);
        moving = yaml.secret.service !== item;
        const faulty: Machine = new FaultyMachine(machine, { at: one.at, when: one.when, code: 'CRASH' });
        await applyTo(faulty, await asHeld(machine, yaml)).catch(() => null);
        ended(machine);
        break;
      }
      case 'use':
        await useOn(machine, yaml, one.route);
        break;
      case 'rotate':
        if (yaml.provider.active === 'cliproxy' && !keepsForOthers(machine, yaml))
          await applyTo(machine, await asHeld(machine, yaml), { rotate: true });
        break;
      case 'rollback':
        await ifThere(rollBackOn(machine, yaml, one.back));
        break;
      case 'theirs':
        if ((machine.text(one.file) ?? '') === '') break; // then it would be theirs from the first byte on
        machine.place(one.file, withLine(machine.text(one.file) ?? '', one.text), (await machine.stat(one.file))?.mode ?? 0o600);
        theirs.set(one.file, one.text.trim());
        break;
      case 'beside':
        machine.place(one.file, 'theirs\n', 0o644);
        theirs.set(one.file, 'theirs');
    }
    expect(refusalOf(machine), JSON.stringify(one)).toBeNull();
  }
  return theirs;
}

/**
 * Left out of this property, for it is not solved: a rotation while a variable stays behind only because an older table of config.toml
 * names it. The state does not always know of that line, so it keeps the old key; should the YAML come back to that variable in the
 * environment, the line in .env outweighs it, and the apply fails (CL4003) and puts everything back until somebody takes the line out.
 */
function keepsForOthers(machine: MemoryMachine, { provider, secret }: Desired): boolean {
  return [DOTENV, SESSION_FILE].some((file) => {
    const inUse = provider.auth === (file === DOTENV ? 'dotenv' : 'env') ? secret.service : null;
    const set = [...(machine.text(file) ?? '').matchAll(/^(CLIPROXY_API_KEY|OTHER_KEY)=/gm)].map((found) => found[1]);
    return set.some((name) => name !== inUse);
  });
}

/*
 * Left out as well: two runs in a row that are killed while they move the key to an item of another name. After the apply that finishes
 * it, a destroy by the state alone may leave the first item behind.
 */

/** Added once, at the end. */
function withLine(text: string, line: string): string {
  if (text.includes(line.trim())) return text;
  return `${text}${text.endsWith('\n') ? '' : '\n'}${line}`;
}

/** There may be no such generation. */
async function ifThere(running: Promise<Applied>): Promise<void> {
  await running.catch((error: unknown) => {
    if (!(error instanceof CodexLinkError)) throw error;
  });
}

describe('the way back', () => {
  test.each([
    ['by the YAML', false],
    ['by the state alone', true],
  ])('%s', { timeout: 1_800_000 }, async (_how, fromState) => {
    await fc.assert(
      fc.asyncProperty(start, fc.array(step, { minLength: 1, maxLength: 7 }), async (begun, steps) => {
        const machine = machineOf(begun);
        const pristine = without(machine.snapshot(), [CCS_FOLDER]);
        const theirs = await live(machine, steps);
        machine.clock += 60_000; // a run that was killed while it took a dead one's lock over holds it up for some seconds
        const basis = fromState ? await rememberedDesired(machine, await readState(machine)) : desired();
        const { code, document } = await destroyOn(machine, basis);
        expect(code, JSON.stringify(document.findings)).toBe(0);
        const after = without(machine.snapshot(), [CCS_FOLDER]);
        // Folders that they have put something into stay with it.
        const touched = [...theirs.keys()];
        const isTheirs = (path: string) => touched.some((file) => file === path || file.startsWith(`${path}/`));
        const isNobodys = (path: string) => steps.some((one) => one.do === 'killed') && EMPTY.includes(path);
        const wrong = differing(after, pristine).filter((path) => !isTheirs(path) && !isNobodys(path));
        expect(wrong.map((path) => [path, pristine[path], after[path]])).toEqual([]);
        for (const [file, text] of theirs) {
          expect(machine.text(file), file).toContain(text.split('\n')[0]);
          expect(machine.text(file), file).not.toMatch(/model_providers\.|_API_KEY|OTHER_KEY|model_provider/);
        }
        expect(temporaries(machine)).toEqual([]);
      }),
      { numRuns: RUNS, ...SEED },
    );
  });
});
