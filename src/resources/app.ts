import type { Desired } from '../config/desired.ts';
import { finding, ManualStep } from '../diagnostics/diagnostics.ts';
import type { Machine } from '../machine/machine.ts';
import type { Plan } from '../planner/plan.ts';
import type { AppState, Platform } from '../platform/platform.ts';
import { type Resource, type Verdict, verdict } from './resource.ts';

/** What the App reads only when it starts, or keeps in memory. */
const READ_AT_START = ['provider', 'secret', 'dotenv', 'environment'];

/** Whether the App runs, as a plan has seen it; true when the plan did not look. */
export function appRuns(plan: Plan): boolean {
  const found = plan.resources.find((one) => one.resource.kind === 'app')?.actual as AppState | undefined;
  return found === undefined || found.processes.length > 0;
}

/** The desktop App: restarted when something that it reads has changed, and only if it was running. */
export function appResource(desired: Desired, platform: Platform, dependsOn: readonly string[]): Resource<AppState> {
  return {
    kind: 'app',
    address: 'app',
    dependsOn,

    read(machine: Machine): Promise<AppState> {
      return platform.app.find(machine);
    },

    diff(app: AppState, changing: ReadonlySet<string>): Verdict {
      if (!app.installed) return verdict('in-sync', 'Codex App is not installed');
      if (app.processes.length === 0) return verdict('in-sync', 'Codex App is not running');
      const changed = READ_AT_START.filter((address) => changing.has(address));
      if (changed.length === 0) return verdict('in-sync', 'nothing that Codex App reads changes');
      const why = `${changed.join(' and ')} ${changed.length === 1 ? 'changes' : 'change'}`;
      if (desired.app.restart === 'never')
        return verdict('unmanaged', `${why}; app.restart is never, so restart Codex App yourself`);
      if (app.outOfReach !== null)
        return verdict('deferred', `${why}, which Codex App reads only when it starts; ${app.outOfReach}`);
      return verdict('run', `${why}, which Codex App reads only when it starts`, {
        consequences: ['Codex App is asked to quit and opened again'],
      });
    },

    async converge(machine: Machine, app: AppState): Promise<void> {
      const ended = await platform.app.quit(machine, app, desired.app.quitTimeoutSeconds * 1000);
      if (!ended) {
        const message = `Codex App did not quit within ${desired.app.quitTimeoutSeconds} s; it keeps the old route until it restarts`;
        throw new ManualStep(finding('CL6001', message, { resource: 'app' }));
      }
      await platform.app.reopen(machine);
    },

    wanted() {
      return null;
    },
  };
}
