import { describe, expect, test } from 'vitest';
import type { Desired } from '../../../src/config/desired.ts';
import { ManualStep } from '../../../src/diagnostics/diagnostics.ts';
import { MemoryMachine } from '../../../src/machine/memory.ts';
import { linux } from '../../../src/platform/linux/linux.ts';
import type { AppState, Platform } from '../../../src/platform/platform.ts';
import { appResource } from '../../../src/resources/app.ts';
import { verificationResource } from '../../../src/resources/verification.ts';
import { desired } from '../support/desired.ts';

const machine = new MemoryMachine();
const RUNNING: AppState = { installed: true, processes: [{ pid: 1, name: '/opt/chatgpt/chatgpt' }], outOfReach: null };

const OVER_SSH: AppState = { ...RUNNING, outOfReach: 'it waits for the desktop' };

/** An App that quits, or does not, and what was done to it. */
function platformWith(app: AppState, quits = true): { platform: Platform; done: string[] } {
  const done: string[] = [];
  const control = {
    find: async () => app,
    quit: async (_machine: unknown, _app: unknown, timeoutMs: number) => {
      done.push(`quit ${timeoutMs}`);
      return quits;
    },
    reopen: async () => void done.push('reopen'),
  };
  return { platform: { ...linux, app: control }, done };
}

// installed and running, what changes, restart, status
test.each<[string, AppState, string[], Desired['app']['restart'], string, RegExp]>([
  ['not installed', { installed: false, processes: [], outOfReach: null }, ['provider'], 'on-change', 'in-sync', /not installed/],
  ['not running', { installed: true, processes: [], outOfReach: null }, ['provider'], 'on-change', 'in-sync', /not running/],
  ['nothing changes', RUNNING, [], 'on-change', 'in-sync', /nothing that Codex App reads/],
  [
    'what it does not read changes',
    RUNNING,
    ['gateway', 'helper', 'verification'],
    'on-change',
    'in-sync',
    /nothing that Codex App reads/,
  ],
  ['its configuration changes', RUNNING, ['provider'], 'on-change', 'run', /^provider changes, which/],
  ['two things change', RUNNING, ['secret', 'provider'], 'on-change', 'run', /^provider and secret change, which/],
  ['its environment changes', RUNNING, ['dotenv'], 'on-change', 'run', /^dotenv changes/],
  ['it may not be restarted', RUNNING, ['provider'], 'never', 'unmanaged', /restart Codex App yourself/],
  ['it is out of reach', OVER_SSH, ['provider'], 'on-change', 'deferred', /it waits for the desktop/],
  ['it is out of reach, and nothing changes', OVER_SSH, [], 'on-change', 'in-sync', /nothing that Codex App reads/],
  ['it is out of reach, and may not be restarted', OVER_SSH, ['provider'], 'never', 'unmanaged', /restart Codex App yourself/],
])('%s', async (_what, app, changing, restart, status, reason) => {
  const resource = appResource(desired({ app: { restart } }), platformWith(app).platform, []);
  const verdict = resource.diff(await resource.read(machine), new Set(changing));
  expect(verdict).toMatchObject({ status, reason: expect.stringMatching(reason) });
});

describe('a restart', () => {
  const app = { restart: 'on-change', quitTimeoutSeconds: 7 } as const;

  test('waits as long as it may, then opens it again', async () => {
    const { platform, done } = platformWith(RUNNING);
    await appResource(desired({ app }), platform, []).converge(machine, RUNNING, () => {});
    expect(done).toEqual(['quit 7000', 'reopen']);
  });

  test('of one that does not quit is for a person to do', async () => {
    const { platform, done } = platformWith(RUNNING, false);
    const error = await appResource(desired({ app }), platform, [])
      .converge(machine, RUNNING, () => {})
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ManualStep);
    expect((error as ManualStep).finding).toMatchObject({
      code: 'CL6001',
      message: expect.stringContaining('within 7 s'),
      resource: 'app',
    });
    expect(done).toEqual(['quit 7000']);
  });
});

test('the verification runs when something that it depends on changes', async () => {
  const resource = verificationResource(desired(), linux, ['secret', 'provider']);
  expect(await resource.read(machine)).toBe(null);
  expect(resource.diff(null, new Set()).status).toBe('in-sync');
  expect(resource.diff(null, new Set(['accounts/x'])).status).toBe('in-sync');
  expect(resource.diff(null, new Set(['provider'])).status).toBe('run');
});
