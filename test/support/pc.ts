/** A simulated PC around a fresh home: the programs of test/stand-ins/windows, and a hand on what happens there. */
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { unveiled, veiled } from '../stand-ins/veil.mjs';
import type { Environment, FreshHome } from './fresh-home.ts';
import { holds } from './leaks.ts';

const STAND_INS = fileURLToPath(new URL('../stand-ins/windows', import.meta.url));
const PACKAGE = 'AppData/Local/Packages/OpenAI.Codex_2p2nqsd0c76g0';

/** What the stand-ins keep of the PC; see test/stand-ins/windows/pc.mjs. */
export interface PcState {
  /** HKCU\Environment. Values are not in clear. */
  environment: Record<string, { type: string; value: string }>;
  /** Items of the Credential Manager by their name, ACCOUNT.SERVICE; not in clear. */
  credentials: Record<string, string>;
  /** The native module is missing. */
  noModule?: boolean;
  /** Groups, as S-1-…, that may read a file besides its owner. */
  openTo: Record<string, string[]>;
  /** Paths of programs by their number; without one PowerShell tells none. */
  paths?: Record<number, string>;
  /** How often the desktop was told of a new environment. */
  broadcasts: number;
  app: {
    running?: boolean;
    /** When its window was closed. */
    closed?: number | null;
    /** Time from there to the end of the window, and of the engine. */
    windowMs?: number;
    engineMs?: number;
    /** Its window asks something instead of closing. */
    refuses?: boolean;
    launches?: number;
  } | null;
}

export interface Pc {
  readonly env: Environment;
  state(): PcState;
  change(edit: (state: PcState) => void): void;
  /** The value of an item of the Credential Manager; null for none. */
  held(service: string, account: string): string | null;
  /** Puts an item there as another program would; null takes it away. */
  hold(service: string, account: string, value: string | null): void;
  /** A variable of the user in the registry; null for none. */
  variable(name: string): string | null;
  installApp(options: { running: boolean }): void;
  /** Every start of a stand-in. */
  starts(): { readonly program: string; readonly argv: readonly string[] }[];
  startsWith(secret: string): readonly unknown[];
  run(
    program: string,
    args: readonly string[],
    input?: string,
  ): Promise<{ code: number | undefined; stdout: string; stderr: string }>;
}

/** Makes one. Its programs stand in a folder of their own, started by the very Node that runs the test. */
export function makePc(home: FreshHome): Pc {
  const folder = join(dirname(home.home), 'pc');
  const bin = join(folder, 'bin');
  mkdirSync(bin, { recursive: true });
  for (const name of readdirSync(join(STAND_INS, 'bin'))) {
    const script = name === 'codex-link-credential' ? 'credential' : name.replace(/\.exe$/, '');
    writeFileSync(join(bin, name), `#!${process.execPath}\nimport(${JSON.stringify(join(STAND_INS, `${script}.mjs`))});\n`);
    chmodSync(join(bin, name), 0o755);
  }
  const env: Environment = { ...home.env, PATH: `${bin}:${home.env.PATH}`, LOCALAPPDATA: home.path('AppData', 'Local') };
  const session = join(folder, 'session.json');
  const blank: PcState = { environment: {}, credentials: {}, openTo: {}, broadcasts: 0, app: null };
  const state = (): PcState => ({
    ...structuredClone(blank),
    ...(existsSync(session) ? JSON.parse(readFileSync(session, 'utf8')) : {}),
  });
  const change: Pc['change'] = (edit) => {
    const next = state();
    edit(next);
    writeFileSync(session, JSON.stringify(next));
  };
  const starts: Pc['starts'] = () => {
    const log = join(folder, 'argv.log');
    const lines = existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : [];
    return lines.filter(Boolean).map((line) => JSON.parse(line));
  };
  return {
    env,
    state,
    change,
    held(service, account) {
      const held = state().credentials[`${account}.${service}`];
      return held === undefined ? null : unveiled(held).toString();
    },
    hold: (service, account, value) =>
      change(({ credentials }) => {
        if (value === null) delete credentials[`${account}.${service}`];
        else credentials[`${account}.${service}`] = veiled(value);
      }),
    variable(name) {
      const there = state().environment[name];
      return there === undefined ? null : unveiled(there.value).toString();
    },
    installApp({ running }) {
      mkdirSync(home.path(PACKAGE), { recursive: true });
      change((now) => {
        now.app = { running, launches: 0 };
      });
    },
    starts,
    startsWith: (secret) => starts().filter(({ argv }) => argv.some((word) => holds(word, secret))),
    async run(program, args, input) {
      const options = {
        env,
        extendEnv: false,
        reject: false,
        cwd: home.work,
        timeout: 30_000,
        stripFinalNewline: false,
      } as const;
      const given = input === undefined ? ({ ...options, stdin: 'ignore' } as const) : { ...options, input };
      const ran = await execa(join(bin, program), args, given);
      return { code: ran.exitCode, stdout: ran.stdout, stderr: ran.stderr };
    },
  };
}
