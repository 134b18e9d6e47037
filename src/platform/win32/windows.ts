import type { Platform } from '../platform.ts';
import { windowsApp } from './app.ts';
import { credentialManager } from './credential-manager.ts';
import { windowsFileStore } from './file-store.ts';
import { listensBeyondLoopback, programOn } from './listener.ts';
import { powershellHelper } from './powershell.ts';
import { readableByOthers } from './privacy.ts';
import { registry, sessionVariables } from './registry.ts';
import { taskScheduler } from './scheduler.ts';

export const windows: Platform = {
  os: 'win32',
  stores: [credentialManager, windowsFileStore],
  helper: powershellHelper,
  app: windowsApp,
  environment: { kind: 'store', ...registry },
  schedulers: [taskScheduler],
  sessionVariables,
  programOn,
  listensBeyondLoopback,
  readableByOthers,
};
