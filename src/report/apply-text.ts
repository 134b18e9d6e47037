import type { AppliedResource, ApplyResult, Result } from '../applier/apply.ts';
import { findingsText } from './findings-text.ts';
import { type Paint, printable } from './terminal.ts';

const WORDS: Readonly<Record<Result, string>> = {
  done: 'done',
  unchanged: 'unchanged',
  failed: 'failed',
  'rolled-back': 'put back',
  skipped: 'skipped',
  manual: 'waits for you',
  deferred: 'deferred',
};

/** One line for a resource that has been dealt with; empty for those that nothing happened to. */
export function settledLine(applied: AppliedResource, paint: Paint): string {
  if (applied.result === 'unchanged' || (applied.result === 'skipped' && applied.planned.verdict.status === 'skipped')) return '';
  const style = applied.result === 'done' ? 'green' : applied.result === 'failed' ? 'red' : 'yellow';
  return `  ${paint(style, WORDS[applied.result])}  ${applied.planned.resource.address} (${applied.durationMs} ms)\n`;
}

/** How it ended, and what to do when it did not end well. */
export function outcomeText(result: ApplyResult, paint: Paint): string {
  const findings = findingsText(
    [...result.resources.flatMap((one) => one.findings), ...result.findings, ...result.notPutBack],
    paint,
  );
  return `${findings}${findings === '' ? '' : '\n'}${sentence(result, paint)}\n`;
}

/** Whether the route was proven; said also when a selection left that out. */
function verified(result: ApplyResult): string {
  if (result.verified) return ', the route is verified';
  switch (result.resources.find((one) => one.planned.resource.kind === 'verification')?.result) {
    case 'skipped':
      return ', the route was not verified: codex-link verify';
    case 'done':
      return ', the route is not proven: see the warnings';
    default:
      return '';
  }
}

function sentence(result: ApplyResult, paint: Paint): string {
  const done = result.resources.filter((one) => one.result === 'done' || one.result === 'rolled-back').length;
  switch (result.outcome) {
    case 'converged':
      return `${paint('green', 'Applied')}: ${done} done${verified(result)}.`;
    case 'steps-remain': {
      const having = (what: Result) => result.resources.filter((one) => one.result === what);
      const steps = [...having('manual'), ...having('deferred')].map(
        (one) => `  ${one.planned.resource.address}: ${printable(one.planned.verdict.command ?? one.findings[0]?.fix ?? '')}`,
      );
      const later = having('deferred').length;
      const open = having('manual').length;
      const what = [
        ...(open > 0 ? [`${open} for you to do, then codex-link apply again`] : []),
        ...(later > 0 ? [`${later} that cannot be done from here`] : []),
      ];
      return `${paint('yellow', 'Not finished')}: ${done} done, ${what.join('; ')}:\n${steps.join('\n')}`;
    }
    case 'failed':
    case 'interrupted': {
      const what = result.outcome === 'failed' ? 'Failed' : 'Interrupted';
      const back =
        result.notPutBack.length === 0
          ? 'everything is as it was before'
          : `${result.notPutBack.length} ${result.notPutBack.length === 1 ? 'change' : 'changes'} could not be put back`;
      return `${paint('red', what)}: ${back}.`;
    }
  }
}
