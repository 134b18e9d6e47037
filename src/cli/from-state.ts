import type { Desired } from '../config/desired.ts';
import { CodexLinkError, type Finding, finding } from '../diagnostics/diagnostics.ts';
import type { Machine } from '../machine/machine.ts';
import { asApplied, rememberedDesired } from '../planner/remembered.ts';
import type { State } from '../planner/state.ts';

/** What a command works from that goes back to how things were. */
export interface Basis {
  readonly desired: Desired;
  /** Why it is not the YAML, for the plan to say. */
  readonly notes: readonly Finding[];
}

/** As the last apply left it. The YAML says only how to go about it; one that is not there, or broken, stands in nobody's way. */
export async function basisOf(machine: Machine, state: State, openYaml: () => Promise<Desired>): Promise<Basis> {
  try {
    return { desired: asApplied(await openYaml(), state), notes: [] };
  } catch (error) {
    if (!(error instanceof CodexLinkError)) throw error;
    return { desired: await rememberedDesired(machine, state), notes: notesOf(error) };
  }
}

/** True when the error is that there is no codex-link.yaml, and nobody has named one. */
export function isNoYaml(error: unknown): boolean {
  return error instanceof CodexLinkError && error.findings.every(({ code }) => code === 'CL2001');
}

function notesOf(error: CodexLinkError): Finding[] {
  if (isNoYaml(error))
    return error.findings.map(({ message }) => finding('CL0027', `${message}; what the state remembers is used`));
  const file = error.findings[0]?.file ?? null;
  const mistakes = error.findings.map((one): Finding => ({ ...one, severity: 'warning' }));
  return [finding('CL0028', 'codex-link.yaml cannot be used as it is; what the state remembers is used', { file }), ...mistakes];
}
