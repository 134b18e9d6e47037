/** Codex App on macOS, against the stand-ins for osascript, open, mdfind, ps and plutil. */
import { expect, test } from 'vitest';
import { findCodex } from '../../../../src/codex/staged.ts';
import { macApp } from '../../../../src/platform/darwin/app.ts';
import { codeOf, onMac } from './on-mac.ts';

test.each(['ChatGPT', 'Codex'])(
  '%s.app is known by its id, asked to quit, waited for with its engine, and opened again',
  (name) =>
    onMac(async ({ machine, mac, home }) => {
      mac.installApp({ name, running: true });
      const app = await macApp.find(machine);
      const path = home.path(`Applications/${name}.app/Contents`);
      expect(app).toMatchObject({ installed: true, outOfReach: null });
      expect(app.processes.map((one) => one.name)).toEqual([`${path}/MacOS/${name}`, `${path}/Resources/codex`]);
      mac.change((state) => void Object.assign(state.app ?? {}, { windowMs: 10, engineMs: 700 }));
      const began = Date.now();
      expect(await macApp.quit(machine, app, 5000)).toBe(true);
      expect(Date.now() - began).toBeGreaterThan(600);
      expect((await macApp.find(machine)).processes).toEqual([]);
      await macApp.reopen(machine);
      expect([mac.state().app?.launches, (await macApp.find(machine)).processes.length]).toEqual([1, 2]);
    }),
);

test('the chat app is not Codex App, whatever its file is called', () =>
  onMac(async ({ machine, mac }) => {
    mac.installApp({ name: 'ChatGPT', id: 'com.openai.chat', running: true });
    expect(await macApp.find(machine)).toEqual({ installed: false, processes: [], outOfReach: null });
  }));

test('it is found elsewhere, too', () =>
  onMac(async ({ machine, mac, home }) => {
    mac.installApp({ running: true });
    mac.change((state) => void Object.assign(state.app ?? {}, { path: home.path('Desktop/ChatGPT.app') }));
    await machine.remove(home.path('Applications/ChatGPT.app/Contents/Info.plist'));
    expect((await macApp.find(machine)).processes).toHaveLength(2);
  }));

test('what does not quit is left alone', () =>
  onMac(async ({ machine, mac }) => {
    mac.installApp({ running: true });
    mac.change((state) => void Object.assign(state.app ?? {}, { refuses: true }));
    expect(await macApp.quit(machine, await macApp.find(machine), 500)).toBe(false);
    expect(mac.starts().map((one) => one.program)).not.toContain('kill');
  }));

test('without the permission Automation, and over ssh, it is left to the person', () =>
  onMac(async ({ machine, mac }) => {
    mac.installApp({ running: true });
    mac.change((state) => void Object.assign(state, { automation: 'refused' }));
    const app = await macApp.find(machine);
    expect(await codeOf(macApp.quit(machine, app, 500))).toBe('CL6010 Deferred');
    mac.change((state) => void Object.assign(state, { session: 'elsewhere' }));
    expect((await macApp.find(machine)).outOfReach).toMatch(/no desktop session/);
    expect(await codeOf(macApp.quit(machine, app, 500))).toBe('CL6011 Deferred');
    expect(mac.starts().filter(({ program }) => program === 'osascript')).toHaveLength(1);
  }));

test('the codex of the App serves whoever has no other one', () =>
  onMac(async ({ machine, mac, home }) => {
    mac.installApp();
    Object.assign(machine.facts, { env: { ...mac.env, PATH: '/nowhere' } });
    expect(await findCodex(machine)).toBeNull();
    const inside = home.write('Applications/ChatGPT.app/Contents/Resources/codex', '', 0o755);
    expect(await findCodex(machine)).toBe(inside);
  }));
