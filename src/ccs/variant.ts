import { type CcsConfig, scalar } from './config.ts';

/** A variant as CCS's config.yaml has it. */
export interface Variant {
  readonly name: string;
  /** `composite` is CCS's own word for a variant that mixes providers. */
  readonly provider: string;
  /** As written, mostly `~/.ccs/codex-NAME.settings.json`; null when it names none. */
  readonly settings: string | null;
  /** Port of the CLIProxyAPI that CCS starts for this variant alone, with the same accounts; null when it uses the common one. */
  readonly port: number | null;
  /** What it starts: `claude` or `droid`. */
  readonly target: string;
}

/** Every variant, of whatever provider. Source: CCS 7.79.1, cliproxy/services/variant-config-adapter.js */
export function variantsOf(config: CcsConfig): Variant[] {
  return Object.entries(config.variants).map(([name, entry]) => {
    return {
      name,
      provider: scalar(entry.type) === 'composite' ? 'composite' : (scalar(entry.provider) ?? ''),
      settings: scalar(entry.settings),
      port: Number(scalar(entry.port) ?? 0) || null,
      target: scalar(entry.target) ?? 'claude',
    };
  });
}

/** Names that CCS keeps for itself, in any case of letters. Source: CCS 7.79.1, config/reserved-names.js */
const RESERVED = new Set(
  (
    'gemini codex agy qwen iflow kiro ghcp claude kimi gitlab codebuddy kilo copilot cursor legacy-cursor legacy default config ' +
    'cliproxy proxy con prn aux nul com1 com2 com3 com4 com5 com6 com7 com8 com9 lpt1 lpt2 lpt3 lpt4 lpt5 lpt6 lpt7 lpt8 lpt9'
  ).split(' '),
);

/** Why CCS refuses the name, or null. Source: CCS 7.79.1, cliproxy/services/variant-service.js */
export function nameProblem(name: string): string | null {
  if (!/^[a-zA-Z][a-zA-Z0-9._-]*$/.test(name)) return 'it must start with a letter and have letters, digits, dots, - and _ only';
  if (name.length > 32) return 'it has more than 32 characters';
  return RESERVED.has(name.toLowerCase()) ? 'CCS keeps it for itself' : null;
}
