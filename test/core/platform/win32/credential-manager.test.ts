/** The Credential Manager, against the stand-in for our program that reaches it. The program itself is tested under Wine. */
import { describe, expect, test } from 'vitest';
import { ReadOnlyMachine } from '../../../../src/machine/read-only.ts';
import { credentialManager } from '../../../../src/platform/win32/credential-manager.ts';
import { Secret } from '../../../../src/secret.ts';
import { answering, codeOf, onPc } from './on-pc.ts';

const ITEM = { service: 'CLIPROXY_API_KEY', account: 'me' };
const TOKEN = 'test-token\'with"signs\\$`#%';

test('an item is written, read, replaced and removed, with the value never in argv', () =>
  onPc(async ({ machine, pc }) => {
    expect(await credentialManager.unavailable(machine)).toBeNull();
    expect(await credentialManager.read(machine, ITEM)).toBeNull();
    await credentialManager.write(machine, ITEM, new Secret('first'));
    await credentialManager.write(machine, ITEM, new Secret(TOKEN));
    expect((await credentialManager.read(machine, ITEM))?.reveal()).toBe(TOKEN);
    expect(await credentialManager.read(machine, { ...ITEM, account: 'another' })).toBeNull();
    await credentialManager.remove(machine, ITEM);
    await credentialManager.remove(machine, ITEM);
    expect(pc.state().credentials).toEqual({});
    expect(pc.startsWith(TOKEN)).toEqual([]);
  }));

test('reading is reading', () =>
  onPc(async ({ machine, pc }) => {
    pc.hold(ITEM.service, ITEM.account, 'token');
    const readOnly = new ReadOnlyMachine(machine);
    expect((await credentialManager.read(readOnly, ITEM))?.reveal()).toBe('token');
    expect(await codeOf(credentialManager.write(readOnly, ITEM, new Secret('x')))).toBe('MachineError');
    expect(await codeOf(credentialManager.remove(readOnly, ITEM))).toBe('MachineError');
    expect(pc.held(ITEM.service, ITEM.account)).toBe('token');
  }));

test('the longest value goes in, a longer one is refused and the old one stays', () =>
  onPc(async ({ machine, pc }) => {
    await credentialManager.write(machine, ITEM, new Secret('x'.repeat(1280)));
    expect(await codeOf(credentialManager.write(machine, ITEM, new Secret('y'.repeat(1281))))).toBe('CL3051');
    expect(pc.held(ITEM.service, ITEM.account)).toBe('x'.repeat(1280));
  }));

describe('what it does not believe', () => {
  test.each([
    ['a program that does nothing and says that all is well', { stdout: '' }, 'CL3051'],
    ['one that fails', { code: 2, stderr: 'Access denied' }, 'CL3051'],
    ['one that crashes', { code: 134 }, 'CL3051'],
  ])('%s', async (_what, answer, code) => {
    await onPc(async ({ machine }) => {
      expect(
        await codeOf(credentialManager.write(answering(machine, 'codex-link-credential', answer), ITEM, new Secret('x'))),
      ).toBe(code);
    });
  });

  test('an item that is still there after its removal', () =>
    onPc(async ({ machine }) => {
      const stubborn = answering(machine, 'codex-link-credential', { stdout: 'still' });
      expect(await codeOf(credentialManager.remove(stubborn, ITEM))).toBe('CL3051');
    }));
});

test('without the optional package it is unavailable, which is not absent', () =>
  onPc(async ({ machine, pc }) => {
    pc.change((state) => void Object.assign(state, { noModule: true }));
    const finding = await credentialManager.unavailable(machine);
    expect(finding).toMatchObject({ code: 'CL3050', severity: 'warning' });
    expect(await codeOf(credentialManager.read(machine, ITEM))).toBe('CL3050');
  }));
