/** Where a secret could have leaked to: what programs were started with, what was printed, what lies on the disk; however it is spelled. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { PROGRAM } from './cli.ts';
import type { Environment, FreshHome } from './fresh-home.ts';

/** A secret in all the spellings in which it could hide. */
function spellings(secret: string): string[] {
  const bytes = Buffer.from(secret);
  return [
    secret,
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
    [...secret].reverse().join(''),
    bytes.toString('hex'),
    bytes.toString('hex').toUpperCase(),
    ...base64(bytes),
    ...base64(bytes).map((one) => one.replaceAll('+', '-').replaceAll('/', '_')),
  ];
}

/** As it looks within a longer base64 text too, where it may begin at any of three places; without the characters that neighbours share. */
function base64(bytes: Buffer): string[] {
  return [0, 1, 2].map((shift) => {
    const text = Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    const whole = Math.floor(((shift + bytes.length) * 8) / 6);
    return text.slice(Math.ceil((shift * 8) / 6), whole);
  });
}

export function holds(text: string, secret: string): boolean {
  return spellings(secret).some((one) => text.includes(one));
}

/** Files below the folder, relative, that hold the secret in their content or in their name. */
export function filesWith(secret: string, folder: string, below = ''): string[] {
  return readdirSync(join(folder, below), { withFileTypes: true }).flatMap((entry) => {
    const path = join(below, entry.name);
    if (entry.isDirectory()) return filesWith(secret, folder, path);
    const text = entry.isFile() ? readFileSync(join(folder, path), 'latin1') : '';
    return holds(text, secret) || holds(entry.name, secret) ? [path] : [];
  });
}

export interface Traced {
  readonly code: number | undefined;
  readonly output: string;
  /** Command lines and environments of the programs that codex-link started. */
  readonly children: readonly string[];
}

/** Runs the built program under strace. The log lies outside of everything that is searched, and is gone afterwards. */
export async function traced(home: FreshHome, env: Environment, ...args: string[]): Promise<Traced> {
  const folder = mkdtempSync(join(home.work, '..', 'strace-'));
  const log = join(folder, 'log');
  try {
    const argv = ['-f', '-v', '-s', '65536', '-e', 'trace=execve', '-o', log, process.execPath, PROGRAM, ...args];
    const options = { env, extendEnv: false, cwd: home.work, reject: false, stdin: 'ignore', timeout: 90_000 } as const;
    const { exitCode, stdout, stderr } = await execa('strace', argv, options);
    // The first one is codex-link itself, which was given what it was given.
    const children = readFileSync(log, 'utf8')
      .split('\n')
      .filter((line) => line.includes('execve('))
      .slice(1);
    return { code: exitCode, output: stdout + stderr, children };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
