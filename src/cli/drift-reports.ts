import { dirname } from 'node:path';
import { type Finding, finding } from '../diagnostics/diagnostics.ts';
import { type Machine, MachineError } from '../machine/machine.ts';
import type { Drifted } from './drift-run.ts';

/** What came of the reports. */
export interface Reported {
  readonly findings: readonly Finding[];
  /** The webhook knows what is wrong now. */
  readonly sent: boolean;
}

/** Writes and sends what `drift.report` asks for. What fails is a finding; the others are made all the same. */
export async function sendReports({ run, session, digest, before }: Drifted): Promise<Reported> {
  const { machine, desired } = session;
  const { json, junit, prometheus, webhook, notify } = desired.drift.report;
  const findings: Finding[] = [];
  const write = async (path: string | undefined, mode: number, text: () => Promise<string>) => {
    if (path === undefined) return;
    const problem = await written(machine, path, mode, await text());
    if (problem !== null) findings.push(problem);
  };
  await write(json, 0o600, async () => `${JSON.stringify((await import('../report/drift-json.ts')).driftJson(run), null, 2)}\n`);
  await write(junit, 0o600, async () => (await import('../report/junit.ts')).junitXml(run));
  // The node exporter is another user.
  await write(prometheus, 0o644, async () => (await import('../report/prometheus.ts')).prometheusText(run));

  const happened = run.healed.length > 0 || run.fallback?.move === 'moved' || run.fallback?.move === 'returned';
  let sent = false;
  // Told when it differs from what was told last, so that a webhook that was away is caught up with.
  if (webhook !== undefined && (happened || digest !== (before.sent ?? ''))) {
    const [{ sendToWebhook }, { chatText }] = await Promise.all([
      import('../drift/webhook.ts'),
      import('../report/chat-text.ts'),
    ]);
    const why = await sendToWebhook(machine, webhook.urlFrom, chatText(run, machine.facts.home));
    if (why === null) sent = true;
    else findings.push(finding('CL8007', `the webhook was not told: ${why}`));
  }
  if (notify === true && run.changed) {
    const [shown, { driftLine }] = await Promise.all([import('../platform/notification.ts'), import('../report/drift-text.ts')]);
    const why = await shown.notify(machine, 'codex-link', driftLine(run));
    if (why !== null) findings.push(finding('CL8008', `no notification could be shown: ${why}`));
  }
  return { findings, sent };
}

async function written(machine: Machine, file: string, mode: number, text: string): Promise<Finding | null> {
  try {
    await machine.makeFolder(dirname(file), 0o755);
    const old = await machine.stat(file);
    await machine.write(file, new TextEncoder().encode(text), old === null ? { mode } : {});
    return null;
  } catch (error) {
    if (!(error instanceof MachineError)) throw error;
    return finding('CL8006', `the report cannot be written: ${error.message}`, { file });
  }
}
