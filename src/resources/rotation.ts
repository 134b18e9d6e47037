import type { Ccs } from '../ccs/ccs.ts';
import type { Desired } from '../config/desired.ts';
import { CodexLinkError, finding } from '../diagnostics/diagnostics.ts';
import { crypto } from '../machine/builtins.ts';
import { type Machine, MachineError } from '../machine/machine.ts';
import type { RotationRecord, State } from '../planner/state.ts';
import { Secret } from '../secret.ts';
import type { Token } from './token.ts';

const KEY_BYTES = 32;

/** A change of the gateway's key that has begun: the new key, and how to know the old ones. */
export interface Rotation {
  readonly key: Secret;
  readonly isOld: (key: Secret) => boolean;
  /** True when CCS's own programs are to use the new key too. */
  readonly forCcs: boolean;
  /** An earlier run has begun it. */
  readonly resumed: boolean;
  /** What is remembered until it is finished: fingerprints only. */
  readonly record: RotationRecord;
}

/** What a rotation is made from. */
interface Origin {
  readonly desired: Desired;
  readonly token: Token;
  readonly ccs: Ccs;
  readonly state: State;
}

/** Begins a rotation, or goes on with one that was interrupted. Throws when the gateway's keys are not ours to change. */
export async function beginRotation(machine: Machine, origin: Origin): Promise<Rotation> {
  refuseForeign(origin.desired);
  const pending = await pendingRotation(machine, origin);
  if (pending !== null) return pending;
  const { desired, token, ccs, state } = origin;
  const [stored, { key: ofCcs }] = await Promise.all([token.current(machine), ccs.config(machine)]);
  const forCcs = desired.secret.source.kind === 'ccs' || stored === null || stored.equals(ofCcs);
  const old = [...(stored === null ? [] : [stored]), ...(forCcs ? [ofCcs] : [])].map((one) =>
    one.fingerprint(state.fingerprintKey),
  );
  const key = new Secret(crypto().randomBytes(KEY_BYTES).toString('base64url'));
  const record = {
    since: new Date(machine.now()).toISOString(),
    key: key.fingerprint(state.fingerprintKey),
    // Those of a rotation whose new key is lost were never withdrawn.
    old: [...new Set([...old, ...(state.rotation?.old ?? []), ...(state.rotation === null ? [] : [state.rotation.key])])],
    forCcs,
  };
  return rotationOf(key, record, state, false);
}

/**
 * The rotation that an earlier run did not finish; null when there is none, or when it ended before anybody was told the new key:
 * then the old one is in force everywhere, and nothing is left to be done.
 */
export async function pendingRotation(machine: Machine, { token, ccs, state }: Origin): Promise<Rotation | null> {
  const { rotation: record, fingerprintKey } = state;
  if (record === null) return null;
  // What cannot be read is reported by the resources that read it too.
  const [stored, config, gateway] = await Promise.all([
    readable(token.current(machine)),
    readable(ccs.config(machine)),
    readable(ccs.gatewayConfig(machine)),
  ]);
  const known = [...(gateway?.apiKeys ?? []), config?.key ?? null, stored].filter((one) => one !== null);
  const key = known.find((one) => one.fingerprint(fingerprintKey) === record.key);
  return key === undefined ? null : rotationOf(key, record, state, true);
}

function rotationOf(key: Secret, record: RotationRecord, { fingerprintKey }: State, resumed: boolean): Rotation {
  const { forCcs } = record;
  return { key, forCcs, record, resumed, isOld: (one) => record.old.includes(one.fingerprint(fingerprintKey)) };
}

function refuseForeign({ gateway, secret }: Desired): void {
  if (gateway.manager === 'none' || !gateway.loopback) {
    throw new CodexLinkError(finding('CL7060', `the gateway at ${gateway.url} is not run by CCS on this machine`));
  }
  const { kind } = secret.source;
  if (kind === 'env' || kind === 'file' || kind === 'command') {
    throw new CodexLinkError(finding('CL7061', `the key comes from secret.source (${kind}), which would bring the old one back`));
  }
}

async function readable<T>(reading: Promise<T>): Promise<T | null> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof CodexLinkError || error instanceof MachineError) return null;
    throw error;
  }
}
