import { type Ccs, ccsFolder } from '../ccs/ccs.ts';
import type { CcsConfig } from '../ccs/config.ts';
import { gatewayConfigPath, readGatewayConfig } from '../ccs/gateway-config.ts';
import { type Runtime, runtimes } from '../ccs/runtimes.ts';
import type { Desired, DesiredGateway } from '../config/desired.ts';
import { CodexLinkError, finding } from '../diagnostics/diagnostics.ts';
import { offeredModels, withoutSuffixes } from '../gateway/models.ts';
import { type GatewayReading, probe } from '../gateway/probe.ts';
import { type Machine, MachineError } from '../machine/machine.ts';
import type { Secret } from '../secret.ts';
import { type Check, found, passed, skipped } from './check.ts';

/**
 * Whether the other programs that CCS starts on the pool (Claude Code, Droid, Codex by `ccsx` and `ccsxp`) use the same gateway, at a
 * path that it has, with a key that it takes and models that it offers. They are not ours: none of it is a failure, and nothing is
 * looked at where CCS is not installed.
 */
export async function runtimeChecks(machine: Machine, desired: Desired, ccs: Ccs): Promise<Check[]> {
  if ((await ccs.program(machine)) === null) return [];
  return unlessUnreadable('ccs', async () => {
    const config = await ccs.config(machine);
    const pool = new PoolGateway(machine, desired, config);
    const judge = async (one: Runtime) => ({ ...(await judged(one, desired, config, pool)), runtime: one.name });
    const rows = runtimes(machine, config).map(({ name, find }) =>
      unlessUnreadable(name, async () => Promise.all((await find()).map(judge))),
    );
    return (await Promise.all(rows)).flat();
  });
}

/** A file that cannot be read hides the runtimes that it is about, and no others. */
async function unlessUnreadable(runtime: string, look: () => Promise<Check[]>): Promise<Check[]> {
  try {
    return await look();
  } catch (error) {
    if (error instanceof CodexLinkError || error instanceof MachineError) return [unreadable(runtime, error)];
    throw error;
  }
}

function unreadable(runtime: string, error: Error): Check {
  const message = error instanceof CodexLinkError ? (error.findings[0]?.message ?? error.message) : error.message;
  return { ...skipped('runtime', message), runtime };
}

/** What can be learnt of CCS's gateway, where that is the one of the YAML; each thing at most once. */
class PoolGateway {
  readonly #machine: Machine;
  readonly #gateway: DesiredGateway;
  readonly #config: CcsConfig;
  readonly #paths = new Map<string, Promise<'exists' | 'missing' | 'not-known'>>();
  #reading: Promise<GatewayReading> | undefined;
  #models: Promise<ReadonlySet<string> | null> | undefined;

  constructor(machine: Machine, { gateway }: Desired, config: CcsConfig) {
    this.#machine = machine;
    this.#gateway = gateway;
    this.#config = config;
  }

  /** False when gateway.url is some other gateway: then nothing of what it says holds for CCS's. */
  get isOurs(): boolean {
    return this.#gateway.loopback && this.#gateway.port === this.#config.port;
  }

  /** Whether it serves a base path; all gateways of one CCS are the same program. */
  serves(path: string): Promise<'exists' | 'missing' | 'not-known'> {
    const known = this.#paths.get(path);
    if (known !== undefined) return known;
    const asked = probe(this.#machine, this.#gateway, path, null).then((reading) =>
      reading.state !== 'answering' ? 'not-known' : reading.basePath === 'missing' ? 'missing' : 'exists',
    );
    this.#paths.set(path, asked);
    return asked;
  }

  /** Whether the key passes on a port: CCS's own key, unless the gateway there refuses it, and what its settings list. */
  async takes(key: Secret, port: number): Promise<boolean> {
    const refused = port === this.#gateway.port && (await this.#ownKey()) === false;
    if (key.equals(this.#config.key) && !refused) return true;
    const settings = await readGatewayConfig(this.#machine, gatewayConfigPath(ccsFolder(this.#machine), port));
    return settings?.apiKeys.some((one) => one.equals(key)) ?? false;
  }

  models(): Promise<ReadonlySet<string> | null> {
    this.#models ??= this.#ownKey().then((accepted) =>
      accepted === true ? offeredModels(this.#machine, this.#gateway, this.#config.key) : null,
    );
    return this.#models;
  }

  /** Whether the running gateway takes the key that CCS gives out; null when it does not say. */
  async #ownKey(): Promise<boolean | null> {
    this.#reading ??= probe(this.#machine, this.#gateway, '/v1', this.#config.key);
    const reading = await this.#reading;
    return reading.state === 'answering' ? reading.keyAccepted : null;
  }
}

async function judged(runtime: Runtime, desired: Desired, config: CcsConfig, pool: PoolGateway): Promise<Check> {
  const { name, program, baseUrl, key, models, ownPort, file, remedy } = runtime;
  const { gateway, provider } = desired;
  const warning = (code: 'CL7050' | 'CL7051' | 'CL7052' | 'CL7053', message: string, fix?: string): Check => {
    const one = finding(code, `${name}: ${message}`, { file, ...(fix === undefined ? {} : { fix }) });
    return { ...found('runtime', one), message };
  };
  if (config.remote) return skipped('runtime', 'CCS is set to a gateway on another machine, which is not looked at');

  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : null;
  const port = Number(url?.port) || (url?.protocol === 'https:' ? 443 : 80);
  const alone = ownPort !== null && ownPort !== gateway.port && url !== null && isLoopback(url.hostname) && port === ownPort;
  const same = url !== null && port === gateway.port && sameHost(url.hostname, gateway);
  if (!alone && !same) {
    const address = url === null ? 'something that is no address' : url.origin;
    if (gateway.manager === 'none') return skipped('runtime', `${program} uses ${address}, a gateway that is not managed here`);
    return warning('CL7050', `${program} calls ${address}, not the gateway at ${gateway.url}`, remedy);
  }

  const path = url.pathname.replace(/\/+$/, '');
  const served = !pool.isOurs ? 'not-known' : await pool.serves(path === '' ? '/v1' : path);
  if (served === 'missing') return warning('CL7051', `${program} calls ${path}, which the gateway does not have`);
  if (key !== null && pool.isOurs && !(await pool.takes(key, port)))
    return warning('CL7052', `${program} has a key that the gateway does not take`, remedy);
  const offered = pool.isOurs ? await pool.models() : null;
  const unknown = offered === null ? [] : models.filter((one) => !offered.has(one) && !offered.has(withoutSuffixes(one)));
  if (unknown.length > 0) return warning('CL7053', `the gateway offers no ${unknown.join(', ')}`);

  const gatewayWords = alone ? `a gateway of its own on port ${port}, with the same accounts` : 'the same gateway';
  const what = [program, models[0], gatewayWords].filter((one) => one !== undefined).join(', ');
  const where = provider.id === 'cliproxy' ? 'over ours' : `beside our ${provider.id}`;
  const shared = runtime.writesConfig ? `; it writes its own provider cliproxy ${where}` : '';
  if (served !== 'not-known') return passed('runtime', `${what}${shared}`);
  const why = pool.isOurs
    ? 'the gateway does not answer, so path and model are not known'
    : 'its path and models are not looked at';
  return skipped('runtime', `${what}${shared}; ${why}`);
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || host === '0.0.0.0' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

function sameHost(host: string, gateway: DesiredGateway): boolean {
  return isLoopback(host) ? gateway.loopback : host.toLowerCase() === gateway.host.toLowerCase();
}
