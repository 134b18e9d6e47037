import { execa } from 'execa';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CodexLinkError } from '../../../src/diagnostics/diagnostics.ts';
import { managedSettings } from '../../../src/export/managed-settings.ts';
import { mobileconfig } from '../../../src/export/mobileconfig.ts';
import { uuidOf } from '../../../src/export/uuid.ts';
import { parseToml } from '../../../src/toml/read.ts';
import { findCommand } from '../../support/system.ts';
import { missingParsers, parsed } from '../platform/darwin/property-list.ts';
import { type Differently, desired } from '../support/desired.ts';

const HOME = '/home/me';
const settingsOf = (differently: Differently, layer: 'config' | 'requirements' | 'both' = 'both') =>
  managedSettings(desired(differently), HOME, layer);
const codes = (findings: readonly { readonly code: string }[]) => findings.map(({ code }) => code);

function problemsOf(differently: Differently): string[] {
  try {
    settingsOf(differently);
    return [];
  } catch (error) {
    if (!(error instanceof CodexLinkError)) throw error;
    return codes(error.findings);
  }
}

describe('the settings', () => {
  test('have the selector, the table and the helper as everybody has it', () => {
    const { settings } = settingsOf({ provider: { model: 'gpt-5.5', contextWindow: 272_000 } });
    expect(parseToml(settings.config ?? '')).toEqual({
      model: 'gpt-5.5',
      model_provider: 'cliproxy',
      model_context_window: 272_000n,
      model_providers: {
        cliproxy: {
          name: 'CLIProxy',
          base_url: 'http://127.0.0.1:8317/v1',
          wire_api: 'responses',
          auth: { command: './cliproxy-token', cwd: '~/.codex/bin', timeout_ms: 5000n, refresh_interval_ms: 300_000n },
        },
      },
    });
    expect(Object.keys(parseToml(settings.requirements ?? '')).sort()).toEqual(['model_provider', 'model_providers']);
  });

  test.each<[string, Differently, object]>([
    ['portable', { provider: { portable: true } }, { command: './cliproxy-token', cwd: '~/.codex/bin' }],
    ['elsewhere below home', { helper: { path: '/home/me/tools/key' } }, { command: './key', cwd: '~/tools' }],
    ['right in home', { helper: { path: '/home/me/key' } }, { command: './key', cwd: '~' }],
    ['of the whole Mac', { helper: { path: '/usr/local/bin/key' } }, { command: '/usr/local/bin/key' }],
    ['in a folder whose name begins like home', { helper: { path: '/home/me2/key' } }, { command: '/home/me2/key' }],
  ])('name a helper that is %s', (_what, differently, auth) => {
    const { config } = settingsOf({ ...differently, helper: { timeoutMs: 1, ...differently.helper } }).settings;
    const table = parseToml(config ?? '') as { model_providers: { cliproxy: { auth: object } } };
    const { timeout_ms: _, refresh_interval_ms: __, ...rest } = table.model_providers.cliproxy.auth as Record<string, unknown>;
    expect(rest).toEqual(auth);
  });

  test('are the same when somebody exports on Windows', () => {
    const [home, path] = ['C:\\Users\\me', 'C:\\Users\\me\\.codex\\bin\\cliproxy-token'];
    expect(managedSettings(desired({ helper: { path } }), home, 'both').settings).toEqual(settingsOf({}).settings);
    const name = `${home}\\models.json`;
    const leaking = desired({ helper: { path }, provider: { settings: { model_catalog_url: name } } });
    expect(() => managedSettings(leaking, home, 'both')).toThrow('CL9042');
  });

  test.each(['dotenv', 'env'] as const)('name the variable with auth: %s', (auth) => {
    const { config } = settingsOf({ provider: { auth, keepChatgptFeatures: true } }).settings;
    expect(parseToml(config ?? '')).toMatchObject({
      model_providers: { cliproxy: { env_key: 'CLIPROXY_API_KEY', requires_openai_auth: true } },
    });
    expect(config).not.toContain('auth]');
  });

  test('keep the table on the OAuth route, so that conversations open', () => {
    const { config, requirements } = settingsOf({ provider: { active: 'openai', contextWindow: 1000 } }).settings;
    expect(parseToml(config ?? '')).toMatchObject({ model_provider: 'openai', model_providers: { cliproxy: {} } });
    expect(config).not.toContain('model_context_window');
    expect(parseToml(requirements ?? '')).toMatchObject({ model_provider: 'openai' });
  });

  test.each<['config' | 'requirements' | 'both', Differently, readonly string[]]>([
    ['config', {}, ['CL9040', 'CL9043', 'CL9045']],
    ['both', {}, ['CL9040', 'CL9045']],
    ['requirements', {}, ['CL9040', 'CL9045']],
    ['requirements', { provider: { model: 'gpt-5.5' } }, ['CL9040', 'CL9044', 'CL9045']],
  ])('of %s say what they cost', (layer, differently, expected) => {
    const { settings, findings } = settingsOf(differently, layer);
    expect(codes(findings)).toEqual(expected);
    expect([settings.config === null, settings.requirements === null]).toEqual([layer === 'requirements', layer === 'config']);
  });

  test('what is decided does not name a model that is not in it', () => {
    const [first] = settingsOf({ provider: { model: 'gpt-5.5' } }, 'requirements').findings;
    expect(first?.message).toContain('decides model_provider, model_providers.cliproxy for everybody');
  });

  test.each<[string, Differently, readonly string[]]>([
    ['a header with a key', { provider: { settings: { http_headers: { 'X-Key': 'test-4711-secret' } } } }, ['CL9041']],
    ['a password in the address', { gateway: { url: 'https://me:test-4711-secret@gateway.example.com' } }, ['CL9041']],
    ['a header from a variable', { provider: { settings: { env_http_headers: { 'X-Key': 'TEAM_KEY' } } } }, []],
    ['the name of a home folder', { provider: { settings: { model_catalog_url: 'file:///home/me/models.json' } } }, ['CL9042']],
  ])('with %s', (_what, differently, expected) => {
    expect(problemsOf(differently)).toEqual(expected);
  });
});

describe('identifiers', () => {
  test('are of version 5, and of the content', () => {
    expect(uuidOf('a')).toMatch(/^[0-9A-F]{8}-[0-9A-F]{4}-5[0-9A-F]{3}-[89AB][0-9A-F]{3}-[0-9A-F]{12}$/);
    expect(uuidOf('a')).toBe(uuidOf('a'));
    fc.assert(
      fc.property(fc.string(), fc.string(), (one, other) => one === other || uuidOf(one) !== uuidOf(other)),
      { numRuns: 200 },
    );
  });

  test.skipIf(missingParsers.length > 0)('are those of another implementation', async () => {
    const script =
      "import uuid; print(str(uuid.uuid5(uuid.UUID('6f1cbf3e-52a0-4c62-9d0b-6a4f0f3f8c11'), 'grüße & <x>')).upper())";
    expect((await execa(findCommand('python3') ?? '', ['-c', script])).stdout).toBe(uuidOf('grüße & <x>'));
  });
});

describe('the profile', () => {
  test('is the same for the same settings, and another for others', () => {
    const one = mobileconfig(settingsOf({}).settings, 'CLIProxy');
    expect(mobileconfig(settingsOf({}).settings, 'CLIProxy')).toBe(one);
    const uuids = (text: string) => [...text.matchAll(/<string>([0-9A-F-]{36})<\/string>/g)].map((found) => found[1]);
    const other = mobileconfig(settingsOf({ provider: { name: 'Team' } }).settings, 'CLIProxy');
    expect(uuids(one)).toHaveLength(2);
    expect(new Set([...uuids(one), ...uuids(other)]).size).toBe(4);
    const identifiers = (text: string) => text.match(/<string>codex-link\.[^<]*/g);
    expect(identifiers(other)).toEqual(identifiers(one));
  });

  test.skipIf(missingParsers.length > 0)('is a property list that gives Codex exactly these settings', async () => {
    const name = 'A & <B> "C" &lt; 日本 😀';
    const { settings } = settingsOf({ provider: { name } });
    const text = mobileconfig(settings, `${name}\u0001\u001b\ufffe`);
    const profile = (await parsed(text)) as { PayloadContent: Record<string, string>[] };
    expect(profile).toMatchObject({ PayloadDisplayName: `Codex: ${name}` });
    expect(profile).toMatchObject({ PayloadType: 'Configuration', PayloadScope: 'System', PayloadVersion: 1 });
    const [payload = {}] = profile.PayloadContent;
    expect(payload).toMatchObject({ PayloadType: 'com.openai.codex', PayloadVersion: 1 });
    const decode = (key: string) => Buffer.from(payload[key] ?? '', 'base64').toString('utf8');
    expect([decode('config_toml_base64'), decode('requirements_toml_base64')]).toEqual([settings.config, settings.requirements]);
    const only = (await parsed(mobileconfig(settingsOf({}, 'requirements').settings, 'x'))) as typeof profile;
    expect(Object.keys(only.PayloadContent[0] ?? {})).not.toContain('config_toml_base64');
  });
});
