import { ccsVersion } from '../ccs/installation.ts';
import { installedCodexVersion } from '../codex/version.ts';
import { CodexLinkError } from '../diagnostics/diagnostics.ts';
import { installedRelease } from '../gateway/facts.ts';
import { MachineError } from '../machine/machine.ts';
import type { Origin } from '../report/json.ts';
import type { Session } from './session.ts';

/** Where and when a document is made, and beside which programs. What cannot be found out is null: no document fails for it. */
export async function originOf({ readOnly, ccs }: Session): Promise<Origin> {
  const { host, user } = readOnly.facts;
  const [codex, ccsIs, gateway] = await Promise.all([
    orNull(installedCodexVersion(readOnly)),
    orNull(ccs.program(readOnly).then((program) => (program === null ? null : ccsVersion(readOnly, program)))),
    orNull(installedRelease(readOnly, ccs)),
  ]);
  const versions = { codex, ccs: ccsIs, gateway: gateway?.version ?? null };
  return { host, user, at: new Date(readOnly.now()).toISOString(), versions };
}

async function orNull<T>(asked: Promise<T | null>): Promise<T | null> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof MachineError || error instanceof CodexLinkError) return null;
    throw error;
  }
}
