import { accountCodes } from './accounts.ts';
import { appCodes } from './app.ts';
import { ccsCodes } from './ccs.ts';
import { commandCodes } from './commands.ts';
import { driftCodes } from './drift.ts';
import { exportCodes } from './export.ts';
import { fleetCodes } from './fleet.ts';
import { gatewayCodes } from './gateway.ts';
import { macosCodes } from './macos.ts';
import { passCodes } from './pass.ts';
import { providerCodes } from './provider.ts';
import { rotationCodes } from './rotation.ts';
import { routingCodes } from './routing.ts';
import { runCodes } from './run.ts';
import { scheduleCodes } from './schedule.ts';
import { secretCodes } from './secret.ts';
import { surroundingsCodes } from './surroundings.ts';
import { variantCodes } from './variants.ts';
import { verificationCodes } from './verification.ts';
import { windowsCodes } from './windows.ts';
import { yamlCodes } from './yaml.ts';

/** How much a finding matters: an `error` stops an apply, a `warning` costs something, `info` is worth knowing. */
export type Severity = 'error' | 'warning' | 'info';

/** What `explain CODE` prints. Texts are whole sentences, without the particulars of one machine. */
export interface CodeEntry {
  readonly severity: Severity;
  /** One line: what is wrong. */
  readonly summary: string;
  /** Why it matters and where the fact comes from. */
  readonly explanation: string;
  /** What to type or change, in general. A finding usually has a more exact one. */
  readonly fix: string;
}

/**
 * Every code that codex-link can print. Codes are stable and never reused; the thousands say where they belong:
 * CL0 runs and usage, CL1 provider and config.toml, CL2 codex-link.yaml, CL3 secret, helper and environment, CL4 gateway,
 * CL5 verification, CL6 app, CL7 CCS and its pool, CL8 drift, its reports and its schedule, CL9 many machines.
 */
export const CODES = {
  ...runCodes,
  ...commandCodes,
  ...providerCodes,
  ...surroundingsCodes,
  ...yamlCodes,
  ...secretCodes,
  ...passCodes,
  ...gatewayCodes,
  ...verificationCodes,
  ...appCodes,
  ...macosCodes,
  ...ccsCodes,
  ...rotationCodes,
  ...variantCodes,
  ...routingCodes,
  ...accountCodes,
  ...windowsCodes,
  ...driftCodes,
  ...scheduleCodes,
  ...fleetCodes,
  ...exportCodes,
} as const satisfies Record<string, CodeEntry>;

export type Code = keyof typeof CODES;

/** One thing to tell the user. The shape is the `findings` entry of the JSON documents. */
export interface Finding {
  readonly code: Code;
  readonly severity: Severity;
  /** Address of the resource that it belongs to, where there is one. */
  readonly resource: string | null;
  readonly message: string;
  /** The next thing to type. */
  readonly fix: string;
  readonly file: string | null;
  /** 1-based. */
  readonly line: number | null;
  /** 1-based, in characters. */
  readonly column: number | null;
}

type Particulars = Partial<Omit<Finding, 'code' | 'message'>>;

/** Makes a finding; severity and fix come from the table unless given. */
export function finding(code: Code, message: string, particulars: Particulars = {}): Finding {
  const entry: CodeEntry = CODES[code];
  return {
    code,
    severity: entry.severity,
    resource: null,
    message,
    fix: entry.fix,
    file: null,
    line: null,
    column: null,
    ...particulars,
  };
}

/** Exit codes of the contract that an error can carry. */
export type ErrorExit = 1 | 4 | 64 | 130;

/**
 * An error that codex-link understands: it is shown as its findings, without a stack. Anything else that is thrown is a bug and
 * keeps its stack.
 */
export class CodexLinkError extends Error {
  readonly findings: readonly Finding[];
  readonly exitCode: ErrorExit;

  constructor(findings: Finding | readonly Finding[], exitCode: ErrorExit = 1, options?: ErrorOptions) {
    const list = Array.isArray(findings) ? findings : [findings as Finding];
    super(list.map((one) => `${one.code}: ${one.message}`).join('\n'), options);
    this.name = 'CodexLinkError';
    this.findings = list;
    this.exitCode = exitCode;
  }
}

/** Thrown where nothing is wrong, and nothing is taken back for it, but a step is left. The fix says what takes it. */
export abstract class StepLeft extends Error {
  abstract readonly result: 'manual' | 'deferred';
  readonly finding: Finding;

  constructor(one: Finding) {
    super(one.message);
    this.name = new.target.name;
    this.finding = one;
  }
}

/** What cannot be done from here, but will be from somewhere else, like the login keychain over ssh. */
export class Deferred extends StepLeft {
  readonly result = 'deferred';
}

/** A resource did all that it may do by itself: a person has to go on. */
export class ManualStep extends StepLeft {
  readonly result = 'manual';
}

/** The findings, each about a resource: the one that it names itself, else this one. */
export function about(resource: string | null, findings: readonly Finding[]): Finding[] {
  return findings.map((one) => ({ ...one, resource: one.resource ?? resource }));
}

/** The first finding with which a look is refused; null when it is not. */
export async function refusalOf(look: () => Promise<unknown>): Promise<Finding | null> {
  try {
    await look();
    return null;
  } catch (error) {
    if (error instanceof CodexLinkError) return error.findings[0] ?? null;
    throw error;
  }
}
