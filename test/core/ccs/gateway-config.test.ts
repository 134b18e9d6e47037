import { expect, test } from 'vitest';
import { readGatewayConfig } from '../../../src/ccs/gateway-config.ts';
import { MemoryMachine } from '../../../src/machine/memory.ts';

const read = async (text: string) => {
  const machine = new MemoryMachine();
  machine.place('/c.yaml', text);
  return readGatewayConfig(machine, '/c.yaml');
};

test('what stands before and after the aliases is read, in both kinds of line ends', async () => {
  const text =
    'host: 127.0.0.1\noauth-model-alias:\n  antigravity:\n    - name: a\n      alias: b\n\n  other:\n    - name: c\nrouting:\n  strategy: fill-first\n';
  for (const one of [text, text.replaceAll('\n', '\r\n'), text.split('\n').slice(0, 5).join('\n')])
    expect(await read(one)).toMatchObject({ host: '127.0.0.1' });
  expect((await read(text))?.routing.strategy).toBe('fill-first');
});

test.each([
  ['$2a$10$abc', false],
  ['"$2y$12$abc"', false],
  ['"ccs"', true],
  ['""', false],
])('with the secret %s the file has not been read: %s', async (secret, unread) => {
  const config = await read(`remote-management:\n  secret-key: ${secret}\n`);
  expect([config?.unread, config?.hasManagementSecret]).toEqual([unread, secret !== '""']);
});

test('a file that is not there is none, and one that is no YAML an error that quotes nothing', async () => {
  expect(await readGatewayConfig(new MemoryMachine(), '/c.yaml')).toBe(null);
  const attempt = read('api-keys: ["sesame"\n');
  await expect(attempt).rejects.toMatchObject({ findings: [{ code: 'CL3008' }] });
  await expect(attempt).rejects.not.toThrow(/sesame/);
});
