/** What CCS itself says of its accounts, from its own modules; on a copy, because reading may write. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import type { FreshHome } from './fresh-home.ts';

const ACCOUNTS = fileURLToPath(new URL('../programs/node_modules/@kaitranntt/ccs/dist/cliproxy/accounts', import.meta.url));

export interface CcsAccount {
  readonly id: string;
  readonly email: string | null;
  readonly nickname: string;
  readonly tokenFile: string;
  readonly isDefault: boolean;
  readonly paused: boolean;
}

/** The codex accounts as CCS puts them together, in its order. */
export async function ccsAccounts(home: FreshHome): Promise<CcsAccount[]> {
  const copy = mkdtempSync(join(tmpdir(), 'codex-link-view-'));
  try {
    mkdirSync(join(copy, '.ccs'));
    if (existsSync(home.path('.ccs', 'cliproxy')))
      cpSync(home.path('.ccs', 'cliproxy'), join(copy, '.ccs', 'cliproxy'), { recursive: true, preserveTimestamps: true });
    const script = `process.stdout.write(JSON.stringify(require(process.argv[1] + '/query.js').getProviderAccounts('codex')))`;
    const { stdout } = await execa(process.execPath, ['-e', script, ACCOUNTS], {
      env: { HOME: copy, PATH: home.env.PATH ?? '' },
      extendEnv: false,
      stdin: 'ignore',
    });
    return (JSON.parse(stdout) as Partial<CcsAccount>[]).map(({ id, email, nickname, tokenFile, isDefault, paused }) => ({
      id: id ?? '',
      email: email ?? null,
      nickname: nickname ?? '',
      tokenFile: tokenFile ?? '',
      isDefault: isDefault ?? false,
      paused: paused ?? false,
    }));
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

/**
 * Lets CCS's own modules do something in this home, as one of its sessions would, e.g. `safety.enforceProviderIsolation('agy')`.
 * In `script` they are `registry`, `safety` and `lockfile`. The process is given back, for scripts that stay.
 */
export function asCcs(home: FreshHome, script: string) {
  const modules = `const at = process.argv[1] + '/';
const registry = require(at + 'registry.js'), safety = require(at + 'account-safety.js');
const lockfile = require(require.resolve('proper-lockfile', { paths: [at] }));`;
  return execa(process.execPath, ['-e', `${modules}\n${script}`, ACCOUNTS], {
    env: home.env,
    extendEnv: false,
    stdin: 'ignore',
  });
}
