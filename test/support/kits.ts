/** A simulated Mac on which device management runs the scripts of integrations/ as root, with a person at the screen or without. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { PROGRAM } from './cli.ts';
import type { FreshHome } from './fresh-home.ts';
import { type Mac, makeMac } from './mac.ts';

export const INTEGRATIONS = fileURLToPath(new URL('../../integrations', import.meta.url));
const STAND_INS = fileURLToPath(new URL('../stand-ins/macos/kits', import.meta.url));

/** What a kit leaves for queries. */
export interface KitStatus {
  readonly host: string;
  readonly user: string;
  readonly at: string;
  readonly state: string;
  readonly exit: number;
  /** The document of plan; without one `unreachable` says why. */
  readonly report?: { readonly command: string; readonly outcome?: string };
  readonly unreachable?: string;
}

export interface ManagedMac {
  readonly mac: Mac;
  /** Runs a script as the agent of device management does: as root, with next to no environment. */
  run(script: string, ...args: string[]): Promise<{ code: number | undefined; stdout: string; stderr: string }>;
  status(): KitStatus | null;
  /** Who sits at the screen; null for the login window. */
  sit(person: string | null): void;
  /** Root's own home folder, where nothing may ever turn up. */
  readonly rootsHome: string;
  /** The folder that stands for /Library/Application Support/codex-link. */
  readonly folder: string;
  /** Command lines of codex-link since the last question, without its flags for tests. */
  runs(): string[];
  /** From now on codex-link is not installed for the person, or ends like this at every command. */
  replaceProgram(script: string | null): void;
}

/** Makes one, with codex-link among the person's own programs and alice at the screen. */
export function manageMac(home: FreshHome): ManagedMac {
  const mac = makeMac(home);
  const root = dirname(home.home);
  const [bin, rootsHome, folder] = ['kit-bin', 'root', 'Application Support'].map((name) => join(root, name)) as [
    string,
    string,
    string,
  ];
  for (const one of [bin, rootsHome]) mkdirSync(one);
  for (const file of readdirSync(STAND_INS)) {
    const path = join(bin, file.replace(/\.mjs$/, ''));
    writeFileSync(path, `#!${process.execPath}\nimport(${JSON.stringify(join(STAND_INS, file))});\n`);
    chmodSync(path, 0o755);
  }
  const path = `${bin}:${mac.env.PATH?.split(':')[0]}:/usr/bin:/bin`;
  const log = join(root, 'runs.log');
  const program = home.path('.local/bin/codex-link');
  const place = (script: string | null) => {
    if (script !== null) home.write('.local/bin/codex-link', script, 0o755);
    else if (existsSync(program)) chmodSync(program, 0o644);
  };
  place(`#!/bin/sh\necho "$*" >>'${log}'\nexec node '${PROGRAM}' "$@" --os darwin\n`);
  symlinkSync(process.execPath, home.path('.local/bin/node'));
  const sit = (person: string | null) =>
    mac.change((state) => {
      Object.assign(state, { console: person, consoleHome: home.home });
      state.session = person === null ? 'none' : 'aqua';
    });
  sit('alice');

  return {
    mac,
    rootsHome,
    folder,
    sit,
    async run(script, ...args) {
      const text = readFileSync(join(INTEGRATIONS, script), 'utf8');
      const here = text
        .replace(/^PATH=\/usr\/bin:\/bin:\/usr\/sbin:\/sbin$/m, `PATH='${path}'`)
        .replaceAll("'/Library/Application Support/codex-link", `'${folder}`);
      if (here === text || /^PATH=\/usr/m.test(here)) throw new Error(`${script} has changed: it cannot be put on a stage`);
      const copy = join(mkdtempSync(join(root, 'script-')), 'script');
      writeFileSync(copy, here, { mode: 0o755 });
      const env = { HOME: rootsHome, PATH: '/usr/bin:/bin:/usr/sbin:/sbin' };
      // A shell without extensions, so that nothing of bash is needed by chance.
      const ran = await execa('/bin/dash', [copy, ...args], {
        env,
        extendEnv: false,
        reject: false,
        cwd: '/',
        stdin: 'ignore',
        timeout: 60_000,
      });
      return { code: ran.exitCode, stdout: ran.stdout, stderr: ran.stderr };
    },
    status() {
      const file = join(folder, 'status.json');
      if (!existsSync(file)) return null;
      if ((statSync(file).mode & 0o777) !== 0o600) throw new Error('the status can be read by others');
      return JSON.parse(readFileSync(file, 'utf8')) as KitStatus;
    },
    runs() {
      const lines = existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n').filter(Boolean) : [];
      writeFileSync(log, '');
      return lines;
    },
    replaceProgram: place,
  };
}
