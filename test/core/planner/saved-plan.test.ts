import { describe, expect, test } from 'vitest';
import { MemoryMachine } from '../../../src/machine/memory.ts';
import type { Plan } from '../../../src/planner/plan.ts';
import { parseSavedPlan, type SavedPlan, savePlan, staleness } from '../../../src/planner/saved-plan.ts';
import type { Cause, FileChange, Status, ValueChange } from '../../../src/resources/resource.ts';
import { verdict } from '../../../src/resources/resource.ts';
import { EVERYTHING, planOf, resource } from '../support/resources.ts';

const LOCK = '/home/me/.local/state/codex-link/lock';
const FILE = '/home/me/.codex/config.toml';
const YAML = '/home/me/codex-link.yaml';

/** What a plan says of one resource; what is left out is the same every time. */
interface Announced {
  readonly status?: Status;
  readonly cause?: Cause;
  readonly changes?: readonly ValueChange[];
  readonly fileChange?: Partial<FileChange>;
}

function planWith({ status = 'update', cause = 'drift', changes = [], fileChange }: Announced = {}): Plan {
  const change = fileChange && { path: FILE, before: null, after: null, mask: (line: string) => line, ...fileChange };
  const one = resource('provider', [], { diff: () => verdict(status, 'it differs', { changes, fileChange: change ?? null }) });
  const { resources, ...rest } = planOf(one);
  return { ...rest, resources: resources.map((planned) => ({ ...planned, cause })) };
}

function saved(
  plan = planWith(),
  machine = new MemoryMachine(),
  paths: readonly string[] = [],
  salt = 'salt',
): Promise<SavedPlan> {
  return savePlan({ machine, plan, paths, file: YAML, selection: EVERYTHING, salt });
}

async function fingerprintOf(content: string | Uint8Array, salt = 'salt'): Promise<string | null | undefined> {
  const machine = new MemoryMachine();
  machine.place(FILE, content);
  return (await saved(planWith(), machine, [FILE], salt)).reads[FILE];
}

async function announced(own: Announced): Promise<string | undefined> {
  return (await saved(planWith(own))).announced.provider?.what;
}

describe('a saved plan', () => {
  test('says when, where, for whom and from what it was made', async () => {
    expect(await saved()).toEqual({
      formatVersion: '1.0',
      kind: 'codex-link saved plan',
      codexLinkVersion: '0.0.0-test',
      at: '2026-11-21T12:00:00.000Z',
      user: 'me',
      host: 'testhost',
      file: YAML,
      selection: EVERYTHING,
      salt: 'salt',
      reads: {},
      announced: { provider: { status: 'update', what: expect.stringMatching(/^[0-9a-f]{16}$/) } },
    });
  });

  test('has every file that was read, in one order, but not the lock', async () => {
    const machine = new MemoryMachine();
    for (const path of [FILE, YAML, LOCK]) machine.place(path, 'x');
    const { reads } = await saved(planWith(), machine, ['/none', LOCK, YAML, FILE]);
    expect(Object.keys(reads)).toEqual([FILE, YAML, '/none']);
    expect(reads['/none']).toBeNull();
    expect(reads[FILE]).toMatch(/^[0-9a-f]{16}$/);
  });

  test('tells files apart by every byte, and means nothing without its salt', async () => {
    expect(await fingerprintOf('x')).toBe(await fingerprintOf('x'));
    expect(await fingerprintOf('x')).not.toBe(await fingerprintOf('y'));
    expect(await fingerprintOf('x')).not.toBe(await fingerprintOf('x', 'other salt'));
    expect(await fingerprintOf(new Uint8Array([0xff]))).not.toBe(await fingerprintOf(new Uint8Array([0xfe]))); // no UTF-8 at all
  });

  test('announces each of these as something else, and itself as the same', async () => {
    const plans: readonly Announced[] = [
      {},
      { status: 'create' },
      { cause: 'config' },
      { changes: [{ path: 'a', before: 1, after: 2, sensitive: false }] },
      { fileChange: {} },
      { fileChange: { after: 'new' } },
      { fileChange: { after: 'other' } },
      { fileChange: { before: 'new' } },
      { fileChange: { before: 'a\nb', after: 'a\nc' } },
      { fileChange: { before: 'a\nb', after: 'a\nd' } },
    ];
    const first = await Promise.all(plans.map(announced));
    expect(new Set(first).size).toBe(plans.length);
    expect(await Promise.all(plans.map(announced))).toEqual(first);
  });

  test('announces the same with a key that is generated anew', async () => {
    const mask = (line: string) => (line.startsWith('key = ') ? 'key = (sensitive)' : line);
    const withKey = (key: string) => announced({ fileChange: { before: null, after: `a = 1\nkey = ${key}\n`, mask } });
    expect(await withKey('made-up-1')).toBe(await withKey('made-up-2'));
  });
});

describe('what has changed since', () => {
  const PLAN: SavedPlan = {
    formatVersion: '1.0',
    kind: 'codex-link saved plan',
    codexLinkVersion: '1.0.0',
    at: '2026-11-21T12:00:00.000Z',
    user: 'me',
    host: 'here',
    file: YAML,
    selection: EVERYTHING,
    salt: 'salt',
    reads: { '/a': 'one', '/none': null },
    announced: { helper: { status: 'update', what: 'one' } },
  };

  test.each<[string, Partial<SavedPlan>, string[]]>([
    ['nothing', {}, []],
    ['the time alone', { at: '2026-11-22T12:00:00.000Z' }, []],
    ['the version', { codexLinkVersion: '1.0.1' }, ['it was made by codex-link 1.0.0, and this is 1.0.1']],
    ['the host', { host: 'there' }, ['it was made for me on here']],
    ['the user', { user: 'you' }, ['it was made for me on here']],
    ['a file', { reads: { '/a': 'two', '/none': null } }, ['/a has changed']],
    ['a file that is gone', { reads: { '/a': null, '/none': null } }, ['/a is gone']],
    ['a file that is not read any more', { reads: {} }, ['/a is gone']],
    ['a file that has appeared', { reads: { '/a': 'one', '/none': 'one' } }, ['/none has appeared']],
    ['one more file that was read', { reads: { '/a': 'one', '/b': 'one' } }, ['/b has appeared']],
    ['one more that is not there', { reads: { '/a': 'one', '/b': null } }, []],
    ['the change', { announced: { helper: { status: 'update', what: 'two' } } }, ['helper: would be another update']],
    ['the status', { announced: { helper: { status: 'manual', what: 'two' } } }, ['helper: update before, manual now']],
    ['a resource that is gone', { announced: {} }, ['helper: update before, nothing now']],
    [
      'one more resource',
      { announced: { ...PLAN.announced, app: { status: 'run', what: 'x' } } },
      ['app: nothing before, run now'],
    ],
    [
      'several things',
      { host: 'there', reads: {}, announced: {} },
      ['it was made for me on here', '/a is gone', 'helper: update before, nothing now'],
    ],
  ])('%s', (_what, now, lines) => {
    expect(staleness(PLAN, { ...PLAN, ...now })).toEqual(lines);
  });

  test('it is read again as it was written', () => {
    expect(parseSavedPlan(JSON.stringify(PLAN))).toEqual(PLAN);
    expect(parseSavedPlan(JSON.stringify({ ...PLAN, formatVersion: '1.7', more: 1 }))).not.toBeNull();
  });

  test.each([
    ['', ''],
    ['no JSON', '{'],
    ['null', 'null'],
    ['another kind', JSON.stringify({ ...PLAN, kind: 'a plan' })],
    ['a later format', JSON.stringify({ ...PLAN, formatVersion: '2.0' })],
    ['a much later format', JSON.stringify({ ...PLAN, formatVersion: '11.0' })],
    ['a format that only ends alike', JSON.stringify({ ...PLAN, formatVersion: '2.1.0' })],
    ['no salt', JSON.stringify({ ...PLAN, salt: undefined })],
    ...['reads', 'announced', 'selection'].flatMap((part) =>
      [null, [], 'text', undefined].map((value) => [
        `${part} that is ${JSON.stringify(value)}`,
        JSON.stringify({ ...PLAN, [part]: value }),
      ]),
    ),
  ])('%s is no saved plan', (_what, text) => {
    expect(parseSavedPlan(text as string)).toBeNull();
  });
});
