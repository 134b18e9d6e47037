import { fileStore } from '../file-store.ts';
import { passStore } from '../pass-store.ts';
import type { Platform } from '../platform.ts';
import { posixHelper } from '../posix-helper.ts';
import { linuxApp } from './app.ts';
import { crontab } from './crontab.ts';
import { listensBeyondLoopback, programOn } from './listener.ts';
import { secretService } from './secret-service.ts';
import { sessionVariables } from './session-environment.ts';
import { systemdTimer } from './systemd-timer.ts';

export const linux: Platform = {
  os: 'linux',
  stores: [secretService, passStore, fileStore],
  helper: posixHelper,
  app: linuxApp,
  environment: {
    kind: 'file',
    // systemd reads it for every session of the user: environment.d(5).
    path: ({ facts }) => `${facts.env.XDG_CONFIG_HOME || `${facts.home}/.config`}/environment.d/60-codex-link.conf`,
  },
  schedulers: [systemdTimer, crontab],
  sessionVariables,
  programOn,
  listensBeyondLoopback,
};
