import { nearest } from '../config/nearest.ts';

/** Efforts from the lightest on. */
export const EFFORTS = ['minimal', 'low', 'medium', 'high', 'xhigh'] as const;
export type Effort = (typeof EFFORTS)[number];

/** What is known of a model: who may use it, and what it can do. */
export interface Model {
  readonly id: string;
  /** `paid` is every plan but free. */
  readonly plans: 'all' | 'paid' | 'pro';
  readonly maxEffort: Effort;
  /** Whether it has a fast tier. */
  readonly fast: boolean;
}

/**
 * For hints only: models come and go without us. As of 2026-11.
 * Source: CCS's guide to its codex provider, https://docs.ccs.kaitran.ca/
 */
export const MODELS: readonly Model[] = [
  { id: 'gpt-5.4', plans: 'all', maxEffort: 'xhigh', fast: true },
  { id: 'gpt-5.4-mini', plans: 'all', maxEffort: 'high', fast: false },
  { id: 'gpt-5.2', plans: 'all', maxEffort: 'xhigh', fast: false },
  { id: 'gpt-5.5', plans: 'paid', maxEffort: 'xhigh', fast: true },
  { id: 'gpt-5.3-codex', plans: 'paid', maxEffort: 'xhigh', fast: false },
  { id: 'gpt-5.3-codex-spark', plans: 'pro', maxEffort: 'xhigh', fast: false },
];

/** A model as it may be written: with an effort, and `-fast` behind it. */
export interface WrittenModel {
  readonly id: string;
  readonly effort: Effort | null;
  readonly fast: boolean;
  /** What is known of it; null for a model that the table does not know. */
  readonly known: Model | null;
}

export function parseModel(text: string): WrittenModel {
  const fast = /-fast$/i.test(text);
  const base = fast ? text.slice(0, -'-fast'.length) : text;
  const effort = EFFORTS.find((one) => base.toLowerCase().endsWith(`-${one}`)) ?? null;
  const id = effort === null ? base : base.slice(0, -effort.length - 1);
  const known = MODELS.find((one) => one.id === id.toLowerCase()) ?? null;
  return { id, effort, fast, known };
}

/** Whether a plan may use the model. */
export function mayUse(model: Model, plan: string): boolean {
  if (model.plans === 'all') return true;
  return model.plans === 'paid' ? plan !== 'free' : plan === 'pro';
}

/** The models that at least one of the plans may use. */
export function modelsFor(plans: readonly string[]): string[] {
  return MODELS.filter((model) => plans.some((plan) => mayUse(model, plan))).map((model) => model.id);
}

/** What looks odd about a model as it is written; null when nothing does. */
export function modelHint(text: string): string | null {
  const { id, effort, fast, known } = parseModel(text);
  if (known === null) {
    const near = nearest(
      id,
      MODELS.map((one) => one.id),
    );
    return near === null ? null : `${text} is not among the models that are known here; the nearest is ${near}`;
  }
  if (fast && !known.fast) return `${known.id} has no fast tier, as far as is known here`;
  if (effort !== null && EFFORTS.indexOf(effort) > EFFORTS.indexOf(known.maxEffort))
    return `${known.id} goes up to the effort ${known.maxEffort}, as far as is known here`;
  return null;
}
