/**
 * Canaries through every command, when all is well and when it is not: our key before and after a rotation, and keys of other people in
 * config.toml and .env. Afterwards they are where they belong, each place by its name, and nowhere else. With a keyring: test/real/leaks.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { COMMANDS } from '../../src/cli/command-table.ts';
import { type CcsPool, makeCcsPool } from '../support/ccs-pool.ts';
import { PROGRAM, writeYaml } from '../support/cli.ts';
import { type FreshHome, freshHome } from '../support/fresh-home.ts';
import { filesWith, holds, traced } from '../support/leaks.ts';
import { ccsPath, codexPath } from '../support/programs.ts';
import { missingPackages } from '../support/system.ts';

const KEY = 'test-canary/9f3a7c51e2';
/** As they stand in config.toml: the environment of a server, an argument, an address, and one that is commented out. */
const FOREIGN = {
  env: 'test-canary+env-b81d',
  argument: 'test-canary-argument-55aa',
  address: 'test-canary-address-07f1',
  comment: 'test-canary-comment-3c3c',
};
const DOTENV = 'test-canary-dotenv-c92e';
const CONFIG = '.codex/config.toml';
const STORE = '.config/codex-link/CLIPROXY_API_KEY.token';
/** The copy of config.toml that Codex's own parser was given, of a run that was killed at that moment. */
const SCRATCH = /^\.cache\/codex-link\/scratch-[^/]+\/config\.toml$/;
const THEIRS = `# mine
# experimental_bearer_token = "${FOREIGN.comment}"
model_reasoning_effort = "high"

[mcp_servers.docs]
command = "npx"
args = ["docs", "--api-key", "${FOREIGN.argument}"]
env = { DOCS = "${FOREIGN.env}" }

[mcp_servers.web]
url = "https://me:${FOREIGN.address}@example.com/mcp"
`;

const missing = [...missingPackages(['strace']), ...(codexPath() === null || ccsPath() === null ? ['test/programs'] : [])];
if (missing.length > 0) console.warn(`nothing was proven about leaks: ${missing.join(', ')} missing`);

let home: FreshHome;
let pool: CcsPool;
beforeEach(async () => {
  home = freshHome();
  pool = await makeCcsPool(home, { hearsReplacedConfig: true }); // strace would wait for one that was restarted under it
  await pool.ccs('--version');
});
afterEach(async () => {
  await pool.stop();
  home.dispose();
});

describe.skipIf(missing.length > 0).each(['helper', 'dotenv'])('canaries, auth: %s', (auth) => {
  it('are nowhere but where they belong', { timeout: 300_000 }, async () => {
    const local = `version: 13\ncliproxy_server:\n  local:\n    port: ${pool.port}\n`;
    home.write('.ccs/config.yaml', `${local}cliproxy:\n  auth:\n    api_key: ${KEY}\n`, 0o600);
    const yaml = (rest = '') =>
      `version: 1\ngateway: { url: "http://127.0.0.1:${pool.port}" }\nprovider: { auth: ${auth} }\nsecret: { store: file }\n${rest}`;
    writeYaml(home, yaml());
    home.write(CONFIG, THEIRS, 0o600);
    home.write('.codex/.env', `THEIRS=${DOTENV}\n# OLD=${DOTENV}\n`, 0o600);
    await pool.start();

    const ours = [KEY];
    const commands = new Set<string>();
    const counted = { runs: 0, searches: 0 };
    /** Each secret, and the only files that may hold it. */
    const allowed = (): [string, RegExp][] => [
      // CCS has given out the key: its own config, and those that it makes from it for the gateway and for Claude Code.
      ...ours.map((key): [string, RegExp] => [
        key,
        auth === 'dotenv'
          ? /^(\.ccs\/(config\.yaml|cliproxy\/config-\d+\.yaml)|\.config\/codex-link\/CLIPROXY_API_KEY\.token|\.codex\/\.env)$/
          : /^(\.ccs\/(config\.yaml|cliproxy\/config-\d+\.yaml)|\.config\/codex-link\/CLIPROXY_API_KEY\.token)$/,
      ]),
      ...Object.values(FOREIGN).map((secret): [string, RegExp] => [secret, /^\.codex\/config\.toml$/]),
      [DOTENV, /^\.codex\/\.env$/],
    ];
    const searched = (after: string, also = /^$/) => {
      for (const [secret, place] of allowed()) {
        counted.searches++;
        const found = filesWith(secret, home.home).filter((path) => !place.test(path) && !also.test(path));
        const beside = [home.work, home.env.TMPDIR ?? ''].flatMap((folder) => filesWith(secret, folder));
        expect([...found, ...beside], `${secret} after ${after}`).toEqual([]);
      }
    };
    const run = async (expected: number, ...args: string[]) => {
      counted.runs++;
      commands.add(args[0] ?? '');
      const { code, output, children } = await traced(home, home.env, ...args);
      const after = args.join(' ');
      expect(code, `${after}\n${output}`).toBe(expected);
      for (const [secret] of allowed()) {
        expect(holds(output, secret), `${secret} in the output of ${after}`).toBe(false);
        expect(
          children.filter((one) => holds(one, secret)),
          `${secret} in a child of ${after}`,
        ).toEqual([]);
      }
      searched(after);
      return output;
    };
    /** Each way in which it can be said. */
    const everyWay = async (expected: number, ...args: string[]) => {
      for (const flags of [['-v'], ['--json']]) await run(expected, ...args, ...flags);
    };
    const saved = join(home.work, 'saved.json');
    const written = join(home.work, 'written.yaml');

    for (const args of [['validate'], ['schema'], ['explain'], ['explain', 'provider'], ['history'], ['plan']])
      await everyWay(0, ...args);
    await everyWay(0, 'plan', '--out', saved);
    await run(0, 'apply', saved, '--yes', '-v');
    await run(4, 'apply', saved, '--yes', '--json'); // stale by now
    await everyWay(0, 'plan');
    for (const args of [['graph'], ['completion', 'bash'], ['init', '--file', '-'], ['init', '--force', '--file', written]])
      await everyWay(0, ...args);
    await everyWay(0, 'export', '--format', 'mobileconfig', '--layer', 'both');
    await everyWay(0, 'verify');
    await everyWay(0, 'drift');
    await everyWay(0, 'status');
    await everyWay(0, 'schedule', 'status');
    await run(0, 'verify', '--live', '--json', '-v');
    await run(0, 'apply', '--yes');

    // Somebody has broken our part, beside what is theirs.
    home.write(
      CONFIG,
      (home.read(CONFIG) ?? '').replace(/base_url = .*/, `base_url = "http://me:${FOREIGN.address}@x/v1"`),
      0o600,
    );
    home.write(STORE, KEY.replace('test', 'another-test'), 0o600);
    writeYaml(home, yaml('drift: { report: { json: ~/out/d.json, junit: ~/out/d.xml, prometheus: ~/out/d.prom } }\n'));
    await everyWay(2, 'drift');
    await run(2, 'drift', '--changed-only');
    await everyWay(2, 'fleet', 'report', home.path('out/d.json'));
    await everyWay(0, 'status');
    writeYaml(home, yaml());
    if (auth === 'dotenv') home.write('.codex/.env', `CLIPROXY_API_KEY=another-test\nTHEIRS=${DOTENV}\n# OLD=${DOTENV}\n`, 0o644);
    const planned = await run(0, 'plan');
    expect(planned).toContain('(sensitive)');
    await run(0, 'plan', '--json');
    await run(0, 'apply', '--yes', '-v');
    await everyWay(0, 'use', 'openai');
    await everyWay(0, 'use', 'auto');

    await run(0, 'rotate', '--yes', '--json', '-v');
    ours.push(home.read(STORE)?.trim() ?? '');
    expect(ours[1]).toMatch(/^.{43}$/);
    expect(filesWith(KEY, home.home)).toEqual([]); // the old one is nowhere
    await everyWay(0, 'history');
    for (const number of ['1', '2', '3', '4', '5']) await everyWay(0, 'history', 'show', number);
    await run(0, 'rollback', '1', '--yes', '--json', '-v');
    await run(0, 'apply', '--yes', '--json');

    // What fails says why, without the secret that was in the way.
    const good = home.read(CONFIG) ?? '';
    home.write(CONFIG, `${good}\nbroken = = "${FOREIGN.env}"\n`, 0o600);
    for (const command of [['plan'], ['apply', '--yes'], ['rollback', '--yes'], ['destroy', '--yes'], ['use', 'openai']])
      for (const flags of [['-v'], ['--json']]) await run(1, ...command, ...flags).catch(remembering(command));
    home.write(CONFIG, good, 0o600);
    // A key in the YAML itself, of which every error must say where it is and not what.
    const wrong = join(home.work, '..', 'wrong.yaml'); // outside of what is searched
    for (const rest of [
      `secret: { value: ${ours[1]} }`,
      `gateway: { url: "http://x:${ours[1]}@y" }`,
      `helper: { path: "${ours[1]}`,
    ]) {
      writeFileSync(wrong, `version: 1\n${rest}\n`);
      await everyWay(1, 'validate', '--file', wrong);
      await run(1, 'apply', '--yes', '--file', wrong, '-v');
    }
    for (const args of [
      ['plan', '--nope'],
      ['rollback', '77', '--yes'],
      ['history', 'show', '77'],
      ['explain', 'CL7777'],
    ])
      await traced(home, home.env, ...args).then(({ output }) => expect(holds(output, ours[1] ?? '')).toBe(false));

    // A doctor that finds something: the apply has begun, fails, and takes everything back.
    const check = { category: 'network', status: 'fail', summary: 'sick', details: {}, remediation: null };
    const report = { schemaVersion: 1, overallStatus: 'fail', checks: { 'network.env': { id: 'network.env', ...check } } };
    const doctor = `#!/bin/sh\ncase "$*" in *doctor*) echo '${JSON.stringify(report)}'; exit 1 ;; esac\nexec '${codexPath()}' "$@"\n`;
    home.write('sick/codex', doctor, 0o755);
    home.write(STORE, 'another-test', 0o600);
    home.write(CONFIG, good.replace(/name = "CLIProxy"/, 'name = "Mine"'), 0o600);
    const sick = { ...home.env, PATH: `${home.path('sick')}:${home.env.PATH}` };
    const failed = await traced(home, sick, 'apply', '--yes', '--json', '-v');
    expect([failed.code, failed.output.includes('rolled-back')], failed.output).toEqual([1, true]);
    for (const [secret] of allowed()) {
      expect(holds(failed.output, secret)).toBe(false);
      expect(failed.children.filter((one) => holds(one, secret))).toEqual([]);
    }
    searched('an apply that failed');

    // One that is killed in the middle leaves its journal, and the next one a generation of it.
    home.write('slow/codex', `#!/bin/sh\necho > ${home.path('reached')}\nsleep 2\n`, 0o755);
    const slow = { ...home.env, PATH: `${home.path('slow')}:${home.env.PATH}` };
    const options = { cwd: home.work, env: slow, extendEnv: false, reject: false, stdin: 'ignore' } as const;
    const killed = execa(process.execPath, [PROGRAM, 'apply', '--yes'], options);
    while (!existsSync(home.path('reached'))) await new Promise((done) => setTimeout(done, 20));
    killed.kill('SIGKILL');
    await killed;
    expect(home.read('.local/state/codex-link/journal.json')).not.toBeNull();
    searched('an apply that was killed', SCRATCH); // and the run below takes it away
    expect(await run(0, 'apply', '--yes', '-v')).toContain('CL0020');
    await everyWay(0, 'history');

    await run(0, 'destroy', '--yes', '-v');
    await run(0, 'apply', '--yes', '--json');
    await run(0, 'destroy', '--purge', '--yes', '--json');
    expect(Object.keys(COMMANDS).filter((command) => !commands.has(command))).toEqual([]);
    console.info(`leaks, ${auth}: ${JSON.stringify({ ...counted, commands: commands.size, leaked: 0 })}`);
    expect(ours.flatMap((key) => filesWith(key, home.home)).filter((path) => !path.startsWith('.ccs/'))).toEqual([]);
  });
});

/** Which one it was, for the failure's text. */
function remembering(command: readonly string[]) {
  return (error: unknown) => {
    throw new Error(`codex-link ${command.join(' ')} with a broken config.toml`, { cause: error });
  };
}
