import { expect, test } from 'vitest';
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
  expect([...selected(NODES, { targets, excludes })].sort()).toEqual([...expected].sort());
});

test.each([
  ['--target', { targets: ['provder'], excludes: [] }, 'did you mean provider?'],
  ['--exclude', { targets: [], excludes: ['helpr'] }, 'did you mean helper?'],
  ['--target', { targets: ['accounts/c@example.com'], excludes: [] }, 'accounts/c@example.com'],
  ['--target', { targets: ['zzzzzzzz'], excludes: [] }, 'there is no such resource'],
  ['--target', { targets: ['account'], excludes: [] }, '--target account'],
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
