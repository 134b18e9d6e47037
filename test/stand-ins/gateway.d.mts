/** The stand-in for CLIProxyAPI; see gateway.mjs. */
export interface GatewayOptions {
  /** Which release to be. Default 7.2.140. */
  version?: '6.9.45' | '7.1.16' | '7.2.140';
  /** 0 or absent: a free port (or the one in the config file). */
  port?: number;
  /** Default 127.0.0.1. */
  host?: string;
  /** Without `host`: as the real one, on the `host` of the config file, and on every interface where there is none. */
  listenAsConfigured?: boolean;
  /** An empty list lets everything in, as in the real one. */
  apiKeys?: string[];
  /** Without one, /v0/management is not there (404). */
  managementSecret?: string;
  /** MANAGEMENT_PASSWORD of the real one. */
  envSecret?: string;
  /** CLIProxyAPI's own config.yaml. Its keys are added to `apiKeys`; it is read again when it changes. */
  config?: string;
  /** Also reads a config file that was replaced and not written in place: as on macOS. Default: as on Linux, where it is then deaf. */
  hearsReplacedConfig?: boolean;
  /** How many accounts the pool has. Default: the token files in the config's auth-dir, or 1 without a config. */
  accounts?: number;
  /** One line of JSON for each request. */
  logFile?: string;
  /** Also log the keys themselves. Only for tests that must see which key came. */
  logKeys?: boolean;
  /** The clock of the ban, in ms. */
  now?: () => number;
}

export interface LoggedRequest {
  method: string;
  /** Without the query, which may hold a key. */
  path: string;
  status: number;
  /** On /v0/management: of the management key. Elsewhere: of the API key. */
  key: 'none' | 'valid' | 'invalid';
  /** Only with `logKeys`. */
  keys?: string[];
}

export interface Gateway {
  port: number;
  /** http://127.0.0.1:PORT, without a slash at the end. */
  url: string;
  requests: LoggedRequest[];
  setKeys(keys: string[]): void;
  close(): Promise<void>;
}

export function startGateway(options?: GatewayOptions): Promise<Gateway>;
