/** Codex App on Windows, and who listens on a port, against the stand-ins. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { windowsApp } from '../../../../src/platform/win32/app.ts';
import { listensBeyondLoopback, programOn } from '../../../../src/platform/win32/listener.ts';
import { readableByOthers } from '../../../../src/platform/win32/privacy.ts';
import { answering, codeOf, onPc } from './on-pc.ts';

describe('the App', () => {
  test('that is not installed costs nothing', () =>
    onPc(async ({ machine, pc }) => {
      expect(await windowsApp.find(machine)).toEqual({ installed: false, processes: [], outOfReach: null });
      expect(pc.starts()).toEqual([]);
    }));

  test('that is not running is found so without PowerShell', () =>
    onPc(async ({ machine, pc }) => {
      pc.installApp({ running: false });
      expect(await windowsApp.find(machine)).toEqual({ installed: true, processes: [], outOfReach: null });
      expect(pc.starts().map(({ program }) => program)).toEqual(['tasklist']);
    }));

  test('is closed, waited for with its engine, and opened by its identity', () =>
    onPc(async ({ machine, pc }) => {
      pc.installApp({ running: true });
      pc.change(({ app }) => void Object.assign(app ?? {}, { windowMs: 100, engineMs: 1200 }));
      const app = await windowsApp.find(machine);
      expect(app.processes.map(({ pid }) => pid)).toEqual([4101, 4102]);
      const began = Date.now();
      expect(await windowsApp.quit(machine, app, 10_000)).toBe(true);
      expect(Date.now() - began).toBeGreaterThan(1000);
      await windowsApp.reopen(machine);
      expect(pc.state().app).toMatchObject({ running: true, closed: null, launches: 1 });
    }));

  test('that does not close is left alone', () =>
    onPc(async ({ machine, pc }) => {
      pc.installApp({ running: true });
      pc.change(({ app }) => void Object.assign(app ?? {}, { refuses: true }));
      expect(await windowsApp.quit(machine, await windowsApp.find(machine), 800)).toBe(false);
      expect(pc.state().app?.closed ?? null).toBe(null);
      expect(pc.starts().filter(({ program }) => program === 'taskkill')).toEqual([]);
    }));

  test('of another desktop is out of reach', () =>
    onPc(async ({ machine, pc }) => {
      pc.installApp({ running: true });
      Object.assign(machine, { facts: { ...machine.facts, env: { ...pc.env, SSH_CONNECTION: '192.0.2.1 1 192.0.2.2 22' } } });
      expect((await windowsApp.find(machine)).outOfReach).toMatch(/ssh/);
    }));

  test.each(['tasklist.exe', 'powershell.exe'])('a %s that lists nothing is not believed', (program) =>
    onPc(async ({ machine, pc }) => {
      pc.installApp({ running: true });
      expect(await codeOf(windowsApp.find(answering(machine, program, {})))).toBe('CL6020');
    }),
  );
});

describe('a port', () => {
  const listening = async (host: string, use: (port: number) => Promise<void>) => {
    const server = createServer();
    await new Promise<void>((done) => server.listen(0, host, done));
    try {
      await use((server.address() as AddressInfo).port);
    } finally {
      server.close();
    }
  };

  test.each([
    ['127.0.0.1', false],
    ['0.0.0.0', true],
  ])('that %s listens on: beyond loopback %s, in any language', (host, beyond) =>
    onPc(({ machine }) =>
      listening(host, async (port) => {
        expect(await listensBeyondLoopback(machine, port)).toBe(beyond);
        expect(await programOn(machine, port)).toMatchObject({ pid: process.pid });
        // A netstat that tells nothing, as under Wine.
        expect(await listensBeyondLoopback(answering(machine, 'netstat.exe', {}), port)).toBe(beyond);
        expect(await programOn(machine, port)).toBe(null);
      }),
    ),
  );

  test('its program has a path where that was asked for, and PowerShell tells it', () =>
    onPc(({ machine, pc }) =>
      listening('127.0.0.1', async (port) => {
        const started = () => pc.starts().filter(({ program }) => program === 'powershell').length;
        const path = 'C:\\Users\\t\\.ccs\\cliproxy\\bin\\original\\cli-proxy-api.exe';
        const byName = await programOn(machine, port);
        expect([byName?.name.endsWith('.exe'), started()]).toEqual([true, 0]);
        expect(await programOn(machine, port, 'path')).toEqual(byName); // of somebody else's it tells nothing
        pc.change((state) => void Object.assign(state, { paths: { [process.pid]: path } }));
        expect(await programOn(machine, port, 'path')).toEqual({ pid: process.pid, name: path });
        for (const stdout of ['', 'Get-Process : no such\r\n', `${path}\r\n${path}\r\n`])
          expect(await programOn(answering(machine, 'powershell.exe', { stdout }), port, 'path')).toEqual(byName);
      }),
    ));

  test.each([
    ['[::1]:8317', false],
    ['[::]:8317', true],
    ['192.0.2.7:8317', true],
    ['127.0.0.1:18317', false],
  ])('%s: %s', (address, beyond) =>
    onPc(async ({ machine }) => {
      const other = address.startsWith('[') ? '[::]:0' : '0.0.0.0:0';
      const rows = `  TCP    ${address}    ${other}    LISTENING    77\r\n  TCP    127.0.0.1:8317    127.0.0.1:50000    ESTABLISHED    78\r\n`;
      expect(await listensBeyondLoopback(answering(machine, 'netstat.exe', { stdout: rows }), 8317)).toBe(beyond);
    }),
  );
});

describe('who may read a file', () => {
  test('the user alone, a group, or nobody knows', () =>
    onPc(async ({ machine, pc, home }) => {
      const file = home.write('.codex/.env', 'X=1\n');
      expect(await readableByOthers(machine, file)).toBe(null);
      pc.change((state) => void Object.assign(state.openTo, { [file]: ['S-1-5-32-545'] }));
      const open = await readableByOthers(machine, file);
      expect(open).toMatchObject({ code: 'CL3054', file });
      expect(open?.message).toContain('Users');
      expect(open?.fix).toContain('icacls');
      // Exit code 0 and not a word, as under Wine.
      expect(await readableByOthers(answering(machine, 'icacls.exe', {}), file)).toMatchObject({
        code: 'CL3055',
        severity: 'info',
      });
    }));
});
