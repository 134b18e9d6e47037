import { CodexLinkError, finding } from '../diagnostics/diagnostics.ts';
import type { Job } from '../platform/scheduler.ts';

/** Throws for a command that no quoting gets through: control characters for every scheduler, and what else one cannot take. */
export function refuseCharacters({ argv, environment }: Job, also: readonly string[] = []): void {
  for (const word of [...argv, ...Object.values(environment)]) {
    const control = /[\u0000-\u001f\u007f]/.test(word);
    const other = also.find((one) => word.includes(one));
    if (!control && other === undefined) continue;
    const what = control ? 'a control character' : JSON.stringify(other);
    throw new CodexLinkError(finding('CL8041', `the schedule cannot start ${JSON.stringify(word)}: it holds ${what}`));
  }
}
