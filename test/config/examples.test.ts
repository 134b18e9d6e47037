import { readdir, readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import schema from '../../schema/codex-link.schema.json' with { type: 'json' };
import { loadDesired } from '../../src/config/load.ts';
import { readOnlyMachine } from './support.ts';

const folder = new URL('../../examples/', import.meta.url);
const names = (await readdir(folder)).filter((name) => name.endsWith('.yaml')).sort();
const texts = Object.fromEntries(
  await Promise.all(names.map(async (name) => [`/home/me/${name}`, await readFile(new URL(name, folder), 'utf8')])),
);

const loadExample = (name: string, os: 'linux' | 'darwin' | 'win32' = 'linux') =>
  loadDesired(readOnlyMachine(texts, { os }), { file: name });

describe('the examples', () => {
  test('are the documented ones', () => {
    expect(names).toEqual([
      'extends-team.yaml',
      'full.yaml',
      'minimal.yaml',
      'self-hosted.yaml',
      'team-gateway.yaml',
      'team.yaml',
    ]);
  });

  test.each(names.flatMap((name) => (['linux', 'darwin', 'win32'] as const).map((os) => [name, os] as const)))(
    '%s loads on %s',
    async (name, os) => {
      expect((await loadExample(name, os)).file).toBe(`/home/me/${name}`);
    },
  );

  test.each(names)('%s tells editors where the schema is', (name) => {
    expect(texts[`/home/me/${name}`]).toMatch(/^# yaml-language-server: \$schema=\.\.\/schema\/codex-link\.schema\.json\n/);
  });

  test('full.yaml has every key', () => {
    type Part = { properties?: Record<string, Part>; items?: Part };
    const missing = (part: Part, value: unknown, path: string): string[] => {
      if (value === undefined) return [path];
      if (part.items !== undefined) {
        return Object.entries(part.items.properties ?? {}).flatMap(([name, one]) =>
          missing(
            one,
            (value as Record<string, unknown>[]).map((item) => item[name]).find((found) => found !== undefined),
            `${path}[].${name}`,
          ),
        );
      }
      if (path.endsWith('.set')) return [];
      return Object.entries(part.properties ?? {}).flatMap(([name, one]) =>
        missing(one, (value as Record<string, unknown>)[name], `${path}.${name}`),
      );
    };
    // `env`, `file` and `command` are alternatives; one of them is enough.
    const absent = missing(schema as unknown as Part, parse(texts['/home/me/full.yaml']!), '');
    expect(absent.filter((path) => !path.includes('.urlFrom.'))).toEqual([]);
  });

  test('extends-team.yaml adds to the team', async () => {
    const desired = await loadExample('extends-team.yaml');
    expect(desired.accounts?.map(({ email, paused }) => [email, paused])).toEqual([
      ['pool-1@example.com', false],
      ['pool-2@example.com', true],
      ['me@example.com', false],
    ]);
    expect(desired.drift).toMatchObject({ schedule: { every: '1h' }, heal: 'safe' });
    expect(desired.gateway.exposure).toBe('loopback');
  });

  test('self-hosted.yaml leaves the gateway alone', async () => {
    const desired = await loadExample('self-hosted.yaml');
    expect(desired.gateway).toMatchObject({
      host: 'gateway.example.com',
      port: 443,
      tls: true,
      loopback: false,
      manager: 'none',
    });
    expect(desired.secret.source.kind).toBe('command');
  });

  test('team-gateway.yaml sends each person with a key of his own to a server by https', async () => {
    const desired = await loadExample('team-gateway.yaml', 'darwin');
    expect(desired.gateway).toMatchObject({ manager: 'none', tls: true, loopback: false, allowInsecure: false });
    expect([desired.secret.source, (await loadExample('team-gateway.yaml')).secret.source]).toMatchObject([
      { kind: 'command', argv: ['op', 'read', expect.stringMatching(/\/me\//)] },
      { kind: 'command', argv: ['vault', 'kv', 'get', '-field=key', 'codex-gateway/me'] },
    ]);
  });
});
