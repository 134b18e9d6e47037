/** Some other program on the gateway's port; see foreign-server.mjs. */
export interface ForeignOptions {
  /** 0 or absent: a free port. */
  port?: number;
  /** One line of JSON for each request. */
  logFile?: string;
}

export interface ForeignRequest {
  method: string;
  url: string;
  /** Names and values in turn, as they came. */
  headers: string[];
  body: string;
}

export interface ForeignServer {
  port: number;
  url: string;
  requests: ForeignRequest[];
  /** Whether this text came in anything at all that was sent to the server. */
  saw(text: string): boolean;
  close(): Promise<void>;
}

export function startForeignServer(options?: ForeignOptions): Promise<ForeignServer>;
