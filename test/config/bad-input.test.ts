import { describe, expect, test } from 'vitest';
import { loadDesired } from '../../src/config/load.ts';
import { yamlCodes } from '../../src/diagnostics/yaml.ts';
import { layerCases } from './cases/layers.ts';
import { meaningCases } from './cases/meaning.ts';
import { harmless, leaks, misplaced, secretCases } from './cases/secrets.ts';
import { shapeCases } from './cases/shape.ts';
import { textCases } from './cases/text.ts';
import { expectOneFinding, findingsOf, load, mainFile, marked, readOnlyMachine, type Stands } from './support.ts';

describe('one clear error, at its place, with the next thing to type', () => {
  test.each(textCases)('text: $name', (one) => expectOneFinding(one));
  test.each(shapeCases)('shape: $name', (one) => expectOneFinding(one));
  test.each(meaningCases)('meaning: $name', (one) => expectOneFinding(one));
  test.each(layerCases)('layers: $name', (one) => expectOneFinding(one));
  test.each(secretCases)('literal secret: $name', (one) => expectOneFinding(one));
});

describe('literal secrets', () => {
  test.each(secretCases)('$name is not repeated', async ({ yaml, world }) => {
    const said = JSON.stringify(await findingsOf(load(marked(yaml).text, world)));
    for (const leak of leaks) expect(said).not.toContain(leak);
  });

  test.each(misplaced)('%s is refused and not repeated', async (yaml) => {
    const findings = await findingsOf(load(yaml));
    expect(findings).not.toEqual([]);
    for (const leak of leaks) expect(JSON.stringify(findings)).not.toContain(leak);
  });

  test.each(harmless)('%s is none', async (yaml) => {
    await expect(load(`version: 1\n${yaml}\n`)).resolves.toBeDefined();
  });
});

/** Files that cannot be read as text at all. */
const fileCases: readonly { name: string; stands: Stands; code: string; says: string; fix: string; place?: string }[] = [
  { name: 'a folder', stands: 'FOLDER', code: 'CL2004', says: 'is a folder', fix: `--file ${mainFile}/codex-link.yaml` },
  { name: 'no permission', stands: 'DENIED', code: 'CL2003', says: 'permission denied', fix: `chmod u+r '${mainFile}'` },
  { name: '10 MB, unread', stands: { size: 10 * 1024 * 1024 }, code: 'CL2005', says: '10.0 MiB', fix: 'check that the path' },
  {
    name: 'Latin-1',
    stands: bytes('version: 1\nprovider: { name: J', [0xfc]),
    code: 'CL2006',
    says: 'not valid UTF-8',
    fix: 'iconv',
    place: '2:20',
  },
  {
    name: 'UTF-16, little endian',
    stands: bytes('', [0xff, 0xfe, 0x76, 0]),
    code: 'CL2006',
    says: 'UTF-16',
    fix: 'iconv -f UTF-16',
    place: '1:1',
  },
  {
    name: 'UTF-16, big endian',
    stands: bytes('', [0xfe, 0xff, 0, 0x76]),
    code: 'CL2006',
    says: 'UTF-16',
    fix: 'iconv -f UTF-16',
    place: '1:1',
  },
  { name: 'UTF-16 without mark', stands: bytes('v\0e\0', []), code: 'CL2007', says: 'NUL', fix: 'UTF-8', place: '1:2' },
];

function bytes(text: string, more: readonly number[]): Uint8Array {
  return new Uint8Array([...new TextEncoder().encode(text), ...more]);
}

describe('a file that is no text', () => {
  test.each(fileCases)('$name', async ({ stands, code, says, fix, place }) => {
    const findings = await findingsOf(load(stands));
    expect(findings.map((one) => one.code)).toEqual([code]);
    expect(findings[0]).toMatchObject({
      file: mainFile,
      message: expect.stringContaining(says),
      fix: expect.stringContaining(fix),
    });
    if (place !== undefined) expect(`${findings[0]!.line}:${findings[0]!.column}`).toBe(place);
  });

  test('standard input that is too large', async () => {
    const stdin = async () => new Uint8Array(2 * 1024 * 1024);
    const findings = await findingsOf(loadDesired(readOnlyMachine({}), { file: '-', stdin }));
    expect(findings).toMatchObject([{ code: 'CL2005', file: '-' }]);
  });

  test('standard input that there is none of', async () => {
    const findings = await findingsOf(loadDesired(readOnlyMachine({}), { file: '-' }));
    expect(findings).toMatchObject([{ code: 'CL2003', file: '-', fix: expect.stringContaining('--file') }]);
  });
});

describe('hostile input is refused fast', () => {
  const billion = ['a: &a [x, x, x, x, x, x, x, x, x]'];
  for (const [index, name] of [...'bcdefghi'].entries())
    billion.push(`${name}: &${name} [${Array(9).fill(`*${'abcdefgh'[index]}`).join(', ')}]`);

  test.each([
    ['a billion laughs', billion.join('\n'), 'CL2014'],
    ['half a million brackets', '['.repeat(500_000), 'CL2017'],
    ['many keys', Array.from({ length: 20_000 }, (_, index) => `k${index}: 1`).join('\n'), 'CL2019'],
    ['a long chain of slashes', `version: 1\nprovider: { basePath: "${'/a'.repeat(200_000)}!" }`, 'CL2025'],
    ['a long word', `version: 1\n${'k'.repeat(1000)}: 1`, 'CL2021'],
  ])('%s', async (_, text, code) => {
    const start = performance.now();
    const findings = await findingsOf(load(text));
    expect(findings[0]!.code).toBe(code);
    expect(performance.now() - start).toBeLessThan(5000);
  });
});

test('everything that is wrong is told at once, from top to bottom', async () => {
  const findings = await findingsOf(
    load(`version: 1
gatway: {}
provider:
  auth: helpr
  id: openai
  keepChatgptFeatures: true
secret: { source: "\${env:NOT_SET}", store: keychain }
accounts:
  - { email: a@b.c, default: true }
  - { email: d@e.f, default: true }
helper: { timeoutMs: 0 }
`),
  );
  // The rule about keepChatgptFeatures waits until provider.auth is right.
  expect(findings.map((one) => `${one.line}:${one.column} ${one.code}`)).toEqual([
    '2:1 CL2021',
    '4:9 CL2023',
    '5:7 CL2070',
    '7:19 CL2033',
    '7:44 CL2082',
    '10:30 CL2050',
    '11:22 CL2025',
  ]);
});

test('columns count characters', async () => {
  const findings = await findingsOf(load('version: 1\nprovider: { name: "🚀🚀", ids: x }\n'));
  expect(findings).toMatchObject([{ line: 2, column: 25 }]);
});

test('every code of the table has a case, and its texts are whole sentences', () => {
  const elsewhere = ['CL2001', 'CL2002', ...fileCases.map((one) => one.code)];
  const cases = [...textCases, ...shapeCases, ...meaningCases, ...layerCases, ...secretCases].map((one) => one.code as string);
  expect(Object.keys(yamlCodes).filter((code) => !cases.includes(code) && !elsewhere.includes(code))).toEqual([]);
  for (const { summary, explanation, fix } of Object.values(yamlCodes)) {
    for (const text of [summary, explanation, fix])
      expect(text).toMatch(/^(?:[A-Z`$]|gateway|codex-link|keychain|openai|requires|[a-z]+\.).*\.$/s);
  }
});
