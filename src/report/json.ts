import type { ApplyResult } from '../applier/apply.ts';
import type { Finding } from '../diagnostics/diagnostics.ts';
import type { Generation } from '../generations/generation.ts';
import type { Plan, PlannedResource } from '../planner/plan.ts';
import type { Status } from '../resources/resource.ts';
import type { Verification } from '../verification/checks.ts';
import { unifiedDiff } from './file-diff.ts';
import { generationDiff } from './history-text.ts';

/** A minor version only adds. */
const FORMAT_VERSION = '1.0';

declare const CODEX_LINK_VERSION: string;

/** The first members of every document. */
export function head(command: string) {
  return { formatVersion: FORMAT_VERSION, command, codexLinkVersion: CODEX_LINK_VERSION };
}

/** Where and when a document was made, and beside which programs: what tells many machines' documents apart. */
export interface Origin {
  readonly host: string;
  readonly user: string;
  /** ISO time. */
  readonly at: string;
  /** Null where a program is not installed, or its version is not known. */
  readonly versions: { readonly codex: string | null; readonly ccs: string | null; readonly gateway: string | null };
}

/** The plan as a document. */
export async function planJson(plan: Plan, os: string, origin: Origin | null = null) {
  return {
    ...head('plan'),
    ...origin,
    os,
    outcome: plan.outcome,
    summary: summary(plan.resources.map((one) => one.verdict.status)),
    resources: await Promise.all(plan.resources.map(resourceJson)),
    findings: plan.findings,
  };
}

interface AppliedDocument {
  readonly command: string;
  readonly plan: Plan;
  /** Null when it did not start. */
  readonly result: ApplyResult | null;
  readonly os: string;
  readonly durationMs: number;
  /** Number of the generation that it made. */
  readonly generation: number | null;
  readonly origin?: Origin;
}

/** What an apply (or `use`) did, as a document. */
export async function applyJson({ command, plan, result, os, durationMs, generation, origin }: AppliedDocument) {
  const results = new Map(result?.resources.map((one) => [one.planned.resource.address, one]));
  const resources = await Promise.all(
    plan.resources.map(async (planned) => {
      const applied = results.get(planned.resource.address);
      return {
        ...(await resourceJson(planned)),
        result: applied?.result ?? untouched(planned),
        durationMs: applied?.durationMs ?? 0,
      };
    }),
  );
  const findings = [
    ...plan.findings,
    ...(result?.resources.flatMap((one) => one.findings) ?? []),
    ...(result?.findings ?? []),
    ...(result?.notPutBack ?? []),
  ];
  const failed = result === null || result.outcome === 'failed' || result.outcome === 'interrupted';
  return {
    ...head(command),
    ...origin,
    ...(failed ? errorOf(findings) : {}),
    os,
    outcome: result?.outcome ?? 'failed',
    summary: summary(plan.resources.map((one) => one.verdict.status)),
    resources,
    findings,
    verified: result?.verified ?? false,
    durationMs,
    generation: failed ? null : generation,
  };
}

/** When the apply did not start at all. */
function untouched({ verdict }: PlannedResource) {
  return verdict.status === 'in-sync' || verdict.status === 'unmanaged'
    ? 'unchanged'
    : verdict.status === 'unknown'
      ? 'failed'
      : 'skipped';
}

/** A generation for people's programs: diffs instead of contents. */
export async function generationJson({ version: _version, applied: _applied, folders: _folders, files, ...rest }: Generation) {
  const changed = files.map(async (file) => ({ path: file.path, diff: await generationDiff(file) }));
  return { ...rest, files: await Promise.all(changed) };
}

/** @param ofRun findings that belong to no check */
export function verifyJson(verification: Verification, ofRun: readonly Finding[] = []) {
  const ofChecks = verification.checks.flatMap((one) => one.finding ?? []);
  const checks = verification.checks.map(({ id, status, message, finding, runtime }) => ({
    id,
    status,
    message,
    code: finding?.code ?? null,
    ...(runtime === undefined ? {} : { runtime }),
  }));
  return { ...head('verify'), verified: verification.passed, checks, findings: [...ofRun, ...ofChecks] };
}

/** An error instead of the document that was asked for. All findings are there; `error` is the first of them. */
export function errorJson(command: string, findings: readonly Finding[]) {
  return { ...head(command), ...errorOf(findings), findings };
}

/** The first error, or whatever comes first where a warning stopped the run. */
function errorOf(findings: readonly Finding[]) {
  const first = findings.find((one) => one.severity === 'error') ?? findings[0];
  return first === undefined ? {} : { error: { code: first.code, message: first.message, fix: first.fix } };
}

async function resourceJson({ resource, verdict, cause }: PlannedResource) {
  return {
    address: resource.address,
    kind: resource.kind,
    status: verdict.status,
    cause,
    reason: verdict.reason,
    dependsOn: resource.dependsOn,
    changes: verdict.changes,
    diff: verdict.fileChange === null ? null : await unifiedDiff(verdict.fileChange),
    writer: cause === 'drift' || verdict.writer === 'ccsxp' ? verdict.writer : null,
    command: verdict.command,
    consequences: verdict.consequences,
  };
}

function summary(statuses: readonly Status[]) {
  const count = (status: Status) => statuses.filter((one) => one === status).length;
  return {
    inSync: count('in-sync'),
    create: count('create'),
    update: count('update'),
    delete: count('delete'),
    run: count('run'),
    manual: count('manual'),
    deferred: count('deferred'),
    unknown: count('unknown'),
    skipped: count('skipped'),
    unmanaged: count('unmanaged'),
  };
}
