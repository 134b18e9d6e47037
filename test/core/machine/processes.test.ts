import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type Command, MachineError } from '../../../src/machine/machine.ts';
import { run } from '../../../src/machine/processes.ts';

type Given = Partial<Command> & { readonly script?: string };

describe.each(['read', 'write'] as const)('a program whose effect is %s', (effect) => {
  const start = ({ script, ...given }: Given) =>
    run({
      effect,
      file: '/bin/sh',
      ...(script === undefined ? {} : { args: ['-c', script] }),
      env: { PATH: '/usr/bin:/bin' },
      timeoutMs: 10_000,
      ...given,
    });

  test('gives its output as it is, and its exit code', async () => {
    const exit = await start({ script: 'printf "a\\n\\n"; printf "e\\n" >&2; exit 7' });
    expect(exit).toEqual({ code: 7, stdout: 'a\n\n', stderr: 'e\n', timedOut: false });
  });

  test('gets its arguments and its folder as they are', async () => {
    const { stdout } = await start({ file: '/usr/bin/printf', args: ['%s|', 'a b', '$HOME', "it's", ''] });
    expect(stdout).toBe("a b|$HOME|it's||");
    expect((await start({ script: 'pwd -P', cwd: '/usr' })).stdout).toBe('/usr\n');
  });

  test('gets exactly its environment', async () => {
    expect((await start({ file: '/usr/bin/env', env: { ONLY: 'this' } })).stdout).toBe('ONLY=this\n');
    expect((await start({ file: '/usr/bin/env', env: {} })).stdout).toBe('');
  });

  test('reads the end of its input at once when it gets none', async () => {
    expect((await start({ script: 'cat; echo end' })).stdout).toBe('end\n');
  });

  test('gets its input whole', async () => {
    const input = 'x'.repeat(500_000);
    expect((await start({ file: '/bin/cat', input })).stdout).toBe(input);
  });

  test('need not read its input', async () => {
    expect(await start({ file: '/bin/true', input: 'x'.repeat(5_000_000) })).toMatchObject({ code: 0, timedOut: false });
  });

  test('that a signal ended has no exit code', async () => {
    expect(await start({ script: 'kill -KILL $$' })).toEqual({ code: null, stdout: '', stderr: '', timedOut: false });
  });

  test.each([
    ['missing', '/nonexistent/program', 'ENOENT'],
    ['not executable', '/etc/passwd', 'EACCES'],
    ['a folder', '/usr', 'EACCES'],
  ])('that is %s cannot be started', async (_what, file, code) => {
    const error = await start({ file }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(MachineError);
    expect(error).toMatchObject({ code, path: file });
  });

  test('that prints without end is cut, and ends as it ends', async () => {
    const exit = await start({ script: 'head -c 20000000 /dev/zero | tr "\\0" x; exit 3' });
    expect(exit).toMatchObject({ code: 3, timedOut: false });
    expect(exit.stdout.length).toBeGreaterThan(15 * 1024 * 1024);
    expect(exit.stdout.length).toBeLessThanOrEqual(16 * 1024 * 1024);
  });

  test('that takes too long is ended, with what it said until then', async () => {
    const began = Date.now();
    const exit = await start({ script: 'echo before; sleep 20', timeoutMs: 300 });
    expect(exit).toMatchObject({ code: null, stdout: 'before\n', timedOut: true });
    expect(Date.now() - began).toBeLessThan(3000);
  });

  test.each([
    ['its children', 'sleep 60 & echo $!; wait'],
    ['children that ignore a polite signal', '(trap "" TERM; while :; do sleep 0.1; done) & echo $!; wait'],
    ['itself when it ignores a polite signal', 'trap "" TERM; echo $$; while :; do sleep 0.1; done'],
  ])('is ended with %s', async (_what, script) => {
    const { stdout, timedOut } = await start({ script, timeoutMs: 300 });
    expect(timedOut).toBe(true);
    await expect.poll(() => isRunning(Number(stdout))).toBe(false);
  });

  // As `setsid --fork` does with the App, and a gateway that goes to the background.
  test('may leave a daemon behind, which nobody waits for and nobody ends', async () => {
    const began = Date.now();
    const exit = await start({
      file: '/usr/bin/setsid',
      args: ['--fork', '/bin/sh', '-c', 'echo $$; exec sleep 30'],
      timeoutMs: 5000,
    });
    expect(exit).toMatchObject({ code: 0, timedOut: false });
    expect(Date.now() - began).toBeLessThan(3000);
    expect(isRunning(Number(exit.stdout))).toBe(true);
    process.kill(Number(exit.stdout), 'SIGKILL');
  });
});

describe('a program that is asked until it has answered', () => {
  const ask = (script: string, until: (stdout: string) => boolean, given: Given = {}) =>
    run({
      effect: 'read',
      file: '/bin/sh',
      args: ['-c', script],
      env: { PATH: '/usr/bin:/bin' },
      timeoutMs: 10_000,
      until,
      ...given,
    });
  /** Repeats each line; at the end of its input it says so. */
  const ECHO = 'while read -r line; do sleep 0.1; echo "got $line"; done; echo end';

  test('has its input open until then, and its end at once afterwards', async () => {
    const asked: string[] = [];
    const until = (stdout: string) => {
      asked.push(stdout);
      return stdout.includes('got b');
    };
    const exit = await ask(ECHO, until, { input: 'a\nb\n' });
    expect(exit).toMatchObject({ code: 0, stdout: 'got a\ngot b\nend\n', timedOut: false });
    expect(asked.slice(0, 2)).toEqual(['got a\n', 'got a\ngot b\n']);
  });

  test('without a word from us waits for the end of its input too', async () => {
    expect((await ask('echo ready; cat; echo end', (stdout) => stdout.includes('ready'))).stdout).toBe('ready\nend\n');
  });

  test('that ends by itself is not waited for', async () => {
    expect(await ask('echo no; exit 3', () => false)).toMatchObject({ code: 3, stdout: 'no\n', timedOut: false });
  });

  test('that never gives the answer runs into its time limit', async () => {
    const exit = await ask(ECHO, () => false, { input: 'a\n', timeoutMs: 400 });
    expect(exit).toMatchObject({ code: null, stdout: 'got a\n', timedOut: true });
  });

  test('must be one that only reads', async () => {
    await expect(ask('true', () => true, { effect: 'write' })).rejects.toThrow('only a program that reads');
  });
});

/** A zombie that nobody asks after runs no more. */
function isRunning(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

describe('a program that talks with the person', () => {
  const attached = (script: string, more: Partial<Command> = {}) =>
    run({ file: '/bin/sh', args: ['-c', script], env: {}, timeoutMs: 10_000, effect: 'write', attached: true, ...more });

  test('has our streams, so that nothing is collected, and our process group', async () => {
    const group = readFileSync('/proc/self/stat', 'utf8').split(') ')[1]?.split(' ')[2];
    expect(await attached(`[ "$(cut -d ' ' -f 5 /proc/$$/stat)" = ${group} ] && exit 3`)).toEqual({
      code: 3,
      stdout: '',
      stderr: '',
      timedOut: false,
    });
  });

  test('is ended when it takes too long, and leaves no handler of Ctrl-C behind', async () => {
    const before = process.listenerCount('SIGINT');
    expect(await attached('exec /bin/sleep 10', { timeoutMs: 100 })).toMatchObject({ code: null, timedOut: true });
    await expect(attached('', { file: '/nowhere' })).rejects.toThrow(MachineError);
    expect(process.listenerCount('SIGINT')).toBe(before);
  });
});
