import type { AppliedResource, ApplyResult, Observer } from '../applier/apply.ts';
import type { Plan } from '../planner/plan.ts';
import { settledLine } from '../report/apply-text.ts';
import { changes } from '../resources/resource.ts';
import type { Console } from './console.ts';

type Run = (observer: Observer) => Promise<ApplyResult>;

/** Shows an apply while it runs: a live list on a terminal, a plain line for each step elsewhere, nothing with JSON or --quiet. */
export function progress(plan: Plan, console: Console, run: Run): Promise<ApplyResult> {
  if (console.json || console.quiet) return run({ started: () => {}, settled: () => {} });
  return console.live ? liveList(plan, run) : plainLines(console, run);
}

function plainLines(console: Console, run: Run): Promise<ApplyResult> {
  return run({ started: () => {}, settled: (applied) => console.out(settledLine(applied, console.paint)) });
}

/** listr2 draws a task for each resource that changes; the applier, which knows the order, settles them. */
async function liveList(plan: Plan, run: Run): Promise<ApplyResult> {
  const { Listr } = await import('listr2');
  const changing = plan.resources.filter((one) => changes(one.verdict.status)).map((one) => one.resource.address);
  const tasks = new Map(changing.map((address) => [address, Promise.withResolvers<AppliedResource>()]));
  const list = new Listr(
    changing.map((address) => ({
      title: address,
      task: async (_context: unknown, task: { skip: (message: string) => void; title: string }) => {
        const applied = await tasks.get(address)!.promise;
        if (applied.result === 'failed') throw new Error(`${address} failed`);
        if (applied.result === 'done') task.title = `${address} (${applied.durationMs} ms)`;
        else task.skip(`${address}: ${applied.result}`);
      },
    })),
    { concurrent: true, exitOnError: false, rendererOptions: { showErrorMessage: false } },
  );
  const drawn = list.run();
  const result = await run({
    started: () => {},
    settled: (applied) => tasks.get(applied.planned.resource.address)?.resolve(applied),
  });
  await drawn;
  return result;
}
