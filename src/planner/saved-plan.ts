import { type Machine, readBytes } from '../machine/machine.ts';
import { Secret } from '../secret.ts';
import type { Plan } from './plan.ts';
import type { Selection } from './selection.ts';
import { lockPath } from './state.ts';

declare const CODEX_LINK_VERSION: string;

/** A plan that is to be applied later, exactly as it is or not at all. Holds no secret: of what was read only salted fingerprints. */
export interface SavedPlan {
  readonly formatVersion: '1.0';
  readonly kind: 'codex-link saved plan';
  readonly codexLinkVersion: string;
  /** ISO time. */
  readonly at: string;
  readonly user: string;
  readonly host: string;
  /** codex-link.yaml as it was found. */
  readonly file: string;
  readonly selection: Selection;
  readonly salt: string;
  /** Every file that was read, by path; null: it was not there. */
  readonly reads: Readonly<Record<string, string | null>>;
  /** What it announced, by address: the status, and a fingerprint of what would change. */
  readonly announced: Readonly<Record<string, { readonly status: string; readonly what: string }>>;
}

/** What a plan is saved with. */
export interface Saving {
  readonly machine: Machine;
  readonly plan: Plan;
  /** The files that the plan was made from. */
  readonly paths: Iterable<string>;
  readonly file: string;
  readonly selection: Selection;
  readonly salt: string;
}

export async function savePlan({ machine, plan, paths, file, selection, salt }: Saving): Promise<SavedPlan> {
  const { user, host } = machine.facts;
  const reads: Record<string, string | null> = {};
  // Whoever holds the lock when is no part of the plan.
  const read = [...paths].filter((path) => path !== lockPath(machine)).sort();
  for (const path of read) reads[path] = await fingerprintOf(machine, path, salt);
  const announced = Object.fromEntries(
    plan.resources.map(({ resource, verdict, cause }) => {
      const { status, changes, fileChange } = verdict;
      // Masked: a key that is generated anew with every plan makes no other plan.
      const masked = (text: string | null) => text?.split('\n').map((line) => fileChange?.mask(line)) ?? null;
      const after = fileChange === null ? null : [masked(fileChange.before), masked(fileChange.after)];
      const what = new Secret(JSON.stringify([status, cause, changes, after])).fingerprint(salt);
      return [resource.address, { status, what }];
    }),
  );
  return {
    formatVersion: '1.0',
    kind: 'codex-link saved plan',
    codexLinkVersion: CODEX_LINK_VERSION,
    at: new Date(machine.now()).toISOString(),
    user,
    host,
    file,
    selection,
    salt,
    reads,
    announced,
  };
}

/** What has changed between two plans, one line each; none when the later one is the very same. */
export function staleness(saved: SavedPlan, now: SavedPlan): string[] {
  const lines: string[] = [];
  if (saved.codexLinkVersion !== now.codexLinkVersion)
    lines.push(`it was made by codex-link ${saved.codexLinkVersion}, and this is ${now.codexLinkVersion}`);
  if (saved.host !== now.host || saved.user !== now.user) lines.push(`it was made for ${saved.user} on ${saved.host}`);
  for (const path of new Set([...Object.keys(saved.reads), ...Object.keys(now.reads)])) {
    const [before, after] = [saved.reads[path] ?? null, now.reads[path] ?? null];
    if (before === after) continue;
    lines.push(`${path} ${before === null ? 'has appeared' : after === null ? 'is gone' : 'has changed'}`);
  }
  for (const address of new Set([...Object.keys(saved.announced), ...Object.keys(now.announced)])) {
    const [before, after] = [saved.announced[address], now.announced[address]];
    if (before?.what === after?.what) continue;
    const words =
      before?.status === after?.status
        ? `would be another ${after?.status}`
        : `${before?.status ?? 'nothing'} before, ${after?.status ?? 'nothing'} now`;
    lines.push(`${address}: ${words}`);
  }
  return lines;
}

/** The saved plan in a text; null when it is none. */
export function parseSavedPlan(text: string): SavedPlan | null {
  try {
    const saved = JSON.parse(text) as SavedPlan;
    const isOne = saved.kind === 'codex-link saved plan' && /^1\./.test(saved.formatVersion) && typeof saved.salt === 'string';
    return isOne && isRecord(saved.reads) && isRecord(saved.announced) && isRecord(saved.selection) ? saved : null;
  } catch {
    return null;
  }
}

function isRecord(value: unknown): boolean {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

async function fingerprintOf(machine: Machine, path: string, salt: string): Promise<string | null> {
  const bytes = await readBytes(machine, path);
  return bytes === null ? null : new Secret(Buffer.from(bytes).toString('latin1')).fingerprint(salt);
}
