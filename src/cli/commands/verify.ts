import { finding } from '../../diagnostics/diagnostics.ts';
import { isEverything, type Selected, selected } from '../../planner/selection.ts';
import { findingsText } from '../../report/findings-text.ts';
import { verifyJson } from '../../report/json.ts';
import { verifyText } from '../../report/verify-text.ts';
import { allResources } from '../../resources/all.ts';
import type { Kind } from '../../resources/resource.ts';
import { carrierOf, verifyRoute } from '../../verification/checks.ts';
import { runtimeChecks } from '../../verification/runtime-checks.ts';
import { type Invocation, selectionOf, usage } from '../arguments.ts';
import { printJson } from '../console.ts';
import type { Command } from '../main.ts';
import { openSession, type Session } from '../session.ts';

/** Checks the route end to end, and looks at the other runtimes of CCS, changing nothing. */
export const verify: Command = async ({ flags }, console) => {
  if (flags.out !== undefined && flags.report !== true) throw usage('--out needs --report', 'verify');
  const session = await openSession(flags);
  const { readOnly, desired, platform, ccs } = session;
  const { about, findings: ofSelection } = await asked(session, flags);
  const route = await verifyRoute(readOnly, desired, platform, { live: flags.live === true, about });
  const runtimes = about('ccs') ? await runtimeChecks(readOnly, desired, ccs) : [];
  const verification = { ...route, checks: [...route.checks, ...runtimes] };
  const nothing = verification.checks.length === 0 ? [finding('CL0041', 'no check is about what was asked for')] : [];
  const findings = [...ofSelection, ...nothing];
  if (console.json) printJson(console, verifyJson(verification, findings));
  else {
    console.err(findingsText(findings, console.paintError));
    console.out(verifyText(verification, console.paint, console.quiet));
  }
  if (flags.report === true) {
    const { writeMachineReport } = await import('../machine-report.ts');
    const path = await writeMachineReport(session, flags, verification);
    if (!console.json) console.out(`The report is in ${path}. Read it before you pass it on.\n`);
  }
  return verification.passed ? 0 : 1;
};

interface Asked extends Pick<Selected, 'findings'> {
  /** Whether the checks of a kind of resource are wanted. */
  readonly about: (kind: Kind) => boolean;
}

/** The resources that a plan with these flags would have are those whose checks are made. */
async function asked(session: Session, flags: Invocation['flags']): Promise<Asked> {
  const selection = selectionOf(flags);
  if (isEverything(selection)) return { about: () => true, findings: [] };
  const { readOnly, desired } = session;
  const resources = await allResources(readOnly, session);
  // The key in the store is checked by getting it the way Codex does.
  const way = selection.targets.includes('secret') ? [carrierOf(desired)] : [];
  const { chosen, findings } = selected(resources, { ...selection, targets: [...selection.targets, ...way] });
  const kinds = new Set(resources.filter((one) => chosen.has(one.address)).map((one) => one.kind));
  return { about: (kind) => kinds.has(kind), findings };
}
