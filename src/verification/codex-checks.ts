import { type DoctorReport, doctor } from '../codex/doctor.ts';
import { codexHome, configPath } from '../codex/home.ts';
import { baseUrl, selector } from '../codex/provider-table.ts';
import { acceptance } from '../codex/staged.ts';
import type { Desired } from '../config/desired.ts';
import { finding } from '../diagnostics/diagnostics.ts';
import { readText } from '../machine/machine.ts';
import { parseToml } from '../toml/read.ts';
import { type Check, found, passed, type Route, skipped } from './check.ts';

const RESOURCE = { resource: 'provider' } as const;

/**
 * What Codex itself says of the configuration.
 * @param unreachable the route is not expected to answer now, so that doctor's findings about the network are only warnings
 */
export async function codexChecks(route: Route, unreachable: boolean): Promise<Check[]> {
  const config = (await readText(route.machine, configPath(route.machine))) ?? '';
  return [await configCheck(route, config), ...(await doctorChecks(route, config, unreachable))];
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
  const { line, column } = answer;
  const message = `Codex refuses config.toml: ${answer.why}`;
  return found('config', finding('CL5004', message, { ...RESOURCE, file: configPath(machine), line, column }));
}

async function doctorChecks({ machine, desired }: Route, config: string, unreachable: boolean): Promise<Check[]> {
  const { doctor: scope } = desired.verify;
  const report = scope === 'off' ? 'verify.doctor is off' : await doctor(machine, config, scope, tokenVariable(desired));
  if (typeof report === 'string') return [skipped('provider', report), skipped('doctor', report)];
  return [effective(desired, report, config), judged(desired, report, unreachable)];
}

/** The variable that Codex misses in a copy of its folder, where there is no `.env`. */
function tokenVariable(desired: Desired): string | null {
  return desired.provider.auth === 'helper' ? null : desired.secret.service;
}

/** Whether a layer above the user's file says otherwise. */
function effective(desired: Desired, report: DoctorReport, config: string): Check {
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
