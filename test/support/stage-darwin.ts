/** macOS, played by the programs of test/stand-ins/macos. */
import { makeMac } from './mac.ts';
import { ITEM, type Stage } from './stage.ts';

const { service, account } = ITEM;

export const darwinStage: Stage = {
  name: 'darwin',
  flags: ['--os', 'darwin'],
  store: 'keychain',
  missing: null,
  hasApp: true,
  locks: true,
  defers: true,
  async run(home, play) {
    const mac = makeMac(home);
    await play({
      env: mac.env,
      held: async () => mac.held(service, account),
      replace: async (value) => (value === null ? mac.forget(service, account) : mac.hold({ service, account, value })),
      // As over ssh: locked, and no dialog is possible.
      lock: async () =>
        mac.change((state) => {
          state.locked = true;
          state.session = 'elsewhere';
        }),
      unlock: async () =>
        mac.change((state) => {
          state.locked = false;
          state.session = 'aqua';
        }),
      lockedStatus: 'in-sync',
      app: {
        install: ({ running }) => mac.installApp({ running }),
        isRunning: () => mac.state().app?.running === true && !mac.state().app?.quitAsked,
        launches: () => mac.state().app?.launches ?? 0,
        refuseToQuit: () =>
          mac.change(({ app }) => {
            if (app !== null) app.refuses = true;
          }),
      },
      variable: async (name) => mac.state().environment[name] ?? null,
      async login() {
        await mac.login();
        await mac.idle();
      },
      startsWith: (secret) => mac.startsWith(secret),
    });
    const { dialogs } = mac.state();
    if (dialogs.length > 0) throw new Error(`the person was asked: ${dialogs.join(', ')}`);
  },
};
