import type { DriftRun } from '../drift/run.ts';
import { printable } from './terminal.ts';

type Labels = Readonly<Record<string, string>>;
type Sample = readonly [Labels, number];

/**
 * A run as metrics, in the text format 0.0.4 that the node exporter's textfile collector reads. Gauges only: each file is the whole truth
 * of one run. Alert on an old `codex_link_last_run_timestamp_seconds` too: a run that fails does not write.
 */
export function prometheusText(run: DriftRun): string {
  const seconds = (iso: string) => Date.parse(iso) / 1000;
  const moment = (iso: string | null): Sample[] => (iso === null ? [] : [[{}, seconds(iso)]]);
  const each = (value: (one: DriftRun['resources'][number]) => number | null): Sample[] =>
    run.resources.flatMap((one): Sample[] => {
      const found = value(one);
      return found === null ? [] : [[{ resource: one.address, kind: one.kind }, found]];
    });
  return [
    metric(
      'drift',
      'Whether the resource has drifted.',
      each((one) => Number(one.drifted)),
    ),
    metric(
      'unknown',
      'Whether the resource cannot be asked.',
      each((one) => Number(one.status === 'unknown')),
    ),
    metric(
      'drift_since_timestamp_seconds',
      'When the resource was first found as it is, where it is not as stated.',
      each((one) => (one.since === null ? null : seconds(one.since))),
    ),
    metric(
      'outcome',
      'How the last run ended.',
      (['in-sync', 'drift', 'unknown'] as const).map((one) => [{ outcome: one }, Number(run.outcome === one)]),
    ),
    metric('ignored', 'Differences that drift.ignore accepts.', [[{}, run.ignored.length]]),
    metric('healed', 'Resources that the last run has put back.', [[{}, run.healed.length]]),
    metric('fights', 'Resources that are no longer put back, because a neighbour undoes it.', [[{}, run.fights.length]]),
    metric('fallback', "Whether the route has moved to OpenAI's own.", [[{}, Number(run.fallback?.route === 'openai')]]),
    metric('last_run_timestamp_seconds', 'When the last run began.', moment(run.started)),
    metric(
      'last_success_timestamp_seconds',
      'When the last run began that could say how the machine stands.',
      moment(run.lastSuccess),
    ),
    metric('last_in_sync_timestamp_seconds', 'When the last run began that found all in sync.', moment(run.lastInSync)),
    metric('run_duration_seconds', 'How long the last run took.', [[{}, run.durationMs / 1000]]),
    metric('build_info', 'The version of codex-link that ran.', [[{ version: run.version }, 1]]),
  ].join('');
}

function metric(name: string, help: string, samples: readonly Sample[]): string {
  if (samples.length === 0) return '';
  const full = `codex_link_${name}`;
  const lines = samples.map(([labels, value]) => `${full}${labelText(labels)} ${value}\n`);
  return `# HELP ${full} ${help}\n# TYPE ${full} gauge\n${lines.join('')}`;
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escaped(value: string): string {
  return printable(value.toWellFormed()).replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
