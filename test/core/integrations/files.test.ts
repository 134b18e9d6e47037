/** The files of integrations/, as far as tools on this machine can judge them; what they do is played in the journeys. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { bringUpToDate } from '../../../scripts/kits.mjs';
import { INTEGRATIONS } from '../../support/kits.ts';
import { findCommand, missingPackages, type SystemCommand } from '../../support/system.ts';
import { missingParsers, parsed } from '../platform/darwin/property-list.ts';

const KITS = ['macos', 'jamf', 'munki', 'fleet', 'windows', 'dotfiles'];
const files = KITS.flatMap((kit) => readdirSync(join(INTEGRATIONS, kit)).map((name) => `${kit}/${name}`));
const read = (name: string) => readFileSync(join(INTEGRATIONS, name), 'utf8');
const scripts = files.filter((name) => /\.sh(\.tmpl)?$/.test(name));
const needs = (...commands: SystemCommand[]) => test.skipIf(missingPackages(commands).length > 0);
const tool = (name: SystemCommand) => findCommand(name) ?? name;

test('the shared lines are the same in every kit, and the pkginfo has its scripts', () => {
  expect(bringUpToDate({ check: true })).toEqual([]);
});

test('there are scripts, and those that are run can be', () => {
  expect(scripts.length).toBeGreaterThan(7);
  const run = scripts.filter((name) => name !== 'macos/session.sh' && !name.endsWith('.tmpl'));
  expect(run.filter((name) => (statSync(join(INTEGRATIONS, name)).mode & 0o111) === 0)).toEqual([]);
});

describe.each(scripts)('%s', (name) => {
  needs('shellcheck')('is clean by shellcheck', async () => {
    const { stdout } = await execa(tool('shellcheck'), [join(INTEGRATIONS, name)], { reject: false });
    expect(stdout).toBe('');
  });

  needs('dash')('is understood by a shell without extensions', async () => {
    expect((await execa(tool('dash'), ['-n', join(INTEGRATIONS, name)], { reject: false })).stderr).toBe('');
  });

  test('reaches a home folder only in the session of its owner', () => {
    // Everything outside of the inner shell, which `codex_link` starts.
    const outer = read(name).replace(/launchctl asuser [\s\S]*?<\/dev\/null/, '');
    if (!name.endsWith('.tmpl')) expect(outer).not.toMatch(/\$HOME|~\/|\/Users\/(?!ConsoleUser)/);
  });
});

test.skipIf(missingParsers.length > 0)("Munki's pkginfo is a property list with the very scripts", async () => {
  const pkginfo = (await parsed(read('munki/codex-link.pkginfo'))) as Record<string, unknown>;
  const script = (name: string) => read(`munki/${name}.sh`);
  expect(pkginfo).toEqual({
    autoremove: false,
    catalogs: ['testing'],
    description: expect.any(String),
    display_name: expect.any(String),
    installcheck_script: script('installcheck'),
    installer_type: 'nopkg',
    minimum_os_version: '12.0',
    name: 'codex-link-settings',
    postinstall_script: script('postinstall'),
    unattended_install: true,
    unattended_uninstall: true,
    uninstall_method: 'uninstall_script',
    uninstall_script: script('uninstall'),
    uninstallable: true,
    uninstallcheck_script: script('uninstallcheck'),
    version: '1.0',
  });
});

describe("Fleet's policy", () => {
  const [policy] = parse(read('fleet/policy.yml')) as { query: string; platform: string; run_script: { path: string } }[];

  test('names a script that is there', () => {
    expect(policy?.platform).toBe('darwin');
    expect(files).toContain(`fleet/${policy?.run_script.path.replace('./', '')}`);
    expect(policy?.query).not.toContain('\n');
  });

  const PATH = '/Library/Application Support/codex-link/status.json';
  // The two tables as osquery and fleetd fill them, in a real SQLite, which is what osquery runs queries with.
  const ASK = `import json, sqlite3, sys, time
given = json.load(sys.stdin)
db = sqlite3.connect(':memory:')
db.execute('create table file (path text, mtime bigint)')
db.execute('create table parse_json (path text, key text, parent text, value text, fullkey text)')
for path, age in given['file']: db.execute('insert into file values (?, ?)', (path, int(time.time()) - age))
for row in given['json']: db.execute('insert into parse_json values (?, ?, ?, ?, ?)', row)
print(len(db.execute(given['query']).fetchall()))`;

  const HOUR = 3600;
  needs('python3').each<[string, number, { file: [string, number][]; json: string[][] }]>([
    ['in sync an hour ago', 1, { file: [[PATH, HOUR]], json: [[PATH, 'state', '', 'in-sync', 'state']] }],
    ['waiting for the next login', 1, { file: [[PATH, 0]], json: [[PATH, 'state', '', 'deferred', 'state']] }],
    ['seen too long ago', 0, { file: [[PATH, 25 * HOUR]], json: [[PATH, 'state', '', 'in-sync', 'state']] }],
    ['drifted', 0, { file: [[PATH, 0]], json: [[PATH, 'state', '', 'changes', 'state']] }],
    [
      'a word deep inside that only looks like it',
      0,
      { file: [[PATH, 0]], json: [[PATH, 'state', 'report', 'in-sync', 'report/state']] },
    ],
    ['no status yet', 0, { file: [], json: [] }],
  ])('%s: %i row', async (_what, rows, tables) => {
    const input = JSON.stringify({ ...tables, query: policy?.query });
    expect((await execa(tool('python3'), ['-c', ASK], { input })).stdout).toBe(String(rows));
  });
});

describe('Windows', () => {
  type Method = {
    readonly executable: string;
    readonly args: readonly string[];
    readonly input: string;
    readonly return?: string;
  };
  const manifest = JSON.parse(read('windows/codex-link.dsc.resource.json')) as Record<string, unknown> & {
    readonly schema: { readonly embedded: object };
  };

  /** With the one property that DSC brings itself, and wants to be written as a reference. */
  const dscAjv = () => {
    const $id = 'https://aka.ms/dsc/schemas/v3/resource/properties/inDesiredState.json';
    return new Ajv({ strict: true, allowUnionTypes: true }).addSchema({ $id, type: ['boolean', 'null'] });
  };

  // Members and rules as in DSC's own schema of manifests, v3: anything else is refused there (additionalProperties).
  test('the manifest is one that DSC takes', () => {
    expect(Object.keys(manifest).sort()).toEqual(
      ['$schema', 'description', 'exitCodes', 'export', 'get', 'schema', 'set', 'tags', 'test', 'type', 'version'].sort(),
    );
    expect(manifest.type).toMatch(/^\w+(\.\w+){0,2}\/\w+$/);
    expect(manifest.version).toMatch(/^\d+\.\d+\.\d+$/);
    for (const name of ['get', 'set', 'test', 'export']) {
      const method = manifest[name] as Method;
      const args = [expect.stringMatching(/\.mjs$/), name];
      expect(method).toMatchObject({ executable: 'node', args, input: 'stdin' });
      expect(files).toContain(`windows/${method.args[0]}`);
      if (name === 'set' || name === 'test') expect(method.return).toBe('state');
    }
    expect(Object.keys(manifest.exitCodes as object).every((code) => /^\d+$/.test(code))).toBe(true);
    dscAjv().compile(manifest.schema.embedded);
  });

  test.each(['windows/configuration.winget', 'windows/codex-link.dsc.yaml'])('%s has instances of it', (name) => {
    const [document] = parseAllDocuments(read(name)).map((one) => one.toJS() as Record<string, unknown>);
    const { resources } = document as { resources: { name: string; type: string; properties: object; dependsOn?: string[] }[] };
    const ours = resources.find(({ type }) => type === manifest.type);
    expect(dscAjv().validate(manifest.schema.embedded, ours?.properties)).toBe(true);
    const there = resources.map((one) => `[resourceId('${one.type}', '${one.name}')]`);
    expect((ours?.dependsOn ?? []).filter((one) => !there.includes(one))).toEqual([]);
  });
});

describe('dotfiles', () => {
  needs('make')('the Makefile understands itself', async () => {
    const targets = ['codex', 'codex-plan', 'codex-check', 'codex-off'];
    const { stdout } = await execa(tool('make'), ['-n', '-f', join(INTEGRATIONS, 'dotfiles/Makefile'), ...targets]);
    expect(stdout.split('\n').map((line) => line.split(' ')[1])).toEqual(['apply', 'plan', 'plan', 'destroy']);
  });

  test('the Nix module is balanced, as far as can be told without Nix', () => {
    const text = read('dotfiles/codex-link.nix').replace(/#[^\n]*/g, '');
    for (const [open, close] of [
      ['{', '}'],
      ['[', ']'],
      ['(', ')'],
    ] as const)
      expect(text.split(open).length).toBe(text.split(close).length);
  });
});

test('every kit says how it is installed, and what was never tried', () => {
  for (const kit of KITS.filter((name) => name !== 'macos')) {
    const text = read(`${kit}/README.md`);
    for (const title of ['## Install', '## Verified', '## Unverified']) expect(text, kit).toContain(title);
  }
});
