/**
 * The second phase of the role on Macs: what SSH cannot reach is done by a LaunchAgent in the person's own session. Host and SSH are real;
 * launchctl is the stand-in, and codex-link is a script that tells by its environment whether it was started over SSH.
 */
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { filesWith, holds } from '../support/leaks.ts';
import { Ansible } from './support/ansible.ts';
import { Hosts, whyNoHosts } from './support/hosts.ts';

const STAND_INS = fileURLToPath(new URL('../stand-ins', import.meta.url));
const KEY = 'test-session-key-5e6f';
const why =
  whyNoHosts() ?? (existsSync(join(STAND_INS, 'macos', 'bin', 'launchctl')) ? null : 'there is no stand-in for launchctl');
if (why !== null) console.warn(`SKIPPED, the Macs of the fleet suite: ${why}`);

/** Like codex-link on a Mac: over SSH the keychain is out of reach; in the session the key is stored, once. */
const PROGRAM = `#!/bin/sh
said() {
  printf '{"formatVersion":"1.0","command":"apply","codexLinkVersion":"0.1.0","os":"darwin","outcome":"%s","verified":%s,"findings":[],"resources":[{"address":"secret","kind":"secret","status":"%s","result":"%s","reason":"as it is","changes":[]}]}\\n' "$@"
}
echo "$*" >> "$HOME/calls"
if [ -n "\${SSH_CONNECTION:-}" ]; then cat > /dev/null; said steps-remain false create deferred; exit 2; fi
read -r key
[ "$(printf %s "$key" | sha256sum)" = "$(cat "$HOME/stored" 2> /dev/null)" ] && { said converged true in-sync unchanged; exit 0; }
printf %s "$key" | sha256sum > "$HOME/stored"
said converged true create done
`;

let hosts: Hosts;
let ansible: Ansible;
const variables = { codex_link_install: 'none', codex_link_secret: KEY, codex_link_session_timeout: 20 };

describe.skipIf(why !== null)('a Mac', { timeout: 120_000 }, () => {
  beforeAll(async () => {
    hosts = new Hosts(1);
    ansible = new Ansible(hosts);
    await ansible.install();
    // With what they share with those of Windows.
    for (const name of ['macos', 'simulated.mjs', 'veil.mjs'])
      cpSync(join(STAND_INS, name), hosts.path(name), { recursive: true });
    symlinkSync(hosts.path('macos', 'bin', 'launchctl'), hosts.path('bin', 'launchctl'));
    mkdirSync(hosts.path('mac'));
    chmodSync(hosts.path('mac'), 0o777);
    const bin = join(hosts.host('h1').home, '.local/bin');
    mkdirSync(bin, { recursive: true });
    writeFileSync(join(bin, 'codex-link'), PROGRAM, { mode: 0o755 });
  }, 60_000);
  afterAll(() => hosts?.dispose());

  const play = async () => {
    const played = await ansible.play('rollout', variables, '-vv');
    expect(played.code, played.output.slice(-4000)).toBe(0);
    return played;
  };
  const owner = (session: 'aqua' | 'none') => {
    rmSync(hosts.path('mac', 'session.json'), { force: true });
    writeFileSync(hosts.path('mac', 'session.json'), JSON.stringify({ session }));
    chmodSync(hosts.path('mac', 'session.json'), 0o666);
  };

  it('whose owner is away: the rest is told as deferred, and nothing changes', async () => {
    owner('none');
    const played = await play();
    expect(played.hosts.h1?.changed).toBe(0);
    expect(played.output).toContain('Nobody is logged in on h1');
    expect(hosts.read('h1', 'stored')).toBeNull();
  });

  it('whose owner is there: the key gets into the session, through no file and no argument', async () => {
    owner('aqua');
    const played = await play();
    expect([played.hosts.h1?.changed, holds(played.output, KEY)]).toEqual([1, false]);
    expect(hosts.read('h1', 'stored')).not.toBeNull();
    expect(hosts.read('h1', 'calls')).toContain('--secret-stdin');
    expect(filesWith(KEY, hosts.host('h1').home)).toEqual([]);
    expect(holds(readFileSync(hosts.path('mac', 'argv.log'), 'utf8'), KEY)).toBe(false);
  });

  it('on which codex-link does not run in the session is a failure, and not waited for', async () => {
    const program = join(hosts.host('h1').home, '.local/bin/codex-link');
    writeFileSync(program, PROGRAM.replace('read -r key', 'exit 127'));
    const played = await ansible.play('rollout', variables);
    writeFileSync(program, PROGRAM);
    expect([played.code, played.hosts.h1?.failed]).toEqual([2, 1]);
    expect(played.output).toContain('codex-link did not run in the session');
    expect(played.seconds).toBeLessThan(60);
  });

  it('changes nothing the second time', async () => {
    expect((await play()).hosts.h1?.changed).toBe(0);
  });
});
