import { dirname } from 'node:path';
import { type DoctorReport, doctor } from '../codex/doctor.ts';
import { valueIn } from '../codex/dotenv.ts';
import { codexHome, configPath, dotenvPath } from '../codex/home.ts';
import { baseUrl, selector } from '../codex/provider-table.ts';
import { acceptance } from '../codex/staged.ts';
import type { Desired } from '../config/desired.ts';
import { type Finding, finding } from '../diagnostics/diagnostics.ts';
import { type GatewayReading, probe } from '../gateway/probe.ts';
import { type Machine, MachineError, readText } from '../machine/machine.ts';
import type { Platform } from '../platform/platform.ts';
import { Secret, tokenProblem } from '../secret.ts';
import { liveRequest } from './live.ts';

export type CheckId =
  | 'helper'
  | 'environment'
  | 'listener'
  | 'key'
  | 'base-path'
  | 'config'
  | 'provider'
  | 'doctor'
  | 'login'
  | 'live';

/** One step of the route and how it stands. */
export interface Check {
  readonly id: CheckId;
  readonly status: 'passed' | 'failed' | 'warning' | 'skipped';
  /** One line: what was seen, or why it was skipped. */
  readonly message: string;
  readonly finding: Finding | null;
}

export interface Verification {
  readonly checks: readonly Check[];
  readonly passed: boolean;
}

/** What a check needs. `token` is what was seen to come out of the helper or the environment. */
interface Route {
  readonly machine: Machine;
  readonly desired: Desired;
  readonly platform: Platform;
}

/**
 * Checks the route from Codex to the gateway, in the order in which a request goes. Starts nothing that stays and changes nothing:
 * `codex` runs on a copy of the configuration. `live` also spends one real request.
 */
export async function verifyRoute(
  machine: Machine,
  desired: Desired,
  platform: Platform,
  options: { live: boolean },
): Promise<Verification> {
  const route = { machine, desired, platform };
  const config = (await readText(machine, configPath(machine))) ?? '';
  const checks = desired.provider.active === 'openai' ? [await login(route)] : await gatewayChecks(route, options.live);
  checks.push(await configCheck(route, config));
  checks.push(...(await doctorChecks(route, config)));
  return { checks, passed: checks.every((one) => one.status !== 'failed') };
}

function passed(id: CheckId, message: string): Check {
  return { id, status: 'passed', message, finding: null };
}
function skipped(id: CheckId, message: string): Check {
  return { id, status: 'skipped', message, finding: null };
}
function failed(id: CheckId, one: Finding): Check {
  return { id, status: one.severity === 'error' ? 'failed' : 'warning', message: one.message, finding: one };
}

async function gatewayChecks(route: Route, live: boolean): Promise<Check[]> {
  const { machine, desired } = route;
  const { token, check } = desired.provider.auth === 'helper' ? await helper(route) : await environment(route);
  const reading = await probe(machine, desired.gateway, desired.provider.basePath, token);
  if (reading.state === 'silent' && desired.gateway.ensure === 'ignore') {
    return [check, skipped('listener', `nothing answers at ${desired.gateway.url}, and gateway.ensure is ignore`)];
  }
  const checks = [check, await listener(route, reading), ...keyAndPath(desired, reading)];
  if (live) checks.push(await liveCheck(route, token, checks));
  return checks;
}

/** Runs the helper exactly as Codex does when the App was started from a dock. */
async function helper({ machine, desired }: Route): Promise<{ token: Secret | null; check: Check }> {
  const { path, timeoutMs } = desired.helper;
  const no = (why: string, fix?: string) => ({
    token: null,
    check: failed('helper', finding('CL5001', why, { resource: 'helper', file: path, ...(fix === undefined ? {} : { fix }) })),
  });
  try {
    const env = launchEnvironment(machine);
    const cwd = desired.provider.portable ? codexHome(machine) : dirname(path);
    const exit = await machine.run({ file: path, env, cwd, timeoutMs, effect: 'read' });
    if (exit.timedOut) return no(`the helper gave nothing within ${timeoutMs} ms`);
    // Its standard error is made for people and never holds the token.
    if (exit.code !== 0) return no(`the helper ended with exit code ${exit.code}: ${oneLine(exit.stderr) || 'it says nothing'}`);
    const output = exit.stdout.trim();
    const problem = tokenProblem(output);
    if (problem !== null) return no(`what the helper prints is no token: ${problem}`);
    return { token: new Secret(output), check: passed('helper', 'the helper prints one line that can be a token') };
  } catch (error) {
    if (error instanceof MachineError) return no(`the helper cannot be started: ${error.message}`);
    throw error;
  }
}

/** What an App that was started from a dock has: next to nothing, but for the place of the session. */
function launchEnvironment(machine: Machine): Record<string, string> {
  const { env, home } = machine.facts;
  const session = ['XDG_RUNTIME_DIR', 'DBUS_SESSION_BUS_ADDRESS'].flatMap((name) => (env[name] ? [[name, env[name]]] : []));
  return { HOME: home, PATH: '/usr/bin:/bin:/usr/sbin:/sbin', ...Object.fromEntries(session) };
}

/** The variable where Codex will find it. */
async function environment({ machine, desired }: Route): Promise<{ token: Secret | null; check: Check }> {
  const name = desired.secret.service;
  const inFile = valueIn((await readText(machine, dotenvPath(machine))) ?? '', name);
  const path = `${machine.facts.env.XDG_CONFIG_HOME || `${machine.facts.home}/.config`}/environment.d/60-codex-link.conf`;
  const inSession = desired.provider.auth === 'env' ? valueIn((await readText(machine, path)) ?? '', name) : null;
  const value = inFile ?? inSession;
  if (value === null || tokenProblem(value) !== null) {
    const where = desired.provider.auth === 'dotenv' ? dotenvPath(machine) : path;
    return {
      token: null,
      check: failed('environment', finding('CL5007', `${where} does not set ${name} to a token`, { file: where })),
    };
  }
  return { token: new Secret(value), check: passed('environment', `${name} is where Codex reads it`) };
}

async function listener({ machine, desired, platform }: Route, reading: GatewayReading): Promise<Check> {
  const { url, port, loopback } = desired.gateway;
  const resource = { resource: 'gateway' };
  switch (reading.state) {
    case 'answering':
      return passed('listener', `CLIProxyAPI answers at ${url}`);
    case 'silent':
      return failed(
        'listener',
        finding('CL4002', `nothing answers at ${url}: ${reading.why}`, {
          ...resource,
          severity: 'error',
          fix: 'codex-link apply',
        }),
      );
    case 'safe-mode':
      return failed('listener', finding('CL4007', `the gateway at ${url} serves nothing but a warning`, resource));
    case 'foreign': {
      const program = loopback ? await platform.programOn(machine, port) : null;
      const who = program ? `, process ${program.pid}: ${program.name}` : '';
      return failed(
        'listener',
        finding('CL4001', `what answers at ${url} is not CLIProxyAPI but ${reading.what}${who}`, resource),
      );
    }
  }
}

function keyAndPath(desired: Desired, reading: GatewayReading): Check[] {
  const { basePath } = desired.provider;
  if (reading.state !== 'answering') {
    const why = 'the gateway does not answer';
    return [skipped('key', why), skipped('base-path', why)];
  }
  const resource = { resource: 'gateway' };
  const key = reading.open
    ? failed('key', finding('CL4006', 'the gateway accepts requests without any key', resource))
    : reading.keyAccepted === null
      ? skipped('key', 'there is no token to try')
      : reading.keyAccepted
        ? passed('key', 'the gateway accepts the key, and nothing without it')
        : failed('key', finding('CL4003', 'the gateway refuses the key', resource));
  const path =
    reading.basePath === 'exists'
      ? passed('base-path', `the gateway serves ${basePath}`)
      : failed(
          'base-path',
          finding(
            reading.basePath === 'missing' ? 'CL4004' : 'CL4005',
            `${basePath}: ${reading.basePath === 'missing' ? 'the gateway has no such path' : 'it has no model list'}`,
            resource,
          ),
        );
  return [key, path];
}

async function liveCheck({ machine, desired }: Route, token: Secret | null, before: readonly Check[]): Promise<Check> {
  if (token === null || before.some((one) => one.status === 'failed')) return skipped('live', 'the route is broken before it');
  const trouble = await liveRequest(machine, desired, token);
  return trouble === null
    ? passed('live', 'a real request was answered')
    : failed('live', finding('CL5005', trouble, { resource: 'gateway' }));
}

async function login({ machine }: Route): Promise<Check> {
  const there = await machine.stat(`${codexHome(machine)}/auth.json`);
  return there === null
    ? failed('login', finding('CL5006', 'Codex has no ChatGPT login on this machine', { resource: 'provider' }))
    : passed('login', 'Codex has a login of its own');
}

async function configCheck({ machine }: Route, config: string): Promise<Check> {
  const answer = await acceptance(machine, config);
  if (answer.state === 'accepted') return passed('config', 'Codex accepts config.toml');
  if (answer.state === 'not-asked') return skipped('config', answer.why);
  const { line, column } = answer;
  return failed(
    'config',
    finding('CL5004', `Codex refuses config.toml: ${answer.why}`, {
      resource: 'provider',
      file: configPath(machine),
      line,
      column,
    }),
  );
}

async function doctorChecks({ machine, desired }: Route, config: string): Promise<Check[]> {
  if (desired.verify.doctor === 'off')
    return [skipped('provider', 'verify.doctor is off'), skipped('doctor', 'verify.doctor is off')];
  const report = await doctor(machine, config, desired.verify.doctor);
  if (typeof report === 'string') return [skipped('provider', report), skipped('doctor', report)];
  return [effective(desired, report), judged(desired, report)];
}

/** Whether a layer above the user's file says otherwise. */
function effective(desired: Desired, report: DoctorReport): Check {
  const wanted = selector(desired, desired.provider.active);
  if (report.provider === null) return skipped('provider', 'codex doctor does not say which provider it uses');
  if (report.provider !== wanted) {
    return failed(
      'provider',
      finding('CL5002', `Codex uses ${report.provider}, not ${wanted}, although config.toml says so`, { resource: 'provider' }),
    );
  }
  if (wanted !== 'openai' && report.address !== null && report.address !== baseUrl(desired)) {
    return failed(
      'provider',
      finding('CL5002', `Codex would call ${report.address}, not ${baseUrl(desired)}`, { resource: 'provider' }),
    );
  }
  return passed('provider', `Codex uses ${wanted}`);
}

function judged(desired: Desired, report: DoctorReport): Check {
  const { allowWarnings } = desired.verify;
  const bad = report.checks.filter(
    (one) => one.status === 'fail' || (one.status === 'warning' && !allowWarnings.includes(one.id)),
  );
  if (bad.length === 0) return passed('doctor', `codex doctor has nothing to say against it (${report.checks.length} checks)`);
  const what = bad.map((one) => `${one.id}: ${one.summary}`).join('; ');
  // Switching to OpenAI's own route must work when the network is the very thing that is broken.
  const onlyNetwork = desired.provider.active === 'openai' && bad.every((one) => one.id.startsWith('network.'));
  return failed('doctor', finding('CL5003', `codex doctor: ${what}`, onlyNetwork ? { severity: 'warning' } : {}));
}

function oneLine(text: string): string {
  return text
    .replace(/[\x00-\x1f\x7f]+/g, ' ')
    .trim()
    .slice(0, 200);
}
