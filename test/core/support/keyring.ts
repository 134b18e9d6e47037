import type { Command, Exit } from '../../../src/machine/machine.ts';
import type { MemoryMachine } from '../../../src/machine/memory.ts';
import { bus, message, pathArrays } from './bus.ts';

export const BUS = '/run/user/1000/bus';
const TOOL = '/usr/bin/secret-tool';

/** A desktop's keyring on a memory machine: the Secret Service on the session bus, and secret-tool. Behaves as the real ones do (libsecret 0.20.5, gnome-keyring 42.1). */
export class FakeKeyring {
  readonly items = new Map<string, string>();
  locked = false;
  running = true;
  /** What secret-tool does with what it is given, e.g. cut it. */
  keep: (value: string) => string = (value) => value;
  readonly commands: Command[] = [];

  install(machine: MemoryMachine): this {
    machine.place(TOOL, '', 0o755);
    machine.programs.set(TOOL, (command) => this.#tool(command));
    machine.servers.set(
      BUS,
      bus(({ argument, serial }) => {
        if (!this.running) return message({ kind: 'error', replyTo: serial, error: 'org.freedesktop.DBus.Error.NameHasNoOwner' });
        const there = this.items.has(`${argument?.service} ${argument?.account}`)
          ? ['/org/freedesktop/secrets/collection/login/1']
          : [];
        const body = this.locked ? pathArrays([], there) : pathArrays(there, []);
        return message({ kind: 'return', replyTo: serial, signature: 'aoao' }, body);
      }),
    );
    return this;
  }

  #tool(command: Command): Exit {
    this.commands.push(command);
    const [verb, ...rest] = command.args ?? [];
    const [, service, , account] = rest.filter((one) => !one.startsWith('--'));
    const item = `${service} ${account}`;
    const exit = (code: number, stdout = '', stderr = ''): Exit => ({ code, stdout, stderr, timedOut: false });
    if (verb === 'lookup') {
      const value = this.locked ? undefined : this.items.get(item);
      return value === undefined ? exit(1) : exit(0, value);
    }
    if (verb === 'store') {
      if (this.locked) return exit(1, '', 'secret-tool: Cannot create an item in a locked collection\n');
      this.items.set(item, this.keep(command.input ?? ''));
      return exit(0);
    }
    return exit(this.items.delete(item) ? 0 : 1);
  }
}
