import { type Machine, MachineError } from '../machine/machine.ts';
import { findCodex, runStaged } from './staged.ts';

/** One check of `codex doctor`. */
export interface DoctorCheck {
  readonly id: string;
  readonly status: 'ok' | 'warning' | 'fail';
  readonly summary: string;
  readonly remediation: string | null;
}

export interface DoctorReport {
  readonly checks: readonly DoctorCheck[];
  /** The provider that Codex really uses, with all layers of configuration applied; null when it does not say. */
  readonly provider: string | null;
  /** The address that it would call for that provider, without the last part; null when it does not say. */
  readonly address: string | null;
}

interface RawCheck {
  readonly id: string;
  readonly status: DoctorCheck['status'];
  readonly summary: string;
  readonly remediation: string | null;
  readonly details?: Readonly<Record<string, string | readonly string[]>>;
}

/**
 * Runs `codex doctor` on a copy of the configuration. A text says why there is no report. It never runs the helper nor sends a key,
 * so a good report alone proves little.
 * @param variables for Codex, besides those of the user
 * Source: codex 0.169.0, schemaVersion 1.
 */
export async function doctor(
  machine: Machine,
  config: string,
  scope: 'network' | 'full',
  variables: Readonly<Record<string, string>>,
): Promise<DoctorReport | string> {
  const codex = await findCodex(machine);
  if (codex === null) return 'codex is not installed';
  try {
    const ask = async (flags: readonly string[]) =>
      (await runStaged(machine, codex, config, ['doctor', '--json', ...flags], variables)).exit;
    const exit = await ask(scope === 'network' ? ['--network-only'] : []);
    const report = parse(exit.stdout);
    if (report !== null) return report;
    // Older versions do not know the flag; then the same checks are picked out of the full report.
    const full = scope === 'network' && !exit.timedOut ? parse((await ask([])).stdout) : null;
    if (full !== null) return { ...full, checks: full.checks.filter((one) => /^(config|network)\./.test(one.id)) };
    return `codex doctor gave no report (${exit.timedOut ? 'timeout' : `exit code ${exit.code}`})`;
  } catch (error) {
    if (error instanceof MachineError) return error.message;
    throw error;
  }
}

function parse(stdout: string): DoctorReport | null {
  try {
    const report = JSON.parse(stdout) as { checks: Readonly<Record<string, RawCheck>> };
    const provider = report.checks['config.load']?.details?.['model provider'];
    return {
      checks: Object.values(report.checks).map(({ id, status, summary, remediation }) => ({ id, status, summary, remediation })),
      provider: typeof provider === 'string' ? provider : null,
      address: address(report.checks['network.provider_reachability']?.details ?? {}),
    };
  } catch {
    return null;
  }
}

/** Its details name the address as `http://127.0.0.1:8317/v1/<redacted> reachable …`. */
function address(details: NonNullable<RawCheck['details']>): string | null {
  const urls = Object.values(details).flatMap((one) =>
    typeof one === 'string' ? (/(https?:\/\/\S+)\/<redacted>/.exec(one)?.[1] ?? []) : [],
  );
  return urls[0] ?? null;
}
