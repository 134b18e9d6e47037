import type { TomlValue } from '../toml/value.ts';

/**
 * The desired state, complete: every default filled in, every path absolute, every reference resolved, overrides applied. Made from
 * codex-link.yaml by `loadDesired` and by nothing else. A section that the file does not manage is null.
 */
export interface Desired {
  /** Absolute path of codex-link.yaml, or `-` for standard input. */
  readonly file: string;
  /** Every file that took part, for saved plans and messages. */
  readonly sources: readonly string[];
  readonly ccs: { readonly ensure: 'present' | 'absent' };
  readonly accounts: readonly DesiredAccount[] | null;
  readonly unlistedAccounts: 'keep' | 'report' | 'pause';
  readonly routing: DesiredRouting | null;
  readonly gateway: DesiredGateway;
  readonly variants: readonly { readonly name: string; readonly model: string }[] | null;
  readonly provider: DesiredProvider;
  readonly secret: DesiredSecret;
  readonly helper: DesiredHelper;
  readonly app: { readonly restart: 'on-change' | 'never'; readonly quitTimeoutSeconds: number };
  readonly verify: { readonly doctor: 'network' | 'full' | 'off'; readonly allowWarnings: readonly string[] };
  readonly drift: DesiredDrift;
}

export interface DesiredAccount {
  readonly email: string;
  readonly nickname: string | null;
  readonly default: boolean;
  readonly paused: boolean;
}

export interface DesiredRouting {
  readonly strategy: 'round-robin' | 'fill-first' | null;
  readonly sessionAffinity: boolean | null;
  readonly sessionAffinityTtl: string | null;
}

export interface DesiredGateway {
  /** As written, without a trailing slash. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  /** True when the host is 127.0.0.0/8, ::1 or localhost. */
  readonly loopback: boolean;
  readonly manager: 'ccs' | 'none';
  readonly ensure: 'running' | 'ignore';
  readonly exposure: 'report' | 'loopback';
  readonly allowInsecure: boolean;
}

/** Which route Codex takes: through the gateway, or OpenAI's own with the ChatGPT login. */
export type Route = 'cliproxy' | 'openai';

export interface DesiredProvider {
  readonly active: Route;
  readonly id: string;
  readonly name: string;
  readonly basePath: string;
  readonly model: string | null;
  readonly contextWindow: number | null;
  /** `auto` is resolved by the OS. */
  readonly auth: 'helper' | 'dotenv' | 'env';
  readonly keepChatgptFeatures: boolean;
  readonly portable: boolean;
  readonly settings: Readonly<Record<string, TomlValue>>;
}

export interface DesiredSecret {
  readonly store: 'auto' | 'keychain' | 'secret-service' | 'credential-manager' | 'pass' | 'file';
  readonly service: string;
  readonly account: string;
  readonly source: SecretSource;
}

export type SecretSource =
  | { readonly kind: 'ccs' }
  | { readonly kind: 'keep' }
  | { readonly kind: 'prompt' }
  | { readonly kind: 'env'; readonly name: string }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'command'; readonly argv: readonly string[] }
  | { readonly kind: 'generate'; readonly bytes: number };

export interface DesiredHelper {
  readonly path: string;
  readonly timeoutMs: number;
  readonly refreshIntervalMs: number;
}

export interface DesiredDrift {
  readonly schedule: { readonly every: string } | { readonly cron: string } | null;
  readonly heal: 'off' | 'safe';
  readonly fallback: 'off' | 'openai';
  readonly ignore: readonly {
    readonly resource: string;
    readonly field: string | null;
    /** ISO date. */
    readonly until: string | null;
    readonly reason: string | null;
  }[];
  readonly report: DesiredReport;
}

/** Where drift reports go. A key that is absent is not wanted. */
export interface DesiredReport {
  /** Absolute paths. */
  readonly json?: string;
  readonly junit?: string;
  readonly prometheus?: string;
  readonly webhook?: { readonly urlFrom: SecretSource };
  readonly notify?: boolean;
}
