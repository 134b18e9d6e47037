import { withApiKeys, withGatewayKey } from '../ccs/api-keys.ts';
import { type Ccs, ccsFolder } from '../ccs/ccs.ts';
import type { CcsConfig } from '../ccs/config.ts';
import { type GatewayConfig, readGatewayConfigs } from '../ccs/gateway-config.ts';
import { withConfigLock } from '../ccs/locks.ts';
import { ccsSession } from '../ccs/session.ts';
import { replaceToken, settingsFilesWith } from '../ccs/settings-token.ts';
import type { Desired } from '../config/desired.ts';
import { CodexLinkError, type Finding, finding } from '../diagnostics/diagnostics.ts';
import { NotHttp } from '../gateway/http.ts';
import { acceptsKey } from '../gateway/probe.ts';
import { type Machine, MachineError, readText } from '../machine/machine.ts';
import { type State, writeState } from '../planner/state.ts';
import type { Secret } from '../secret.ts';
import { type OnUndo, type Resource, sensitiveChange, type Verdict, verdict } from './resource.ts';
import type { Rotation } from './rotation.ts';

/** CLIProxyAPI waits 150 ms after a change of its config and hashes for 100; one that has not read it by then is restarted. */
const READ_TIMEOUT_MS = 1000;
const RESTART_TIMEOUT_MS = 6000;
const POLL_MS = 100;

const NEW = 'gateway-key/new';
const OLD = 'gateway-key/old';

interface NewKeyActual {
  readonly config: CcsConfig;
  readonly gateway: GatewayConfig | null;
  /** Gateways of variants that take an old key and not yet the new one. */
  readonly others: readonly GatewayConfig[];
  /** Settings of other programs that hold an old key. */
  readonly settings: readonly string[];
}

/**
 * The new key beside the old one, wherever CCS and its programs keep the key. From here on the route works with either.
 * @param state is written with the rotation in it before anything else, so that the next run can finish what this one began
 */
export function newGatewayKeyResource(desired: Desired, ccs: Ccs, rotation: Rotation, state: State): Resource<NewKeyActual> {
  return {
    kind: 'gateway-key',
    address: NEW,
    dependsOn: ['gateway'],

    async read(machine: Machine): Promise<NewKeyActual> {
      const [config, gateway] = await Promise.all([ccs.config(machine), ccs.gatewayConfig(machine)]);
      const settings = rotation.forCcs ? await settingsFilesWith(machine, ccsFolder(machine), rotation.isOld) : [];
      const others = (await otherGateways(machine, gateway, rotation)).filter((one) => !takes(one, rotation.key));
      return { config, gateway, others, settings };
    },

    diff({ config, gateway, others, settings }: NewKeyActual): Verdict {
      if (gateway === null) return blocked("CCS has not made the gateway's config yet", 'ccs cliproxy start');
      if (config.remote)
        return blocked('CCS is set to a gateway on another machine', 'ccs config, and turn the remote proxy off');
      const knowsNew = takes(gateway, rotation.key);
      const ccsBehind = rotation.forCcs && !config.key.equals(rotation.key);
      if (knowsNew && !ccsBehind && others.length === 0 && settings.length === 0)
        return verdict('in-sync', 'the gateway and CCS know the new key');
      return verdict('create', `a new key for ${desired.gateway.url}, which works beside the old one until the route is proved`, {
        changes: [
          ...(knowsNew ? [] : [sensitiveChange(`api-keys of ${gateway.path}`, false)]),
          ...(ccsBehind ? [sensitiveChange(`cliproxy.auth.api_key of ${config.path}`, !config.wellKnownKey)] : []),
          ...others.map(({ path }) => sensitiveChange(`api-keys of ${path}`, false)),
          ...settings.map((path) => sensitiveChange(`env.ANTHROPIC_AUTH_TOKEN of ${path}`, true)),
        ],
        consequences: [
          'a running gateway that does not take the change is restarted, which cuts off the requests that run',
          ...(settings.length === 0 ? [] : ['running Claude Code sessions keep the old key, and fail until they are restarted']),
        ],
      });
    },

    async converge(machine: Machine, _actual: NewKeyActual, onUndo: OnUndo): Promise<void> {
      await writeState(machine, { ...state, rotation: rotation.record });
      onUndo('the keys that the running gateway takes', (later) => restart(later, ccs));
      await ccs.alone(async () => {
        const main = await mainGateway(machine, ccs);
        for (const one of [main, ...(await otherGateways(machine, main, rotation))]) {
          await changeKeys(machine, one, { add: [rotation.key], remove: [] });
        }
      });
      await inForce(machine, desired, ccs, rotation, [[rotation.key, true]]);
      if (!rotation.forCcs) return;
      await ccs.alone(async () => {
        await withConfigLock(machine, ccsFolder(machine), () => teachCcs(machine, ccs, rotation.key));
        for (const path of await settingsFilesWith(machine, ccsFolder(machine), rotation.isOld)) {
          await replaceToken(machine, path, rotation.isOld, rotation.key);
        }
      });
    },

    wanted: () => null,
  };
}

interface OldKeyActual {
  readonly gateway: GatewayConfig | null;
  readonly old: readonly Secret[];
}

/** The old keys, which stop working once the route is proved with the new one. */
export function oldGatewayKeyResource(desired: Desired, ccs: Ccs, rotation: Rotation): Resource<OldKeyActual> {
  return {
    kind: 'gateway-key',
    address: OLD,
    dependsOn: [NEW, 'secret', 'verification'],

    async read(machine: Machine): Promise<OldKeyActual> {
      const gateway = await ccs.gatewayConfig(machine);
      return { gateway, old: distinct(gateway?.apiKeys.filter(rotation.isOld) ?? []) };
    },

    diff({ gateway, old }: OldKeyActual, changing: ReadonlySet<string>): Verdict {
      if (gateway === null) return verdict('unmanaged', "CCS has not made the gateway's config yet");
      const findings = strangers(gateway, old, rotation.key);
      // One that an earlier run had taken out of the file may still be known to the gateway, and nobody knows it to ask.
      const mayLinger = rotation.resumed && old.length === 0;
      if (old.length === 0 && !mayLinger && !changing.has(NEW))
        return verdict('in-sync', 'the old key does not open the gateway', { findings });
      const count = old.length <= 1 ? 'the old key stops' : `${old.length} old keys stop`;
      return verdict('delete', `${count} working once the route is proved with the new one`, {
        changes: [{ path: `api-keys of ${gateway.path}`, before: '(sensitive)', after: null, sensitive: true }],
        findings,
      });
    },

    async converge(machine: Machine, actual: OldKeyActual, onUndo: OnUndo): Promise<void> {
      if (rotation.resumed && actual.old.length === 0 && (await mayRestart(machine, ccs, rotation)))
        await ccs.run(machine, 'cliproxy', 'restart');
      await inForce(machine, desired, ccs, rotation, [[rotation.key, true]]);
      onUndo('the keys that the running gateway takes', (later) => restart(later, ccs));
      const old = await ccs.alone(async () => {
        const main = await mainGateway(machine, ccs);
        // The main one comes last: as long as it takes an old key, the next run knows that there is something left to do.
        for (const one of [...(await otherGateways(machine, main, rotation)), main]) {
          await changeKeys(machine, one, { add: [rotation.key], remove: one.apiKeys.filter(rotation.isOld) });
        }
        return main.apiKeys.filter(rotation.isOld);
      });
      await inForce(machine, desired, ccs, rotation, [[rotation.key, true], ...old.map((key) => [key, false] as const)]);
    },

    wanted: () => null,
  };
}

function blocked(message: string, command: string): Verdict {
  const found = finding('CL7062', message, { resource: NEW, fix: command });
  return verdict('manual', message, { command, findings: [found] });
}

/** CCS writes a key again each time that it makes the file anew. */
function distinct(keys: readonly Secret[]): Secret[] {
  return keys.filter((key, index) => keys.findIndex((one) => one.equals(key)) === index);
}

/** Keys that CCS never withdrew, or that the user gave to somebody: they are not ours to take away. */
function strangers(gateway: GatewayConfig, old: readonly Secret[], key: Secret): Finding[] {
  const rest = new Set(gateway.apiKeys.map((one) => one.reveal()));
  for (const one of [...old, key]) rest.delete(one.reveal());
  if (rest.size === 0) return [];
  const message = `${rest.size === 1 ? 'one other key opens' : `${rest.size} other keys open`} the gateway, and stay valid`;
  return [finding('CL7064', message, { resource: OLD, file: gateway.path })];
}

/** After its files are back: a gateway that has gone deaf would go on with the keys that it has read last. */
async function restart(machine: Machine, ccs: Ccs): Promise<void> {
  if ((await ccsSession(machine, ccs)) !== null) await ccs.run(machine, 'cliproxy', 'restart');
}

function takes(gateway: GatewayConfig, key: Secret): boolean {
  return gateway.apiKeys.some((one) => one.equals(key));
}

/** As it is at this moment. */
async function mainGateway(machine: Machine, ccs: Ccs): Promise<GatewayConfig> {
  ccs.forget();
  const gateway = await ccs.gatewayConfig(machine);
  if (gateway === null) throw new CodexLinkError(finding('CL7062', "the gateway's config has gone", { resource: NEW }));
  return gateway;
}

/** The gateways of CCS's variants that take an old key: CCS makes each its config once, with the key of that day. */
async function otherGateways(
  machine: Machine,
  main: GatewayConfig | null,
  { isOld, forCcs }: Rotation,
): Promise<GatewayConfig[]> {
  if (!forCcs) return [];
  const all = await readGatewayConfigs(machine, ccsFolder(machine));
  return all.filter((one) => one.path !== main?.path && one.apiKeys.some(isOld));
}

async function changeKeys(machine: Machine, gateway: GatewayConfig, change: Parameters<typeof withApiKeys>[1]): Promise<void> {
  const text = withApiKeys(gateway.text, change);
  if (text === gateway.text) return;
  const encode = (one: string) => new TextEncoder().encode(one);
  await machine.write(gateway.path, encode(text), { mode: 0o600, expect: encode(gateway.text) });
}

async function teachCcs(machine: Machine, ccs: Ccs, key: Secret): Promise<void> {
  ccs.forget();
  const { path } = await ccs.config(machine);
  const text = await readText(machine, path);
  if (text === null) throw new CodexLinkError(finding('CL7062', "CCS's config.yaml has gone", { resource: NEW, file: path }));
  const encode = (one: string) => new TextEncoder().encode(one);
  await machine.write(path, encode(withGatewayKey(text, key)), { mode: 0o600, expect: encode(text) });
}

/**
 * Sees to it that the gateway takes and refuses the keys as its config says: it reads the file by itself, or is restarted where it has
 * gone deaf, which on Linux it does as soon as the file is replaced (`ccs/in-force.ts`).
 */
async function inForce(
  machine: Machine,
  desired: Desired,
  ccs: Ccs,
  rotation: Rotation,
  wanted: readonly (readonly [Secret, boolean])[],
): Promise<void> {
  let wrong = await firstWrong(machine, desired, wanted, READ_TIMEOUT_MS);
  if (wrong !== null && (await mayRestart(machine, ccs, rotation))) {
    await ccs.run(machine, 'cliproxy', 'restart');
    wrong = await firstWrong(machine, desired, wanted, RESTART_TIMEOUT_MS);
  }
  if (wrong === null) return;
  const message = `the gateway at ${desired.gateway.url} ${wrong}, although its config says so`;
  throw new CodexLinkError(finding('CL7063', message));
}

/**
 * True for a gateway that CCS runs. A restart that was cut off leaves one that CCS knows nothing of: where a rotation is taken up again,
 * it was CCS's all the same.
 */
async function mayRestart(machine: Machine, ccs: Ccs, { resumed }: Rotation): Promise<boolean> {
  return (await ccsSession(machine, ccs)) !== null || (resumed && (await ccs.program(machine)) !== null);
}

/** What the gateway does otherwise than wanted, after it had some time; null when nothing. */
async function firstWrong(
  machine: Machine,
  { gateway }: Desired,
  wanted: readonly (readonly [Secret, boolean])[],
  timeoutMs: number,
): Promise<string | null> {
  for (let waited = 0; ; waited += POLL_MS) {
    const answers = await Promise.all(wanted.map(([key]) => answer(machine, gateway, key)));
    const wrong = wanted.find(([, accepted], index) => answers[index] !== accepted);
    if (wrong === undefined) return null;
    if (waited >= timeoutMs) return wrong[1] ? 'does not take the new key' : 'still takes the old key';
    await machine.sleep(POLL_MS);
  }
}

/** Null also while it is down, as in the middle of a restart. */
async function answer(machine: Machine, gateway: Desired['gateway'], key: Secret): Promise<boolean | null> {
  try {
    return await acceptsKey(machine, gateway, key);
  } catch (error) {
    if (error instanceof MachineError || error instanceof NotHttp) return null;
    throw error;
  }
}
