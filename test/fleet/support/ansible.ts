/** Ansible as a team lead runs it: the documented commands, with a configuration and a home of its own. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import type { Hosts } from './hosts.ts';

const COLLECTION = fileURLToPath(new URL('../../../integrations/ansible', import.meta.url));

/** A line of the recap. */
export interface Tally {
  readonly changed: number;
  readonly unreachable: number;
  readonly failed: number;
}

export interface Played {
  readonly code: number | undefined;
  /** Both streams. */
  readonly output: string;
  readonly seconds: number;
  readonly hosts: Readonly<Record<string, Tally>>;
}

export class Ansible {
  readonly #hosts: Hosts;
  readonly #env: Record<string, string>;
  #plays = 0;

  constructor(hosts: Hosts) {
    this.#hosts = hosts;
    const home = hosts.path('control');
    mkdirSync(home, { mode: 0o700 });
    writeFileSync(hosts.path('control', 'ansible.cfg'), '[defaults]\nforks = 10\n[ssh_connection]\npipelining = True\n');
    this.#env = {
      HOME: home,
      PATH: `${hosts.path('bin')}:${process.env.PATH ?? ''}`,
      LC_ALL: 'C.UTF-8',
      ANSIBLE_CONFIG: hosts.path('control', 'ansible.cfg'),
      ANSIBLE_COLLECTIONS_PATH: hosts.path('collections'),
      ANSIBLE_NOCOLOR: '1',
      // Short: the path of a Unix socket has 108 bytes at most.
      ANSIBLE_SSH_CONTROL_PATH_DIR: hosts.path('cp'),
    };
  }

  /** Installs the collection as a user does. */
  async install(): Promise<void> {
    const args = ['collection', 'install', COLLECTION, '-p', this.#hosts.path('collections')];
    const { exitCode, all } = await this.#run('ansible-galaxy', args, 120_000);
    if (exitCode !== 0) throw new Error(all);
    symlinkSync(this.#hosts.path('cp'), this.#hosts.path('control', 'cp'));
  }

  /** Plays a playbook of the collection. It has two minutes: one that hangs is killed, and its exit code is undefined. */
  async play(name: string, variables: Readonly<Record<string, unknown>>, ...flags: string[]): Promise<Played> {
    const file = this.#hosts.path('control', `variables-${++this.#plays}.json`);
    writeFileSync(file, JSON.stringify(variables), { mode: 0o600 });
    const began = performance.now();
    const args = [`codex_link.provisioning.${name}`, '-i', this.#hosts.path('hosts.ini'), '-e', `@${file}`, ...flags];
    const { exitCode, all } = await this.#run('ansible-playbook', args, 120_000);
    return { code: exitCode, output: all ?? '', seconds: (performance.now() - began) / 1000, hosts: recap(all ?? '') };
  }

  /** Runs the module by hand, on hosts or, as root, on `localhost`. */
  async module(
    pattern: string,
    args: Readonly<Record<string, unknown>>,
    ...flags: string[]
  ): Promise<{ code: number | undefined; output: string }> {
    const where = pattern === 'localhost' ? ['-c', 'local'] : ['-i', this.#hosts.path('hosts.ini')];
    const module = ['-m', 'codex_link.provisioning.codex_link', '-a', JSON.stringify(args)];
    const { exitCode, all } = await this.#run('ansible', [pattern, ...where, ...module, '-o', ...flags], 120_000);
    return { code: exitCode, output: all ?? '' };
  }

  #run(program: string, args: readonly string[], timeout: number) {
    const { file, args: whole } = this.#hosts.reaching(program, args);
    const options = { env: this.#env, extendEnv: false, cwd: this.#hosts.path('control'), stdin: 'ignore', all: true } as const;
    return execa(file, whole, { ...options, reject: false, timeout, forceKillAfterDelay: 2000 });
  }
}

function recap(output: string): Record<string, Tally> {
  const lines = output
    .slice(output.lastIndexOf('PLAY RECAP'))
    .matchAll(/^(\S+)\s+: ok=\d+\s+changed=(\d+)\s+unreachable=(\d+)\s+failed=(\d+)/gm);
  return Object.fromEntries(
    [...lines].map(([, host, changed, unreachable, failed]) => [
      host,
      { changed: Number(changed), unreachable: Number(unreachable), failed: Number(failed) },
    ]),
  );
}
