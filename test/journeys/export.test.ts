/** `codex-link export` as somebody types it. */
import { statSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { problems } from '../core/support/schemas.ts';
import { codexLink, writeYaml } from '../support/cli.ts';
import { type FreshHome, freshHome } from '../support/fresh-home.ts';

describe('export', () => {
  let home: FreshHome;
  beforeEach(() => {
    home = freshHome();
    writeYaml(
      home,
      'version: 1\nprovider: { model: gpt-5.5 }\noverrides: [{ when: { os: macos }, set: { provider: { id: on-mac } } }]\n',
    );
  });
  afterEach(() => home.dispose());
  const type = (...args: string[]) => codexLink(home, ['export', ...args]);

  it('prints the profile, tells what it costs beside it, and changes nothing', async () => {
    const before = home.hashTree();
    const { code, stdout, stderr } = await type('--format', 'mobileconfig');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^<\?xml[\s\S]*<\/plist>$/);
    expect(stderr.match(/CL\d{4}/g)).toEqual(['CL9040', 'CL9043', 'CL9045']);
    expect((await type('--format', 'mobileconfig', '--quiet')).stderr).toBe('');
    expect(home.hashTree()).toEqual(before);
  });

  it('writes it to a file, readable for whoever uploads it, the same bytes', async () => {
    const printed = await type('--format', 'mobileconfig', '--layer', 'both');
    const { code, stdout } = await type('--format', 'mobileconfig', '--layer', 'both', '--out', home.path('codex.mobileconfig'));
    expect([code, stdout]).toEqual([0, `The profile is in ${home.path('codex.mobileconfig')}`]);
    expect(home.read('codex.mobileconfig')).toBe(`${printed.stdout}\n`);
    expect(statSync(home.path('codex.mobileconfig')).mode & 0o777).toBe(0o644);
  });

  it('as JSON has the profile inside, and is for a Mac wherever it runs', async () => {
    const ran = await type('--format', 'mobileconfig', '--layer', 'requirements', '--json');
    const document = JSON.parse(ran.stdout) as { settings: { config: null; requirements: string }; profile: string };
    expect(problems('export', document, true)).toEqual([]);
    expect(document).toMatchObject({ command: 'export', format: 'mobileconfig', layer: 'requirements', file: null });
    expect(document.settings.config).toBeNull();
    expect(document.settings.requirements).toContain('model_provider = "on-mac"');
    expect(document.settings.requirements).toContain('cwd = "~/.codex/bin"');
    expect(document.profile).toBe(`${(await type('--format', 'mobileconfig', '--layer', 'requirements')).stdout}\n`);
    expect(ran.stdout).not.toContain(home.home);
  });

  it('makes no file with a secret or a home folder in it', async () => {
    const settings = `http_headers: { X-Key: "\${env:TEAM_KEY}" }, model_catalog_url: "file://\${home}/m.json"`;
    writeYaml(home, `version: 1\nprovider: { settings: { ${settings} } }\n`);
    const env = { ...home.env, TEAM_KEY: 'test-4711-secret' };
    const ran = await codexLink(home, ['export', '--format', 'mobileconfig', '--out', home.path('x')], { env });
    expect([ran.code, ran.stdout, home.read('x')]).toEqual([1, '', null]);
    expect(ran.stderr.match(/CL\d{4}/g)).toEqual(['CL9041', 'CL9042']);
    expect(ran.stderr).not.toContain('4711');
  });

  it.each([
    [[], 'needs --format mobileconfig'],
    [['--format', 'mobilconfig'], 'did you mean mobileconfig?'],
    [['--format', 'mobileconfig', '--layer', 'requirement'], 'did you mean requirements?'],
    [['mobileconfig'], 'does not take'],
  ])('%j is wrong usage', async (args, message) => {
    const { code, stdout, stderr } = await type(...args);
    expect([code, stdout, stderr]).toEqual([64, '', expect.stringContaining(message)]);
  });
});
