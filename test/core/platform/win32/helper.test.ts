import { expect, test } from 'vitest';
import { Ccs } from '../../../../src/ccs/ccs.ts';
import { windows } from '../../../../src/platform/win32/windows.ts';
import { helperResource } from '../../../../src/resources/helper.ts';
import { Token } from '../../../../src/resources/token.ts';
import { desired } from '../../support/desired.ts';
import { codeOf, onPc } from './on-pc.ts';

test.each([
  ['cliproxy-token.ps1', null],
  ['cliproxy-token', 'CL3056'],
  ['cliproxy-token.cmd', 'CL3056'],
])('a helper called %s', (name, code) =>
  onPc(async ({ machine, home }) => {
    const wanted = desired({ helper: { path: home.path('.codex', 'bin', name) } });
    const helper = helperResource(wanted, new Token(wanted, windows, new Ccs(), null), windows);
    expect(await codeOf(helper.read(machine))).toBe(code);
  }),
);
