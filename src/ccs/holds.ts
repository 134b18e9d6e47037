import { join } from 'node:path';
import { localTime, localTimeOf } from '../local-time.ts';
import { type Machine, readText } from '../machine/machine.ts';

/** Why CCS itself has paused an account, for as long as it is going to resume it by itself. */
export type Hold =
  /** Its quota is used up. `until` is in milliseconds since the epoch. */
  | { readonly kind: 'quota'; readonly until: number }
  /** A session of another provider runs with the same e-mail. `since` is an ISO time. */
  | { readonly kind: 'isolation'; readonly initiator: string; readonly since: string };

/** What CCS has noted down of its own pauses. Source: CCS 7.79.1, cliproxy/accounts/account-safety.js */
export interface HoldNotes {
  readonly quota: readonly { readonly id: string; readonly pausedAt: string; readonly until: number }[];
  /** Of sessions whose process lives. */
  readonly sessions: readonly { readonly initiator: string; readonly pausedAt: string; readonly ids: readonly string[] }[];
}

/** Reads the notes about codex accounts. A file that CCS would not understand holds nothing, as for CCS. */
export async function readHoldNotes(machine: Machine, cliproxy: string): Promise<HoldNotes> {
  const [quota, sessions] = await Promise.all([
    listIn(machine, join(cliproxy, 'quota-paused.json'), 'entries'),
    listIn(machine, join(cliproxy, 'auto-paused.json'), 'sessions'),
  ]);
  const living = await Promise.all(
    sessions.map(async ({ pid }) => typeof pid === 'number' && (await machine.processStart(pid)) !== null),
  );
  return {
    quota: quota.flatMap(({ provider, accountId, pausedAt, until }) =>
      provider === 'codex' && typeof accountId === 'string' && typeof pausedAt === 'string' && Number.isFinite(until)
        ? [{ id: accountId, pausedAt, until: until as number }]
        : [],
    ),
    sessions: sessions.flatMap(({ initiator, pausedAt, accounts }, index) => {
      if (!living[index] || typeof pausedAt !== 'string' || !Array.isArray(accounts)) return [];
      const ids = accounts.flatMap((one) =>
        one?.provider === 'codex' && typeof one.accountId === 'string' ? [one.accountId] : [],
      );
      return [{ initiator: String(initiator), pausedAt, ids }];
    }),
  };
}

/**
 * The hold on a paused account, or null when nothing but a person's word keeps it paused. CCS ends a quota pause only while it is the
 * very one that it made, and a session's only when nobody has paused the account again since.
 * @param pausedAt ISO time in the registry
 * @param now milliseconds since the epoch
 */
export function holdOn(notes: HoldNotes, id: string, pausedAt: string | null, now: number): Hold | null {
  const quota = notes.quota.find((one) => one.id === id && one.pausedAt === pausedAt && one.until > now);
  if (quota !== undefined) return { kind: 'quota', until: quota.until };
  const session = notes.sessions.find((one) => one.ids.includes(id) && !(pausedAt !== null && pausedAt > one.pausedAt));
  return session === undefined ? null : { kind: 'isolation', initiator: session.initiator, since: session.pausedAt };
}

/** In words, with the local time to the minute. */
export function holdText(hold: Hold): string {
  return hold.kind === 'quota'
    ? `held by CCS until ${localTime(hold.until)}, quota exhausted`
    : `held by CCS since ${localTimeOf(hold.since)}, while ccs ${hold.initiator} runs with the same e-mail`;
}

async function listIn(machine: Machine, path: string, name: string): Promise<Record<string, unknown>[]> {
  const text = await readText(machine, path);
  try {
    const list: unknown = text === null ? [] : JSON.parse(text)?.[name];
    return Array.isArray(list) ? list.filter((one) => one !== null && typeof one === 'object') : [];
  } catch {
    return [];
  }
}
