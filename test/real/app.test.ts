/**
 * Restarting the App: a stand-in for the package `chatgpt`, whose launcher is a link into the program's folder, in a private mount
 * namespace. Its "window" is a copy of `sleep`, so that /proc shows what it would show for the real one. Needs root for the namespace.
 */
import { existsSync, readFileSync } from 'node:fs';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Gateway, startGateway } from '../stand-ins/gateway.mjs';
import { writeYaml } from '../support/cli.ts';
import { type FreshHome, freshHome } from '../support/fresh-home.ts';
import { canMount } from '../support/mounts.ts';

const TOKEN = 'test-token-4711';
const PROGRAM = new URL('../../dist/codex-link.js', import.meta.url).pathname;

describe.skipIf(!canMount() || !existsSync('/opt'))('Codex App', () => {
  let home: FreshHome;
  let gateway: Gateway;
  beforeEach(async () => {
    home = freshHome();
    gateway = await startGateway({ apiKeys: [TOKEN] });
    writeYaml(
      home,
      `version: 1\ngateway: { url: "${gateway.url}", manager: none }\nsecret: { store: file, source: { env: TEST_GATEWAY_KEY } }\napp: { quitTimeoutSeconds: 2 }\nverify: { doctor: off }\n`,
    );
  });
  afterEach(async () => {
    await gateway.close();
    home.dispose();
  });

  /** Runs a script where the App is "installed": `launched` gets a line for each start. */
  const withApp = (window: string, script: string) => {
    const setup = `
mount -t tmpfs tmpfs /opt && mkdir -p /opt/ChatGPT && cp ${window} /opt/ChatGPT/codex-window
printf '#!/bin/sh\\necho launched >> ${home.path('launched')}\\nexec /opt/ChatGPT/codex-window 300\\n' > /opt/ChatGPT/codex-launcher
chmod 755 /opt/ChatGPT/*
mount -t tmpfs tmpfs /usr/local/bin && ln -s /opt/ChatGPT/codex-launcher /usr/local/bin/chatgpt
appears() { for i in $(seq 100); do pgrep -f '^/opt/ChatGPT/codex-window' >/dev/null && return; sleep 0.05; done; }
${script}
pkill -f '^/opt/ChatGPT/codex-window' || true`;
    const env = { ...home.env, TEST_GATEWAY_KEY: TOKEN, NODE: process.execPath, LINK: PROGRAM };
    return execa('unshare', ['-m', '--', 'bash', '-c', setup], {
      env,
      extendEnv: false,
      cwd: home.work,
      reject: false,
      stdin: 'ignore',
      timeout: 60_000,
    });
  };
  const launches = () =>
    existsSync(home.path('launched')) ? readFileSync(home.path('launched'), 'utf8').trim().split('\n').length : 0;

  it('is asked to quit and opened again, only when it was running and something changed', async () => {
    const ran = await withApp(
      '/bin/sleep',
      `
setsid --fork chatgpt; appears; first=$(pgrep -f '^/opt/ChatGPT/codex-window')
"$NODE" "$LINK" plan | grep -A1 '! app'
"$NODE" "$LINK" apply --yes | grep 'app ('; appears
second=$(pgrep -f '^/opt/ChatGPT/codex-window'); [ -n "$second" ] && [ "$first" != "$second" ] && echo restarted
"$NODE" "$LINK" apply --yes
[ "$(pgrep -f '^/opt/ChatGPT/codex-window')" = "$second" ] && echo left alone`,
    );
    expect(ran.stdout).toContain('which Codex App reads only when it starts');
    expect(ran.stdout).toMatch(/done {2}app/);
    expect(ran.stdout).toContain('restarted');
    expect(ran.stdout).toContain('In sync');
    expect(ran.stdout).toContain('left alone');
    expect(launches()).toBe(2);
  });

  it('that is not running is not opened', async () => {
    const ran = await withApp('/bin/sleep', `"$NODE" "$LINK" apply --yes; echo exit $?`);
    expect(ran.stdout).toContain('exit 0');
    expect(launches()).toBe(0);
  });

  it('that does not quit is never killed: exit 2, the rest stays applied, and the next step is said', async () => {
    // A shell that ignores the signal: the copy is the interpreter, so /proc shows it in the App's folder.
    home.write('stubborn.sh', 'trap "" TERM; while :; do sleep 0.1; done\n', 0o755);
    const ran = await withApp(
      '/bin/sh',
      `
setsid --fork /opt/ChatGPT/codex-window ${home.path('stubborn.sh')}; appears
"$NODE" "$LINK" apply --yes; echo exit $?
pgrep -f '^/opt/ChatGPT/codex-window' >/dev/null && echo still there
pkill -KILL -f '^/opt/ChatGPT/codex-window'`,
    );
    expect(ran.stdout).toContain('exit 2');
    expect(ran.stdout).toContain('quit Codex App yourself');
    expect(ran.stdout).toContain('still there');
    expect(home.read('.codex/config.toml')).toContain('model_provider = "cliproxy"');
  });
});
