import { describe, expect, test } from 'vitest';
import { MemoryMachine } from '../../../src/machine/memory.ts';
import { isPassing, scheduledCommand } from '../../../src/schedule/command-line.ts';

const YAML = { file: '/home/me/codex-link.yaml' };
const REAL = '/usr/lib/node_modules/codex-link/dist/codex-link.js';

function machine(env: Record<string, string> = {}): MemoryMachine {
  const one = new MemoryMachine({ env: { HOME: '/home/me', PATH: '/usr/bin:/bin', ...env } });
  one.place('/usr/bin/node', 'node', 0o755);
  one.place(REAL, 'codex-link', 0o755);
  one.placeLink('/usr/bin/codex-link', '../lib/node_modules/codex-link/dist/codex-link.js');
  return one;
}

test.each([
  '/home/me/.nvm/versions/node/v22.21.0/bin/node',
  '/home/me/.nvm/versions/node/v22.21.0/lib/node_modules/codex-link/dist/codex-link.js',
  '/opt/homebrew/Cellar/node/25.1.0/bin/node',
  '/usr/local/Cellar/node@22/22.21.0_1/bin/node',
  '/home/me/.local/share/fnm/node-versions/v24.11.0/installation/bin/node',
  '/run/user/1000/fnm_multishells/4711_1/bin/node',
  '/home/me/.asdf/installs/nodejs/24.11.0/bin/node',
  '/home/me/.volta/tools/image/node/22.21.0/bin/node',
  '/home/me/.npm/_npx/0123abcd/node_modules/.bin/codex-link',
  '/nix/store/0123456789abcdfghijklmnpqrsvwxyz-nodejs-24.11.0/bin/node',
  '/opt/node-v24.11.0-linux-x64/bin/node',
  '/tmp/x/node',
  '/private/var/folders/zz/T/node',
  'C:\\Users\\me\\AppData\\Roaming\\nvm\\v22.21.0\\node.exe',
])('%s goes with an update', (path) => expect(isPassing(path)).toBe(true));

test.each([
  '/usr/bin/node',
  '/opt/homebrew/bin/node',
  '/opt/homebrew/opt/node@22/bin/node',
  '/home/me/.nvm/current/bin/node',
  '/home/me/.local/share/fnm/aliases/default/bin/node',
  '/home/me/.npm-global/lib/node_modules/codex-link/dist/codex-link.js',
  '/usr/lib/node_modules/codex-link/dist/codex-link.js',
  '/srv/v2/codex-link/dist/codex-link.js',
  'C:\\Program Files\\nodejs\\node.exe',
  'C:\\Users\\me\\AppData\\Roaming\\npm\\node_modules\\codex-link\\dist\\codex-link.js',
])('%s stays', (path) => expect(isPassing(path)).toBe(false));

describe('the command of the schedule', () => {
  test('names Node, codex-link and the YAML by absolute paths', async () => {
    const command = await scheduledCommand(machine(), YAML, { node: '/usr/bin/node', script: '/usr/bin/codex-link' }, null);
    expect(command).toEqual({
      argv: ['/usr/bin/node', '/usr/bin/codex-link', 'drift', '--file', YAML.file, '--changed-only', '--no-input'],
      environment: {},
      unstable: [],
    });
  });

  test.each([
    ['Homebrew', '/opt/homebrew/Cellar/node/25.1.0/bin/node', '/opt/homebrew/bin/node', '../Cellar/node/25.1.0/bin/node'],
    ['nvm', '/home/me/.nvm/versions/node/v22.21.0/bin/node', '/home/me/.nvm/current', 'versions/node/v22.21.0'],
    [
      'fnm',
      '/home/me/.local/share/fnm/node-versions/v24.1.0/installation/bin/node',
      '/home/me/.local/share/fnm/aliases/default',
      '/home/me/.local/share/fnm/node-versions/v24.1.0/installation',
    ],
  ])('prefers the link of %s that stays', async (_name, node, link, target) => {
    const one = machine();
    await one.remove('/usr/bin/node');
    one.place(node, 'node', 0o755);
    one.placeLink(link, target);
    const { argv, unstable } = await scheduledCommand(one, YAML, { node, script: REAL }, null);
    expect([argv[0], unstable]).toEqual([link.endsWith('node') ? link : `${link}/bin/node`, []]);
  });

  test('never takes another Node for the one that runs, and says when its path will go', async () => {
    const one = machine();
    const node = '/home/me/.nvm/versions/node/v22.21.0/bin/node';
    one.place(node, 'node 22', 0o755);
    const { argv, unstable } = await scheduledCommand(one, YAML, { node, script: REAL }, null);
    expect([argv[0], unstable]).toEqual([node, [node]]); // /usr/bin/node may be too old for codex-link
  });

  test('finds the link in the folder of npm for a codex-link that was started by its real path', async () => {
    const one = machine({ PATH: '/home/me/.volta/bin' });
    const script = '/home/me/.local/share/mise/installs/node/24.11.0/lib/node_modules/codex-link/dist/codex-link.js';
    one.place(script, 'x', 0o755);
    one.placeLink('/home/me/.local/bin/codex-link', script);
    const { argv } = await scheduledCommand(one, YAML, { node: '/usr/bin/node', script }, null);
    expect(argv[1]).toBe('/home/me/.local/bin/codex-link');
  });

  test('stays what it was while that still leads to the same codex-link', async () => {
    const one = machine();
    one.placeLink('/usr/local/bin/node', '/usr/bin/node');
    const running = { node: '/usr/bin/node', script: REAL };
    const last = ['/usr/local/bin/node', '/usr/bin/codex-link', 'drift'];
    expect((await scheduledCommand(one, YAML, running, last)).argv.slice(0, 2)).toEqual(last.slice(0, 2));
    await one.remove('/usr/local/bin/node');
    expect((await scheduledCommand(one, YAML, running, last)).argv.slice(0, 2)).toEqual(['/usr/bin/node', REAL]);
    one.placeLink('/usr/local/bin/node', '/usr/bin/node');
    one.place('/srv/codex-link.js', 'another');
    expect((await scheduledCommand(one, YAML, { ...running, script: '/srv/codex-link.js' }, last)).argv[1]).toBe(
      '/srv/codex-link.js',
    );
  });

  test('takes along where things are, when that is not the usual place', async () => {
    const env = {
      CODEX_HOME: '/data/codex',
      XDG_CONFIG_HOME: '/home/me/.config/',
      CCS_DIR: '/home/me/.ccs',
      SECRET: 'test-hidden',
    };
    const { environment } = await scheduledCommand(machine(env), YAML, { node: '/usr/bin/node', script: REAL }, null);
    expect(environment).toEqual({ CODEX_HOME: '/data/codex' });
  });
});
