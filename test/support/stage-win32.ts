/** Windows, played by the programs of test/stand-ins/windows. What Wine has of Windows is tested in test/windows. */
import { makePc } from './pc.ts';
import { ITEM, type Stage } from './stage.ts';

const { service, account } = ITEM;

export const win32Stage: Stage = {
  name: 'win32',
  flags: ['--os', 'win32'],
  store: 'credential-manager',
  missing: null,
  hasApp: true,
  // The Credential Manager is open as long as its user is logged in.
  locks: false,
  defers: false,
  helper: { ending: '.ps1', hasMode: false },
  async run(home, play) {
    const pc = makePc(home);
    await play({
      env: pc.env,
      held: async () => pc.held(service, account),
      replace: async (value) => pc.hold(service, account, value),
      lock: () => Promise.reject(new Error('it has no lock')),
      unlock: () => Promise.reject(new Error('it has no lock')),
      lockedStatus: 'unknown',
      app: {
        install: pc.installApp,
        isRunning: () => pc.state().app?.running === true && !pc.state().app?.closed,
        launches: () => pc.state().app?.launches ?? 0,
        refuseToQuit: () =>
          pc.change(({ app }) => {
            if (app !== null) app.refuses = true;
          }),
      },
      variable: async (name) => pc.variable(name),
      login: null,
      startsWith: (secret) => pc.startsWith(secret),
    });
  },
};
