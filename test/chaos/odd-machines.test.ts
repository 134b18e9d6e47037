/** The built program where machines are odd: each ends with a clear word, and nothing is lost. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { delimiter, join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Gateway, startGateway } from '../stand-ins/gateway.mjs';
import { codexLink, PROGRAM, writeYaml } from '../support/cli.ts';
import { type Environment, type FreshHome, freshHome } from '../support/fresh-home.ts';
import { programsBin } from '../support/programs.ts';

const TOKEN = 'test-token-4711';
const CONFIG = '.codex/config.toml';
const HELPER = '.codex/bin/cliproxy-token';
const BEFORE = '# mine\r\napproval_policy = "on-request" # slow\r\n';
const isRoot = process.getuid?.() === 0;

let home: FreshHome;
let gateway: Gateway;
let env: Environment;

beforeEach(async () => {
  home = freshHome();
  gateway = await startGateway({ apiKeys: [TOKEN] });
  // Without codex, which takes its time; where its verdict matters it is on PATH again.
  const PATH = (home.env.PATH ?? '').split(delimiter).filter((folder) => folder !== programsBin);
  env = { ...home.env, PATH: PATH.join(delimiter), TEST_GATEWAY_KEY: TOKEN };
  writeYaml(home, yaml());
});
afterEach(async () => {
  await gateway.close();
  home.dispose();
});

const yaml = () =>
  `version: 1\ngateway: { url: "${gateway.url}", manager: none }\nsecret: { store: file, source: { env: TEST_GATEWAY_KEY } }\nverify: { doctor: off }\n`;
const link = (...args: string[]) => codexLink(home, args, { env });

/** Applies, finds all in sync, destroys, and has the file as it was. */
async function roundTrip(): Promise<void> {
  const before = home.read(CONFIG);
  const applied = await link('apply', '--yes');
  expect([applied.code, applied.stderr]).toEqual([0, '']);
  expect(home.read(CONFIG)).toContain('model_provider = "cliproxy"');
  expect((await link('plan', '--detailed-exitcode')).code).toBe(0);
  expect((await link('destroy', '--yes')).code).toBe(0);
  expect(home.read(CONFIG)).toBe(before);
}

/** The apply fails with this to say, and everything is as it was. */
async function refusal(...said: (string | RegExp)[]): Promise<void> {
  const before = withoutTraces(home.hashTree());
  const { code, stderr } = await link('apply', '--yes');
  expect(code, stderr).toBe(1);
  for (const one of said) expect(stderr).toMatch(one);
  expect(stderr).not.toContain('    at '); // a stack would be a bug of ours
  expect(withoutTraces(home.hashTree())).toEqual(before);
}

/** Without codex-link's own state and cache. */
function withoutTraces(tree: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(tree).filter(([path]) => !/^\.(local|cache)(\/|$)/.test(path)));
}

describe('two applies at once', () => {
  it('one works, the other exits 4 and names it', async () => {
    // The provider asks codex before it writes; one that takes its time holds the first apply there.
    home.write('slow/codex', `#!/bin/sh\necho > '${home.path('reached')}'\nsleep 2\nexit 0\n`, 0o755);
    const slow = { ...env, PATH: `${home.path('slow')}:${env.PATH}` };
    const options = { cwd: home.work, env: slow, extendEnv: false, reject: false, stdin: 'ignore' } as const;
    const first = execa(process.execPath, [PROGRAM, 'apply', '--yes'], options);
    while (!existsSync(home.path('reached'))) await new Promise((done) => setTimeout(done, 20));
    const second = await link('apply', '--yes');
    expect([second.code, second.stderr]).toEqual([4, expect.stringContaining(`codex-link apply (process ${first.pid} on `)]);
    expect((await first).exitCode).toBe(0);
    expect((await link('plan', '--detailed-exitcode')).code).toBe(0);
  });
});

describe('a config.toml that is', () => {
  it('a link into a dotfiles folder stays one', async () => {
    home.write('dotfiles/codex.toml', BEFORE, 0o644);
    symlinkSync('../dotfiles/codex.toml', home.path(CONFIG));
    await roundTrip();
    expect(readlinkSync(home.path(CONFIG))).toBe('../dotfiles/codex.toml');
    expect(home.read('dotfiles/codex.toml')).toBe(BEFORE);
  });

  it('a dangling link: the file is made where it leads, and taken away again', async () => {
    mkdirSync(home.path('dotfiles'));
    symlinkSync('../dotfiles/codex.toml', home.path(CONFIG));
    await roundTrip();
    expect(readlinkSync(home.path(CONFIG))).toBe('../dotfiles/codex.toml');
    expect(existsSync(home.path('dotfiles/codex.toml'))).toBe(false);
  });

  it('a link into a folder that is not there is not followed into nowhere', async () => {
    symlinkSync('../gone/codex.toml', home.path(CONFIG));
    await refusal(/gone\/codex\.toml: does not exist/);
  });

  it('a loop of links', async () => {
    symlinkSync('config.toml', home.path(CONFIG));
    await refusal(/loop/);
  });

  it('a folder', async () => {
    mkdirSync(home.path(CONFIG));
    await refusal(/config\.toml/, /folder/);
  });

  it('read-only keeps its mode', async () => {
    home.write(CONFIG, BEFORE, 0o444);
    await roundTrip();
    expect(statSync(home.path(CONFIG)).mode & 0o777).toBe(0o444);
  });

  it.skipIf(!isRoot)("somebody else's stays theirs", async () => {
    home.write(CONFIG, BEFORE, 0o640);
    chownSync(home.path(CONFIG), 4242, 4343);
    await roundTrip();
    const { uid, gid } = statSync(home.path(CONFIG));
    expect([uid, gid]).toEqual([4242, 4343]);
  });

  it('50 MB large', { timeout: 120_000 }, async () => {
    const line = `# ${'x'.repeat(97)}\n`;
    home.write(CONFIG, BEFORE + line.repeat(500_000), 0o600);
    await roundTrip();
  });
});

describe('a home folder with', () => {
  it.each([
    ['spaces', 'my home'],
    ['quotes', `it's "mine"`],
    ['letters of other languages', 'dömë ホーム 🏠'],
    ['a newline', 'two\nlines'],
    ['all that a shell would take apart', '$(echo x) `y` \\ & ; * ? # %s'],
  ])('%s in its name', async (_what, name) => {
    const odd = join(home.home, name);
    home.write(CONFIG, BEFORE, 0o600);
    mkdirSync(odd);
    for (const folder of ['.codex', '.config']) renameSync(home.path(folder), join(odd, folder));
    const there = (file: string) => readFileSync(join(odd, file), 'utf8');
    env = { ...env, PATH: home.env.PATH ?? '', HOME: odd };
    const applied = await link('apply', '--yes');
    expect([applied.code, applied.stderr]).toEqual([0, '']);
    expect(applied.stdout).toMatch(/done {2}verification/);
    const helper = await execa(join(odd, HELPER), [], { env: { HOME: odd }, extendEnv: false });
    expect(helper.stdout).toBe(TOKEN);
    expect((await link('plan', '--detailed-exitcode')).code).toBe(0);
    expect((await link('destroy', '--yes')).code).toBe(0);
    expect(there(CONFIG)).toBe(BEFORE);
    expect(lstatSync(join(odd, '.codex')).isDirectory()).toBe(true);
  });
});

// Root may write everywhere; to it a read-only mount says the same, see below.
if (!isRoot) {
  it('a home folder that may not be written', async () => {
    home.write(CONFIG, BEFORE, 0o600);
    chmodSync(home.home, 0o555);
    chmodSync(home.path('.codex'), 0o555);
    try {
      await refusal('CL0007', /permission denied/);
    } finally {
      chmodSync(home.home, 0o755);
      chmodSync(home.path('.codex'), 0o755);
    }
  });
}

function canMount(): boolean {
  try {
    execFileSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe.skipIf(!canMount())('on file systems of their own (needs root, for a private mount namespace)', () => {
  const script = (text: string) =>
    execa(
      'unshare',
      ['-m', '--', 'bash', '-c', `cd ${home.work}; link() { "$NODE" "$LINK" "$@" 2>&1; echo "exit $?"; }\n${text}`],
      {
        env: { ...env, NODE: process.execPath, LINK: PROGRAM },
        extendEnv: false,
        reject: false,
        stdin: 'ignore',
        timeout: 60_000,
      },
    );

  it('a read-only home: plan works, apply says so, nothing changes', async () => {
    home.write(CONFIG, BEFORE, 0o600);
    const before = home.hashTree();
    const { stdout } = await script(`
mount --bind "$HOME" "$HOME" && mount -o remount,ro,bind "$HOME"
link plan --detailed-exitcode | tail -n 1
link apply --yes`);
    expect(stdout).toMatch(/^exit 2\n/);
    expect(stdout).toContain('CL0007');
    expect(stdout).toContain('the file system is read-only');
    expect(stdout).toMatch(/exit 1$/);
    expect(stdout).not.toContain('    at ');
    expect(home.hashTree()).toEqual(before);
  });

  it.each(['.codex', '.local', '.config'])(
    'a full disk below %s: everything is put back, and with room again it works',
    async (folder) => {
      const { stdout } = await script(`
mkdir -p "$HOME/${folder}"; cp -a "$HOME/${folder}" "$HOME/kept"
mount -t tmpfs -o size=64k tmpfs "$HOME/${folder}" && cp -a "$HOME/kept/." "$HOME/${folder}/"
[ -e "$HOME/.codex/config.toml" ] || printf '# mine\\n' > "$HOME/.codex/config.toml"
sum() { (cd "$HOME" && find .codex .config -type f ! -name ballast | sort | xargs md5sum | md5sum); }
before=$(sum)
dd if=/dev/zero of="$HOME/${folder}/ballast" bs=1k 2>/dev/null
link apply --yes
[ "$(sum)" = "$before" ] && echo as before
find "$HOME/${folder}" -name '.*.tmp'
rm "$HOME/${folder}/ballast"
link apply --yes | tail -n 1
link plan --detailed-exitcode | tail -n 1
link destroy --yes | tail -n 1
[ "$(sum)" = "$before" ] && echo restored`);
      expect(stdout).toContain('no space left on the disk');
      expect(stdout).not.toContain('    at ');
      expect(stdout).toMatch(/exit 1\nas before\nexit 0\nexit 0\nexit 0\nrestored$/);
    },
  );

  it('Codex on another file system than the state', async () => {
    const { stdout } = await script(`
mount -t tmpfs tmpfs "$HOME/.codex" && printf '# mine\\n' > "$HOME/.codex/config.toml"
link apply --yes | tail -n 1
grep -c '^model_provider = "cliproxy"' "$HOME/.codex/config.toml"
link destroy --yes | tail -n 1
cat "$HOME/.codex/config.toml"`);
    expect(stdout).toBe('exit 0\n1\nexit 0\n# mine');
  });
});
