import { describe, expect, test } from 'vitest';
import { CodexLinkError } from '../../../src/diagnostics/diagnostics.ts';
import type { Node } from '../../../src/planner/graph.ts';
import { selected } from '../../../src/planner/selection.ts';

const NODES: readonly Node[] = [
  { address: 'secret', dependsOn: [] },
  { address: 'helper', dependsOn: ['secret'] },
  { address: 'gateway', dependsOn: ['secret'] },
  { address: 'provider', dependsOn: ['helper', 'secret', 'gateway'] },
  { address: 'accounts/a@example.com', dependsOn: [] },
  { address: 'accounts/b@example.com', dependsOn: ['gateway'] },
  { address: 'app', dependsOn: ['provider'] },
];
const ALL = NODES.map((node) => node.address);

test.each<[string, string[], string[], string[]]>([
  ['nothing said', [], [], ALL],
  ['a target without dependencies', ['secret'], [], ['secret']],
  ['a target brings what it depends on', ['provider'], [], ['secret', 'helper', 'gateway', 'provider']],
  ['two targets', ['helper', 'gateway'], [], ['secret', 'helper', 'gateway']],
  ['one of a kind', ['accounts/a@example.com'], [], ['accounts/a@example.com']],
  ['all of a kind', ['accounts'], [], ['accounts/a@example.com', 'accounts/b@example.com', 'gateway', 'secret']],
  ['an exclusion takes what depends on it', [], ['gateway'], ['secret', 'helper', 'accounts/a@example.com']],
  ['the last of the chain', [], ['app'], ALL.filter((one) => one !== 'app')],
  ['an exclusion beats a target', ['provider'], ['gateway'], ['secret', 'helper']],
  ['everything excluded', [], ['secret', 'accounts'], []],
])('%s', (_what, targets, excludes, expected) => {
  expect([...selected(NODES, { targets, excludes }).chosen].sort()).toEqual([...expected].sort());
});

test.each([
  ['--target', { targets: ['provder'], excludes: [] }, 'did you mean provider?'],
  ['--exclude', { targets: [], excludes: ['helpr'] }, 'did you mean helper?'],
  ['--exclude', { targets: [], excludes: ['schedul'] }, 'did you mean schedule?'],
  ['--target', { targets: ['provider/x'], excludes: [] }, 'there is no such resource'],
  ['--target', { targets: ['accounts/'], excludes: [] }, 'there is no such resource'],
  ['--target', { targets: ['toString'], excludes: [] }, 'there is no such resource'],
  ['--target', { targets: ['zzzzzzzz'], excludes: [] }, 'there is no such resource'],
  ['--target', { targets: ['account'], excludes: [] }, 'did you mean accounts'],
  ['--target', { targets: [''], excludes: [] }, 'there is no such resource'],
])('%s with an address that does not exist: %j', (flag, selection, hint) => {
  const error = (() => {
    try {
      return selected(NODES, selection);
    } catch (caught) {
      return caught;
    }
  })();
  expect(error).toBeInstanceOf(CodexLinkError);
  const { exitCode, findings } = error as CodexLinkError;
  expect(exitCode).toBe(64);
  expect(findings).toMatchObject([
    { code: 'CL0002', message: expect.stringContaining(flag), fix: expect.stringContaining('secret, helper') },
  ]);
  expect(findings[0]?.message).toContain(hint);
});

test('a hint is given only where an address is near', () => {
  expect(() => selected(NODES, { targets: ['zzzzzzzz'], excludes: [] })).toThrow(/there is no such resource$/);
});

describe('a known address that is not managed here', () => {
  test.each(['schedule', 'routing', 'environment', 'dotenv', 'ccs', 'variants', 'variants/x', 'accounts/c@example.com'])(
    '%s: as an exclusion nothing, as a target a warning, and the rest goes on',
    (address) => {
      expect(selected(NODES, { targets: [], excludes: [address] })).toEqual({ chosen: new Set(ALL), findings: [] });
      const { chosen, findings } = selected(NODES, { targets: [address, 'helper'], excludes: [] });
      expect([...chosen].sort()).toEqual(['helper', 'secret']);
      expect(findings).toMatchObject([
        {
          code: 'CL0040',
          severity: 'warning',
          message: expect.stringContaining(`--target ${address}: codex-link.yaml does not manage it`),
        },
      ]);
    },
  );

  test('alone, it leaves nothing; never everything', () => {
    const { chosen, findings } = selected(NODES, { targets: ['schedule'], excludes: [] });
    expect([...chosen]).toEqual([]);
    expect(findings[0]?.fix).toContain('drift.schedule');
  });

  test('a name that is nearly one is hinted at', () => {
    const { findings } = selected(NODES, { targets: ['accounts/a@exmaple.com'], excludes: [] });
    expect(findings[0]?.message).toContain('did you mean accounts/a@example.com?');
  });

  test('what only a command brings says which', () => {
    expect(selected(NODES, { targets: ['gateway-key/new'], excludes: [] }).findings[0]?.fix).toBe('codex-link rotate');
    const { findings } = selected(NODES, { targets: ['schedule'], excludes: [], of: 'use' });
    expect(findings[0]?.message).toBe('--target schedule: codex-link use has nothing to do there');
  });
});
