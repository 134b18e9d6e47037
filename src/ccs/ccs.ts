import { join } from 'node:path';
import { CodexLinkError, finding } from '../diagnostics/diagnostics.ts';
import type { Machine } from '../machine/machine.ts';
import { onPath, userEnvironment } from '../machine/programs.ts';
import { type CcsConfig, readCcsConfig } from './config.ts';
import { type GatewayConfig, gatewayConfigPath, readGatewayConfig } from './gateway-config.ts';
import { type Pool, readPool } from './pool.ts';

/** `ccs` takes up to 2 s itself and gives the gateway 5 s before it gives up; a slow machine gets as much again. */
const COMMAND_TIMEOUT_MS = 60_000;

/** CCS's folder, in CCS's own order: CCS_DIR, CCS_HOME/.ccs, ~/.ccs. */
export function ccsFolder(machine: Machine): string {
  const { env, home } = machine.facts;
  return env.CCS_DIR || join(env.CCS_HOME || home, '.ccs');
}

/**
 * The CCS of this run. What its files say is found out at most once, however many resources need it, until one of its commands has run.
 * Its commands run one after the other: each holds CCS's own locks and gives up at once when another has them.
 */
export class Ccs {
  #program: Promise<string | null> | undefined;
  #config: Promise<CcsConfig> | undefined;
  #gatewayConfig: Promise<GatewayConfig | null> | undefined;
  #pool: Promise<Pool> | undefined;
  #running: Promise<unknown> = Promise.resolve();

  /** The `ccs` program on PATH or where npm puts global programs; null when it is not installed. */
  program(machine: Machine): Promise<string | null> {
    this.#program ??= onPath(machine, 'ccs');
    return this.#program;
  }

  /** What CCS's config.yaml says. Throws `CodexLinkError` when it is no YAML. */
  config(machine: Machine): Promise<CcsConfig> {
    this.#config ??= readCcsConfig(machine, ccsFolder(machine));
    return this.#config;
  }

  /** The settings of the gateway that CCS runs; null while CCS has not made them. */
  gatewayConfig(machine: Machine): Promise<GatewayConfig | null> {
    this.#gatewayConfig ??= this.config(machine).then(({ port }) =>
      readGatewayConfig(machine, gatewayConfigPath(ccsFolder(machine), port)),
    );
    return this.#gatewayConfig;
  }

  /** The codex accounts. Throws as `readPool` does. */
  pool(machine: Machine): Promise<Pool> {
    this.#pool ??= readPool(machine, ccsFolder(machine));
    return this.#pool;
  }

  /** Forgets what was read, because something has changed it. */
  forget(): void {
    this.#program = undefined;
    this.#config = undefined;
    this.#gatewayConfig = undefined;
    this.#pool = undefined;
  }

  /** Does one thing at a time with CCS's files, in the order of the calls, and forgets what was read before. */
  async alone<T>(action: () => Promise<T>): Promise<T> {
    const before = this.#running;
    const mine = before.then(action, action);
    this.#running = mine.catch(() => {});
    try {
      return await mine;
    } finally {
      this.forget();
    }
  }

  /**
   * Runs a `ccs` command that changes something, e.g. `cliproxy start`, and returns all that it printed. Its exit code says little (a
   * failed `start` exits 0): believe only what is read back afterwards. Throws `CodexLinkError` when CCS is not installed.
   */
  run(machine: Machine, ...args: string[]): Promise<string> {
    return this.alone(async () => {
      const file = await this.program(machine);
      if (file === null)
        throw new CodexLinkError(finding('CL7001', `ccs ${args.join(' ')} has to run, and ccs is not installed`));
      const env = userEnvironment(machine, { NO_COLOR: '1' });
      const { stdout, stderr } = await machine.run({ file, args, env, timeoutMs: COMMAND_TIMEOUT_MS, effect: 'write' });
      return `${stdout}\n${stderr}`;
    });
  }
}

/** The last line with a sign of trouble in what `ccs` printed, e.g. `: [X] Lock file is already being held`; empty when there is none. */
export function lastWords(output: string): string {
  const line = output
    .split('\n')
    .filter((one) => /^\[(X|!)\]/.test(one.trim()))
    .at(-1)
    ?.trim();
  return line === undefined ? '' : `: ${line}`;
}
