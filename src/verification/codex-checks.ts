import { type DoctorReport, doctor } from '../codex/doctor.ts';
import { type Effective, effective } from '../codex/effective.ts';
import { codexHome, configPath, dotenvPath } from '../codex/home.ts';
import { baseUrl, selector } from '../codex/provider-table.ts';
import { PROXY_VARIABLES } from '../codex/proxy.ts';
import { acceptance } from '../codex/staged.ts';
import type { Desired } from '../config/desired.ts';
import { finding } from '../diagnostics/diagnostics.ts';
import { type Machine, readText } from '../machine/machine.ts';
import { variablesIn } from '../platform/session-environment.ts';
import { parseToml } from '../toml/read.ts';
import { type Check, found, passed, type Route, skipped } from './check.ts';

/** Why `doctor` is skipped where the YAML says so. */
export const DOCTOR_OFF = 'verify.doctor is off';

const RESOURCE = { resource: 'provider' } as const;

/**
 * What Codex itself says of the configuration.
 * @param unreachable the route is not expected to answer now, so that doctor's findings about the network are only warnings
 */
export async function codexChecks(route: Route, unreachable: boolean): Promise<Check[]> {
  const config = (await readText(route.machine, configPath(route.machine))) ?? '';
  return [await configCheck(route, config), ...(await routeChecks(route, config, unreachable))];
}

/** OpenAI's own route is only as good as the login. */
export async function loginCheck({ machine }: Route): Promise<Check> {
  const there = await machine.stat(`${codexHome(machine)}/auth.json`);
  if (there !== null) return passed('login', 'Codex has a login of its own');
  return found('login', finding('CL5006', 'Codex has no ChatGPT login on this machine', RESOURCE));
}

async function configCheck({ machine }: Route, config: string): Promise<Check> {
  const answer = await acceptance(machine, config);
  if (answer.state === 'accepted') return passed('config', 'Codex accepts config.toml');
  if (answer.state === 'not-asked') return skipped('config', answer.why);
  const { file, line, column } = answer;
  const message = `Codex refuses ${file ?? 'config.toml'}: ${answer.why}`;
  return found('config', finding('CL5004', message, { ...RESOURCE, file: file ?? configPath(machine), line, column }));
}

async function routeChecks({ machine, desired }: Route, config: string, unreachable: boolean): Promise<Check[]> {
  const { doctor: scope } = desired.verify;
  const variables = await stagedVariables(machine, desired);
  const report = scope === 'off' ? DOCTOR_OFF : await doctor(machine, config, scope, variables);
  const inEffect = await effective(machine, config, variables);
  const provider =
    typeof inEffect !== 'string'
      ? effectiveCheck(machine, desired, inEffect)
      : typeof report !== 'string'
        ? reportedCheck(desired, report, config)
        : skipped('provider', inEffect);
  return [provider, typeof report === 'string' ? skipped('doctor', report) : judged(desired, report, unreachable)];
}

/** What Codex misses in a copy of its folder, where there is no `.env`. The token only has to be set, so a stand-in is enough. */
async function stagedVariables(machine: Machine, desired: Desired): Promise<Record<string, string>> {
  const dotenv = (await readText(machine, dotenvPath(machine))) ?? '';
  const proxies = variablesIn(dotenv, dotenvPath(machine), PROXY_VARIABLES).map(({ name, value }) => [name, value]);
  const token = desired.provider.auth === 'helper' ? [] : [[desired.secret.service, 'not-the-token']];
  return Object.fromEntries([...proxies, ...token]);
}

/** Whether something above the user's file says otherwise, and what. */
function effectiveCheck(machine: Machine, desired: Desired, { provider, baseUrl: address, ...says }: Effective): Check {
  const wanted = selector(desired, desired.provider.active);
  const own = configPath(machine);
  const wrong = (message: string, by: string | null, key: string) => {
    const source = by === null || by === own ? '' : `, because ${by} says so`;
    const fix = source === '' ? 'codex-link apply' : `have ${key} taken out of ${by}, by whoever manages it`;
    return found(
      'provider',
      finding('CL5002', `${message}${source}`, { ...RESOURCE, fix, file: by?.startsWith('/') ? by : null }),
    );
  };
  if (provider !== wanted) return wrong(`Codex uses ${provider}, not ${wanted}`, says.selectedBy, 'model_provider');
  if (wanted === 'openai') return passed('provider', `Codex uses ${wanted}`);
  const ours = baseUrl(desired);
  if (address?.replace(/\/$/, '') !== ours)
    return wrong(
      `Codex would call ${address ?? 'no address'}, not ${ours}`,
      says.addressedBy,
      `model_providers.${wanted}.base_url`,
    );
  return passed('provider', `Codex uses ${wanted} at ${ours}, as ${says.selectedBy ?? own} says`);
}

/** The same from what doctor says, for a Codex that cannot be asked: without the origin, and with the path cut off. */
function reportedCheck(desired: Desired, report: DoctorReport, config: string): Check {
  const wanted = selector(desired, desired.provider.active);
  // Whether the user's own file is to blame, which an apply mends, or something above it, which it cannot.
  const fix = selects(config, wanted) ? {} : { fix: 'codex-link apply' };
  const wrong = (message: string) => found('provider', finding('CL5002', message, { ...RESOURCE, ...fix }));
  if (report.provider === null) return skipped('provider', 'codex doctor does not say which provider it uses');
  if (report.provider !== wanted) return wrong(`Codex uses ${report.provider}, not ${wanted}`);
  // It hides all but the beginning of the path.
  if (wanted !== 'openai' && report.address !== null && !`${baseUrl(desired)}/`.startsWith(`${report.address}/`)) {
    return wrong(`Codex would call ${report.address}, not ${baseUrl(desired)}`);
  }
  return passed('provider', `Codex uses ${wanted}`);
}

function selects(config: string, wanted: string): boolean {
  try {
    return (parseToml(config).model_provider ?? 'openai') === wanted;
  } catch {
    return false;
  }
}

function judged(desired: Desired, report: DoctorReport, unreachable: boolean): Check {
  const { allowWarnings, doctor } = desired.verify;
  const bad = report.checks.filter(
    (one) => one.status === 'fail' || (one.status === 'warning' && !allowWarnings.includes(one.id)),
  );
  if (bad.length === 0) return passed('doctor', `codex doctor has nothing to say against it (${report.checks.length} checks)`);
  const what = bad.map((one) => `${one.id}: ${one.summary}`).join('; ');
  const excused = unreachable && bad.every((one) => one.id.startsWith('network.'));
  const look = doctor === 'full' ? 'codex doctor' : 'codex doctor --network-only';
  const mayWarn = bad.every((one) => one.status === 'warning')
    ? `, or allow it: verify: { allowWarnings: [${bad.map((one) => one.id).join(', ')}] }`
    : '';
  const severity = excused ? ({ severity: 'warning' } as const) : {};
  return found('doctor', finding('CL5003', `codex doctor: ${what}`, { fix: `${look}${mayWarn}`, ...severity }));
}
