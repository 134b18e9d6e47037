import { takeLock } from '../../../src/applier/lock.ts';
import { holdFor, planUse } from '../../../src/cli/commands/use.ts';
import { converge } from '../../../src/cli/converge.ts';
import { refusals } from '../../../src/codex/rules.ts';
import type { Desired, Route } from '../../../src/config/desired.ts';
import { forgetEverything, planDestroy } from '../../../src/generations/destroy-plan.ts';
import { settleInterrupted } from '../../../src/generations/journal.ts';
import { planRollback } from '../../../src/generations/rollback-plan.ts';
import { missingFolders } from '../../../src/machine/folders.ts';
import { type Command, type Exit, type Facts, type Machine, MachineError } from '../../../src/machine/machine.ts';
import { MemoryMachine } from '../../../src/machine/memory.ts';
import { ReadOnlyMachine } from '../../../src/machine/read-only.ts';
import type { Plan } from '../../../src/planner/plan.ts';
import { asApplied } from '../../../src/planner/remembered.ts';
import type { Selection } from '../../../src/planner/selection.ts';
import { readState, type State } from '../../../src/planner/state.ts';
import { linux } from '../../../src/platform/linux/linux.ts';
import type { Platform } from '../../../src/platform/platform.ts';
import { makeWorld, planWorld } from '../../../src/resources/all.ts';
import { parseToml } from '../../../src/toml/read.ts';
import { jsonConsole } from './console.ts';
import { ScriptedGateway } from './gateway.ts';

export const KEY = 'key-of-this-test-0123456789';
export const CONFIG = '/home/me/.codex/config.toml';
export const DOTENV = '/home/me/.codex/.env';
export const HELPER = '/home/me/.codex/bin/cliproxy-token';
export const TOKEN_FILE = '/home/me/.config/codex-link/CLIPROXY_API_KEY.token';
export const STATE = '/home/me/.local/state/codex-link';
export const CODEX = '/usr/local/bin/codex';
export const CCS = '/usr/local/bin/ccs';

/** Puts `ccs` there and, unless told otherwise, the CLIProxyAPI that it has downloaded; neither does anything yet. */
export function placeCcs(machine: MemoryMachine, { downloaded = true } = {}): void {
  machine.place(CCS, '', 0o755);
  if (!downloaded) return;
  for (const program of ['original/cli-proxy-api', 'plus/cli-proxy-api-plus'])
    machine.place(`/home/me/.ccs/cliproxy/bin/${program}`, '', 0o755);
}

/** A machine in memory with Codex, a gateway that takes `KEY`, and a helper that does what its script would do. */
export interface World {
  readonly machine: MemoryMachine;
  readonly gateway: ScriptedGateway;
}

export function world(facts: Partial<Facts> = {}): World {
  const home = '/home/me';
  const machine = new MemoryMachine({ env: { HOME: home, PATH: '/usr/bin', GATEWAY_KEY: KEY }, ...facts });
  const gateway = new ScriptedGateway(KEY);
  machine.servers.set('127.0.0.1:8317', gateway.server);
  machine.place(CODEX, '', 0o755);
  machine.programs.set(CODEX, codex);
  machine.programs.set(HELPER, helper);
  return { machine, gateway };
}

/** Lets the processes of this machine end and a new one with the same number begin. */
export function rebooted(machine: MemoryMachine): void {
  machine.processes.set(machine.facts.pid, `${machine.processes.get(machine.facts.pid)}+`);
}

export function exit(code: number, stdout = '', stderr = ''): Exit {
  return { code, stdout, stderr, timedOut: false };
}

/** A `codex` that judges a config.toml by the rules which another test holds against the real one. */
function codex({ args = [], env, until }: Command, machine: MemoryMachine): Exit {
  const file = `${env.CODEX_HOME}/config.toml`;
  const { config, refused } = judged(machine.text(file) ?? '');
  if (until !== undefined && refused === undefined) return engine(config, file, until);
  if (args[0] === 'app-server') {
    if (refused === undefined) return exit(0, '{}');
    return exit(
      1,
      JSON.stringify({ error: { message: 'refused', data: { detail: `${file}:1:1: ${refused.message}`, line: 1, column: 1 } } }),
    );
  }
  const provider = (config.model_provider as string | undefined) ?? 'openai';
  const table = (config.model_providers as Record<string, Record<string, unknown>> | undefined)?.[provider];
  const check = (id: string, details: Record<string, string> = {}) => ({
    id,
    status: 'ok',
    summary: 'fine',
    remediation: null,
    details,
  });
  const reachable = table === undefined ? {} : { address: `${table.base_url}/<redacted> reachable` };
  const checks = [check('config.load', { 'model provider': provider }), check('network.provider_reachability', reachable)];
  return exit(0, JSON.stringify({ schemaVersion: 1, checks: Object.fromEntries(checks.map((one) => [one.id, one])) }));
}

/** An app-server that is asked for what is in effect, and knows no layer but the user's file. */
function engine(config: Record<string, unknown>, file: string, until: (stdout: string) => boolean): Exit {
  const origin = { name: { type: 'user', file } };
  const origins = { model_provider: origin, 'model_providers.cliproxy.base_url': origin };
  const results = [{}, { config, origins }, null, null];
  const plain = (_key: string, value: unknown) => (typeof value === 'bigint' ? Number(value) : value);
  const answers = results.map((result, id) =>
    JSON.stringify(result === null ? { id, error: { code: -32601 } } : { id, result }, plain),
  );
  const stdout = answers.map((line) => `${line}\n`).join('');
  return { ...exit(0, stdout), timedOut: !until(stdout) };
}

function judged(text: string): { config: Record<string, unknown>; refused: { message: string } | undefined } {
  try {
    const config = parseToml(text);
    return { config, refused: refusals(config)[0] };
  } catch (error) {
    return { config: {}, refused: error as Error };
  }
}

/** What a helper of codex-link's does that reads its token from a file, wherever both are. */
export function helper({ file }: Command, machine: MemoryMachine): Exit {
  const script = machine.text(file);
  if (script === null) throw new MachineError('ENOENT', `${file} does not exist`, file);
  const token = machine.text(/^file='(.*)'$/m.exec(script)?.[1] ?? TOKEN_FILE);
  return token === null ? exit(1, '', 'there is no readable token') : exit(0, token);
}

interface Planning {
  readonly state?: State;
  readonly selection?: Partial<Selection>;
  readonly platform?: Platform;
}

/** A plan as `codex-link plan` makes it: on a machine that refuses changes. */
export async function planOf(machine: Machine, wanted: Desired, options: Planning = {}): Promise<Plan> {
  const readOnly = new ReadOnlyMachine(machine);
  const { platform = linux, state = await readState(readOnly) } = options;
  const selection = { targets: [], excludes: [], ...options.selection };
  return planWorld(readOnly, await makeWorld(readOnly, { desired: wanted, platform, state }), selection);
}

export interface Applied {
  readonly plan: Plan;
  readonly code: number;
  /** The JSON document. */
  readonly document: ApplyDocument;
}

export interface ApplyDocument {
  readonly outcome: string;
  readonly verified: boolean;
  readonly resources: readonly { readonly address: string; readonly result: string; readonly status: string }[];
  readonly findings: readonly { readonly code: string; readonly message: string }[];
}

/** What `codex-link apply --yes --json` does, between the command line and the end of the process. */
export async function applyTo(machine: Machine, wanted: Desired, { rotate = false } = {}): Promise<Applied> {
  const newFolders = await missingFolders(machine, STATE);
  const release = await takeLock(machine, 'apply');
  try {
    const readOnly = new ReadOnlyMachine(machine);
    const state = await readState(readOnly);
    const session = {
      machine,
      readOnly,
      newFolders,
      reads: new Set<string>(),
      ...(await makeWorld(readOnly, { desired: wanted, platform: linux, state, rotate })),
    };
    await settleInterrupted(machine, session);
    const plan = await planWorld(readOnly, session, { targets: [], excludes: [] });
    const { console, printed } = jsonConsole();
    const code = await converge({ session, plan, command: 'apply', remember: {} }, console);
    return { plan, code, document: JSON.parse(printed.join('')) as ApplyDocument };
  } finally {
    await release();
  }
}

/** What `codex-link use cliproxy --json` or `use openai` does. */
export async function useOn(machine: Machine, wanted: Desired, route: Route): Promise<Applied> {
  const newFolders = await missingFolders(machine, STATE);
  const release = await takeLock(machine, 'use');
  try {
    const readOnly = new ReadOnlyMachine(machine);
    const state = await readState(readOnly);
    const made = await makeWorld(readOnly, { desired: onRoute(wanted, route), platform: linux, state });
    await settleInterrupted(machine, made);
    const plan = await planUse(readOnly, made);
    const { console, printed } = jsonConsole();
    const session = { machine, readOnly, newFolders, reads: new Set<string>(), ...made };
    const remember = { hold: holdFor(route, state, machine.now()) };
    const code = await converge({ session, plan, command: 'use', remember }, console);
    return { plan, code, document: JSON.parse(printed.join('')) as ApplyDocument };
  } finally {
    await release();
  }
}

/** The desired state as the program sees it while a route is held. */
export async function asHeld(machine: Machine, wanted: Desired): Promise<Desired> {
  return onRoute(wanted, (await readState(machine)).hold?.route ?? wanted.provider.active);
}

function onRoute(wanted: Desired, active: Route): Desired {
  return { ...wanted, provider: { ...wanted.provider, active } };
}

/** What `codex-link rollback N --yes --json` does. */
export async function rollBackOn(machine: Machine, wanted: Desired, number: number | null): Promise<Applied> {
  const readOnly = new ReadOnlyMachine(machine);
  const state = await readState(readOnly);
  const made = await makeWorld(readOnly, { desired: asApplied(wanted, state), platform: linux, state });
  await settleInterrupted(machine, made);
  const { plan, applied } = await planRollback(readOnly, made, number);
  const { console, printed } = jsonConsole();
  const session = { machine, readOnly, newFolders: [], reads: new Set<string>(), ...made };
  const code = await converge({ session, plan, command: 'rollback', remember: { applied } }, console);
  return { plan, code, document: JSON.parse(printed.join('')) as ApplyDocument };
}

/** What `codex-link destroy --yes --json` does. */
export async function destroyOn(machine: Machine, wanted: Desired, { purge = false } = {}): Promise<Applied> {
  const newFolders = await missingFolders(machine, STATE);
  const release = await takeLock(machine, 'destroy');
  try {
    const readOnly = new ReadOnlyMachine(machine);
    const state = await readState(readOnly);
    const made = await makeWorld(readOnly, { desired: asApplied(wanted, state), platform: linux, state });
    await settleInterrupted(machine, made);
    const { plan, whole, folders } = await planDestroy(readOnly, made, purge);
    const { console, printed } = jsonConsole();
    const session = { machine, readOnly, newFolders, reads: new Set<string>(), ...made };
    const remember = { applied: whole ? {} : state.applied, hold: null };
    const code = await converge({ session, plan, command: 'destroy', remember }, console);
    await release();
    if (code === 0 && whole) await forgetEverything(machine, [...newFolders, ...folders]);
    return { plan, code, document: JSON.parse(printed.join('')) as ApplyDocument };
  } finally {
    await release();
  }
}

/** The verdict on one resource. */
export function verdictOf(plan: Plan, address: string) {
  const found = plan.resources.find((one) => one.resource.address === address);
  if (found === undefined) throw new Error(`the plan has no ${address}`);
  return found.verdict;
}

/** Status of every resource, by address. */
export function statuses(plan: Plan): Record<string, string> {
  return Object.fromEntries(plan.resources.map((one) => [one.resource.address, one.verdict.status]));
}
