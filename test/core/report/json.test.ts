import { describe, expect, test } from 'vitest';
import { explain } from '../../../src/cli/commands/explain.ts';
import { CODES, finding } from '../../../src/diagnostics/diagnostics.ts';
import { linux } from '../../../src/platform/linux/linux.ts';
import { errorJson, head, planJson, verifyJson } from '../../../src/report/json.ts';
import { ADDRESSES } from '../../../src/resources/addresses.ts';
import { verifyRoute } from '../../../src/verification/checks.ts';
import { jsonConsole } from '../support/console.ts';
import { desired } from '../support/desired.ts';
import { answer } from '../support/gateway.ts';
import { DOCUMENTS, problems } from '../support/schemas.ts';
import { applyTo, CODEX, CONFIG, exit, HELPER, planOf, type World, world } from '../support/world.ts';

/** Machines in every state that a document can speak of. */
const WORLDS: readonly [string, (made: World) => void][] = [
  ['empty', () => {}],
  ['without a gateway', ({ machine }) => void machine.servers.clear()],
  ['with a foreign gateway', ({ machine }) => void machine.servers.set('127.0.0.1:8317', () => answer(200, '<title>x</title>'))],
  ['with a broken config.toml', ({ machine }) => machine.place(CONFIG, 'a = = 1')],
  ['with a config.toml that Codex refuses', ({ machine }) => machine.place(CONFIG, '[model_providers.x]\nname = ""\n')],
  ['with a folder in the way', ({ machine }) => machine.placeFolder(HELPER)],
  ['with a helper that does not work', ({ machine }) => void machine.programs.set(HELPER, () => exit(3, '', 'no'))],
  ['without Codex', ({ machine }) => void machine.remove(CODEX)],
  ['that is set up', () => {}],
];

async function inState(name: string, prepare: (made: World) => void): Promise<World> {
  const made = world();
  prepare(made);
  if (name === 'that is set up') await applyTo(made.machine, desired());
  return made;
}

describe.each(WORLDS)('a machine %s', (name, prepare) => {
  test.each(['helper', 'dotenv', 'env'] as const)('plan with %s', async (auth) => {
    const { machine } = await inState(name, prepare);
    const document = await planJson(await planOf(machine, desired({ provider: { auth, model: 'gpt-5.5' } })), 'linux');
    expect(problems('plan', document, true)).toEqual([]);
    const versions = { codex: '0.169.0', ccs: null, gateway: null };
    const origin = { host: 'mac', user: 'me', at: '2026-11-21T12:00:00.000Z', versions };
    expect(problems('plan', { ...document, ...origin }, true)).toEqual([]);
  });

  test.each(['helper', 'dotenv', 'env'] as const)('apply with %s', async (auth) => {
    const { machine } = await inState(name, prepare);
    const { document } = await applyTo(machine, desired({ provider: { auth } }));
    expect(problems('apply', document, true)).toEqual([]);
  });

  test('verify', async () => {
    const { machine } = await inState(name, prepare);
    for (const active of ['cliproxy', 'openai'] as const) {
      const verification = await verifyRoute(machine, desired({ provider: { active } }), linux, { live: active === 'cliproxy' });
      expect(problems('verify', verifyJson(verification), true)).toEqual([]);
    }
  });
});

test('an error', () => {
  const document = errorJson('plan', [
    finding('CL2001', 'first', { file: '/f', line: 1, column: 2 }),
    finding('CL2002', 'second'),
  ]);
  expect(problems('error', document, true)).toEqual([]);
  expect(document).toMatchObject({
    error: { code: 'CL2001', message: 'first' },
    findings: [{ code: 'CL2001' }, { code: 'CL2002' }],
  });
});

test('validate', () => {
  const document = {
    ...head('validate'),
    valid: true,
    file: '/f.yaml',
    sources: ['/f.yaml'],
    findings: [finding('CL0011', 'x')],
  };
  expect(problems('validate', document, true)).toEqual([]);
});

test('explain, for everything that there is', async () => {
  const said = async (...operands: string[]) => {
    const { console, printed } = jsonConsole();
    expect(await explain({ command: 'explain', operands, flags: {} }, console)).toBe(0);
    return JSON.parse(printed.join('')) as unknown;
  };
  expect(problems('explain', await said())).toEqual([]);
  for (const asked of [...Object.keys(CODES), ...Object.keys(ADDRESSES)])
    expect(problems('explain', await said(asked))).toEqual([]);
  expect(await said('cl0003')).toMatchObject({ code: 'CL0003' });
  expect(await said('provider')).toMatchObject({ address: 'provider' });
});

describe('the schemas', () => {
  test('are those of the documents', () => {
    expect(Object.keys(DOCUMENTS).sort()).toEqual([
      'apply',
      'completion',
      'drift',
      'error',
      'explain',
      'export',
      'fleet',
      'graph',
      'help',
      'history',
      'init',
      'plan',
      'schedule',
      'schema',
      'status',
      'validate',
      'verify',
      'version',
    ]);
  });

  test.each(Object.entries(DOCUMENTS))('%s is draft-07, and describes every member', (name, schema) => {
    expect([schema.$schema, schema.$id]).toEqual(['http://json-schema.org/draft-07/schema#', `${name}.schema.json`]);
    const undescribed: string[] = [];
    const visit = (node: unknown, path: string) => {
      if (typeof node !== 'object' || node === null) return;
      if ('properties' in node) {
        for (const [member, own] of Object.entries(node.properties as Record<string, { description?: string; $ref?: string }>)) {
          if (!own.description && !own.$ref) undescribed.push(`${path}/${member}`);
        }
      }
      for (const [key, value] of Object.entries(node)) visit(value, `${path}/${key}`);
    };
    visit(schema, name);
    expect(undescribed).toEqual([]);
  });

  // A minor version only adds: a reader of version 1.0 must not choke on 1.1, but on 2.0 it must.
  test('take a document of a later minor version', async () => {
    const { machine } = world();
    const document = JSON.parse(JSON.stringify(await planJson(await planOf(machine, desired()), 'linux')));
    document.formatVersion = '1.7';
    document.more = 1;
    document.summary.more = 1;
    document.resources[0].more = 1;
    expect(problems('plan', document)).toEqual([]);
    expect(problems('plan', { ...document, formatVersion: '2.0' })).not.toEqual([]);
  });

  test.each<[string, (document: Record<string, unknown>) => void]>([
    ['a member that is missing', (document) => delete document.summary],
    ['a status that does not exist', (document) => Object.assign((document.resources as object[])[0]!, { status: 'fine' })],
    [
      'a finding without a fix',
      (document) => Object.assign(document, { findings: [{ ...finding('CL0001', 'x'), fix: undefined }] }),
    ],
    ['a code that is none', (document) => Object.assign(document, { findings: [{ ...finding('CL0001', 'x'), code: 'X1' }] })],
    ['a line 0', (document) => Object.assign(document, { findings: [finding('CL0001', 'x', { line: 0 })] })],
    ['another command', (document) => Object.assign(document, { command: 'drift' })],
  ])('refuse %s', async (_what, spoil) => {
    const { machine } = world();
    const document = JSON.parse(JSON.stringify(await planJson(await planOf(machine, desired()), 'linux'))) as Record<
      string,
      unknown
    >;
    spoil(document);
    expect(problems('plan', document)).not.toEqual([]);
  });
});

// Section 7 of the contract, word for word.
test('a plan has the members of the contract, with their types', async () => {
  const made = world();
  made.machine.place(CONFIG, 'model_provider = "openai"\n');
  const document = JSON.parse(JSON.stringify(await planJson(await planOf(made.machine, desired()), 'linux')));
  expect(document).toMatchObject({
    formatVersion: '1.0',
    command: 'plan',
    codexLinkVersion: expect.stringMatching(/^\d+\.\d+\.\d+/),
    os: 'linux',
    outcome: 'changes',
    summary: Object.fromEntries(
      ['inSync', 'create', 'update', 'delete', 'run', 'manual', 'deferred', 'unknown', 'skipped'].map((name) => [
        name,
        expect.any(Number),
      ]),
    ),
  });
  const provider = document.resources.find((one: { address: string }) => one.address === 'provider');
  expect(provider).toMatchObject({
    address: 'provider',
    kind: 'provider',
    status: 'update',
    cause: 'initial',
    reason: 'model_provider is openai, wanted cliproxy',
    dependsOn: expect.arrayContaining(['helper', 'secret']),
    diff: expect.stringContaining('+model_provider = "cliproxy"'),
    writer: null,
    command: null,
  });
  expect(provider.changes).toContainEqual({ path: 'model_provider', before: 'openai', after: 'cliproxy', sensitive: false });
  expect(document.findings).toContainEqual({
    code: 'CL1005',
    severity: 'info',
    resource: 'provider',
    message: expect.any(String),
    fix: expect.any(String),
    file: null,
    line: null,
    column: null,
  });
  const counts = Object.values(document.summary as Record<string, number>).reduce((sum, one) => sum + one, 0);
  expect(counts).toBe(document.resources.length);
});

test('an apply has the members of the contract besides', async () => {
  const { document } = await applyTo(world().machine, desired());
  expect(document).toMatchObject({
    command: 'apply',
    outcome: 'converged',
    verified: true,
    durationMs: expect.any(Number),
    generation: 1,
  });
  for (const one of document.resources) {
    expect(one).toMatchObject({
      result: expect.stringMatching(/^(done|unchanged)$/),
      durationMs: expect.any(Number),
      diff: expect.toSatisfy((diff: unknown) => diff === null || typeof diff === 'string'),
    });
  }
});
