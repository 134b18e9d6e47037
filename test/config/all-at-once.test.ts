import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Code } from '../../src/diagnostics/diagnostics.ts';
import { findingsOf, load } from './support.ts';

/** One mistake: lines for a section, `‸` right before each place that a finding has to name. */
interface Slip {
  readonly section: string;
  readonly yaml: string;
  readonly code: Code;
  /** What it is about: a file gets only one slip about the same thing, because one may be the consequence of the other. */
  readonly about: readonly string[];
}

const slip = (section: string, yaml: string, code: Code, ...about: string[]): Slip => ({
  section,
  yaml,
  code,
  about: about.length > 0 ? about : [`${section} ${yaml}`],
});

/** Every section with something right in it, so that there is something to go on with. */
const SECTIONS: Readonly<Record<string, string>> = {
  '': '',
  accounts: '  - { email: a@x.y, nickname: work }',
  routing: '',
  gateway: '  ensure: running',
  variants: '  - { name: base, model: m }',
  provider: '',
  '  settings': '    stream_max_retries: 3',
  secret: '',
  helper: '  refreshIntervalMs: 5',
  app: '',
  verify: '',
  drift: '',
  '  ignore': '    - { resource: app }',
  overrides: '  - { when: { os: linux }, set: { app: { quitTimeoutSeconds: 5 } } }',
};

const SLIPS: readonly Slip[] = [
  slip('', 'version: ‸3', 'CL2020', 'version'),
  slip('', 'version: ‸"1"', 'CL2020', 'version'),
  slip('', '‸vresion: 1', 'CL2021', 'version'),
  slip('', 'extends: ‸./missing.yaml', 'CL2030', 'extends'),
  slip('', 'extends: ‸5', 'CL2023', 'extends'),
  slip('', 'extends: ‸"${env:NOWHERE}/x.yaml"', 'CL2033', 'extends'),
  slip('', '‸nonsense: { a: 1 }', 'CL2021'),
  slip('', '‸apiKey: hunter2secret', 'CL2040'),
  slip('', '‸8317: ccs', 'CL2016'),
  slip('', '# ‸sk-proj-q7Rz2LxW9pT4vKb8NcD3mYf6', 'CL2040'),

  slip('accounts', '  - ‸{ nickname: nobody }', 'CL2024'),
  slip('accounts', '  - { email: ‸home }', 'CL2025'),
  slip('accounts', '  - { email: b@x.y, paused: ‸no }', 'CL2022'),
  slip('accounts', '  - ‸a@x.y', 'CL2022'),
  slip('accounts', '  - ‸*nothing', 'CL2013'),
  slip('accounts', '  - { email: ‸A@X.Y }', 'CL2051'),
  slip('accounts', '  - { email: c@x.y, nickname: ‸WORK }', 'CL2053'),
  slip('accounts', '  - { email: d@x.y, default: true }\n  - { email: e@x.y, default: ‸true }', 'CL2050', 'default'),
  slip('accounts', '  - { email: g@x.y, default: true, paused: ‸true }', 'CL2052', 'default'),

  slip('routing', '  strategy: ‸fill-frist', 'CL2023'),
  slip('routing', '  sessionAffinity: ‸on', 'CL2022'),
  slip('routing', '  sessionAffinityTtl: ‸"60"', 'CL2025'),

  slip('gateway', '  url: ‸http://10.0.0.5:8317', 'CL2061', 'url', 'extends'),
  slip('gateway', '  url: ‸http://127.0.0.1:8317/v1', 'CL2060', 'url'),
  slip('gateway', '  url: ‸127.0.0.1', 'CL2025', 'url'),
  slip('gateway', '  allowInsecure: ‸yes', 'CL2022', 'url'),
  slip('gateway', '  exposure: ‸lan', 'CL2023'),
  slip('gateway', '  manager: ‸!mine none', 'CL2015', 'manager'),
  slip('gateway', '  manager: ‸nobody', 'CL2023', 'manager'),

  slip('variants', '  - { name: ‸9x, model: m }', 'CL2025'),
  slip('variants', '  - ‸{ name: other }', 'CL2024'),
  slip('variants', '  - { name: ‸base, model: n }', 'CL2054'),

  slip('provider', '  id: ‸openai', 'CL2070', 'id'),
  slip('provider', '  id: ‸a/b', 'CL2025', 'id'),
  slip('provider', '  name: ‸@x', 'CL2009', 'name'),
  slip('provider', '  ‸nmae: x', 'CL2021', 'name'),
  slip('provider', '  auth: ‸helpr', 'CL2023', 'auth'),
  slip('provider', '  keepChatgptFeatures: ‸true', 'CL2071', 'auth', 'extends'),
  slip('provider', '  model: ‸"a b"', 'CL2025'),
  slip('provider', '  contextWindow: ‸0', 'CL2025'),
  slip('  settings', '    ‸colour: red', 'CL2074'),
  slip('  settings', '    ‸base_url: x', 'CL2073'),
  slip('  settings', '    request_max_retries: ‸101', 'CL2075'),

  slip('secret', '  store: ‸keychain', 'CL2082', 'store'),
  slip('secret', '  store: ‸vault', 'CL2023', 'store'),
  slip('secret', '  source: { generate: ‸4 }', 'CL2025', 'source'),
  slip('secret', '  source: ‸{ env: A, file: b }', 'CL2026', 'source'),
  slip('secret', '  source: { file: ‸~bob/key }', 'CL2035', 'source'),
  slip('secret', '  source: ‸hunter2secret', 'CL2040', 'source'),
  slip('secret', '  service: ‸""', 'CL2025'),
  slip('secret', '  account: ‸"${env:NOBODY}"', 'CL2033', 'account'),
  slip('secret', '  account: ‸"${usr}"', 'CL2034', 'account'),

  slip('helper', '  path: ‸~bob/token', 'CL2035'),
  slip('helper', '  timeoutMs: ‸0', 'CL2025'),
  slip('app', '  restart: ‸always', 'CL2023'),
  slip('app', '  quitTimeoutSeconds: ‸"20"', 'CL2022'),
  slip('verify', '  doctor: ‸never', 'CL2023'),
  slip('verify', '  allowWarnings: [a, ‸1, b]', 'CL2022'),

  slip('drift', '  schedule: { cron: ‸"60 * * * *" }', 'CL2091', 'schedule'),
  slip('drift', '  schedule: { every: ‸30s }', 'CL2025', 'schedule'),
  slip('drift', '  heal: ‸true', 'CL2023'),
  slip('drift', '  report: { ‸webhook: {}, notify: true }', 'CL2024', 'report'),
  slip('drift', '  report: { json: ‸~bob/x }', 'CL2035', 'report'),
  slip('  ignore', '    - { resource: ‸nope }', 'CL2092'),
  slip('  ignore', '    - { resource: app, until: ‸2027-02-30 }', 'CL2090'),
  slip('  ignore', '    - ‸{ reason: x }', 'CL2024'),
  slip('  ignore', '    - { resource: app, until: ‸soon }', 'CL2025'),

  slip('overrides', '  - ‸{ when: { os: linux } }', 'CL2024'),
  slip('overrides', '  - { when: { os: ‸mac }, set: {} }', 'CL2023'),
  slip('overrides', '  - { when: { os: macos }, set: { secret: { store: ‸secret-service } } }', 'CL2082'),
  slip('overrides', '  - { when: { os: windows }, set: { provider: { portable: ‸true } } }', 'CL2072', 'auth', 'extends'),
  slip(
    'overrides',
    '  - { when: { host: other }, set: { variants: [{ name: v, model: m }, { name: ‸v, model: n }] } }',
    'CL2054',
  ),
  slip('overrides', '  - { when: { user: ci }, set: { helper: { timeoutMs: ‸0 }, provider: { id: cliproxy } } }', 'CL2025'),
];

/** The file with the slips in it, and what has to be told of it, from top to bottom. */
function written(slips: readonly Slip[]): { text: string; expected: readonly string[] } {
  const places: Slip[] = [];
  const lines = slips.some((one) => one.about.includes('version')) ? [] : ['version: 1'];
  for (const [section, right] of Object.entries(SECTIONS)) {
    const wrong = slips.filter((one) => one.section === section);
    if (section !== '') lines.push(`${section}:`);
    if (right !== '') lines.push(right);
    lines.push(...wrong.map((one) => one.yaml));
    places.push(...wrong);
  }
  const marked = `${lines.join('\n')}\n`;
  const expected = marked
    .split('‸')
    .slice(0, -1)
    .map((_, index, parts) => {
      const before = parts
        .slice(0, index + 1)
        .join('')
        .split('\n');
      return `${before.length}:${[...before.at(-1)!].length + 1} ${places[index]!.code}`;
    });
  const isVersion = (one: string) => one.endsWith('CL2020');
  return {
    text: marked.replaceAll('‸', ''),
    expected: [...expected.filter(isVersion), ...expected.filter((one) => !isVersion(one))],
  };
}

async function toldOf(text: string): Promise<readonly string[]> {
  return (await findingsOf(load(text))).map(({ line, column, code }) => `${line}:${column} ${code}`);
}

describe('every mistake of a file is told at once', () => {
  test('a file without any is right', async () => {
    expect(await toldOf(written([]).text)).toEqual([]);
  });

  test.each(SLIPS)('alone: $yaml', async (one) => {
    const { text, expected } = written([one]);
    expect(await toldOf(text)).toEqual(expected);
  });

  test('any number of them, each at its place and nothing else', async () => {
    const some = fc.shuffledSubarray([...SLIPS], { minLength: 2 }).map((slips) => {
      const taken = new Set<string>();
      return slips.filter(({ about }) => about.every((one) => !taken.has(one)) && about.every((one) => taken.add(one)));
    });
    await fc.assert(
      fc.asyncProperty(some, async (slips) => {
        const { text, expected } = written(slips);
        expect(await toldOf(text)).toEqual(expected);
      }),
      { numRuns: 500 },
    );
  });

  test('any two of them', async () => {
    for (const one of SLIPS) {
      for (const other of SLIPS) {
        if (SLIPS.indexOf(one) >= SLIPS.indexOf(other) || one.about.some((same) => other.about.includes(same))) continue;
        const { text, expected } = written([one, other]);
        expect(await toldOf(text), text).toEqual(expected);
      }
    }
  });
});
