/** The quick start of README, typed: its YAML and its commands give what is printed there, word for word. */
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { delimiter, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WELL_KNOWN_KEY } from '../../src/ccs/config.ts';
import { type Gateway, startGateway } from '../stand-ins/gateway.mjs';
import { codexLink, writeYaml } from '../support/cli.ts';
import { type FreshHome, freshHome } from '../support/fresh-home.ts';
import { codexPath } from '../support/programs.ts';

const README = readFileSync(fileURLToPath(new URL('../../README.md', import.meta.url)), 'utf8');
const QUICK_START = README.split(/^## /m).find((section) => section.startsWith('Quick start\n')) ?? '';
const YAML = /^```yaml\n([\s\S]*?)^```/m.exec(QUICK_START)?.[1] ?? '';
const TRANSCRIPTS = [...QUICK_START.matchAll(/^```console\n([\s\S]*?)^```/gm)]
  .flatMap(([, block = '']) => block.split(/^\$ /m).slice(1))
  .map((one) => ({ typed: one.slice(0, one.indexOf('\n')), printed: one.slice(one.indexOf('\n') + 1).trim() }));

describe.skipIf(codexPath() === null)('the quick start of README', () => {
  let home: FreshHome;
  let gateway: Gateway;

  beforeAll(async () => {
    home = freshHome();
    gateway = await startGateway({ apiKeys: [WELL_KNOWN_KEY] });
    home.write(
      '.codex/config.toml',
      '# My Codex\nmodel_reasoning_effort = "high"\n\n[projects."/home/me/shop"]\ntrust_level = "trusted"\n',
    );
    writeYaml(home, `${YAML}gateway: { url: "${gateway.url}" }\n`);
    // Codex alone: the machine of the transcripts has no CCS.
    mkdirSync(home.path('bin'));
    symlinkSync(codexPath() ?? '', home.path('bin', 'codex'));
    home.env.PATH = [home.path('bin'), dirname(process.execPath), '/usr/bin', '/bin'].join(delimiter);
  });
  afterAll(async () => {
    await gateway.close();
    home.dispose();
  });

  it('has transcripts', () => {
    expect(TRANSCRIPTS.map((one) => one.typed)).toContain('codex-link plan');
    expect(YAML).toContain('version: 1');
  });

  it.each(TRANSCRIPTS)('$typed', async ({ typed, printed }) => {
    const ran = await codexLink(home, typed.split(' ').slice(1));
    expect(ran.code).toBe(0);
    const { username } = (await import('node:os')).userInfo();
    const here = (ran.stdout + ran.stderr)
      .replaceAll(home.home, '/home/me')
      .replaceAll(` of ${username}`, ' of me')
      .replaceAll(gateway.url, 'http://127.0.0.1:8317');
    // Here it is this very process that answers.
    const listener = (text: string) => text.replace(/, run by .* \(process \d+\)/, ', run by it').trim();
    expect(listener(here)).toBe(listener(printed));
  });
});
