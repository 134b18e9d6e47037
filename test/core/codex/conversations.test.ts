import { describe, expect, test } from 'vitest';
import { conversations, hiddenBy } from '../../../src/codex/conversations.ts';
import { MachineDecorator } from '../../../src/machine/decorator.ts';
import { MachineError } from '../../../src/machine/machine.ts';
import { MemoryMachine } from '../../../src/machine/memory.ts';
import { desired } from '../support/desired.ts';
import { applyTo, CONFIG, planOf, verdictOf, world } from '../support/world.ts';

const HOME = '/home/me/.codex';

/** The first line of a conversation as Codex writes it, and one more. */
function rollout(payload: object): string {
  return `${JSON.stringify({ timestamp: 't', type: 'session_meta', payload })}\n${JSON.stringify({ type: 'event', payload: { model_provider: 'no' } })}\n`;
}

function place(machine: MemoryMachine, payloads: readonly object[], folder = 'sessions/2026/11/21'): void {
  payloads.forEach((payload, index) => {
    machine.place(`${HOME}/${folder}/rollout-2026-11-21T10-00-${String(index).padStart(5, '0')}.jsonl`, rollout(payload));
  });
}

const INSTRUCTIONS = { text: `say "model_provider":"fake" ${'x'.repeat(30_000)}` };

describe('counting', () => {
  const counted = async (...payloads: object[]) => {
    const machine = new MemoryMachine();
    place(machine, payloads);
    return Object.fromEntries((await conversations(machine))!.byProvider);
  };

  test.each<[string, object, object]>([
    [
      'before long instructions, as Codex 0.169 writes it',
      { source: 'exec', model_provider: 'a', base_instructions: INSTRUCTIONS },
      { a: 1 },
    ],
    ['after long instructions', { instructions: INSTRUCTIONS, source: 'cli', model_provider: 'a' }, { a: 1 }],
    ['in the instructions only', { instructions: INSTRUCTIONS }, {}],
    ['nowhere', { source: 'cli' }, {}],
    ['of a subagent', { source: { subagent: { thread_spawn: {} } }, model_provider: 'a', base_instructions: INSTRUCTIONS }, {}],
    ['of a subagent, after long instructions', { instructions: INSTRUCTIONS, source: { subagent: {} }, model_provider: 'a' }, {}],
    ['behind more than anybody would write', { instructions: 'x'.repeat(300_000), model_provider: 'a' }, {}],
  ])('the provider stands %s', async (_what, payload, expected) => {
    expect(await counted(payload)).toEqual(expected);
  });

  test('goes through all years and the archive, and no other files', async () => {
    const machine = new MemoryMachine();
    place(machine, [{ model_provider: 'a' }, { model_provider: 'b' }]);
    place(machine, [{ model_provider: 'a' }], 'sessions/2025/01/02');
    place(machine, [{ model_provider: 'a' }], 'archived_sessions');
    place(machine, [{ model_provider: 'a' }], 'sessions/old');
    machine.place(`${HOME}/sessions/2026/11/21/notes.jsonl`, rollout({ model_provider: 'a' }));
    machine.place(`${HOME}/sessions/2026/11/21/rollout-broken.jsonl`, '{"type":"sess');
    const found = await conversations(machine);
    expect([Object.fromEntries(found!.byProvider), found!.complete]).toEqual([{ a: 3, b: 1 }, true]);
  });

  test('stops after the newest thousand, and reads only their beginnings', async () => {
    const machine = new MemoryMachine();
    place(
      machine,
      Array.from({ length: 1001 }, () => ({ model_provider: 'old', base_instructions: INSTRUCTIONS })),
      'sessions/2025/01/01',
    );
    place(machine, [{ model_provider: 'new', base_instructions: INSTRUCTIONS }]);
    const read: (number | undefined)[] = [];
    class Counting extends MachineDecorator {
      override read(path: string, limit?: number) {
        read.push(limit);
        return this.inner.read(path, limit);
      }
    }
    const found = await conversations(new Counting(machine));
    expect([Object.fromEntries(found!.byProvider), found!.complete]).toEqual([{ old: 999, new: 1 }, false]);
    expect([...new Set(read)]).toEqual([4096]);
  });

  test('gives nothing when there is nothing, and null when it cannot look', async () => {
    expect((await conversations(new MemoryMachine()))?.byProvider.size).toBe(0);
    class Locked extends MachineDecorator {
      override async list(path: string): Promise<readonly string[]> {
        throw new MachineError('EACCES', path, path);
      }
    }
    const machine = new MemoryMachine();
    place(machine, [{ model_provider: 'a' }]);
    expect(await conversations(new Locked(machine))).toBeNull();
  });
});

describe('what is told', () => {
  const counts = (complete: boolean, ...pairs: [string, number][]) => ({ byProvider: new Map(pairs), complete });
  const KNOWN = new Set(['openai', 'cliproxy']);

  test.each<[string, Parameters<typeof hiddenBy>, readonly string[]]>([
    [
      'many',
      [counts(true, ['openai', 12], ['cliproxy', 3]), 'openai', 'cliproxy', KNOWN],
      ['12 conversations under openai are hidden while cliproxy is selected, and come back with openai'],
    ],
    [
      'one',
      [counts(true, ['openai', 1]), 'openai', 'cliproxy', KNOWN],
      ['1 conversation under openai is hidden while cliproxy is selected, and comes back with openai'],
    ],
    [
      'more than were counted',
      [counts(false, ['openai', 1]), 'openai', 'cliproxy', KNOWN],
      ['at least 1 conversations under openai are hidden while cliproxy is selected, and come back with openai'],
    ],
    ['none', [counts(true, ['cliproxy', 3]), 'openai', 'cliproxy', KNOWN], []],
    ['no change of the selector', [counts(true, ['openai', 3]), 'openai', 'openai', KNOWN], []],
    [
      'a table that is gone',
      [counts(true, ['gone', 2]), 'openai', 'cliproxy', KNOWN],
      ['2 conversations under gone cannot be opened: config.toml has no table model_providers.gone'],
    ],
  ])('%s', (_what, given, expected) => {
    expect(hiddenBy(...given)).toEqual(expected);
  });
});

describe('in a plan', () => {
  test('they are counted only when the selector or the id changes', async () => {
    const { machine } = world();
    place(machine, [{ model_provider: 'openai' }, { model_provider: 'openai' }, { model_provider: 'cliproxy' }]);
    const opened: string[] = [];
    class Spying extends MachineDecorator {
      override read(path: string, limit?: number) {
        if (path.includes('rollout')) opened.push(path);
        return this.inner.read(path, limit);
      }
    }
    const notes = async (id: string) =>
      verdictOf(await planOf(new Spying(machine), desired({ provider: { id } })), 'provider').consequences;
    expect(await notes('cliproxy')).toContain(
      '2 conversations under openai are hidden while cliproxy is selected, and come back with openai',
    );
    await applyTo(machine, desired());
    opened.length = 0;
    expect(await notes('cliproxy')).toEqual([]);
    machine.place(CONFIG, (machine.text(CONFIG) ?? '').replace('/v1', '/else'));
    expect(await notes('cliproxy')).toEqual([expect.stringContaining('open threads')]);
    expect(opened).toEqual([]);
    expect(await notes('codex-link')).toContain(
      '1 conversation under cliproxy is hidden while codex-link is selected, and comes back with cliproxy',
    );
    expect(opened).toHaveLength(3);
  });
});
