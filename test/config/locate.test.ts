import { describe, expect, test } from 'vitest';
import { type LoadOptions, loadDesired } from '../../src/config/load.ts';
import { findingsOf, readOnlyMachine, type Stands } from './support.ts';

const loadFrom = (files: Readonly<Record<string, Stands>>, options: LoadOptions = {}, facts = {}) =>
  loadDesired(readOnlyMachine(files, facts), options);

const named = (name: string) => `version: 1\nprovider: { name: ${name} }\n`;

describe('where the file is', () => {
  const configured = '/home/me/.config/codex-link/codex-link.yaml';

  test('the working folder comes first', async () => {
    const desired = await loadFrom(
      { '/project/codex-link.yaml': named('here'), [configured]: named('there') },
      {},
      { cwd: '/project' },
    );
    expect(desired).toMatchObject({
      file: '/project/codex-link.yaml',
      sources: ['/project/codex-link.yaml'],
      provider: { name: 'here' },
    });
  });

  test('then ~/.config', async () => {
    const desired = await loadFrom({ [configured]: named('there') }, {}, { cwd: '/project' });
    expect(desired.file).toBe(configured);
  });

  test.each([
    ['/xdg', '/xdg/codex-link/codex-link.yaml'],
    ['relative', configured],
    ['', configured],
  ])('XDG_CONFIG_HOME=%s', async (XDG_CONFIG_HOME, file) => {
    const desired = await loadFrom({ [file]: named('there') }, {}, { cwd: '/project', env: { XDG_CONFIG_HOME } });
    expect(desired.file).toBe(file);
  });

  test.each(['team.yaml', './team.yaml', '../project/team.yaml', '/project/team.yaml'])('--file %s', async (file) => {
    const files = { '/project/team.yaml': named('team'), '/project/codex-link.yaml': named('here') };
    expect(await loadFrom(files, { file }, { cwd: '/project' })).toMatchObject({
      file: '/project/team.yaml',
      provider: { name: 'team' },
    });
  });

  test('--file ~/team.yaml that no shell has expanded', async () => {
    expect((await loadFrom({ '/home/me/team.yaml': named('team') }, { file: '~/team.yaml' }, { cwd: '/project' })).file).toBe(
      '/home/me/team.yaml',
    );
  });

  test('standard input extends relative to the working folder', async () => {
    const stdin = async () => new TextEncoder().encode('version: 1\nextends: ./team.yaml\nhelper: { path: ./helper }\n');
    const desired = await loadFrom({ '/project/team.yaml': named('team') }, { file: '-', stdin }, { cwd: '/project' });
    expect(desired).toMatchObject({
      file: '-',
      sources: ['-', '/project/team.yaml'],
      provider: { name: 'team' },
      helper: { path: '/project/helper' },
    });
  });

  test('nowhere: the places, and what to type', async () => {
    const [finding] = await findingsOf(loadFrom({}, {}, { cwd: '/project' }));
    expect(finding).toMatchObject({ code: 'CL2001', file: null });
    expect(finding!.message).toContain('/project/codex-link.yaml');
    expect(finding!.message).toContain(configured);
    expect(finding!.fix).toContain('version: 1');
    expect(finding!.fix).toContain('--file PATH');
  });

  test('a file with another ending is pointed out', async () => {
    const [finding] = await findingsOf(loadFrom({ '/project/codex-link.yml': named('here') }, {}, { cwd: '/project' }));
    expect(finding).toMatchObject({ code: 'CL2001', fix: expect.stringContaining('--file codex-link.yml') });
  });

  test('--file with a misspelt name', async () => {
    const [finding] = await findingsOf(loadFrom({ '/project/team.yaml': '' }, { file: 'taem.yaml' }, { cwd: '/project' }));
    expect(finding).toMatchObject({ code: 'CL2002', file: '/project/taem.yaml', fix: expect.stringContaining('--file') });
    expect(finding!.message).toContain('did you mean team.yaml?');
  });

  test('an unreadable file is not an absent one', async () => {
    const files: Record<string, Stands> = { '/project/codex-link.yaml': 'DENIED', [configured]: named('there') };
    expect(await findingsOf(loadFrom(files, {}, { cwd: '/project' }))).toMatchObject([
      { code: 'CL2003', file: '/project/codex-link.yaml' },
    ]);
  });

  test('a pipe that the shell made is fine, another device is not', async () => {
    const pipe = { kind: 'other' as const, mode: 0o600, uid: 1000, size: 0, modified: 0 };
    const machine = { ...readOnlyMachine({ '/dev/fd/63': named('pipe'), '/dev/zero': named('zero') }), stat: async () => pipe };
    expect((await loadDesired(machine, { file: '/dev/fd/63' })).provider.name).toBe('pipe');
    expect(await findingsOf(loadDesired(machine, { file: '/dev/zero' }))).toMatchObject([{ code: 'CL2004' }]);
  });

  test('Windows paths', async () => {
    const home = 'C:\\Users\\me';
    const files = {
      [`${home}\\.config\\codex-link\\codex-link.yaml`]:
        'version: 1\nextends: ..\\team.yaml\nsecret: { source: { file: ~/key } }\n',
      [`${home}\\.config\\team.yaml`]: 'drift: { report: { json: reports/drift.json } }\n',
    };
    const desired = await loadFrom(files, {}, { os: 'win32', home, cwd: 'D:\\project', env: {} });
    expect(desired.sources).toHaveLength(2);
    expect(desired.helper.path).toBe(`${home}\\.codex\\bin\\cliproxy-token.ps1`);
    expect(desired.secret.source).toEqual({ kind: 'file', path: `${home}\\key` });
    expect(desired.drift.report).toEqual({ json: `${home}\\.config\\reports\\drift.json` });
  });
});
