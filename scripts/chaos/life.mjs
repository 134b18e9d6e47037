// One throw-away home folder in which codex-link is killed again and again, and what is asked of it each time.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeSandbox, run } from '../demo/sandbox.mjs';

const KEY = 'chaos-key-1a2b3c4d';
const CONFIG = '.codex/config.toml';
const JOURNAL = '.local/state/codex-link/journal.json';
const TEMPORARY = /^\..+\.\d+-[0-9a-f]{8}\.tmp$/;
/** What a run leaves that was killed before it had written anything down: nobody knows any more who made them, and they are empty. */
const PASSING = /^\.local(\/state)?$/;

/** What somebody had before, with line ends and a comment of their own. */
const THEIRS = '# by hand\r\napproval_policy = "on-request" # slow\r\n\r\n[projects."/srv/shop"]\r\ntrust_level = "trusted"\r\n';

export const COMMANDS = [
  ['apply', '--yes'],
  ['rollback', '--yes'],
  ['use', 'openai'],
  ['use', 'cliproxy'],
  ['use', 'auto'],
  ['destroy', '--yes'],
];

/**
 * @param {string} auth helper or dotenv
 * @param {string} url of the gateway
 * @param {string | null} codex its folder
 */
export function beginLife(auth, url, codex) {
  const sandbox = makeSandbox('codex-link-chaos', [codex]);
  const { home, work, folder, env, program } = sandbox;
  env.CHAOS_GATEWAY_KEY = KEY;
  env.XDG_CACHE_HOME = join(folder, 'cache'); // a codex that was asked something outlives who asked it, and still writes there
  writeFileSync(join(home, CONFIG), THEIRS, { mode: 0o640 });
  if (auth === 'dotenv') writeFileSync(join(home, '.codex/.env'), 'OTHER=1\n', { mode: 0o600 });
  const pristine = treeOf(home);

  const speak = (model) =>
    writeFileSync(
      join(work, 'codex-link.yaml'),
      `version: 1\ngateway: { url: "${url}", manager: none }\nsecret: { store: file, source: { env: CHAOS_GATEWAY_KEY } }\nprovider: { auth: ${auth}, model: ${model} }\nverify: { doctor: off }\n`,
    );
  const link = (...args) => run(sandbox, process.execPath, [program, ...args], 'capture');

  /** Whether Codex would start on the file as it stands; null where there is no codex to ask. */
  const accepted = () => {
    if (codex === null) return null;
    const CODEX_HOME = join(folder, 'judge');
    mkdirSync(CODEX_HOME, { recursive: true });
    rmSync(join(CODEX_HOME, 'config.toml'), { force: true });
    if (existsSync(join(home, CONFIG))) copyFileSync(join(home, CONFIG), join(CODEX_HOME, 'config.toml'));
    const asked = spawnSync(join(codex, 'codex'), ['app-server', '--print-startup-config'], {
      cwd: work,
      env: { ...env, CODEX_HOME },
      stdio: 'ignore',
      timeout: 30_000,
    });
    return asked.status === 0;
  };

  return {
    speak,
    link,
    accepted,
    files: () => filesOf(home),
    temporaries: () => Object.entries(treeOf(home)).filter(([path]) => TEMPORARY.test(path.split('/').at(-1) ?? '')),

    /** What is not as it was before codex-link came. */
    unlikeBefore() {
      const now = treeOf(home);
      return Object.keys({ ...pristine, ...now }).filter((path) => now[path] !== pristine[path] && !PASSING.test(path));
    },

    /** Lets the command run to its end and takes everything back: how long it takes, and what it leads to. */
    async rehearse(args) {
      const kept = join(folder, 'kept');
      rmSync(kept, { recursive: true, force: true });
      copy(home, kept);
      const { ms } = await link(...args);
      const after = filesOf(home);
      rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
      copy(kept, home);
      return { ms, after };
    },

    /** True while a run has begun to change something and is not known to have ended. */
    underWay: () => existsSync(join(home, JOURNAL)),

    /**
     * True when it was killed; false when it had ended before.
     * @param {boolean} fromFirstChange counts from there, not from the start
     */
    killed(args, afterMs, fromFirstChange) {
      const child = spawn(process.execPath, [program, ...args], { cwd: work, env, stdio: 'ignore' });
      const die = () => child.kill('SIGKILL');
      let timer = fromFirstChange ? undefined : setTimeout(die, afterMs);
      const looking = setInterval(() => {
        if (timer === undefined && existsSync(join(home, JOURNAL))) timer = setTimeout(die, afterMs);
      }, 1);
      return new Promise((resolve) => {
        child.once('exit', (_code, signal) => {
          clearTimeout(timer);
          clearInterval(looking);
          resolve(signal === 'SIGKILL');
        });
      });
    },

    dispose: () => rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }),
  };
}

/** The files that codex-link manages, with mode and content, or null. */
function filesOf(home) {
  const paths = [CONFIG, '.codex/.env', '.codex/bin/cliproxy-token', '.config/codex-link/CLIPROXY_API_KEY.token'];
  return Object.fromEntries(paths.map((path) => [path, existsSync(join(home, path)) ? described(join(home, path)) : null]));
}

function treeOf(root, below = '') {
  return Object.assign(
    {},
    ...readdirSync(join(root, below)).map((name) => {
      const path = below === '' ? name : `${below}/${name}`;
      const isFolder = lstatSync(join(root, path)).isDirectory();
      return { [path]: described(join(root, path)), ...(isFolder ? treeOf(root, path) : {}) };
    }),
  );
}

function described(path) {
  const info = lstatSync(path);
  const mode = (info.mode & 0o777).toString(8);
  return info.isFile() ? `file ${mode} ${createHash('sha256').update(readFileSync(path)).digest('hex')}` : `folder ${mode}`;
}

function copy(from, to) {
  const { status } = spawnSync('/bin/cp', ['-a', from, to], { stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) throw new Error(`${from} could not be copied`);
}
