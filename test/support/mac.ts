/** A simulated Mac around a fresh home: the programs of test/stand-ins/macos, and a hand on what happens there. */
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { unveiled, veiled } from '../stand-ins/veil.mjs';
import type { Environment, FreshHome } from './fresh-home.ts';
import { holds } from './leaks.ts';

const STAND_INS = fileURLToPath(new URL('../stand-ins/macos', import.meta.url));
const BUNDLE = 'com.openai.codex';

/** What the stand-ins keep of the Mac; see test/stand-ins/macos/mac.mjs. */
export interface MacState {
  /** In front of the Mac; elsewhere (ssh) while somebody is logged in there; elsewhere and nobody is. */
  session: 'aqua' | 'elsewhere' | 'none';
  locked: boolean;
  /** There is none. */
  noKeychain?: boolean;
  /** What the person does with a dialog; `none` is to cancel it. */
  dialog: 'none' | 'allow' | 'deny' | 'wait';
  /** Every dialog that came up. */
  dialogs: string[];
  /** Whether apps may be asked to quit (System Settings, Automation). */
  automation: 'allowed' | 'refused';
  spotlight?: boolean;
  /** Variables of the desktop session. */
  environment: Record<string, string>;
  agents: Record<string, { path: string; runs: number; pid: number | null }>;
  app: {
    id: string;
    path: string;
    executable?: string;
    running?: boolean;
    quitAsked?: number | null;
    /** Time from the request to quit to the end of the window, and of the engine. */
    windowMs?: number;
    engineMs?: number;
    refuses?: boolean;
    launches?: number;
  } | null;
}

/** One start of a stand-in. `by`: the label of the LaunchAgent that it came from. */
export interface Start {
  readonly program: string;
  readonly argv: readonly string[];
  readonly by: string | null;
}

export interface KeychainItem {
  account: string;
  service: string;
  label: string;
  /** Not in clear: see `hold`. */
  data: string;
  trusted: string[] | 'any';
  created: string;
  modified: string;
}

export interface Mac {
  readonly env: Environment;
  state(): MacState;
  change(edit: (state: MacState) => void): void;
  /** What happens at a login to the desktop; resolves when every agent has been started. */
  login(): Promise<void>;
  /** Waits until no agent runs any more. */
  idle(): Promise<void>;
  starts(): Start[];
  /** Starts with the secret in an argument, but for the one that macOS has no other way for: our agent's `launchctl setenv`. */
  startsWith(secret: string): Start[];
  items(): KeychainItem[];
  /** The value of an item; null for none. */
  held(service: string, account: string): string | null;
  /** Puts an item into the keychain as another program would. `trusted` default: as `security` itself does. */
  hold(item: { service: string; account: string; value: string; trusted?: string[] | 'any' }): void;
  forget(service: string, account: string): void;
  /** Puts Codex App into ~/Applications. */
  installApp(options?: { name?: string; id?: string; running?: boolean }): void;
  run(
    program: string,
    args: readonly string[],
    input?: string,
  ): Promise<{ code: number | undefined; stdout: string; stderr: string }>;
}

function isAlive(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

/** Makes one. Its programs stand in a folder of their own, started by the very Node that runs the test. */
export function makeMac(home: FreshHome): Mac {
  const folder = join(dirname(home.home), 'mac');
  const bin = join(folder, 'bin');
  mkdirSync(bin, { recursive: true });
  for (const name of readdirSync(join(STAND_INS, 'bin'))) {
    const script = `#!${process.execPath}\nimport(${JSON.stringify(join(STAND_INS, `${name}.mjs`))});\n`;
    writeFileSync(join(bin, name), script);
    chmodSync(join(bin, name), 0o755);
  }
  const env: Environment = { ...home.env, PATH: `${bin}:${home.env.PATH}` };
  const session = join(folder, 'session.json');
  const keychain = home.path('Library/Keychains/login.keychain-db');
  const blank: MacState = {
    ...{
      session: 'aqua',
      locked: false,
      dialog: 'none',
      dialogs: [],
      automation: 'allowed',
      environment: {},
      agents: {},
      app: null,
    },
  };
  const state = (): MacState => (existsSync(session) ? { ...blank, ...JSON.parse(readFileSync(session, 'utf8')) } : { ...blank });
  const items = (): KeychainItem[] => (existsSync(keychain) ? JSON.parse(readFileSync(keychain, 'utf8')) : []);
  const keep = (list: KeychainItem[]) => void home.write('Library/Keychains/login.keychain-db', JSON.stringify(list), 0o600);
  const find = (service: string, account: string) => items().find((one) => one.service === service && one.account === account);
  const run: Mac['run'] = async (program, args, input) => {
    const options = { env, extendEnv: false, reject: false, cwd: home.work, timeout: 30_000 } as const;
    const ran = await execa(
      join(bin, program),
      args,
      input === undefined ? { ...options, stdin: 'ignore' } : { ...options, input },
    );
    return { code: ran.exitCode, stdout: ran.stdout, stderr: ran.stderr };
  };
  const starts = (): Start[] => {
    const log = join(folder, 'argv.log');
    const lines = existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : [];
    return lines.filter(Boolean).map((line) => JSON.parse(line) as Start);
  };
  const change = (edit: (state: MacState) => void) => {
    const next = state();
    edit(next);
    writeFileSync(session, JSON.stringify(next));
  };

  return {
    env,
    state,
    change,
    async login() {
      const options = { env, extendEnv: false, cwd: home.work, stdin: 'ignore' } as const;
      await execa(process.execPath, [join(STAND_INS, 'login.mjs')], options);
    },
    async idle() {
      for (let waited = 0; waited < 30_000; waited += 50) {
        if (!Object.values(state().agents).some(({ pid }) => pid !== null && isAlive(pid))) return;
        await new Promise((done) => setTimeout(done, 50));
      }
      throw new Error('an agent still runs');
    },
    starts,
    startsWith: (secret) =>
      starts().filter(({ program, argv, by }) => {
        const byAgent = program === 'launchctl' && argv[0] === 'setenv' && by === 'codex-link.environment';
        return !byAgent && argv.some((word) => holds(word, secret));
      }),
    items,
    held(service, account) {
      const item = find(service, account);
      return item === undefined ? null : unveiled(item.data).toString();
    },
    hold({ service, account, value, trusted = ['/usr/bin/security'] }) {
      const now = new Date().toISOString();
      const rest = items().filter((one) => one.service !== service || one.account !== account);
      const data = veiled(value);
      keep([...rest, { account, service, label: service, data, trusted, created: now, modified: now }]);
    },
    forget: (service, account) => keep(items().filter((one) => one.service !== service || one.account !== account)),
    installApp({ name = 'ChatGPT', id = BUNDLE, running = false } = {}) {
      const path = home.path('Applications', `${name}.app`);
      const info = `<?xml version="1.0" encoding="UTF-8"?>\n<plist version="1.0"><dict><key>CFBundleIdentifier</key><string>${id}</string></dict></plist>\n`;
      home.write(`Applications/${name}.app/Contents/Info.plist`, info);
      change((now) => {
        now.app = { id, path, executable: name, running, launches: 0 };
      });
    },
    run,
  };
}
