// How long codex-link takes, as a ratio to a bare start of the same Node, and how that grows with the size of config.toml.
// It reports and never fails: a slow machine is no bug.  node scripts/bench.mjs [--rounds 25] [--json]
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { background, endOnSignals, isExecutable, makeSandbox, root, run } from './demo/sandbox.mjs';
import { writeReports } from './fleet/reports.mjs';

const WARM_UPS = 3;
const SIZES = [10, 1000, 10_000];
const HOSTS = [1000, 10_000];
const AIMS = { version: 1.15, plan: 2, growth: 2, fleetMs: 2000 };
/** What two medians of the same thing differ by on a machine that does nothing else. */
const NOISE = 0.02;
const KEYRING = ['dbus-daemon', 'dbus-send', 'gnome-keyring-daemon', 'secret-tool'];

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '25' }, json: { type: 'boolean', default: false } },
});
const rounds = Number(values.rounds);
if (!Number.isSafeInteger(rounds) || rounds < 1) {
  console.error('--rounds takes a whole number from 1 on');
  process.exit(64);
}
endOnSignals();
const gateway = await startGatewayProcess();
const report = {
  node: process.version,
  cpus: cpus().length,
  rounds,
  starts: await starts(),
  growth: await growth(),
  fleet: await fleet(),
};
if (values.json) console.log(JSON.stringify(report, null, 2));
else print(report);
process.exit(0);

/** The commands that people wait for. */
async function starts() {
  const file = await homeInSync('file', 10);
  const cases = {
    bare: () => run(file, process.execPath, ['-e', '0'], 'hide'),
    version: () => codexLink(file, ['--version']),
    planFile: () => codexLink(file, ['plan']),
    driftFile: () => codexLink(file, ['drift']),
  };
  if (KEYRING.every((name) => isExecutable(join('/usr/bin', name)))) {
    const keyring = await homeInSync('secret-service', 10);
    const lookup = ['lookup', 'service', 'CLIPROXY_API_KEY', 'account', 'bench'];
    cases.secretTool = () => run(keyring, '/usr/bin/secret-tool', lookup, 'hide');
    cases.planSecretService = () => codexLink(keyring, ['plan']);
  }
  return {
    ...(await measure(cases)),
    footprint: { plan: await footprint(file, ['plan']), drift: await footprint(file, ['drift']) },
  };
}

/** The most memory (MB, resident) and open files that a run has, looked at every millisecond; null where there is no /proc. */
async function footprint(sandbox, args) {
  if (!existsSync('/proc/self/fd')) return null;
  let [memory, files] = [0, 0];
  for (let round = 0; round < 5; round++) {
    const child = background(process.execPath, [sandbox.program, ...args], {
      cwd: sandbox.work,
      env: sandbox.env,
      stdio: 'ignore',
    });
    const ended = new Promise((done) => child.once('exit', done));
    const looking = setInterval(() => {
      try {
        files = Math.max(files, readdirSync(`/proc/${child.pid}/fd`).length);
        const most = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? 0;
        memory = Math.max(memory, Number(most) / 1024);
      } catch {
        // It has ended.
      }
    }, 1);
    await ended;
    clearInterval(looking);
  }
  return { megabytes: Math.round(memory), files };
}

/** The same plan over ever larger files, in sync and with one value that differs. */
async function growth() {
  const cases = {};
  for (const size of SIZES) {
    const inSync = await homeInSync('file', size);
    const differing = await homeInSync('file', size);
    writeFileSync(join(differing.work, 'codex-link.yaml'), yaml('file', 'gpt-5.4'));
    cases[`inSync${size}`] = () => codexLink(inSync, ['plan']);
    cases[`oneChange${size}`] = () => codexLink(differing, ['plan']);
  }
  return measure(cases);
}

/** The reports of many machines put together, one file for each; and the most memory that it took, in MB. */
async function fleet() {
  const sandbox = makeSandbox('codex-link-bench-fleet');
  const cases = {};
  for (const hosts of HOSTS) {
    writeReports(join(sandbox.work, `hosts-${hosts}`), hosts);
    for (const [name, flags] of [
      ['table', []],
      ['page', ['--html', 'page.html']],
    ])
      cases[`${name}${hosts}`] = async () => {
        const ran = await codexLink(sandbox, ['fleet', 'report', `hosts-${hosts}`, '--quiet', ...flags]);
        return { ...ran, code: ran.code === 2 ? 0 : ran.code }; // some have drifted, and so it says
      };
  }
  const times = await measure(cases);
  return {
    ...times,
    ...Object.fromEntries(await Promise.all(HOSTS.map(async (hosts) => [`memory${hosts}`, await peakMemory(sandbox, hosts)]))),
  };
}

/** What the process itself counts at its end, in MB. */
async function peakMemory(sandbox, hosts) {
  const told = join(sandbox.work, `memory-${hosts}`);
  const tell = `process.on('exit',()=>require('node:fs').writeFileSync(${JSON.stringify(told)},String(process.resourceUsage().maxRSS)))`;
  writeFileSync(`${told}.cjs`, tell);
  await run(
    sandbox,
    process.execPath,
    ['--require', `${told}.cjs`, sandbox.program, 'fleet', 'report', `hosts-${hosts}`, '-q'],
    'hide',
  );
  return Math.round(Number(readFileSync(told, 'utf8')) / 1024);
}

/** The median of each case in ms. Interleaved, so that whatever else the machine does hits all of them alike. */
async function measure(cases) {
  const times = Object.fromEntries(Object.keys(cases).map((name) => [name, []]));
  for (let round = -WARM_UPS; round < rounds; round++) {
    if (process.stderr.isTTY)
      process.stderr.write(`\r${Object.keys(cases)[0]} and others: round ${Math.max(round + 1, 0)} of ${rounds} `);
    for (const [name, once] of Object.entries(cases)) {
      const { code, ms } = await once();
      if (code !== 0) throw new Error(`${name} ended with exit code ${code}`);
      if (round >= 0) times[name].push(ms);
    }
  }
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
  return Object.fromEntries(Object.entries(times).map(([name, list]) => [name, median(list)]));
}

function median(list) {
  const sorted = list.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const value = sorted.length % 2 === 1 ? sorted[Math.floor(middle)] : (sorted[middle - 1] + sorted[middle]) / 2;
  return Math.round(value * 100) / 100;
}

function codexLink(sandbox, args) {
  return run(sandbox, process.execPath, [sandbox.program, ...args], 'hide');
}

/** A home in which everything is as the YAML says, with so many tables in config.toml besides. */
async function homeInSync(store, tables) {
  const sandbox = makeSandbox('codex-link-bench');
  writeFileSync(join(sandbox.work, 'codex-link.yaml'), yaml(store, 'gpt-5.5'));
  writeFileSync(join(sandbox.home, 'gateway-key'), 'bench-key\n', { mode: 0o600 });
  const projects = Array.from({ length: tables }, (_, at) => `[projects."/home/me/project-${at}"]\ntrust_level = "trusted"\n`);
  writeFileSync(join(sandbox.home, '.codex', 'config.toml'), `# bench\n\n${projects.join('\n')}`);
  if (store === 'secret-service') await startKeyring(sandbox);
  // What is verified runs without this session's bus, as a Dock launch would; here only the plan is of interest.
  const applied = await codexLink(sandbox, ['apply', '--yes', '--exclude', 'verification']);
  if (applied.code !== 0) throw new Error(`codex-link apply ended with exit code ${applied.code}`);
  return sandbox;
}

function yaml(store, model) {
  return `version: 1
gateway: { url: ${gateway}, manager: none }
provider: { model: ${model}, contextWindow: 272000 }
secret: { store: ${store}, account: bench, source: { file: ~/gateway-key } }
app: { restart: never }
`;
}

/** The stand-in for CLIProxyAPI, in a process of its own so that it does not compete with the clock. */
async function startGatewayProcess() {
  const { env, folder } = makeSandbox('codex-link-bench-gateway');
  const script = join(root, 'test', 'stand-ins', 'gateway.mjs');
  const options = { cwd: folder, env: { ...env, STAND_IN_API_KEYS: 'bench-key' }, stdio: ['ignore', 'pipe', 'inherit'] };
  const child = background(process.execPath, [script, '--port', '0'], options);
  for await (const line of createInterface({ input: child.stdout })) return `http://127.0.0.1:${JSON.parse(line).port}`;
  throw new Error('the stand-in gateway did not start');
}

/** A session bus and an unlocked gnome-keyring of its own. */
async function startKeyring(sandbox) {
  const runtime = join(sandbox.folder, 'run');
  mkdirSync(runtime, { mode: 0o700 });
  const address = `unix:path=${join(runtime, 'bus')}`;
  Object.assign(sandbox.env, { XDG_RUNTIME_DIR: runtime, DBUS_SESSION_BUS_ADDRESS: address });
  const quiet = { env: sandbox.env, stdio: ['pipe', 'ignore', 'ignore'] };
  background('/usr/bin/dbus-daemon', ['--session', '--nofork', '--nopidfile', `--address=${address}`], quiet);
  await until('the session bus', () => existsSync(join(runtime, 'bus')));
  const daemon = background('/usr/bin/gnome-keyring-daemon', ['--foreground', '--unlock', '--components=secrets'], quiet);
  daemon.stdin.end('bench');
  const ask = ['--session', '--print-reply', '--dest=org.freedesktop.DBus', '/', 'org.freedesktop.DBus.NameHasOwner'];
  await until('the keyring', async () => {
    const { stdout } = await run(sandbox, '/usr/bin/dbus-send', [...ask, 'string:org.freedesktop.secrets'], 'capture');
    return stdout.includes('boolean true');
  });
}

async function until(what, isSo) {
  for (let tries = 0; tries < 200; tries++) {
    if (await isSo()) return;
    await new Promise((done) => setTimeout(done, 25));
  }
  throw new Error(`${what} did not start`);
}

function print({ node, starts: start, growth: grown, fleet: many }) {
  const { bare } = start;
  console.log(`Medians of ${rounds} interleaved rounds, Node ${node}, ${cpus().length} CPUs\n`);
  const rows = [['', 'ms', 'ratio', 'aim', '']];
  const row = (name, ms, aim = null) =>
    rows.push([
      name,
      ms.toFixed(1),
      `${(ms / bare).toFixed(2)}x`,
      ...(aim === null ? ['', ''] : [aim.text, verdict(ms <= aim.ms)]),
    ]);
  row('node -e 0', bare);
  row('codex-link --version', start.version, { text: `${AIMS.version}x`, ms: bare * AIMS.version });
  row('plan in sync, file', start.planFile, { text: `${AIMS.plan.toFixed(1)}x`, ms: bare * AIMS.plan });
  row('drift in sync, file', start.driftFile, { text: '1.0x plan', ms: start.planFile * (1 + NOISE) });
  if (start.planSecretService !== undefined) {
    row('secret-tool lookup', start.secretTool);
    const text = `${AIMS.plan.toFixed(1)}x + secret-tool`;
    row('plan in sync, Secret Service', start.planSecretService, { text, ms: bare * AIMS.plan + start.secretTool });
  }
  table(rows);
  for (const [command, most] of Object.entries(start.footprint))
    if (most !== null) console.log(`${command} in sync: at most ${most.megabytes} MB and ${most.files} open files`);
  if (start.planSecretService === undefined) console.log(`(no Secret Service: ${KEYRING.join(', ')} are not all installed)`);

  console.log('\nGrowth with the tables in config.toml; ratios are to the smallest file\n');
  const [small, middle, large] = SIZES;
  const growthRows = [
    ['', ...SIZES.map((size) => `${size.toLocaleString('en')} tables`), `at ${middle.toLocaleString('en')}`, 'aim', ''],
  ];
  for (const [name, key] of [
    ['plan in sync', 'inSync'],
    ['plan, one change', 'oneChange'],
  ]) {
    const ms = SIZES.map((size) => grown[`${key}${size}`]);
    const ratio = ms[1] / ms[0];
    growthRows.push([
      name,
      ...ms.map((one) => `${one.toFixed(1)} ms`),
      `${ratio.toFixed(2)}x`,
      `${AIMS.growth}x`,
      verdict(ratio < AIMS.growth),
    ]);
  }
  table(growthRows);
  for (const [name, key] of [
    ['plan in sync', 'inSync'],
    ['plan, one change', 'oneChange'],
  ]) {
    const perThousand = (from, to) => ((grown[`${key}${to}`] - grown[`${key}${from}`]) / (to - from)) * 1000;
    const [first, then] = [perThousand(small, middle), perThousand(middle, large)];
    console.log(
      `${name}: ${first.toFixed(1)} ms for the first 1,000 tables, ${then.toFixed(1)} ms for each 1,000 after; linear is no more`,
    );
  }
  printFleet(many);
}

/** @param {Record<string, number>} many */
function printFleet(many) {
  console.log('\nReports of many machines, one file for each\n');
  const rows = [['', ...HOSTS.map((hosts) => `${hosts.toLocaleString('en')} machines`), 'aim', '']];
  const aim = [`${AIMS.fleetMs} ms`, (ms) => verdict(ms < AIMS.fleetMs)];
  for (const [name, key] of [
    ['fleet report', 'table'],
    ['fleet report --html', 'page'],
  ]) {
    const ms = HOSTS.map((hosts) => many[`${key}${hosts}`]);
    rows.push([name, ...ms.map((one) => `${one.toFixed(0)} ms`), aim[0], aim[1](ms.at(-1))]);
  }
  rows.push(['most memory', ...HOSTS.map((hosts) => `${many[`memory${hosts}`]} MB`), '', '']);
  table(rows);
}

function verdict(isMet) {
  return isMet ? 'met' : 'NOT MET';
}

/** The first column to the left, the others to the right. */
function table(rows) {
  const widths = rows[0].map((_, at) => Math.max(...rows.map((row) => row[at].length)));
  for (const row of rows) {
    console.log(
      row
        .map((cell, at) => (at === 0 ? cell.padEnd(widths[at]) : cell.padStart(widths[at])))
        .join('   ')
        .trimEnd(),
    );
  }
}
