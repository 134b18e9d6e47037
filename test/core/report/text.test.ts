import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { AppliedResource, ApplyResult, Result } from '../../../src/applier/apply.ts';
import { finding } from '../../../src/diagnostics/diagnostics.ts';
import type { Plan } from '../../../src/planner/plan.ts';
import { outcomeText, settledLine } from '../../../src/report/apply-text.ts';
import { unifiedDiff } from '../../../src/report/file-diff.ts';
import { findingsText, findingText } from '../../../src/report/findings-text.ts';
import { planText } from '../../../src/report/plan-text.ts';
import { colored, plain, printable } from '../../../src/report/terminal.ts';
import { verifyText } from '../../../src/report/verify-text.ts';
import { type FileChange, type Status, type Verdict, verdict } from '../../../src/resources/resource.ts';
import type { Check } from '../../../src/verification/check.ts';
import { desired } from '../support/desired.ts';
import { resource } from '../support/resources.ts';
import { applyTo, planOf, world } from '../support/world.ts';

const file = (before: string | null, after: string | null, mask = (line: string) => line): FileChange => ({
  path: '/home/me/file',
  before,
  after,
  mask,
});

function planWith(verdicts: Readonly<Record<string, Verdict>>, own: Partial<Plan> = {}): Plan {
  const resources = Object.entries(verdicts).map(([address, one]) => ({
    resource: resource(address),
    actual: null,
    verdict: one,
    cause: null,
  }));
  return { resources, outcome: 'changes', findings: resources.flatMap((one) => one.verdict.findings), ...own };
}

const text = (plan: Plan, detail: 'quiet' | 'normal' | 'verbose' = 'normal') => planText(plan, plain, detail);

describe('a plan for people', () => {
  test('in sync is one line', async () => {
    const { machine } = world();
    await applyTo(machine, desired());
    const shown = await text(await planOf(machine, desired()));
    expect(shown).toMatch(/^In sync: \d+ resources, nothing to do\.\n$/);
    expect(await text(await planOf(machine, desired()), 'quiet')).toBe(shown);
    expect((await text(await planOf(machine, desired()), 'verbose')).split('\n').length).toBeGreaterThan(5);
  });

  test('in sync with a warning says where to find it; an error is shown', async () => {
    const warned = planWith(
      { a: verdict('in-sync', 'x', { findings: [finding('CL4009', 'open'), finding('CL1005', 'hides')] }) },
      { outcome: 'in-sync' },
    );
    expect(await text(warned)).toMatch(/^In sync: 1 resources, nothing to do \(1 warning: codex-link plan -v\)\.\n$/);
    expect(await text(warned, 'verbose')).toContain('warning CL4009');
    const wrong = planWith({ a: verdict('in-sync', 'x', { findings: [finding('CL3009', 'bad')] }) }, { outcome: 'in-sync' });
    expect(await text(wrong)).toContain('error CL3009');
  });

  test.each<[Status, string]>([
    ['create', '+'],
    ['update', '~'],
    ['delete', '-'],
    ['run', '!'],
    ['manual', '!'],
    ['deferred', '!'],
    ['unknown', '?'],
  ])('%s has the symbol %s, the address, and the reason below', async (status, symbol) => {
    const shown = await text(planWith({ 'accounts/a@b.c': verdict(status, 'because') }));
    expect(shown.split('\n').slice(0, 2)).toEqual([`  ${symbol} accounts/a@b.c`, '      because']);
  });

  test.each<[Status]>([['in-sync'], ['skipped'], ['unmanaged']])('%s is not shown, unless asked for', async (status) => {
    const plan = planWith({ a: verdict('create', 'x'), quiet: verdict(status, 'the reason') });
    expect(await text(plan)).not.toContain('quiet');
    expect(await text(plan, 'verbose')).toContain(`  quiet: ${status}, the reason`);
  });

  test('the last line counts', async () => {
    const list: Status[] = ['create', 'create', 'update', 'delete', 'run', 'manual', 'deferred', 'unknown', 'in-sync', 'skipped'];
    const plan = planWith(Object.fromEntries(list.map((status, index) => [`r${index}`, verdict(status, 'x')])));
    const last = 'Plan: 2 to create, 1 to update, 1 to delete, 1 to run, 1 for you to do, 1 deferred, 1 not known; 1 in sync.\n';
    expect((await text(plan)).endsWith(`\n${last}`)).toBe(true);
    expect(await text(plan, 'quiet')).toBe(last);
  });

  test('values, a file, a command, and what it costs', async () => {
    const shown = await text(
      planWith({
        gateway: verdict('manual', 'it is down', {
          command: 'ccs cliproxy start',
          changes: [{ path: 'running', before: false, after: true, sensitive: false }],
        }),
        provider: verdict('update', 'it differs', { fileChange: file('a\nb\n', 'a\nc\n'), consequences: ['threads hide'] }),
        secret: verdict('create', 'no item', { changes: [{ path: 'K', before: null, after: '(sensitive)', sensitive: true }] }),
      }),
    );
    expect(shown).toContain('      next: ccs cliproxy start\n      running: false → true\n');
    expect(shown).toContain(
      '      --- /home/me/file\n      +++ /home/me/file\n      @@ -1,2 +1,2 @@\n       a\n      -b\n      +c\n      note: threads hide\n',
    );
    expect(shown).toContain('      K: (none) → (sensitive)\n');
  });

  test('a cause and a writer are said behind the address', async () => {
    const plan = planWith({ a: verdict('update', 'x', { writer: 'ccsxp' }), b: verdict('update', 'x', { writer: 'unknown' }) });
    const [a, b] = plan.resources;
    const shown = await text({
      ...plan,
      resources: [
        { ...a!, cause: 'drift' },
        { ...b!, cause: 'config' },
      ],
    });
    expect(shown).toContain('  ~ a (drift, written by ccsxp)\n');
    expect(shown).toContain('  ~ b (config)\n');
    const first = await text({
      ...plan,
      resources: [
        { ...a!, cause: 'initial' },
        { ...b!, cause: 'initial' },
      ],
    });
    expect(first).toContain('  ~ a (written by ccsxp)\n');
    expect(first).toContain('  ~ b\n');
  });

  test('colours are colours only', async () => {
    const { machine } = world();
    machine.place('/home/me/.codex/config.toml', 'model_provider = "openai"\n');
    const plan = await planOf(machine, desired());
    const bright = await planText(plan, colored, 'verbose');
    expect(bright).toContain('\x1b[');
    expect(stripVTControlCharacters(bright)).toBe(await text(plan, 'verbose'));
    expect(await text(plan)).not.toContain('\x1b');
  });
});

describe('what comes from elsewhere', () => {
  const evil = 'a\x1b[2K\x1b[1Gb\x07c\x9b31md\x1b]0;title\x07e\rf\x00g\x7fh';

  test('moves no cursor', () => {
    expect(printable(evil)).toBe('ab�c�31md�]0;title�e�f�g�h');
    expect(printable('plain ✓ ü 日本\ttab')).toBe('plain ✓ ü 日本\ttab');
  });

  test('is made harmless wherever it is shown', async () => {
    const found = finding('CL4001', evil, { fix: evil, file: evil, line: 1, column: 1 });
    const one = verdict('update', evil, {
      changes: [{ path: evil, before: evil, after: [evil], sensitive: false }],
      command: evil,
      consequences: [evil],
      findings: [found],
    });
    const check: Check = { id: 'helper', status: 'failed', message: evil, finding: found };
    const shown = [
      await text(
        planWith({ a: one, b: verdict('update', evil, { fileChange: file(`${evil}\n`, 'x\n') }), c: verdict('in-sync', evil) }),
        'verbose',
      ),
      findingText(found, plain),
      verifyText({ checks: [check], passed: false }, plain),
    ];
    for (const all of shown) expect(all).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/);
  });

  test('fakes no line of the plan', async () => {
    const shown = await text(
      planWith({
        a: verdict('update', 'x', { changes: [{ path: 'k', before: 'v\n  + secret', after: 'w', sensitive: false }] }),
      }),
    );
    expect(shown).toContain('k: "v\\n  + secret" → w');
  });
});

describe('a diff', () => {
  const hiding = (line: string) => line.replaceAll('hidden', '(sensitive)');

  test('of a file that is made, changed, and taken away', async () => {
    expect(await unifiedDiff(file(null, 'a\n'))).toBe('--- /dev/null\n+++ /home/me/file\n@@ -0,0 +1,1 @@\n+a\n');
    expect(await unifiedDiff(file('a\n', null))).toBe('--- /home/me/file\n+++ /dev/null\n@@ -1,1 +0,0 @@\n-a\n');
    expect(await unifiedDiff(file('a\nb', 'a\nc'))).toBe(
      '--- /home/me/file\n+++ /home/me/file\n@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+c\n\\ No newline at end of file\n',
    );
  });

  test.each([
    ['/home/it\'s a "home" $HOME `x` ü', '/home/it\'s a "home" $HOME `x` ü'],
    ['C:\\Users\\me\\.codex\\config.toml', 'C:\\Users\\me\\.codex\\config.toml'],
    ['/home/two\nlines', '/home/two\\nlines'],
  ])('names %j as people do, on one line', async (path, shown) => {
    expect(await unifiedDiff({ ...file('a\n', 'b\n'), path })).toBe(`--- ${shown}\n+++ ${shown}\n@@ -1,1 +1,1 @@\n-a\n+b\n`);
  });

  test('shows three lines around a change', async () => {
    const lines = Array.from({ length: 20 }, (_, index) => `line ${index}\n`);
    const diff = await unifiedDiff(file(lines.join(''), lines.join('').replace('line 10\n', 'changed\n')));
    expect(diff.split('\n').filter((line) => line.startsWith(' '))).toEqual(
      [7, 8, 9, 11, 12, 13].map((index) => ` line ${index}`),
    );
  });

  test('hides secrets in every line, whatever it begins with', async () => {
    const before = ['keep hidden', '-- hidden', '++ hidden', '@@ hidden', '\\ hidden', '=====hidden', 'old hidden', ''].join(
      '\n',
    );
    const diff = await unifiedDiff(file(before, before.replace('old', 'new').replace('-- ', '').replace('++ ', '+ '), hiding));
    expect(diff).not.toContain('hidden');
    expect(diff).toContain('-old (sensitive)\n');
    expect(diff).toContain('+new (sensitive)\n');
  });

  test('of a file with line ends of Windows has none on the screen', async () => {
    const change = file('a\r\nb\r\n', 'a\r\nc\r\n');
    expect(await unifiedDiff(change)).toContain('-b\r\n+c\r\n'); // as JSON it can be applied
    const shown = await text(planWith({ a: verdict('update', 'x', { fileChange: change }) }));
    expect(shown).toContain('      -b\n      +c\n');
  });
});

describe('findings', () => {
  test('say what, where, and what next', () => {
    const one = finding('CL1001', 'it is no TOML', { file: '/f', line: 3, column: 7, fix: 'mend it' });
    expect(findingText(one, plain)).toBe('error CL1001  /f:3:7: it is no TOML\n  next: mend it');
    expect(findingText({ ...one, column: null }, plain)).toContain('/f:3: ');
    expect(findingText({ ...one, line: null, column: null }, plain)).toContain('/f: ');
    expect(findingText({ ...one, line: null }, plain)).toContain('/f: ');
    expect(findingText({ ...one, file: null }, plain)).toBe('error CL1001  it is no TOML\n  next: mend it');
    expect(findingsText([], plain)).toBe('');
    expect(findingsText([one, one], plain).split('\n\n')).toHaveLength(2);
  });
});

describe('an apply for people', () => {
  const applied = (
    address: string,
    result: Result,
    own: Partial<Verdict> = {},
    findings: AppliedResource['findings'] = [],
  ): AppliedResource => ({
    planned: { resource: resource(address), actual: null, verdict: verdict('update', 'x', own), cause: null },
    result,
    findings,
    durationMs: 12,
  });
  const result = (resources: AppliedResource[], own: Partial<ApplyResult> = {}): ApplyResult => ({
    resources,
    outcome: 'converged',
    verified: false,
    findings: [],
    notPutBack: [],
    durationMs: 99,
    ...own,
  });

  test.each<[Result, string]>([
    ['done', '  done  a (12 ms)\n'],
    ['failed', '  failed  a (12 ms)\n'],
    ['skipped', '  skipped  a (12 ms)\n'],
    ['manual', '  waits for you  a (12 ms)\n'],
    ['deferred', '  deferred  a (12 ms)\n'],
    ['rolled-back', '  put back  a (12 ms)\n'],
    ['unchanged', ''],
  ])('%s', (ended, line) => {
    expect(settledLine(applied('a', ended), plain)).toBe(line);
  });

  test('what was not selected is not worth a line', () => {
    expect(settledLine(applied('a', 'skipped', { status: 'skipped' }), plain)).toBe('');
  });

  test.each<[string, ApplyResult, RegExp]>([
    [
      'converged',
      result([applied('a', 'done'), applied('b', 'unchanged')], { verified: true }),
      /^Applied: 1 done, the route is verified\.\n$/,
    ],
    ['converged, unverified', result([applied('a', 'done')]), /^Applied: 1 done\.\n$/],
    [
      'converged, and the verification could not ask the gateway',
      result([
        {
          ...applied('verification', 'done', {}, [finding('CL5008', 'not looked at: key')]),
          planned: {
            ...applied('verification', 'done').planned,
            resource: { ...resource('verification'), kind: 'verification' },
          },
        },
      ]),
      /^warning CL5008 {2}not looked at: key\n {2}next: .*\n\nApplied: 1 done, the route is not proven: see the warnings\.\n$/,
    ],
    [
      'steps remain',
      result([applied('a', 'done'), applied('b', 'manual', { command: 'type this' })], { outcome: 'steps-remain' }),
      /^Not finished: 1 done, 1 for you to do, then codex-link apply again:\n {2}b: type this\n$/,
    ],
    [
      'failed',
      result([applied('a', 'rolled-back'), applied('b', 'failed', {}, [finding('CL0014', 'no luck')])], { outcome: 'failed' }),
      /^error CL0014 {2}no luck\n {2}next: .*\n\nFailed: everything is as it was before\.\n$/,
    ],
    [
      'failed, and not all is put back',
      result([applied('a', 'failed')], { outcome: 'failed', notPutBack: [finding('CL0010', 'could not put back x')] }),
      /error CL0010 {2}could not put back x\n[\s\S]*Failed: 1 change could not be put back\.\n$/,
    ],
    [
      'interrupted',
      result([applied('a', 'rolled-back')], { outcome: 'interrupted' }),
      /^Interrupted: everything is as it was before\.\n$/,
    ],
  ])('%s', (_what, ended, shown) => {
    expect(outcomeText(ended, plain)).toMatch(shown);
  });
});

test('a verification for people', () => {
  const checks: Check[] = [
    { id: 'helper', status: 'passed', message: 'it prints a token', finding: null },
    { id: 'key', status: 'failed', message: 'refused', finding: finding('CL4003', 'refused', { fix: 'mend it' }) },
    { id: 'doctor', status: 'skipped', message: 'codex is not installed', finding: null },
    { id: 'login', status: 'warning', message: 'no login', finding: finding('CL5006', 'no login', { fix: 'codex login' }) },
  ];
  expect(verifyText({ checks, passed: false }, plain)).toBe(
    [
      '  ok       helper      it prints a token',
      '  FAILED   key         refused',
      `${' '.repeat(23)}CL4003, next: mend it`,
      '  skipped  doctor      codex is not installed',
      '  warning  login       no login',
      `${' '.repeat(23)}CL5006, next: codex login`,
      'Not verified: 1 of 4 checks failed, 1 with a warning, 1 skipped.',
      '',
    ].join('\n'),
  );
  expect(verifyText({ checks: checks.slice(0, 1), passed: true }, plain)).toContain('Verified: 1 checks passed.\n');
});

test('a gateway that nobody could ask is no verified route', () => {
  const why = 'nothing answers at http://x, and gateway.ensure is ignore';
  const checks: Check[] = [
    { id: 'helper', status: 'passed', message: 'it prints a token', finding: null },
    { id: 'listener', status: 'skipped', message: why, finding: null },
  ];
  expect(verifyText({ checks, passed: false }, plain, true)).toBe(`Not verified: ${why}.\n`);
});

test('the other runtimes stand below the route and do not count; what several need is said once', () => {
  const old = (name: string) => finding('CL7051', `${name}: gone`, { fix: 'update CCS' });
  const checks: Check[] = [
    { id: 'helper', status: 'passed', message: 'it prints a token', finding: null },
    { id: 'runtime', runtime: 'ccs x', status: 'warning', message: 'gone', finding: old('ccs x') },
    { id: 'runtime', runtime: 'ccs droid', status: 'passed', message: 'fine', finding: null },
    { id: 'runtime', runtime: 'ccsxp', status: 'warning', message: 'gone', finding: old('ccsxp') },
  ];
  const end = 'Verified: 1 checks passed.\n';
  expect(verifyText({ checks, passed: true }, plain)).toBe(
    [
      '  ok       helper      it prints a token',
      '  Other runtimes of CCS, which do not count:',
      '  warning  ccs x       gone',
      '  ok       ccs droid   fine',
      '  warning  ccsxp       gone',
      `${' '.repeat(23)}CL7051, next: update CCS`,
      end,
    ].join('\n'),
  );
  expect(verifyText({ checks, passed: true }, plain, true)).toBe(end);
});
