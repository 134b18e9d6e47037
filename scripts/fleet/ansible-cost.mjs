// What the module costs over a bare `ansible -m ping`, for ten hosts: network namespaces with an sshd each, as in the tests of the fleet.
//   node scripts/fleet/ansible-cost.mjs [ROUNDS]     as root, with Node 22.18 or later
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Hosts, whyNoHosts } from '../../test/fleet/support/hosts.ts';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const rounds = Number(process.argv[2] ?? 5);
const why = whyNoHosts();
if (why !== null) {
  console.error(`SKIPPED: ${why}`);
  process.exit(0);
}
const hosts = new Hosts(10);
try {
  measure();
} finally {
  await hosts.dispose();
}

function measure() {
  const home = hosts.path('control');
  mkdirSync(home, { mode: 0o700 });
  writeFileSync(hosts.path('control', 'ansible.cfg'), '[defaults]\nforks = 10\n[ssh_connection]\npipelining = True\n');
  const env = {
    HOME: home,
    PATH: process.env.PATH,
    LC_ALL: 'C.UTF-8',
    ANSIBLE_CONFIG: join(home, 'ansible.cfg'),
    ANSIBLE_COLLECTIONS_PATH: hosts.path('collections'),
    ANSIBLE_SSH_CONTROL_PATH_DIR: hosts.path('cp'),
  };
  const run = (program, args) => {
    const { file, args: whole } = hosts.reaching(program, args);
    const began = performance.now();
    const { status, stdout, stderr } = spawnSync(file, whole, { env, cwd: home, encoding: 'utf8' });
    if (status !== 0) throw new Error(`${stdout}${stderr}`);
    return performance.now() - began;
  };
  run('ansible-galaxy', ['collection', 'install', join(root, 'integrations', 'ansible'), '-p', hosts.path('collections')]);
  execFileSync('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', hosts.folder], { cwd: root });
  const pack = execFileSync('sh', ['-c', `ls ${hosts.folder}/*.tgz`], { encoding: 'utf8' }).trim();
  const ad = (module, args = []) => ['all', '-i', hosts.path('hosts.ini'), '-m', module, ...args];
  const install = `npm install --global --prefix ~/.local --omit=optional --no-audit --no-fund ${pack}`;
  execFileSync('chmod', ['644', pack]);
  run('ansible', ad('shell', ['-a', install]));
  const spec = {
    version: 1,
    provider: { active: 'openai' },
    gateway: { manager: 'none' },
    secret: { store: 'file', source: 'keep' },
  };
  const look = ad('codex_link.provisioning.codex_link', ['-a', JSON.stringify({ state: 'planned', spec })]);
  const times = { ping: [], module: [] };
  for (let round = -1; round < rounds; round++) {
    const [ping, module] = [run('ansible', ad('ping')), run('ansible', look)];
    if (round < 0) continue;
    times.ping.push(ping);
    times.module.push(module);
  }
  const median = (list) => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)];
  const [ping, module] = [median(times.ping), median(times.module)];
  console.log(
    `ten hosts, medians of ${rounds}: ping ${ping.toFixed(0)} ms, codex_link ${module.toFixed(0)} ms, ${(module / ping).toFixed(2)}x (aim 1.5x)`,
  );
}
