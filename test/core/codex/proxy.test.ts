import { describe, expect, test } from 'vitest';
import { covers } from '../../../src/codex/proxy.ts';
import { surroundings } from '../../../src/codex/surroundings.ts';
import type { DesiredGateway } from '../../../src/config/desired.ts';
import { linux } from '../../../src/platform/linux/linux.ts';
import { desired } from '../support/desired.ts';
import { DOTENV, world } from '../support/world.ts';

describe('NO_PROXY', () => {
  test.each<[string, string, boolean]>([
    ['', '127.0.0.1', false],
    ['127.0.0.1', '127.0.0.1', true],
    [' corp.example , 127.0.0.1', '127.0.0.1', true],
    ['127.0.0.2', '127.0.0.1', false],
    ['127.0.0.0/8', '127.0.0.1', true],
    ['127.0.0.0/33', '127.0.0.1', false],
    ['10.0.0.0/8', '127.0.0.1', false],
    ['0.0.1', '127.0.0.1', false],
    ['*', '127.0.0.1', false],
    ['*', 'localhost', true],
    ['.localhost', 'localhost', true],
    ['localhost', '127.0.0.1', false],
    ['localhost', 'localhost', true],
    ['LOCALHOST', 'localhost', true],
    ['127.0.0.1', 'localhost', false],
    ['.localhost', 'gateway.localhost', true],
    ['localhost', 'notlocalhost', false],
    ['::1', '[::1]', true],
  ])('%j excepts %s: %s', (exceptions, host, expected) => {
    expect(covers(exceptions, host)).toBe(expected);
  });
});

interface Given {
  readonly env?: Readonly<Record<string, string>>;
  readonly session?: string;
  readonly dotenv?: string;
  readonly gateway?: Partial<DesiredGateway>;
  readonly active?: 'openai';
}

const SESSION = '/home/me/.config/environment.d/proxy.conf';

async function found({ env = {}, session = '', dotenv = '', gateway = {}, active }: Given) {
  const { machine } = world({ env: { HOME: '/home/me', PATH: '/usr/bin', ...env } });
  machine.place(SESSION, session);
  machine.place(DOTENV, dotenv);
  const findings = await surroundings(machine, desired({ gateway, provider: active === undefined ? {} : { active } }), linux);
  expect(JSON.stringify(findings)).not.toContain('hidden');
  return findings.map(({ code, file, line, fix, message }) => ({ code, file, line, fix, message }));
}

const PROXY = 'http://me:hidden@proxy.corp:3128';
const LINE = `put this line into ${DOTENV}: NO_PROXY=127.0.0.1,localhost`;

describe('a proxy in front of the gateway on this machine', () => {
  test.each<[string, Given, object]>([
    [
      'in this environment',
      { env: { HTTP_PROXY: PROXY } },
      { file: null, fix: LINE, message: expect.stringMatching(/^HTTP_PROXY is set in this environment/) },
    ],
    ['in small letters', { env: { http_proxy: PROXY } }, { fix: LINE }],
    ['for everything', { env: { ALL_PROXY: PROXY } }, { fix: LINE }],
    ['in the session', { session: `A=1\nexport HTTP_PROXY=${PROXY}\n` }, { file: SESSION, line: 2, fix: LINE }],
    ['in .env', { dotenv: `HTTP_PROXY=${PROXY}\n` }, { file: DOTENV, line: 1, fix: LINE }],
    [
      'with exceptions that do not reach it, which are kept',
      { env: { HTTP_PROXY: PROXY, no_proxy: '.corp.example' } },
      { fix: `put this line into ${DOTENV}: NO_PROXY=.corp.example,127.0.0.1,localhost` },
    ],
    [
      'with an exception in this terminal, which the App has not',
      { session: `HTTP_PROXY=${PROXY}\n`, env: { NO_PROXY: '127.0.0.1' } },
      { file: SESSION },
    ],
    [
      'with an exception that .env takes back',
      { env: { HTTP_PROXY: PROXY, NO_PROXY: '127.0.0.1' }, dotenv: 'NO_PROXY=x\n' },
      { fix: expect.stringContaining('NO_PROXY=x,127.0.0.1') },
    ],
    [
      'on another address of this machine',
      { env: { HTTP_PROXY: PROXY }, gateway: { host: '[::1]', url: 'http://[::1]:8317' } },
      { fix: `put this line into ${DOTENV}: NO_PROXY=::1` },
    ],
  ])('%s', async (_what, given, expected) => {
    expect(await found(given)).toMatchObject([{ code: 'CL1014', ...expected }]);
  });

  test.each<[string, Given]>([
    ['with an exception for it', { env: { HTTP_PROXY: PROXY, NO_PROXY: '127.0.0.1' } }],
    [
      'with the exception in .env',
      { session: `HTTP_PROXY=${PROXY}\n`, env: { http_proxy: PROXY }, dotenv: 'NO_PROXY=127.0.0.1,localhost\n' },
    ],
    ['for https only', { env: { HTTPS_PROXY: PROXY } }],
    ['that is empty', { env: { HTTP_PROXY: '' } }],
    ['for a gateway elsewhere', { env: { HTTP_PROXY: PROXY }, gateway: { loopback: false, host: 'gw.corp' } }],
    ["on OpenAI's own route", { env: { HTTP_PROXY: PROXY }, active: 'openai' }],
  ])('%s is none', async (_what, given) => {
    expect(await found(given)).toEqual([]);
  });
});
