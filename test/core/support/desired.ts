import type {
  Desired,
  DesiredDrift,
  DesiredGateway,
  DesiredHelper,
  DesiredProvider,
  DesiredSecret,
} from '../../../src/config/desired.ts';

/** What a test says differently; everything else is as an almost empty codex-link.yaml would have it. */
export interface Differently {
  readonly gateway?: Partial<DesiredGateway>;
  readonly provider?: Partial<DesiredProvider>;
  readonly secret?: Partial<DesiredSecret>;
  readonly helper?: Partial<DesiredHelper>;
  readonly app?: Partial<Desired['app']>;
  readonly verify?: Partial<Desired['verify']>;
  readonly drift?: Partial<DesiredDrift>;
  readonly rest?: Partial<Pick<Desired, 'ccs' | 'accounts' | 'unlistedAccounts' | 'routing' | 'variants' | 'file' | 'sources'>>;
}

/** A desired state on Linux for the user `me`. */
export function desired(differently: Differently = {}): Desired {
  return {
    file: '/home/me/codex-link.yaml',
    sources: ['/home/me/codex-link.yaml'],
    ccs: { ensure: 'absent' },
    accounts: null,
    unlistedAccounts: 'keep',
    routing: null,
    gateway: {
      url: 'http://127.0.0.1:8317',
      host: '127.0.0.1',
      port: 8317,
      tls: false,
      loopback: true,
      manager: 'ccs',
      ensure: 'running',
      exposure: 'report',
      allowInsecure: false,
      ...differently.gateway,
    },
    variants: null,
    provider: {
      active: 'cliproxy',
      id: 'cliproxy',
      name: 'CLIProxy',
      basePath: '/v1',
      model: null,
      contextWindow: null,
      auth: 'helper',
      keepChatgptFeatures: false,
      portable: false,
      settings: {},
      ...differently.provider,
    },
    secret: {
      store: 'file',
      service: 'CLIPROXY_API_KEY',
      account: 'me',
      source: { kind: 'env', name: 'GATEWAY_KEY' },
      ...differently.secret,
    },
    helper: {
      path: '/home/me/.codex/bin/cliproxy-token',
      timeoutMs: 5000,
      refreshIntervalMs: 300_000,
      ...differently.helper,
    },
    app: { restart: 'on-change', quitTimeoutSeconds: 20, ...differently.app },
    verify: { doctor: 'network', allowWarnings: [], ...differently.verify },
    drift: { schedule: null, heal: 'off', fallback: 'off', ignore: [], report: {}, ...differently.drift },
    ...differently.rest,
  };
}
