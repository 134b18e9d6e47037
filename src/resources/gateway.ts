import { type Ccs, ccsFolder, lastWords } from '../ccs/ccs.ts';
import { WELL_KNOWN_KEY } from '../ccs/config.ts';
import { gatewayProgram } from '../ccs/gateway-config.ts';
import type { Desired } from '../config/desired.ts';
import { CodexLinkError, type Finding, finding, ManualStep } from '../diagnostics/diagnostics.ts';
import { closeToLoopback } from '../gateway/close.ts';
import {
  closingConsequences,
  corrections,
  type Exposure,
  exposureFindings,
  onceStarted,
  settingsOf,
} from '../gateway/exposure.ts';
import { type GatewayFacts, gatewayFacts, installedRelease, inWords, NO_FACTS } from '../gateway/facts.ts';
import { type GatewayAnswers, type GatewayReading, probe } from '../gateway/probe.ts';
import { futurePathTrouble, keyTrouble, notTheGateway, notTheOneOfCcs, pathTrouble, safeMode } from '../gateway/trouble.ts';
import type { Machine } from '../machine/machine.ts';
import type { Platform, Program } from '../platform/platform.ts';
import { Secret } from '../secret.ts';
import { type OnUndo, type Resource, type Verdict, verdict } from './resource.ts';
import type { Token } from './token.ts';

const UP_TIMEOUT_MS = 5_000;
const POLL_MS = 200;

interface Actual {
  readonly reading: GatewayReading;
  readonly facts: GatewayFacts;
  /** Who listens, when it is not CLIProxyAPI. */
  readonly foreign: Program | null;
  readonly exposure: Exposure;
  /** What is odd between CCS and gateway.url, or about the release that it would start. */
  readonly oddities: readonly Finding[];
  /** `ccs` is there, and the gateway that it starts is the one of gateway.url. */
  readonly startable: boolean;
  readonly ccsInstalled: boolean;
  /** CLIProxyAPI itself is there, which `ccs cliproxy start` does not download. */
  readonly downloaded: boolean;
}

/** The local gateway: that it runs, that it is what it should be, that it takes our key, serves our path, and who can reach it. */
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
  const closing = gateway.exposure === 'loopback' && gateway.loopback;

  return {
    kind: 'gateway',
    address,
    dependsOn,

    async read(machine: Machine): Promise<Actual> {
      const onItsWay = token.accepted(machine);
      const [reading, reachable, key, pool] = await Promise.all([
        probe(machine, gateway, provider.basePath, onItsWay),
        gateway.loopback && platform.listensBeyondLoopback(machine, gateway.port),
        onItsWay,
        gateway.manager === 'ccs' ? readPool(machine) : null,
      ]);
      const running = reading.state === 'answering';
      const own = pool !== null && pool.config.port === gateway.port;
      const facts = running ? await gatewayFacts(machine, desired, ccs, platform, { who: pool !== null }) : NO_FACTS;
      return {
        reading,
        facts,
        foreign: reading.state === 'foreign' && gateway.loopback ? await platform.programOn(machine, gateway.port, 'path') : null,
        exposure: {
          running,
          reachable,
          wellKnownKey: key?.equals(new Secret(WELL_KNOWN_KEY)) ?? false,
          // Of a gateway that somebody else has started, the file of CCS says nothing.
          settings: own && (!running || facts.runner?.by === 'ccs') ? settingsOf(pool.config, pool.file, running) : null,
        },
        oddities: [...(pool?.oddities ?? []), ...(own && reading.state === 'silent' ? pool.release : [])],
        startable: own && pool.program !== null,
        ccsInstalled: pool !== null && pool.program !== null,
        downloaded: pool?.downloaded ?? false,
      };
    },

    diff(actual: Actual, changing: ReadonlySet<string>): Verdict {
      const { reading, foreign, facts } = actual;
      const blocked = (one: Finding) =>
        needed
          ? verdict('manual', one.message, { command: one.fix, findings: [one, ...actual.oddities] })
          : verdict('unmanaged', one.message, { findings: [{ ...one, severity: 'warning' }, ...actual.oddities] });
      switch (reading.state) {
        case 'silent':
          return !actual.ccsInstalled && changing.has('ccs') ? silentBeforeCcs(reading.why, actual) : silent(reading.why, actual);
        case 'foreign':
          return blocked(notTheGateway(desired, reading.what, foreign));
        case 'safe-mode':
          return blocked(safeMode(desired));
        case 'answering': {
          const refused = refusal(reading, facts);
          return refused === null ? answering(reading, actual, changing.has('routing')) : blocked(refused);
        }
      }
    },

    async converge(machine: Machine, actual: Actual, onUndo: OnUndo): Promise<void> {
      const up = async (output: string) => {
        const trouble = started(await comesUp(machine, desired, await token.accepted(machine)), output, actual.facts);
        if (trouble === null) return;
        if (needed) throw new CodexLinkError(trouble);
        throw new ManualStep({ ...trouble, severity: 'warning' }); // nobody waits for it, so nothing is put back for it
      };
      if (closing) return closeToLoopback(machine, ccs, platform, onUndo, up);
      onUndo('the gateway that was started', async (later) => {
        await ccs.run(later, 'cliproxy', 'stop');
      });
      await up(await ccs.run(machine, 'cliproxy', 'start'));
    },

    wanted() {
      return { url: gateway.url, running: true, ...(closing ? { exposure: 'loopback' } : {}) };
    },
  };

  /** What CCS has of its gateway. Nothing of it is looked at where somebody else runs the gateway. */
  async function readPool(machine: Machine) {
    const [config, file, program] = await Promise.all([ccs.config(machine), ccs.gatewayConfig(machine), ccs.program(machine)]);
    const release = futurePathTrouble(desired, await installedRelease(machine, ccs));
    return {
      config,
      file,
      program,
      downloaded: (await machine.stat(gatewayProgram(machine, ccsFolder(machine), config.backend))) !== null,
      oddities: config.present || program !== null ? notTheOneOfCcs(desired, config) : [],
      release: release === null ? [] : [release],
    };
  }

  function silent(why: string, actual: Actual): Verdict {
    const { startable, ccsInstalled, downloaded, oddities } = actual;
    const message = `nothing answers at ${gateway.url}`;
    if (gateway.ensure === 'ignore')
      return verdict('unmanaged', `${message} (${why}), and gateway.ensure is ignore`, { findings: oddities });
    const running = { path: 'running', before: false, after: true, sensitive: false };
    if (startable && closing && !closable()) return unclosable(actual);
    if (startable && !downloaded) return undownloaded(why, actual);
    if (startable) {
      const changes = [running, ...(closing ? corrections(actual.exposure) : [])];
      const consequences = closing ? closingConsequences(actual.exposure, gateway.port) : [];
      const findings = [...exposureFindings(desired, onceStarted(actual.exposure), closing), ...oddities];
      return verdict('update', `${message}: ${why}`, { changes, consequences, findings });
    }
    const other = oddities.find((one) => one.code === 'CL4015');
    if (!needed) return verdict('unmanaged', `${message}: ${why}`, { findings: oddities });
    if (other !== undefined && ccsInstalled)
      return verdict('manual', other.message, { command: other.fix, changes: [running], findings: oddities });
    const command =
      gateway.manager === 'ccs' ? 'npm install -g @kaitranntt/ccs && ccs cliproxy start' : `start the gateway at ${gateway.url}`;
    const reason = `${message} (${why}), and ${gateway.manager === 'ccs' ? 'ccs is not installed' : 'gateway.manager is none'}`;
    return verdict('manual', reason, {
      command,
      changes: [running],
      findings: [finding('CL4002', reason, { resource: address, fix: command }), ...oddities],
    });
  }

  /** The same when CCS comes with this very plan. */
  function silentBeforeCcs(why: string, actual: Actual): Verdict {
    const startable = !actual.oddities.some((one) => one.code === 'CL4015');
    const planned = silent(why, { ...actual, ccsInstalled: true, startable });
    return planned.status === 'update'
      ? { ...planned, reason: `${planned.reason}; it is started after ccs is installed` }
      : planned;
  }

  /** `ccs cliproxy start` would fail without it, and the apply would take everything back. */
  function undownloaded(why: string, { oddities }: Actual): Verdict {
    const message = `nothing answers at ${gateway.url} (${why}), and CCS has to download CLIProxyAPI first`;
    if (!needed) return verdict('unmanaged', message, { findings: oddities });
    const command = 'ccs cliproxy --latest && ccs cliproxy start';
    const missing = finding('CL4002', message, { resource: address, fix: command });
    return verdict('manual', message, { command, findings: [missing, ...oddities] });
  }

  /** It works; what is left is who can reach it. */
  function answering(reading: GatewayAnswers, actual: Actual, routingChanges: boolean): Verdict {
    const { exposure, facts, oddities } = actual;
    const path = pathTrouble(desired, reading, facts);
    const others = [...(path === null ? [] : [path]), ...oddities];
    const changes = closing ? corrections(exposure) : [];
    const open = closing && (changes.length > 0 || exposure.reachable);
    if (open && (exposure.settings === null || !actual.startable || !closable() || facts.runner?.by !== 'ccs')) {
      const blocked = unclosable(actual);
      return { ...blocked, findings: [...blocked.findings, ...others] };
    }
    if (open || (closing && routingChanges && exposure.settings !== null && actual.startable)) {
      const reason = open
        ? `other machines ${exposure.reachable ? 'can reach it' : 'could reach it after its next start'}, wanted loopback only`
        : 'CCS writes its file anew when the routing changes, which would open it to other machines';
      return verdict('update', reason, {
        changes,
        consequences: closingConsequences(exposure, gateway.port),
        findings: [...exposureFindings(desired, exposure, true), ...others],
      });
    }
    return verdict('in-sync', inWords(facts, gateway.url), {
      findings: [...exposureFindings(desired, exposure, false), ...others],
    });
  }

  /** CCS waits for its gateway at 127.0.0.1, so that it can listen nowhere else. */
  function closable(): boolean {
    return gateway.host === '127.0.0.1' || gateway.host === 'localhost';
  }

  function unclosable({ facts, exposure, startable, oddities }: Actual): Verdict {
    const { runner } = facts;
    const who = runner?.by === 'other' ? ` (process ${runner.program.pid}: ${runner.program.name})` : '';
    const why = !closable()
      ? `gateway.url is at ${gateway.host}, and CCS waits for its gateway at 127.0.0.1`
      : gateway.manager === 'none'
        ? `gateway.manager is none${who}`
        : oddities.some((one) => one.code === 'CL4015')
          ? 'CCS has its gateway on another port'
          : !startable
            ? 'ccs is not installed'
            : `CCS did not start it${who}`;
    const where = exposure.reachable ? 'is open to other machines' : 'would be open to other machines after its next start';
    const message = `port ${gateway.port} of the gateway ${where}, and codex-link cannot close it: ${why}`;
    const command = `set host: 127.0.0.1 in the config.yaml of the gateway, then restart it where it was started`;
    const one = finding('CL4018', message, { resource: address, fix: command });
    return verdict('manual', message, { command, findings: [one, ...exposureFindings(desired, exposure, true)] });
  }

  /** What is wrong after `ccs cliproxy start`, whose exit code says nothing; `output` is what it printed. */
  function started(reading: GatewayReading, output: string, facts: GatewayFacts): Finding | null {
    if (reading.state === 'answering') return refusal(reading, facts);
    const message = `nothing that is CLIProxyAPI answers at ${gateway.url} after ccs cliproxy start${lastWords(output)}`;
    return finding('CL4008', message, { resource: address });
  }

  function refusal(answers: GatewayAnswers, facts: GatewayFacts): Finding | null {
    const path = pathTrouble(desired, answers, facts);
    return keyTrouble(desired, answers) ?? (path?.severity === 'error' ? path : null);
  }
}

async function comesUp(machine: Machine, desired: Desired, key: Secret | null): Promise<GatewayReading> {
  for (let waited = 0; ; waited += POLL_MS) {
    const reading = await probe(machine, desired.gateway, desired.provider.basePath, key);
    if (reading.state !== 'silent' || waited >= UP_TIMEOUT_MS) return reading;
    await machine.sleep(POLL_MS);
  }
}
