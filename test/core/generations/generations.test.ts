import { describe, expect, test } from 'vitest';
import type { Desired } from '../../../src/config/desired.ts';
import { CodexLinkError } from '../../../src/diagnostics/diagnostics.ts';
import {
  type Generation,
  nextNumber,
  readGenerations,
  snapshotAt,
  writeGeneration,
} from '../../../src/generations/generation.ts';
import { MemoryMachine } from '../../../src/machine/memory.ts';
import { generationText, historyText } from '../../../src/report/history-text.ts';
import { generationJson, head } from '../../../src/report/json.ts';
import { plain } from '../../../src/report/terminal.ts';
import { parseToml } from '../../../src/toml/read.ts';
import { desired } from '../support/desired.ts';
import { problems } from '../support/schemas.ts';
import {
  applyTo,
  CONFIG,
  DOTENV,
  HELPER,
  KEY,
  planOf,
  rollBackOn,
  STATE,
  statuses,
  TOKEN_FILE,
  world,
} from '../support/world.ts';

const THEIRS =
  '# by hand\nmodel = "gpt-5.5" # the good one\n\n[mcp_servers.x]\ncommand = "x"\nenv = { API_TOKEN = "made-up-secret" }\n';
const DAY = 86_400_000;

/** A machine where Codex has lived and the desired states were applied one after the other. */
async function applied(...wanted: readonly Desired[]) {
  const made = world();
  made.machine.place(CONFIG, THEIRS, 0o640);
  const texts = [THEIRS];
  for (const one of wanted) {
    expect((await applyTo(made.machine, one)).code).toBe(0);
    texts.push(made.machine.text(CONFIG) ?? '');
  }
  return { ...made, texts };
}

const FIRST = desired();
const SECOND = desired({ provider: { model: 'gpt-5.4', contextWindow: 100_000 } });

describe('what is kept', () => {
  test('is what was changed, by whom and when, and no secret', async () => {
    const { machine } = await applied(FIRST);
    const [one, ...rest] = await readGenerations(machine);
    expect(rest).toEqual([]);
    expect(one).toMatchObject({ number: 1, command: 'apply', user: 'me', host: 'testhost', at: '2026-11-21T12:00:00.000Z' });
    expect(one?.resources.map(({ address }) => address)).toEqual(['secret', 'helper', 'provider', 'verification']);
    expect(one?.files.map(({ path }) => path)).toEqual([HELPER, CONFIG, TOKEN_FILE]);
    const stored = machine.text(`${STATE}/generations/000001.json`) ?? '';
    for (const secret of [KEY, 'made-up-secret']) expect(stored).not.toContain(secret);
    expect((await machine.stat(`${STATE}/generations/000001.json`))?.mode).toBe(0o600);
    expect((await machine.stat(`${STATE}/generations`))?.mode).toBe(0o700);
  });

  test('is nothing for an apply that changed nothing, and for one that failed', async () => {
    const { machine } = await applied(FIRST, FIRST);
    expect(await nextNumber(machine)).toBe(2);
    machine.place(HELPER, 'edited', 0o700);
    machine.programs.set(HELPER, () => ({ code: 1, stdout: '', stderr: '', timedOut: false }));
    const { code, document } = await applyTo(machine, FIRST);
    expect([code, (document as unknown as { generation: unknown }).generation]).toEqual([1, null]);
    expect(await nextNumber(machine)).toBe(2);
  });

  test('is shown to people, and to programs as the schema says', async () => {
    const { machine } = await applied(FIRST, SECOND);
    const generations = await readGenerations(machine);
    expect(historyText(generations).split('\n')[0]).toMatch(
      /^ {4}2 {2}2026-11-21 12:00 {2}apply +me@testhost {2}provider, verification$/,
    );
    const text = await generationText(generations[0]!, plain);
    expect(text).toContain('+model_provider = "cliproxy"');
    expect(text).toContain('env = { API_TOKEN = "(sensitive)" }');
    expect(text).toContain(`${TOKEN_FILE}: changed; it holds a secret`);
    const document = { ...head('history'), generations: await Promise.all(generations.map(generationJson)) };
    expect(problems('history', document, true)).toEqual([]);
    expect(JSON.stringify(document)).not.toContain('{{secret:');
  });
});

describe('a rollback', () => {
  test('gives every byte back that nobody has touched since', async () => {
    const { machine, texts } = await applied(FIRST, SECOND);
    for (const number of [1, 2, 0, 2]) {
      expect((await rollBackOn(machine, SECOND, number)).code).toBe(0);
      expect(machine.text(CONFIG), `generation ${number}`).toBe(texts[number]);
      expect((await machine.stat(CONFIG))?.mode).toBe(0o640);
      expect(machine.text(HELPER) === null).toBe(number === 0);
    }
    expect(await nextNumber(machine)).toBe(7);
  });

  test('without a number goes to before the last one, and back again', async () => {
    const { machine, texts } = await applied(FIRST, SECOND);
    await rollBackOn(machine, SECOND, null);
    expect(machine.text(CONFIG)).toBe(texts[1]);
    await rollBackOn(machine, SECOND, null);
    expect(machine.text(CONFIG)).toBe(texts[2]);
  });

  test('without a number goes back to what the last apply found, although somebody else had made it so', async () => {
    const { machine } = await applied(FIRST);
    const theirs = (machine.text(CONFIG) ?? '').replace(
      'model_provider = "cliproxy"',
      'model_provider = "openai" # for a moment',
    );
    machine.place(CONFIG, theirs, 0o640);
    expect((await applyTo(machine, FIRST)).code).toBe(0);
    expect(machine.text(CONFIG)).not.toBe(theirs);
    const { plan, code } = await rollBackOn(machine, FIRST, null);
    expect([code, machine.text(CONFIG)]).toEqual([0, theirs]);
    expect(plan.resources.find(({ resource }) => resource.address === 'provider')?.verdict.reason).toMatch(
      /^as it was before generation \d+$/,
    );
  });

  test('to where the machine stands changes nothing', async () => {
    const { machine } = await applied(FIRST);
    const { plan, document } = await rollBackOn(machine, FIRST, 1);
    expect([plan.outcome, document.resources.map((one) => one.result)]).toEqual([
      'in-sync',
      ['unchanged', 'unchanged', 'unchanged'],
    ]);
    expect(await nextNumber(machine)).toBe(2);
  });

  test('leaves the edits of others, and takes only our keys', async () => {
    const { machine, texts } = await applied(FIRST, SECOND);
    const edited = (text: string) =>
      `${text.replace('gpt-5.5', 'gpt-5.5')}\n[projects."/new"] # theirs\ntrust_level = "trusted"\n`;
    machine.place(CONFIG, edited(texts[2]!), 0o640);
    expect((await rollBackOn(machine, SECOND, 1)).code).toBe(0);
    expect(machine.text(CONFIG)).toContain('[projects."/new"] # theirs\ntrust_level = "trusted"\n');
    expect(machine.text(CONFIG)).toContain('model = "gpt-5.5"');
    expect(machine.text(CONFIG)).not.toContain('model_context_window');
    expect((await rollBackOn(machine, SECOND, 0)).code).toBe(0);
    expect(machine.text(CONFIG)).not.toContain('cliproxy');
    expect(machine.text(CONFIG)).toContain('# theirs');
    expect(machine.text(CONFIG)).toContain('# by hand');
  });

  test('to before a file was there removes it', async () => {
    const { machine } = world();
    expect((await applyTo(machine, FIRST)).code).toBe(0);
    expect((await rollBackOn(machine, FIRST, 0)).code).toBe(0);
    expect([machine.text(CONFIG), machine.text(HELPER)]).toEqual([null, null]);
  });

  test('says what it does not bring back', async () => {
    const wanted = desired({ provider: { auth: 'dotenv' } });
    const { machine } = await applied(wanted);
    const { plan } = await rollBackOn(machine, wanted, 0);
    const said = plan.findings.map((one) => `${one.code} ${one.message}`);
    expect(said).toEqual(
      expect.arrayContaining([
        expect.stringContaining(`CL0019 ${DOTENV} holds a secret`),
        expect.stringContaining(`CL0019 ${TOKEN_FILE} holds a secret`),
        'CL0019 not rolled back: secret',
      ]),
    );
    expect(machine.text(DOTENV)).toContain(KEY);
  });

  test('takes only our keys where a secret of the old text is gone', async () => {
    const { machine, texts } = await applied(FIRST, SECOND);
    machine.place(CONFIG, texts[2]!.replace('made-up-secret', 'another-secret'), 0o640);
    expect((await rollBackOn(machine, SECOND, 1)).code).toBe(0);
    expect(machine.text(CONFIG)).toBe(texts[1]!.replace('made-up-secret', 'another-secret'));
  });

  test('does not put back what Codex would refuse', async () => {
    const refused = '[model_providers.broken]\nname = ""\n';
    const made = world();
    made.machine.place(CONFIG, '# empty\n', 0o600);
    expect((await applyTo(made.machine, FIRST)).code).toBe(0);
    const file = `${STATE}/generations/000001.json`;
    made.machine.place(file, (made.machine.text(file) ?? '').replace('# empty\\n', JSON.stringify(refused).slice(1, -1)), 0o600);
    const before = made.machine.text(CONFIG);
    const { code, document } = await rollBackOn(made.machine, FIRST, 0);
    expect([code, document.findings.map((one) => one.code)]).toEqual([1, expect.arrayContaining(['CL1003'])]);
    expect(made.machine.text(CONFIG)).toBe(before);
  });

  test('is remembered, so that the next plan names the YAML as the cause, and apply goes forward', async () => {
    const { machine, texts } = await applied(FIRST, SECOND);
    await rollBackOn(machine, SECOND, 1);
    const plan = await planOf(machine, SECOND);
    expect(plan.resources.find((one) => one.resource.address === 'provider')?.cause).toBe('config');
    expect(statuses(plan).secret).toBe('in-sync');
    expect((await applyTo(machine, SECOND)).code).toBe(0);
    expect(machine.text(CONFIG)).toBe(texts[2]);
  });

  test.each([[3], [-1], [99]])('to %i, which is not there, is refused', async (number) => {
    const { machine } = await applied(FIRST, SECOND);
    await expect(rollBackOn(machine, SECOND, number)).rejects.toMatchObject({ findings: [{ code: 'CL0018' }] });
  });

  test('where nothing was ever applied is refused', async () => {
    await expect(rollBackOn(world().machine, FIRST, null)).rejects.toThrow('nothing was ever applied here');
  });
});

describe('comments that ccsxp has dropped', () => {
  const rewritten = (text: string) =>
    text
      .split('\n')
      .filter((line) => !line.startsWith('#') && !line.includes('[model_providers.cliproxy]'))
      .map((line) => line.replace(/ # .*$/, ''))
      .join('\n')
      .replace(
        'name = "CLIProxy"',
        '[model_providers.cliproxy]\nname = "CLIProxy Codex"\nenv_key = "CLIPROXY_API_KEY"\nrequires_openai_auth = false\nsupports_websockets = false',
      )
      .replace('/v1"', '/api/provider/codex"');

  /** What the text means beside our table. */
  const others = (text: string) => {
    const { model_providers: _, ...rest } = parseToml(text);
    return rest;
  };

  test('come back, with every other byte', async () => {
    const { machine, texts } = await applied(FIRST);
    machine.place(CONFIG, rewritten(texts[1]!), 0o600);
    expect((await applyTo(machine, FIRST)).code).toBe(0);
    expect(machine.text(CONFIG)).toBe(texts[1]);
  });

  test('come back with what the YAML says by now', async () => {
    const { machine, texts } = await applied(FIRST);
    machine.place(CONFIG, rewritten(texts[1]!), 0o600);
    const now = desired({ provider: { name: 'Pool' } });
    expect((await applyTo(machine, now)).code).toBe(0);
    expect(machine.text(CONFIG)).toBe(texts[1]!.replace('name = "CLIProxy"', 'name = "Pool"'));
  });

  const added = '\n[projects."/p"]\ntrust_level = "trusted"\n';
  test.each<[string, (text: string) => string, string?]>([
    ['a value', (text) => text.replace('command = "x"', 'command = "y"')],
    ['a secret', (text) => text.replace('made-up-secret', 'another-secret')],
    ['a key that is gone', (text) => text.replace('command = "x"\n', '')],
    ['a list', (text) => text.replace('command = "x"', 'command = "x"\nargs = ["-y", { a = 1 }]')],
    ['a table', (text) => `${text}${added}`],
    ['a table with tables in it', (text) => `${text}\n[a.b]\nc = 1\n\n[a.b.d]\ne = { f = 2.5 }\n`],
    ['a key that became a table', (text) => text.replace('command = "x"', 'command = { x = 1 }')],
    ['a whole server, secret and all', (text) => text.replace(/\[mcp_servers\.x\][^[]*/, '')],
  ])('come back beside what others have changed since: %s', async (_name, edit) => {
    const { machine, texts } = await applied(FIRST);
    const meant = others(edit(texts[1]!));
    machine.place(CONFIG, edit(rewritten(texts[1]!)), 0o600);
    expect((await applyTo(machine, FIRST)).code).toBe(0);
    const healed = machine.text(CONFIG) ?? '';
    expect(healed).toContain('# by hand\nmodel = "gpt-5.5" # the good one\n');
    expect(others(healed)).toEqual(meant);
    // And where nobody is in the way, it is the text that it would have been without ccsxp.
    machine.place(CONFIG, rewritten(healed), 0o600);
    expect((await applyTo(machine, FIRST)).code).toBe(0);
    expect(machine.text(CONFIG)).toBe(healed);
  });

  test.each<[string, string, (text: string) => string]>([
    ['somebody has written comments since', THEIRS, (text) => `# new\n${text}`],
    [
      'a date came in since, which no edit can write',
      THEIRS,
      (text) => text.replace('command = "x"', 'command = "x"\nsince = 2026-11-21'),
    ],
    [
      'one of them held a secret that is gone',
      THEIRS.replace('# by hand', '# by hand, made-up-secret'),
      (text) => text.replace('"made-up-secret"', '"another-secret"'),
    ],
  ])('stay away when %s, and nothing else is lost', async (_name, theirs, edit) => {
    const { machine } = world();
    machine.place(CONFIG, theirs, 0o640);
    expect((await applyTo(machine, FIRST)).code).toBe(0);
    const before = edit(rewritten(machine.text(CONFIG) ?? ''));
    machine.place(CONFIG, before, 0o600);
    expect((await applyTo(machine, FIRST)).code).toBe(0);
    const healed = machine.text(CONFIG) ?? '';
    expect(healed).not.toMatch(/# by hand|\{\{secret/);
    expect(others(healed)).toEqual(others(before));
    expect(healed.includes('# new')).toBe(before.includes('# new'));
  });

  test('are no reason to fail when the history is damaged', async () => {
    const { machine, texts } = await applied(FIRST);
    machine.place(CONFIG, rewritten(texts[1]!), 0o600);
    machine.place(`${STATE}/generations/000001.json`, '{', 0o600);
    expect((await planOf(machine, FIRST)).outcome).toBe('changes');
  });
});

describe('the store', () => {
  const generation = (number: number): Generation => ({
    version: 1,
    number,
    at: '2026-11-21T12:00:00.000Z',
    command: 'apply',
    user: 'me',
    host: 'h',
    codexLinkVersion: '0',
    resources: [],
    files: [],
    folders: [],
    applied: {},
  });
  const numbers = async (machine: MemoryMachine) => (await readGenerations(machine)).map((one) => one.number);

  test('keeps the newest fifty', async () => {
    const machine = new MemoryMachine();
    for (let number = 1; number <= 60; number++) await writeGeneration(machine, generation(number), {});
    expect(await numbers(machine)).toEqual(Array.from({ length: 50 }, (_, index) => index + 11));
    expect(await nextNumber(machine)).toBe(61);
  });

  test('lets go of what is older than half a year, but for the last ten', async () => {
    const machine = new MemoryMachine();
    for (let number = 1; number <= 15; number++) await writeGeneration(machine, generation(number), {});
    machine.clock += 200 * DAY;
    await writeGeneration(machine, generation(16), {});
    expect(await numbers(machine)).toEqual([7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);
  });

  test.each(['{', '[]', 'null', '{"version":2,"files":[]}', '{"version":1}'])('names a file that holds %s', async (text) => {
    const machine = new MemoryMachine();
    machine.place(`${STATE}/generations/000001.json`, text);
    const error = await readGenerations(machine).catch((one: unknown) => one);
    expect(error).toBeInstanceOf(CodexLinkError);
    expect((error as CodexLinkError).findings).toMatchObject([{ code: 'CL0017', file: `${STATE}/generations/000001.json` }]);
  });

  test('knows what a file was after each generation', () => {
    const snap = (text: string) => ({ mode: 0o600, fingerprint: text, text });
    const at = (number: number, before: string | null, after: string | null): Generation => ({
      ...generation(number),
      files: [{ path: '/f', before: before === null ? null : snap(before), after: after === null ? null : snap(after) }],
    });
    const all = [at(2, null, 'a'), generation(3), at(4, 'edited', 'b'), at(6, 'b', null)];
    const texts = [0, 1, 2, 3, 4, 5, 6, 7].map((number) => snapshotAt(all, number, '/f')?.text ?? null);
    expect(texts).toEqual([null, null, 'a', 'a', 'b', 'b', null, null]);
    expect(snapshotAt(all, 3, '/other')).toBeUndefined();
  });
});
