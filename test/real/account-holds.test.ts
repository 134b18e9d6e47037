/** What CCS does by itself with the accounts, through its own modules, and the built program that leaves it alone. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type CcsPool, makeCcsPool } from '../support/ccs-pool.ts';
import { asCcs, ccsAccounts } from '../support/ccs-view.ts';
import { codexLinkJson, type PlanDocument, statuses, writeYaml } from '../support/cli.ts';
import { type FreshHome, freshHome } from '../support/fresh-home.ts';
import { ccsPath } from '../support/programs.ts';

const ANN = 'ann@example.com';
const BOB = 'bob@example.com';

let home: FreshHome;
let pool: CcsPool;
beforeEach(async () => {
  home = freshHome();
  pool = await makeCcsPool(home, { accounts: [BOB, ANN] });
  writeYaml(
    home,
    `version: 1
accounts:
  - { email: ${ANN}, default: true, nickname: work }
  - { email: ${BOB} }
gateway: { url: "http://127.0.0.1:${pool.port}", ensure: ignore }
provider: { active: openai }
secret: { store: file }
verify: { doctor: off }
`,
  );
});
afterEach(() => home.dispose());

const accounts = (document: PlanDocument) =>
  Object.fromEntries(Object.entries(statuses(document)).filter(([address]) => address.startsWith('accounts/')));
const told = (document: PlanDocument, code: string) =>
  document.findings.filter((one) => one.code === code).map((one) => one.message);
const bothInSync = { [`accounts/${ANN}`]: 'in-sync', [`accounts/${BOB}`]: 'in-sync' };

/** Applies, and proves that it changed nothing of CCS's. */
async function leavesAlone(): Promise<PlanDocument> {
  const before = home.hashTree('.ccs');
  const { code, document } = await codexLinkJson(home, ['apply', '--yes']);
  expect([code, accounts(document)]).toEqual([0, bothInSync]);
  expect(home.hashTree('.ccs')).toEqual(before);
  return document;
}

describe.skipIf(ccsPath() === null)('beside a CCS that moves things by itself', { timeout: 120_000 }, () => {
  test('an exhausted account is paused and replaced as the default, until the hold ends', async () => {
    const first = await codexLinkJson(home, ['apply', '--yes']);
    expect([first.code, accounts(first.document)]).toEqual([0, { ...bothInSync, [`accounts/${ANN}`]: 'update' }]);
    await leavesAlone();

    await asCcs(
      home,
      `safety.pauseAccountForQuotaCooldown('codex', '${ANN}', 90); registry.setDefaultAccount('codex', '${BOB}');`,
    );
    expect(told(await leavesAlone(), 'CL7014')).toEqual([
      expect.stringMatching(
        /^ann@example\.com: held by CCS until \d{4}-\d\d-\d\d \d\d:\d\d, quota exhausted; the default is bob@example\.com meanwhile$/,
      ),
    ]);
    expect((await ccsAccounts(home)).map(({ id, isDefault, paused }) => [id, isDefault, paused])).toEqual([
      [BOB, true, false],
      [ANN, false, true],
    ]);

    const notes = JSON.parse(home.read('.ccs/cliproxy/quota-paused.json') ?? '');
    notes.entries[0].until = Date.now() - 1000;
    home.write('.ccs/cliproxy/quota-paused.json', JSON.stringify(notes), 0o600);
    const ended = await codexLinkJson(home, ['apply', '--yes']);
    expect(accounts(ended.document)).toEqual({ ...bothInSync, [`accounts/${ANN}`]: 'update' });
    expect(ended.document.resources.find((one) => one.address === `accounts/${ANN}`)).toMatchObject({
      cause: 'drift',
      reason: 'it is not the default; it is paused, wanted active',
    });
    expect((await ccsAccounts(home)).find((one) => one.isDefault)).toMatchObject({ id: ANN, paused: false });
    await leavesAlone();
  });

  test('a session of another provider keeps an account away while it runs', async () => {
    await codexLinkJson(home, ['apply', '--yes']);
    home.write(`.ccs/cliproxy/auth/antigravity-${ANN}.json`, JSON.stringify({ type: 'antigravity', email: ANN }), 0o600);
    await asCcs(home, `registry.registerAccount('agy', 'antigravity-${ANN}.json', '${ANN}');`);
    const session = asCcs(home, `safety.enforceProviderIsolation('agy'); console.log('up'); setInterval(() => {}, 1000);`);
    await new Promise((up) => session.stdout.once('data', up));
    try {
      expect(told(await leavesAlone(), 'CL7014')).toEqual([
        expect.stringMatching(/^ann@example\.com: held by CCS since .*, while ccs agy runs with the same e-mail$/),
      ]);
    } finally {
      session.kill('SIGKILL');
      await session.catch(() => {});
    }
    const { document } = await codexLinkJson(home, ['plan']);
    expect(accounts(document)).toEqual({ ...bothInSync, [`accounts/${ANN}`]: 'update' });
  });

  test('a pause by hand is no hold', async () => {
    await codexLinkJson(home, ['apply', '--yes']);
    await pool.ccs('cliproxy', 'pause', ANN, '--provider', 'codex');
    const { document } = await codexLinkJson(home, ['plan']);
    expect([accounts(document), told(document, 'CL7014')]).toEqual([{ ...bothInSync, [`accounts/${ANN}`]: 'update' }, []]);
  });
});
