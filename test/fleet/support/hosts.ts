/**
 * Hosts for Ansible on one Linux machine: each is a network namespace with its own loopback (so each has its own 127.0.0.1:8317), its own
 * name, its own user and home, and an sshd; all hang on a bridge in a namespace of their own, from which Ansible has to run. Nothing
 * listens in the namespace of the machine itself. It takes root, and is gone after `dispose`.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findCommand, HOST_COMMANDS, missingPackages } from '../../support/system.ts';
import { removeLeftovers } from './leftovers.ts';

const GATEWAY = fileURLToPath(new URL('../../stand-ins/gateway.mjs', import.meta.url));
/** Why there can be no hosts here; null when there can. */
export function whyNoHosts(): string | null {
  if (process.getuid?.() !== 0) return 'network namespaces and sshd need root';
  const packages = [...missingPackages(HOST_COMMANDS), ...(findCommand('npm') === null ? ['npm'] : [])];
  if (packages.length > 0) return `install ${packages.join(', ')}`;
  try {
    const name = `clf-try-${process.pid}`;
    ip('netns', 'add', name);
    ip('netns', 'del', name);
    return null;
  } catch {
    return 'network namespaces are not permitted here';
  }
}

export interface Host {
  /** As in the inventory. */
  readonly name: string;
  readonly home: string;
  readonly user: string;
}

function ip(...args: string[]): void {
  execFileSync(findCommand('ip') ?? 'ip', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}

/** Hosts `h1`, `h2`, …, and what Ansible needs to reach them. */
export class Hosts {
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), 'codex-link-fleet-')));
  readonly all: readonly Host[];
  readonly #id = String(process.pid);
  readonly #gateways = new Map<string, ChildProcess>();

  constructor(count: number) {
    removeLeftovers(findCommand('ip') ?? 'ip', findCommand('userdel') ?? 'userdel');
    chmodSync(this.folder, 0o711);
    mkdirSync('/run/sshd', { recursive: true });
    this.#programs();
    for (const key of ['id', 'hostkey']) execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', this.path(key)]);
    const control = this.#space(0);
    ip('netns', 'add', control);
    ip('-n', control, 'link', 'set', 'lo', 'up');
    ip('-n', control, 'link', 'add', 'br0', 'type', 'bridge');
    ip('-n', control, 'addr', 'add', '10.77.0.1/24', 'dev', 'br0');
    ip('-n', control, 'link', 'set', 'br0', 'up');
    this.all = Array.from({ length: count }, (_, at) => this.#start(at + 1));
    this.#inventory();
  }

  path(...parts: string[]): string {
    return join(this.folder, ...parts);
  }

  host(name: string): Host {
    const found = this.all.find((one) => one.name === name);
    if (found === undefined) throw new Error(`there is no host ${name}`);
    return found;
  }

  /** The network of a host goes away in this moment, without a word. */
  cut(name: string): void {
    ip('-n', this.#space(0), 'link', 'set', `v${name.slice(1)}`, 'down');
  }

  heal(name: string): void {
    ip('-n', this.#space(0), 'link', 'set', `v${name.slice(1)}`, 'up');
  }

  /** Starts the gateway of a host, anew where it runs, with these keys; with none it only stops. */
  async gateway(name: string, keys: readonly string[]): Promise<void> {
    const running = this.#gateways.get(name);
    if (running !== undefined) {
      const ended = new Promise((done) => running.once('exit', done));
      running.kill('SIGKILL');
      await ended;
      this.#gateways.delete(name);
    }
    if (keys.length === 0) return;
    const args = ['netns', 'exec', this.#space(Number(name.slice(1))), process.execPath, GATEWAY, '--port', '8317'];
    const env = { PATH: process.env.PATH, STAND_IN_API_KEYS: keys.join(',') };
    const child = spawn(findCommand('ip') ?? 'ip', args, { cwd: this.folder, env, stdio: ['ignore', 'pipe', 'inherit'] });
    this.#gateways.set(name, child);
    await new Promise<void>((done, fail) => {
      child.stdout?.once('data', () => done());
      child.once('exit', () => fail(new Error(`the gateway of ${name} did not start`)));
    });
  }

  /** A command line in the namespace that reaches the hosts. */
  reaching(program: string, args: readonly string[]): { file: string; args: string[] } {
    return { file: findCommand('ip') ?? 'ip', args: ['netns', 'exec', this.#space(0), program, ...args] };
  }

  /** A command line of a host's own user, on that host. */
  on(name: string, program: string, args: readonly string[]): { file: string; args: string[]; env: Record<string, string> } {
    const { user, home } = this.host(name);
    const env = { HOME: home, USER: user, PATH: this.#path(home) };
    return {
      file: findCommand('ip') ?? 'ip',
      args: [
        'netns',
        'exec',
        this.#space(Number(name.slice(1))),
        findCommand('runuser') ?? 'runuser',
        '-u',
        user,
        '--',
        program,
        ...args,
      ],
      env,
    };
  }

  read(name: string, file: string): string | null {
    const path = join(this.host(name).home, file);
    return existsSync(path) ? readFileSync(path, 'utf8') : null;
  }

  /** Ends every process of the hosts and removes all that was made. */
  async dispose(): Promise<void> {
    for (const { name } of this.all) await this.gateway(name, []);
    for (let number = this.all.length; number >= 0; number--) {
      const space = this.#space(number);
      for (const pid of execFileSync(findCommand('ip') ?? 'ip', ['netns', 'pids', space], { encoding: 'utf8' })
        .split('\n')
        .filter(Boolean)) {
        try {
          process.kill(Number(pid), 'SIGKILL');
        } catch {
          // already gone
        }
      }
      ip('netns', 'del', space);
    }
    for (const { user } of this.all) execFileSync(findCommand('userdel') ?? 'userdel', [user], { stdio: 'ignore' });
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }

  #space(number: number): string {
    return `clf${this.#id}-${number}`;
  }

  #path(home: string): string {
    return [join(home, '.local/bin'), this.path('bin'), '/usr/local/bin', '/usr/bin', '/bin'].join(':');
  }

  /** Node, npm and codex where every user can reach them: the project itself may lie in somebody's private folder. */
  #programs(): void {
    mkdirSync(this.path('bin'), { mode: 0o755 });
    share(process.execPath, this.path('bin', 'node'));
    const npm = dirname(dirname(realpathSync(findCommand('npm') ?? '')));
    cpSync(npm, this.path('npm'), { recursive: true });
    writeFileSync(
      this.path('bin', 'npm'),
      `#!/bin/sh\nexec ${this.path('bin', 'node')} ${this.path('npm')}/bin/npm-cli.js "$@"\n`,
      { mode: 0o755 },
    );
  }

  #start(number: number): Host {
    const space = this.#space(number);
    const user = `clf${this.#id}x${number}`;
    const home = this.path(`home${number}`);
    const name = `h${number}`;
    const address = this.#address(number);
    ip('netns', 'add', space);
    ip('-n', space, 'link', 'set', 'lo', 'up');
    ip('-n', this.#space(0), 'link', 'add', `v${number}`, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', space);
    ip('-n', this.#space(0), 'link', 'set', `v${number}`, 'master', 'br0', 'up');
    ip('-n', space, 'addr', 'add', `${address}/24`, 'dev', 'eth0');
    ip('-n', space, 'link', 'set', 'eth0', 'up');
    // The password * can never be typed; with ! the account would be locked, for keys too.
    execFileSync(findCommand('useradd') ?? 'useradd', ['-m', '-d', home, '-s', '/bin/sh', '-p', '*', user], { stdio: 'ignore' });
    const [uid, gid] = ['-u', '-g'].map((flag) => Number(execFileSync('id', [flag, user], { encoding: 'utf8' })));
    for (const folder of ['.ssh', '.codex']) {
      mkdirSync(join(home, folder), { mode: 0o700 });
      chownSync(join(home, folder), uid!, gid!);
    }
    writeFileSync(join(home, '.ssh/authorized_keys'), readFileSync(this.path('id.pub')), { mode: 0o600 });
    chownSync(join(home, '.ssh/authorized_keys'), uid!, gid!);
    const config = [
      `ListenAddress ${address}:22`,
      `HostKey ${this.path('hostkey')}`,
      'PidFile none',
      `AllowUsers ${user}`,
      'PasswordAuthentication no',
      'UsePAM no',
      'StrictModes no',
      'Subsystem sftp internal-sftp',
      `SetEnv PATH=${this.#path(home)}`,
    ];
    writeFileSync(this.path(`sshd${number}.conf`), `${config.join('\n')}\n`);
    const sshd = `hostname ${name}; exec /usr/sbin/sshd -f ${this.path(`sshd${number}.conf`)} -E ${this.path(`sshd${number}.log`)}`;
    execFileSync(findCommand('ip') ?? 'ip', ['netns', 'exec', space, 'unshare', '--uts', 'sh', '-c', sshd]);
    return { name, home, user };
  }

  #address(number: number): string {
    return `10.77.0.${10 + number}`;
  }

  #inventory(): void {
    const key = readFileSync(this.path('hostkey.pub'), 'utf8').split(' ').slice(0, 2).join(' ');
    writeFileSync(this.path('known_hosts'), this.all.map((_, at) => `${this.#address(at + 1)} ${key}\n`).join(''));
    const hosts = this.all.map(({ name, user }, at) => `${name} ansible_host=${this.#address(at + 1)} ansible_user=${user}`);
    const common = `-o UserKnownHostsFile=${this.path('known_hosts')} -o StrictHostKeyChecking=yes -o BatchMode=yes`;
    const variables = [
      '[macs:vars]',
      `ansible_ssh_private_key_file=${this.path('id')}`,
      `ansible_ssh_common_args=${common}`,
      'ansible_python_interpreter=/usr/bin/python3',
    ];
    writeFileSync(this.path('hosts.ini'), `${['[macs]', ...hosts, ...variables].join('\n')}\n`);
  }
}

/** The same file under another name, without a copy where the disk allows. */
function share(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    cpSync(from, to);
  }
  chmodSync(to, 0o755);
}
