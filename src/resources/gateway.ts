import { type Ccs, ccsFolder, lastWords } from '../ccs/ccs.ts';
import { WELL_KNOWN_KEY } from '../ccs/config.ts';
import { gatewayProgram } from '../ccs/gateway-config.ts';
import type { Desired } from '../config/desired.ts';
import { CodexLinkError, type Finding, finding } from '../diagnostics/diagnostics.ts';
import { type GatewayAnswers, type GatewayReading, probe } from '../gateway/probe.ts';
import { keyTrouble, notTheGateway, pathTrouble, safeMode } from '../gateway/trouble.ts';
import type { Machine } from '../machine/machine.ts';
import type { Platform, Program } from '../platform/platform.ts';
import { Secret } from '../secret.ts';
import { ManualStep, type OnUndo, type Resource, type Verdict, verdict } from './resource.ts';
import type { Token } from './token.ts';

const UP_TIMEOUT_MS = 5_000;
const POLL_MS = 200;

interface Actual {
  readonly reading: GatewayReading;
  /** Who listens, when it is not CLIProxyAPI. */
  readonly foreign: Program | null;
  readonly exposed: boolean;
  /** CCS would have to start it, and is there. */
  readonly startable: boolean;
  /** CLIProxyAPI itself is there, which `ccs cliproxy start` does not download. */
  readonly downloaded: boolean;
  readonly wellKnownKey: boolean;
}

/** The local gateway: that it runs, that it is what it should be, that it takes our key and serves our path. */
export function gatewayResource(
  desired: Desired,
  token: Token,
  ccs: Ccs,
  platform: Platform,
  dependsOn: readonly string[],
): Resource<Actual> {
  const { gateway, provider } = desired;
  const address = 'gateway';
  /** On OpenAI's own route a gateway that is down harms nobody. */
  const needed = provider.active === 'cliproxy';

  return {
    kind: 'gateway',
    address,
    dependsOn,

    async read(machine: Machine): Promise<Actual> {
      const onItsWay = token.accepted(machine);
      const [reading, exposed, key] = await Promise.all([
        probe(machine, gateway, provider.basePath, onItsWay),
        gateway.loopback && platform.listensBeyondLoopback(machine, gateway.port),
        onItsWay,
      ]);
      const foreign = reading.state === 'foreign' && gateway.loopback ? await platform.programOn(machine, gateway.port) : null;
      const ours = reading.state === 'silent' && gateway.manager === 'ccs';
      const startable = ours && (await ccs.program(machine)) !== null;
      const downloaded =
        ours && (await machine.stat(gatewayProgram(ccsFolder(machine), (await ccs.config(machine)).backend))) !== null;
      const wellKnownKey = key?.equals(new Secret(WELL_KNOWN_KEY)) ?? false;
      return { reading, foreign, exposed, startable, downloaded, wellKnownKey };
    },

    diff({ reading, foreign, exposed, startable, downloaded, wellKnownKey }: Actual, changing: ReadonlySet<string>): Verdict {
      const blocked = (one: Finding) =>
        needed
          ? verdict('manual', one.message, { command: one.fix, findings: [one] })
          : verdict('unmanaged', one.message, { findings: [{ ...one, severity: 'warning' }] });
      switch (reading.state) {
        case 'silent':
          if (!startable && changing.has('ccs')) return silentBeforeCcs(reading.why, downloaded);
          return silent(reading.why, startable);
        case 'foreign':
          return blocked(notTheGateway(desired, reading.what, foreign));
        case 'safe-mode':
          return blocked(safeMode(desired));
        case 'answering': {
          const refused = refusal(reading);
          if (refused !== null) return blocked(refused);
          return verdict('in-sync', `the gateway answers at ${gateway.url}`, {
            findings: exposure(reading, exposed, wellKnownKey),
          });
        }
      }
    },

    async converge(machine: Machine, _actual: Actual, onUndo: OnUndo): Promise<void> {
      onUndo('the gateway that was started', async (later) => {
        await ccs.run(later, 'cliproxy', 'stop');
      });
      const output = await ccs.run(machine, 'cliproxy', 'start');
      const trouble = started(await comesUp(machine, desired, await token.accepted(machine)), output);
      if (trouble === null) return;
      if (needed) throw new CodexLinkError(trouble);
      throw new ManualStep({ ...trouble, severity: 'warning' }); // nobody waits for it, so nothing is put back for it
    },

    wanted() {
      return { url: gateway.url, running: true };
    },
  };

  function silent(why: string, startable: boolean): Verdict {
    if (gateway.ensure === 'ignore')
      return verdict('unmanaged', `nothing answers at ${gateway.url} (${why}), and gateway.ensure is ignore`);
    const changes = [{ path: 'running', before: false, after: true, sensitive: false }];
    if (startable) return verdict('update', `nothing answers at ${gateway.url}: ${why}`, { changes });
    if (!needed) return verdict('unmanaged', `nothing answers at ${gateway.url}: ${why}`);
    const command =
      gateway.manager === 'ccs' ? 'npm install -g @kaitranntt/ccs && ccs cliproxy start' : `start the gateway at ${gateway.url}`;
    const message = `nothing answers at ${gateway.url} (${why}), and ${gateway.manager === 'ccs' ? 'ccs is not installed' : 'gateway.manager is none'}`;
    return verdict('manual', message, {
      command,
      changes,
      findings: [finding('CL4002', message, { resource: address, fix: command })],
    });
  }

  /** The same when CCS comes with this very plan. A new CCS is without CLIProxyAPI, and starting it would fail and undo all the rest. */
  function silentBeforeCcs(why: string, downloaded: boolean): Verdict {
    if (downloaded || gateway.ensure === 'ignore') {
      const planned = silent(why, true);
      return planned.status === 'update'
        ? { ...planned, reason: `${planned.reason}; it is started after ccs is installed` }
        : planned;
    }
    const message = `nothing answers at ${gateway.url} (${why}), and a new ccs has to download CLIProxyAPI first`;
    if (!needed) return verdict('unmanaged', message);
    const command = 'ccs cliproxy --latest && ccs cliproxy start';
    return verdict('manual', message, { command, findings: [finding('CL4002', message, { resource: address, fix: command })] });
  }

  /** What is wrong after `ccs cliproxy start`, whose exit code says nothing; `output` is what it printed. */
  function started(reading: GatewayReading, output: string): Finding | null {
    if (reading.state === 'answering') return refusal(reading);
    const message = `nothing that is CLIProxyAPI answers at ${gateway.url} after ccs cliproxy start${lastWords(output)}`;
    return finding('CL4008', message, { resource: address });
  }

  function refusal(answers: GatewayAnswers): Finding | null {
    const path = pathTrouble(desired, answers);
    return keyTrouble(desired, answers) ?? (path?.severity === 'error' ? path : null);
  }

  function exposure(reading: GatewayAnswers, exposed: boolean, wellKnownKey: boolean): Finding[] {
    const findings: Finding[] = [];
    const path = pathTrouble(desired, reading);
    if (path !== null) findings.push(path);
    if (exposed) {
      findings.push(finding('CL4009', `port ${gateway.port} of the gateway is open to other machines`, { resource: address }));
      if (wellKnownKey)
        findings.push(finding('CL4010', 'its key is the one that every installation of CCS has', { resource: address }));
    }
    return findings;
  }
}

async function comesUp(machine: Machine, desired: Desired, key: Secret | null): Promise<GatewayReading> {
  for (let waited = 0; ; waited += POLL_MS) {
    const reading = await probe(machine, desired.gateway, desired.provider.basePath, key);
    if (reading.state !== 'silent' || waited >= UP_TIMEOUT_MS) return reading;
    await machine.sleep(POLL_MS);
  }
}
