import { fileStore } from '../file-store.ts';
import { passStore } from '../pass-store.ts';
import type { Platform } from '../platform.ts';
import { posixHelper } from '../posix-helper.ts';
import { macApp } from './app.ts';
import { finishAtLogin } from './finish-later.ts';
import { keychain } from './keychain.ts';
import { listensBeyondLoopback, programOn } from './listener.ts';
import { launchAgent } from './scheduler.ts';
import { launchdEnvironment, sessionVariables } from './session-environment.ts';

/** macOS. Written against Apple's source and documents, and tested with stand-ins; docs/os-support.md says what no Mac has shown yet. */
export const darwin: Platform = {
  os: 'darwin',
  stores: [keychain, passStore, fileStore],
  helper: posixHelper,
  app: macApp,
  environment: { kind: 'store', ...launchdEnvironment },
  later: finishAtLogin,
  schedulers: [launchAgent],
  sessionVariables,
  programOn,
  listensBeyondLoopback,
};
