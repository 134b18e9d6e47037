/** Drift as cron runs it: the built program, real Codex, a stand-in gateway, and an environment with next to nothing in it. */
import { chmodSync, readdirSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { hostname } from 'node:os';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Gateway, startGateway } from '../stand-ins/gateway.mjs';
import { codexLink, codexLinkJson, PROGRAM, type Ran, writeYaml } from '../support/cli.ts';
import { type Environment, type FreshHome, freshHome } from '../support/fresh-home.ts';

const TOKEN = 'test-token-4711';
const CONFIG = '.codex/config.toml';
const HELPER = '.codex/bin/cliproxy-token';
const STATE = '.local/state/codex-link';

let home: FreshHome;
let gateway: Gateway;
let cron: Environment;

const yaml = (drift = '') => `version: 1
gateway: { url: "${gateway.url}", manager: none }
provider: { model: gpt-5.5, contextWindow: 272000 }
secret: { store: file, account: test, source: { file: ~/gateway-key } }
${drift === '' ? '' : `drift: ${drift}\n`}`;

beforeEach(async () => {
  home = freshHome();
  gateway = await startGateway({ apiKeys: [TOKEN] });
  // Seen in a real cron daemon: no USER, no LANG, no XDG_RUNTIME_DIR, no bus, and no terminal.
  cron = { HOME: home.home, LOGNAME: 'test', PATH: '/usr/bin:/bin', PWD: home.work, SHELL: '/bin/sh' };
  home.write('gateway-key', `${TOKEN}\n`, 0o600);
  writeYaml(home, yaml());
  const applied = await codexLink(home, ['apply', '--yes']);
  expect([applied.stderr, applied.code]).toEqual(['', 0]);
});
afterEach(async () => {
  await gateway.close();
  home.dispose();
});

const drift = (...args: string[]) => codexLink(home, ['drift', ...args], { env: cron });
const edit = (from: string | RegExp, to: string) => {
  const before = home.read(CONFIG) ?? '';
  expect(before).toMatch(from);
  home.write(CONFIG, before.replace(from, to), 0o600);
};
const outcome = ({ code, stdout, stderr }: Ran) => ({ code, stdout, stderr });
const SILENT = { code: 0, stdout: '', stderr: '' };

describe('from cron', () => {
  it('is silent while all is well, and writes nothing but its history', async () => {
    const before = home.hashTree();
    expect(outcome(await drift())).toEqual(SILENT);
    expect(outcome(await drift('--changed-only'))).toEqual(SILENT);
    expect((await drift('-v')).stdout).toMatch(/^In sync since \d{4}-\d\d-\d\d \d\d:\d\d$/);
    const after = home.hashTree();
    for (const name of ['drift.json', 'drift.log']) delete after[`${STATE}/${name}`];
    expect(after).toEqual(before);
    expect(statSync(home.path(STATE, 'drift.json')).mode & 0o777).toBe(0o600);
  });

  it('names what has drifted, since when, and what puts it right; and apply does', async () => {
    await drift();
    edit('model_provider = "cliproxy"', 'model_provider = "openai"');
    const { code, stdout, stderr } = await drift();
    expect([code, stderr]).toEqual([2, '']);
    expect(stdout).toMatch(/^Drift on .*: 1 resource differs; last in sync \d{4}-\d\d-\d\d \d\d:\d\d\n/);
    expect(stdout).toMatch(/^ {2}~ provider \(drift\), since \d{4}/m);
    expect(stdout).toContain('next: codex-link apply');
    expect(stdout).not.toContain(TOKEN);
    expect((await drift('-q')).stdout).toMatch(/^codex-link on .*: provider has drifted$/);
    expect((await codexLink(home, ['apply', '--yes'])).code).toBe(0);
    expect(outcome(await drift())).toEqual(SILENT);
  });

  it('--changed-only says it once, and again when it is another', async () => {
    edit('model_provider = "cliproxy"', 'model_provider = "openai"');
    expect((await drift('--changed-only')).stdout).toContain('~ provider');
    expect(outcome(await drift('--changed-only'))).toEqual({ code: 2, stdout: '', stderr: '' });
    // Somebody looks by hand in between: the scheduler has said no more for that.
    expect((await drift()).stdout).toContain('~ provider');
    rmSync(home.path(HELPER));
    expect((await drift('--changed-only')).stdout).toContain('~ helper');
    expect((await drift('--changed-only')).stdout).toBe('');
    expect((await codexLink(home, ['apply', '--yes'])).code).toBe(0);
    expect(outcome(await drift('--changed-only'))).toEqual(SILENT);
    rmSync(home.path(HELPER));
    expect((await drift('--changed-only')).stdout).toContain('~ helper');
  });

  it('--json is a document, whatever it finds', async () => {
    expect((await codexLinkJson(home, ['drift'], { env: cron })).document).toMatchObject({
      command: 'drift',
      outcome: 'in-sync',
    });
    await gateway.close();
    const { code, document } = await codexLinkJson(home, ['drift', '--changed-only'], { env: cron });
    expect([code, document.outcome]).toEqual([2, 'drift']);
  });

  it('a store that cannot be asked is not known, and no drift: exit 3', async () => {
    writeYaml(
      home,
      yaml().replace('store: file', 'store: secret-service').replace('source: { file: ~/gateway-key }', 'source: keep'),
    );
    const { code, document } = await codexLinkJson(home, ['drift'], { env: { ...cron, XDG_RUNTIME_DIR: home.path('nowhere') } });
    const secret = document.resources.find((one) => one.address === 'secret');
    expect([secret?.status, secret]).toEqual(['unknown', expect.objectContaining({ drifted: false })]);
    expect([2, 3]).toContain(code); // the helper for another store differs from the one that was written
  });

  it.each([
    ['a YAML with a mistake', () => writeYaml(home, `${yaml()}nonsense: 1\n`), 1],
    ['a flag that does not exist', () => {}, 64],
  ])('%s', async (_what, prepare, code) => {
    await drift();
    prepare();
    const ran = await drift(...(code === 64 ? ['--purge'] : []));
    expect([ran.code, ran.stdout]).toEqual([code, '']);
    expect(ran.stderr).toMatch(/^error CL/);
    if (code === 1) {
      writeYaml(home, yaml());
      const { document } = await codexLinkJson(home, ['status']);
      expect(document).toMatchObject({ drift: { lastRun: { outcome: 'error' } } });
    }
  });

  it.each([
    ['a folder that is gone', 'mkdir gone && cd gone && rmdir ../gone', ''],
    ['nowhere to print to', 'exec 1>&- 2>&-', ''],
    ['nothing to read from', 'exec 0<&-', ''],
    ['a mask that takes everything away', 'umask 777', ''],
    ['a mask that allows everything', 'umask 0', ''],
    ['no variables but HOME', '', 'env -i HOME="$HOME"'],
  ])('is silent from %s', async (_where, first, through) => {
    const script = `${first === '' ? ':' : first}\n${through} '${process.execPath}' '${PROGRAM}' drift --file '${home.path('.config/codex-link/codex-link.yaml')}'`;
    const { exitCode, stdout, stderr } = await execa('/bin/sh', ['-c', script], {
      cwd: home.work,
      env: cron,
      extendEnv: false,
      reject: false,
    });
    expect([exitCode, stdout, stderr]).toEqual([0, '', '']);
    for (const name of ['drift.json', 'drift.log']) expect(statSync(home.path(STATE, name)).mode & 0o777).toBe(0o600);
  });

  it('a full disk below its output is said in a line, and the exit code still tells what was found', async () => {
    const full = async (...args: string[]) => {
      const script = `exec '${process.execPath}' '${PROGRAM}' ${args.join(' ')} >/dev/full`;
      return execa('/bin/sh', ['-c', script], { cwd: home.work, env: cron, extendEnv: false, reject: false });
    };
    const inSync = await full('drift', '-v');
    expect([inSync.exitCode, inSync.stderr]).toEqual([1, 'codex-link: the output could not be written (ENOSPC)']);
    rmSync(home.path(HELPER));
    const found = await full('drift', '--json');
    expect([found.exitCode, found.stderr]).toEqual([2, 'codex-link: the output could not be written (ENOSPC)']);
  });

  it('--changed-only says an error once too, and who holds the lock', async () => {
    await drift();
    writeYaml(home, `${yaml()}nonsense: 1\n`);
    const first = await drift('--changed-only');
    expect([first.code, first.stderr]).toEqual([1, expect.stringContaining('nonsense')]);
    expect(outcome(await drift('--changed-only'))).toEqual({ code: 1, stdout: '', stderr: '' });
    expect((await drift()).stderr).toContain('nonsense');
    writeYaml(home, yaml());
    expect(outcome(await drift('--changed-only'))).toEqual(SILENT);
    home.write(
      `${STATE}/lock`,
      JSON.stringify({ pid: process.pid, start: null, host: hostname(), command: 'apply', since: 'x' }),
    );
    const held = await drift('--changed-only');
    expect([held.code, held.stderr]).toEqual([4, expect.stringContaining('held by codex-link apply')]);
    expect(outcome(await drift('--changed-only'))).toEqual({ code: 4, stdout: '', stderr: '' });
    rmSync(home.path(STATE, 'lock'));
    expect(outcome(await drift('--changed-only'))).toEqual(SILENT);
    writeYaml(home, `${yaml()}nonsense: 1\n`);
    expect((await drift('--changed-only')).stderr).toContain('nonsense');
  });

  it('a look at a part of the machine does not call the rest in sync', async () => {
    rmSync(home.path(HELPER));
    expect((await drift()).code).toBe(2);
    expect((await drift('--target', 'secret')).code).toBe(0);
    expect((await codexLink(home, ['status'])).stdout).toMatch(/drift +drift: helper since/);
    expect((await drift()).stdout).not.toContain('last in sync');
  });

  it('an ignored field is in sync until its day, and a misspelt resource is refused', async () => {
    edit('name = "CLIProxy"', 'name = "Mine"');
    writeYaml(home, yaml('{ ignore: [{ resource: provider, field: name, until: 2999-01-31, reason: a test }] }'));
    expect(outcome(await drift())).toEqual(SILENT);
    writeYaml(home, yaml('{ ignore: [{ resource: provider, field: name, until: 2020-01-31 }] }'));
    const first = await drift();
    expect([first.code, first.stdout]).toEqual([2, expect.stringContaining('CL8001')]);
    expect((await drift()).stdout).not.toContain('CL8001');
    writeYaml(home, yaml('{ ignore: [{ resource: providr }] }'));
    expect((await drift()).stderr).toContain('did you mean provider?');
  });

  it('heals what is safe, says so once, and stops when it is fought', async () => {
    writeYaml(home, yaml('{ heal: safe }'));
    for (let time = 1; time <= 3; time++) {
      chmodSync(home.path(HELPER), 0o644);
      const healed = await drift();
      expect([healed.code, healed.stdout]).toEqual([0, expect.stringContaining('+ helper was put back')]);
      expect(statSync(home.path(HELPER)).mode & 0o777).toBe(0o700);
      expect(outcome(await drift())).toEqual(SILENT);
    }
    chmodSync(home.path(HELPER), 0o644);
    const stopped = await drift();
    expect([stopped.code, stopped.stdout]).toEqual([2, expect.stringContaining('CL8003')]);
    expect(statSync(home.path(HELPER)).mode & 0o777).toBe(0o644);
    expect(readdirSync(home.path(STATE, 'generations')).length).toBe(4);
  });

  it('falls back to the login after three bad runs, and comes back after three good ones; use is respected', async () => {
    writeYaml(home, yaml('{ fallback: openai }'));
    home.write('.codex/auth.json', '{"OPENAI_API_KEY":null,"tokens":{"access_token":"made-up-for-a-test"}}', 0o600);
    const { port } = new URL(gateway.url);
    await gateway.close();
    const selected = () => /^model_provider = "(.*)"/m.exec(home.read(CONFIG) ?? '')?.[1];
    for (let run = 1; run <= 2; run++) expect([(await drift('--changed-only')).code, selected()]).toEqual([2, 'cliproxy']);
    const moved = await drift('--changed-only');
    expect(outcome(await drift('--changed-only'))).toEqual({ code: 2, stdout: '', stderr: '' });
    expect([moved.code, selected(), moved.stdout]).toEqual([2, 'openai', expect.stringContaining('CL8010')]);
    expect((await codexLink(home, ['status'])).stdout).toMatch(/route +openai, fallen back since/);
    expect((await codexLink(home, ['plan'])).stdout).toMatch(/^In sync.*the route is on openai since/);
    gateway = await startGateway({ apiKeys: [TOKEN], port: Number(port) });
    for (let run = 1; run <= 2; run++) expect([(await drift()).code, selected()]).toEqual([2, 'openai']);
    const back = await drift();
    expect([back.code, selected(), back.stdout]).toEqual([0, 'cliproxy', expect.stringContaining('CL8011')]);
    expect(outcome(await drift())).toEqual(SILENT);
  });
});

describe('reports', () => {
  it('are written by every run; the chat is told once, by an address that is seen nowhere', async () => {
    const bodies: string[] = [];
    const chat = createServer((request, response) => {
      let body = '';
      request
        .on('data', (chunk) => (body += chunk))
        .on('end', () => {
          bodies.push(`${request.url} ${body}`);
          response.end('ok');
        });
    });
    await new Promise<void>((done) => chat.listen(0, '127.0.0.1', done));
    const address = `http://127.0.0.1:${(chat.address() as { port: number }).port}/hook/test-secret-path`;
    home.write('hook', `${address}\n`, 0o600);
    writeYaml(
      home,
      yaml(
        '{ report: { json: ~/out/drift.json, junit: ~/out/drift.xml, prometheus: ~/out/d.prom, webhook: { urlFrom: { file: ~/hook } }, notify: true } }',
      ),
    );
    try {
      expect(outcome(await drift())).toEqual(SILENT);
      expect(JSON.parse(home.read('out/drift.json') ?? '')).toMatchObject({ command: 'drift', outcome: 'in-sync' });
      rmSync(home.path(HELPER));
      const first = await drift();
      const second = await drift('--changed-only');
      expect([first.code, second.code, bodies.length]).toEqual([2, 2, 1]);
      expect(bodies[0]).toMatch(/^\/hook\/test-secret-path \{"text":"codex-link on .*: helper has drifted/);
      expect(home.read('out/drift.xml')).toContain('failures="1"');
      expect(home.read('out/d.prom')).toContain('codex_link_drift{resource="helper",kind="helper"} 1');
      expect(statSync(home.path('out/d.prom')).mode & 0o777).toBe(0o644);
      const everything =
        [first, second].map((one) => one.stdout + one.stderr).join('') +
        ['out/drift.json', 'out/drift.xml', 'out/d.prom', `${STATE}/drift.json`, `${STATE}/drift.log`]
          .map((file) => home.read(file))
          .join('');
      for (const secret of ['test-secret-path', TOKEN]) expect(everything).not.toContain(secret);
      expect((await codexLink(home, ['apply', '--yes'])).code).toBe(0);
      expect(outcome(await drift())).toEqual(SILENT);
      expect(bodies[1]).toContain('in sync');
    } finally {
      chat.close();
    }
  });

  it('that fail do not fail the run', async () => {
    writeYaml(home, yaml('{ report: { junit: /proc/none/x.xml, webhook: { urlFrom: { env: NONE } } } }'));
    const silent = await drift();
    expect([silent.code, silent.stdout]).toEqual([0, expect.stringContaining('CL8006')]);
    rmSync(home.path(HELPER));
    const { code, stdout } = await drift();
    expect([code, stdout]).toEqual([2, expect.stringMatching(/CL8006[\s\S]*CL8007/)]);
  });

  it('validate --format sarif is a document, with and without mistakes', async () => {
    const asked = () => codexLink(home, ['validate', '--format', 'sarif'], { env: cron });
    const good = await asked();
    expect([good.code, JSON.parse(good.stdout).runs[0].results]).toEqual([0, []]);
    writeYaml(home, `${yaml()}nonsense: 1\n`);
    const bad = await asked();
    expect([bad.code, bad.stderr]).toEqual([1, '']);
    expect(JSON.parse(bad.stdout).runs[0].results).toMatchObject([
      { level: 'error', locations: [{ physicalLocation: { region: { startLine: 5 } } }] },
    ]);
  });
});

describe('status', () => {
  it('is one screen, and writes nothing', async () => {
    await drift();
    const before = home.hashTree();
    const { code, stdout, stderr } = await codexLink(home, ['status'], { env: cron });
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout.trimEnd().split('\n').length).toBeLessThanOrEqual(10);
    for (const line of [
      /route +cliproxy, as the YAML says/,
      /gateway +CLIProxyAPI/,
      /drift +in sync since \d{4}/,
      /last apply +\d{4}.*generation 1/,
    ])
      expect(stdout).toMatch(line);
    const { document } = await codexLinkJson(home, ['status'], { env: cron });
    expect(document).toMatchObject({ command: 'status', outcome: 'in-sync', route: { chosenBy: 'yaml' } });
    expect(home.hashTree()).toEqual(before);
  });
});
