/** What device management gives Codex on macOS, above the files of the same kind. */
import { expect, test } from 'vitest';
import { inEffect, readLayers } from '../../../src/codex/layers.ts';
import { overrides } from '../../../src/codex/overrides.ts';
import { MemoryMachine } from '../../../src/machine/memory.ts';
import { ReadOnlyMachine } from '../../../src/machine/read-only.ts';
import { desired } from '../support/desired.ts';

const MINE = '/Library/Managed Preferences/me/com.openai.codex.plist';
const EVERYBODYS = '/Library/Managed Preferences/com.openai.codex.plist';

type Preferences = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** A Mac with these preferences, each by its file and key, as TOML. */
function managedMac(preferences: Preferences, os: 'darwin' | 'linux' = 'darwin') {
  const machine = new MemoryMachine({ os });
  machine.place('/usr/bin/plutil', '', 0o755);
  for (const path of Object.keys(preferences)) machine.place(path, 'bplist00');
  machine.programs.set('/usr/bin/plutil', ({ args = [] }) => {
    const value = preferences[args.at(-1) ?? '']?.[args[1] ?? ''];
    const encoded = value?.startsWith('!') ? value : Buffer.from(value ?? '').toString('base64');
    const text = `<plist version="1.0">\n<string>${encoded}</string>\n</plist>\n`;
    return value === undefined
      ? { code: 1, stdout: '', stderr: 'no', timedOut: false }
      : { code: 0, stdout: text, stderr: '', timedOut: false };
  });
  return machine;
}

const USER = { model_provider: 'cliproxy', model_providers: { cliproxy: { name: 'CLIProxy' } } };

test.each<[string, Preferences, Readonly<Record<string, string>>, string]>([
  ['nothing', {}, {}, 'cliproxy'],
  ['a configuration for the Mac', { [EVERYBODYS]: { config_toml_base64: 'model_provider = "corp"' } }, {}, 'corp'],
  [
    'the one for the user first',
    { [EVERYBODYS]: { config_toml_base64: 'model_provider = "all"' }, [MINE]: { config_toml_base64: 'model_provider = "mine"' } },
    {},
    'mine',
  ],
  [
    'a preference of the user that says nothing about it',
    { [EVERYBODYS]: { config_toml_base64: 'model_provider = "all"' }, [MINE]: { requirements_toml_base64: 'x = 1' } },
    {},
    'all',
  ],
  [
    'above the file of the same kind',
    { [MINE]: { config_toml_base64: 'model_provider = "mine"' } },
    { '/etc/codex/managed_config.toml': 'model_provider = "file"\nmodel = "kept"' },
    'mine',
  ],
  [
    'below what is required',
    { [MINE]: { config_toml_base64: 'model_provider = "mine"', requirements_toml_base64: 'model_provider = "openai"' } },
    {},
    'openai',
  ],
])('%s', async (_what, preferences, files, provider) => {
  const machine = managedMac(preferences);
  for (const [path, text] of Object.entries(files)) machine.place(path, text);
  const { layers, findings } = await readLayers(new ReadOnlyMachine(machine));
  expect(findings).toEqual([]);
  expect(inEffect(USER, layers).model_provider).toBe(provider);
  if (Object.keys(files).length > 0) expect(inEffect(USER, layers).model).toBe('kept');
});

test('what it takes away is told with the file that does it, and no line', async () => {
  const machine = managedMac({ [MINE]: { requirements_toml_base64: '# x\nmodel_provider = "openai"' } });
  const { layers } = await readLayers(machine);
  const [finding] = overrides(machine, desired({}), {}, layers);
  expect(finding).toMatchObject({ code: 'CL1006', file: MINE });
  expect(finding?.line ?? null).toBeNull();
});

test.each([
  ['no TOML', 'model_provider = = 1'],
  ['no base64', '!!!'],
])('one that is %s keeps Codex from starting', async (_what, toml) => {
  const { layers, findings } = await readLayers(managedMac({ [MINE]: { config_toml_base64: toml } }));
  expect(layers.managed).toBeNull();
  expect(findings).toMatchObject([{ code: 'CL1009', file: MINE, line: null }]);
});

test('elsewhere nothing is asked', async () => {
  const machine = managedMac({ [MINE]: { config_toml_base64: 'model_provider = "corp"' } }, 'linux');
  expect((await readLayers(machine)).layers.managed).toBeNull();
});
