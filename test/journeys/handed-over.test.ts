/** What another program needs that runs codex-link for a person: the key over standard input, and every change announced beforehand. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Gateway, startGateway } from '../stand-ins/gateway.mjs';
import { codexLinkJson, statuses, writeYaml } from '../support/cli.ts';
import { type FreshHome, freshHome } from '../support/fresh-home.ts';
import { filesWith, holds, traced } from '../support/leaks.ts';

const KEYS = ['test-handed-key-1', 'test-handed-key-2'] as const;

let home: FreshHome;
let gateway: Gateway;

beforeEach(async () => {
  home = freshHome();
  gateway = await startGateway({ apiKeys: [...KEYS] });
  writeYaml(
    home,
    `version: 1
gateway: { url: "${gateway.url}", manager: none }
provider: { model: gpt-5.5 }
secret: { store: file, source: keep }
app: { restart: never }
`,
  );
});
afterEach(async () => {
  await gateway.close();
  home.dispose();
});

const withKey = (command: readonly string[], key: string) =>
  codexLinkJson(home, [...command, '--secret-stdin'], { input: `${key}\n` });

describe('a key on standard input', () => {
  it('is planned for, stored, kept by later runs, and replaced by the next one', async () => {
    expect(statuses((await withKey(['plan'], KEYS[0])).document)).toMatchObject({ secret: 'create' });
    const first = await withKey(['apply', '--yes'], KEYS[0]);
    expect([first.code, first.document.verified], first.stdout).toEqual([0, true]);
    expect((await withKey(['apply', '--yes'], KEYS[0])).document.resources.filter((one) => one.result === 'done')).toEqual([]);
    expect((await codexLinkJson(home, ['plan'])).document.outcome).toBe('in-sync');
    expect(statuses((await withKey(['plan'], KEYS[1])).document)).toMatchObject({ secret: 'update' });
    expect((await withKey(['apply', '--yes'], KEYS[1])).code).toBe(0);
    expect(filesWith(KEYS[0], home.home)).toEqual([]);
    expect(filesWith(KEYS[1], home.home)).toHaveLength(1);
  });

  it.each([
    ['', 'CL3005'],
    ['two words', 'CL3005'],
    ['test-ümlaut', 'CL3005'],
  ])('that is no key is refused without being named: %j', async (key, code) => {
    const { code: exit, document, stdout, stderr } = await withKey(['apply', '--yes'], key);
    expect([exit, document.findings[0]?.code]).toEqual([1, code]);
    if (key !== '') expect(stdout + stderr).not.toContain(key);
  });

  it('that the gateway refuses leaves everything as it was', async () => {
    const before = home.hashTree('.codex');
    const { code, stdout } = await withKey(['apply', '--yes'], 'test-handed-wrong');
    expect([code, holds(stdout, 'test-handed-wrong')]).toEqual([1, false]);
    expect(home.hashTree('.codex')).toEqual(before);
    expect(filesWith('test-handed-wrong', home.home)).toEqual([]);
  });

  it('cannot come together with the YAML', async () => {
    expect(await codexLinkJson(home, ['plan', '-f', '-', '--secret-stdin'], { input: 'x' })).toMatchObject({ code: 64 });
  });

  it('goes to no program that is started', async () => {
    await withKey(['apply', '--yes'], KEYS[0]);
    const { children } = await traced(home, home.env, 'plan');
    expect(children.filter((line) => holds(line, KEYS[0]))).toEqual([]);
  });
});

describe('a dry run', () => {
  it.each([[['destroy']], [['rollback']], [['use', 'openai']]])(
    'of %j says what the run then does, and does nothing',
    async (command) => {
      await withKey(['apply', '--yes'], KEYS[0]);
      const before = home.hashTree();
      const said = await codexLinkJson(home, [...command, '--dry-run']);
      expect([said.code, said.document.outcome]).toEqual([0, 'changes']);
      expect(home.hashTree()).toEqual(before);
      const done = await codexLinkJson(home, [...command, ...(command[0] === 'use' ? [] : ['--yes'])]);
      expect(done.code, done.stdout + done.stderr).toBe(0);
      expect(statuses(done.document)).toEqual(statuses(said.document));
    },
  );

  it('of rotate says why it cannot, where somebody else runs the gateway', async () => {
    const { code, document } = await codexLinkJson(home, ['rotate', '--dry-run']);
    expect([code, document.findings.length > 0]).toEqual([1, true]);
  });
});
