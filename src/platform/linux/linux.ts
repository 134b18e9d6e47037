import { fileStore } from '../file-store.ts';
import type { Platform } from '../platform.ts';
import { linuxApp } from './app.ts';
import { listensBeyondLoopback, programOn } from './listener.ts';
import { secretService } from './secret-service.ts';
import { sessionVariables } from './session-environment.ts';

export const linux: Platform = {
  os: 'linux',
  secretStore: (kind) => (kind === 'secret-service' ? secretService : fileStore),
  automaticStores: ['secret-service', 'file'],
  app: linuxApp,
  // systemd reads it for every session of the user: environment.d(5).
  environmentFile: ({ facts }) => `${facts.env.XDG_CONFIG_HOME || `${facts.home}/.config`}/environment.d/60-codex-link.conf`,
  sessionVariables,
  programOn,
  listensBeyondLoopback,
};
