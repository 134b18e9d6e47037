// Checks the Ansible collection as its ecosystem does: ansible-lint at the production profile, ansible-test sanity, and besides the script
// and the property list that the role writes on Macs. What cannot be had here is skipped, and said loudly: exit 0 with SKIPPED lines.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const collection = join(root, 'integrations', 'ansible');
const venv = join(root, '.cache', 'ansible');
const PACKAGES = ['ansible-core==2.19.14', 'ansible-lint==26.10.1'];

const folder = mkdtempSync(join(tmpdir(), 'codex-link-collection-'));
const home = join(folder, 'home');
const copy = join(folder, 'ansible_collections', 'codex_link', 'provisioning');
const { NODE_EXTRA_CA_CERTS: _, ...inherited } = process.env;
const env = {
  ...inherited,
  HOME: home,
  PATH: `${join(venv, 'bin')}:${process.env.PATH}`,
  LC_ALL: 'C.UTF-8',
  ANSIBLE_COLLECTIONS_PATH: folder,
  ANSIBLE_HOME: join(home, '.ansible'),
};
const results = [];

mkdirSync(home, { recursive: true });
// Both tools want it at its own place in a tree of collections, and in a repository.
cpSync(collection, copy, { recursive: true });
writeFileSync(join(copy, '.gitignore'), 'tests/output/\n');
for (const args of [
  ['init', '-q'],
  ['add', '-A'],
  ['-c', 'user.name=x', '-c', 'user.email=x@x.invalid', 'commit', '-qm', 'x'],
])
  spawnSync('git', args, { cwd: copy, env, stdio: 'ignore' });

templates();
if (!install()) {
  skip('ansible-lint', `${PACKAGES.join(' and ')} could not be installed with python3 -m venv and pip`);
  skip('ansible-test sanity', 'the same');
} else {
  run('ansible-lint', 'ansible-lint', ['--offline', '--profile', 'production', '--nocolor', '-q']);
  bootstrapOfPip();
  run('ansible-test sanity', 'ansible-test', ['sanity', '--requirements', '--color', 'no', '--python', pythonVersion()]);
}
rmSync(folder, { recursive: true, force: true });
console.log('');
for (const { name, outcome } of results) console.log(`${outcome.padEnd(8)} ${name}`);
if (results.some((one) => one.outcome === 'SKIPPED'))
  console.log('\nNOT EVERYTHING WAS CHECKED, and that is not the same as passed.');
process.exit(results.some((one) => one.outcome === 'FAILED') ? 1 : 0);

function install() {
  const done = join(venv, 'installed');
  if (existsSync(done) && readFileSync(done, 'utf8') === PACKAGES.join('\n')) return true;
  console.log(`Installing ${PACKAGES.join(' and ')} into ${venv} (once)`);
  rmSync(venv, { recursive: true, force: true });
  const made = spawnSync('python3', ['-m', 'venv', venv], { stdio: 'inherit' }).status === 0;
  const pip = () => spawnSync(join(venv, 'bin', 'pip'), ['install', '-q', ...PACKAGES], { stdio: 'inherit' });
  if (!made || pip().status !== 0) return false;
  writeFileSync(done, PACKAGES.join('\n'));
  return true;
}

/** ansible-test fetches pip from a server of its own, where it has not put it aside before; Python brings one along. */
function bootstrapOfPip() {
  const cache = join(home, '.ansible', 'test', 'cache');
  mkdirSync(cache, { recursive: true });
  const script = `import subprocess, sys
subprocess.check_call([sys.executable, '-m', 'ensurepip'])
wanted = [one for one in sys.argv[1:] if not one.startswith('--no-')]
subprocess.check_call([sys.executable, '-m', 'pip', 'install', '-q', *wanted])
`;
  for (const version of ['20_3_4', '21_3_1', '24_2']) writeFileSync(join(cache, `get_pip_${version}.py`), script);
}

/** The one Python that is surely there: others that stand on PATH may be mere signposts of a version manager. */
function pythonVersion() {
  const ask = ['-c', 'import sys; print("%d.%d" % sys.version_info[:2])'];
  return spawnSync(join(venv, 'bin', 'python'), ask, { encoding: 'utf8' }).stdout.trim();
}

/** What the role writes on Macs, as it is with the defaults. */
function templates() {
  const read = (name) => readFileSync(join(collection, 'roles', 'codex_link', 'templates', name), 'utf8');
  const script = join(folder, 'session.sh');
  const filled = read('session.sh.j2')
    .replace(/"\{\{[^}]*prefix[^}]*\}\}/g, '"$HOME/.local')
    .replace(/\{\{[^}]*\}\}/g, '$HOME/x.yaml');
  writeFileSync(script, filled);
  run('shellcheck of session.sh', 'shellcheck', [script]);
  run('session.plist is a property list', 'python3', [
    '-c',
    'import plistlib, sys; assert plistlib.load(open(sys.argv[1], "rb"))["RunAtLoad"] is True',
    join(collection, 'roles', 'codex_link', 'templates', 'session.plist.j2'),
  ]);
}

function run(name, program, args) {
  console.log(`\n=== ${name}`);
  const { status, error } = spawnSync(program, args, { cwd: copy, env, stdio: ['ignore', 'inherit', 'inherit'] });
  if (error?.code === 'ENOENT') return skip(name, `there is no ${program}`);
  results.push({ name, outcome: status === 0 ? 'ok' : 'FAILED' });
}

function skip(name, why) {
  console.log(`\nSKIPPED, ${name}: ${why}`);
  results.push({ name, outcome: 'SKIPPED' });
}
