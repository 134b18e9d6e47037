/**
 * Whatever only looks leaves everything as it was: each such command, on a machine where codex-link has never been, on one in sync, and
 * on one that is broken, with real Codex and real CCS beside it. No program that writes is started for it, and every command of `ccs` does.
 */
import { chmodSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CcsPool, makeCcsPool } from '../support/ccs-pool.ts';
import { codexLink, writeYaml } from '../support/cli.ts';
import { type FreshHome, freshHome } from '../support/fresh-home.ts';
import { traced } from '../support/leaks.ts';
import { ccsPath, codexPath } from '../support/programs.ts';
import { missingPackages } from '../support/system.ts';

const READERS: readonly string[][] = [
  ['plan', '--detailed-exitcode'],
  ['plan', '-v', '--target', 'provider'],
  ['verify'],
  ['status'],
  ['drift'],
  ['validate'],
  ['explain', 'helper'],
  ['graph'],
  ['history'],
  ['schedule', 'status'],
  ['use', 'openai', '--dry-run'],
  ['rotate', '--dry-run'],
  ['rollback', '--dry-run'],
  ['destroy', '--purge', '--dry-run'],
  ['export'],
  ['init', '--file', '-'],
];

/** What `drift` may write, and the log of the stand-in. */
const THEIRS = ['.local/state/codex-link/drift.json', '.local/state/codex-link/drift.log', '.ccs/stand-in.jsonl'];
const BROKEN = 'model_provider = "openai"\n[model_providers.cliproxy]\nname = "CLIProxy Codex"\n';

let home: FreshHome;
let pool: CcsPool;
const missing = [...missingPackages(['strace']), ...(codexPath() === null || ccsPath() === null ? ['test/programs'] : [])];

describe.skipIf(missing.length > 0)('what only looks', () => {
  beforeAll(async () => {
    home = freshHome();
    pool = await makeCcsPool(home);
    await pool.start();
    writeYaml(
      home,
      `version: 1\nccs: { ensure: present }\naccounts: [{ email: alice@example.com }]\nrouting: { strategy: fill-first }\ngateway: { url: "http://127.0.0.1:${pool.port}", exposure: loopback }\nsecret: { store: file }\n`,
    );
    home.write('.codex/config.toml', '# mine\nmodel = "gpt-5.5"\n');
  });
  afterAll(async () => {
    await pool.stop();
    home.dispose();
  });

  const tree = () => {
    const all = home.hashTree();
    for (const path of THEIRS) delete all[path];
    // The folders around the history of drift, where it is the first that is ever written.
    for (const path of ['.local', '.local/state', '.local/state/codex-link']) delete all[path];
    return all;
  };
  const looks = async () => {
    const before = tree();
    for (const args of READERS) {
      const { output, children } = await traced(home, home.env, ...args);
      expect(tree(), `${args.join(' ')}\n${output}`).toEqual(before);
      expect(
        children.filter((one) => /execve\("[^"]*\/(ccs|ccsxp|npm)"/.test(one)),
        args.join(' '),
      ).toEqual([]);
    }
  };

  it('before codex-link has ever been here', { timeout: 180_000 }, looks);

  it('in sync', { timeout: 180_000 }, async () => {
    const ran = await codexLink(home, ['apply', '--yes']);
    expect(ran.code, ran.stdout + ran.stderr).toBe(0);
    await looks();
  });

  it('when everything has drifted and the gateway is down', { timeout: 180_000 }, async () => {
    await pool.stop();
    home.write('.codex/config.toml', BROKEN);
    chmodSync(home.path('.codex/bin/cliproxy-token'), 0o644);
    chmodSync(home.path('.config/codex-link/CLIPROXY_API_KEY.token'), 0o644);
    await looks();
  });
});
