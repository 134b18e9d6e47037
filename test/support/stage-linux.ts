/** This machine's own Linux: a real Secret Service on a session bus of its own. Its App needs a mount namespace: test/real/app.test.ts. */
import { execa } from 'execa';
import { type Keyring, withKeyring } from './keyring.ts';
import { ITEM, type Stage } from './stage.ts';
import { KEYRING_COMMANDS, missingPackages } from './system.ts';

const ATTRIBUTES = ['service', ITEM.service, 'account', ITEM.account];
const missing = missingPackages(KEYRING_COMMANDS);

export const linuxStage: Stage = {
  name: 'linux',
  flags: [],
  store: 'secret-service',
  missing: missing.length === 0 ? null : missing.join(', '),
  hasApp: false,
  locks: true,
  defers: false,
  run: (home, play) =>
    withKeyring(home, {}, async (env, keyring: Keyring) => {
      const tool = (args: string[], input?: string) =>
        execa('secret-tool', args, { env, extendEnv: false, reject: false, ...(input === undefined ? {} : { input }) });
      await play({
        env,
        async held() {
          const { exitCode, stdout } = await tool(['lookup', ...ATTRIBUTES]);
          return exitCode === 0 ? stdout : null;
        },
        async replace(value) {
          await (value === null ? tool(['clear', ...ATTRIBUTES]) : tool(['store', '--label=x', ...ATTRIBUTES], value));
        },
        lock: () => keyring.lock(),
        unlock: () => keyring.unlock(),
        lockedStatus: 'unknown',
        app: null,
        variable: null,
        login: null,
        startsWith: () => [],
      });
    }),
};
