import type { Machine } from '../machine/machine.ts';

export interface HttpRequest {
  readonly tls: boolean;
  readonly host: string;
  readonly port: number;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly timeoutMs: number;
}

export interface HttpResponse {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The answer was no HTTP: something else listens there. */
export class NotHttp extends Error {}

/** More than any answer that codex-link asks for. */
const MAX_ANSWER = 4 * 1024 * 1024;

/**
 * One HTTP/1.1 request on a connection of its own. Node's client would add 4 ms to every plan and go past the `Machine`, and the
 * gateway's few small answers need nothing of it. Throws `MachineError` when there is no connection or no answer in time, and
 * `NotHttp`.
 */
export async function request(machine: Machine, wanted: HttpRequest): Promise<HttpResponse> {
  const { host, port, timeoutMs } = wanted;
  const connection = await machine.dial({ kind: wanted.tls ? 'tls' : 'tcp', host, port }, timeoutMs);
  try {
    await connection.send(new TextEncoder().encode(head(wanted) + (wanted.body ?? '')));
    let received = Buffer.alloc(0);
    for (;;) {
      const answer = parse(received, false);
      if (answer !== null) return answer;
      const bytes = await connection.receive();
      if (bytes === null) break;
      received = Buffer.concat([received, bytes]);
      if (received.length > MAX_ANSWER) throw new NotHttp('the answer has no end');
    }
    const answer = parse(received, true);
    if (answer === null) throw new NotHttp('the connection ended in the middle of the answer');
    return answer;
  } finally {
    connection.close();
  }
}

function head(wanted: HttpRequest): string {
  const host = wanted.host.includes(':') ? `[${wanted.host}]` : wanted.host;
  const length = wanted.body === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(wanted.body)) };
  const headers = {
    Host: `${host}:${wanted.port}`,
    'User-Agent': 'codex-link',
    Accept: '*/*',
    Connection: 'close',
    ...length,
    ...wanted.headers,
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return `${wanted.method} ${wanted.path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`;
}

/** The answer in the bytes so far, or null when more is to come. `ended`: the server has closed, which ends a body of no given length. */
function parse(received: Buffer, ended: boolean): HttpResponse | null {
  if (received.length >= 5 && received.toString('latin1', 0, 5) !== 'HTTP/') throw new NotHttp('the answer is not HTTP');
  const end = received.indexOf('\r\n\r\n');
  if (end === -1) return null;
  const [statusLine = '', ...lines] = received.toString('latin1', 0, end).split('\r\n');
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(statusLine)?.[1]);
  if (!status) throw new NotHttp(`the answer starts with ${JSON.stringify(statusLine.slice(0, 40))}`);
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon > 0) headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
  }
  const body = bodyOf(received.subarray(end + 4), headers, ended);
  return body === null ? null : { status, headers, body: body.toString('utf8') };
}

function bodyOf(rest: Buffer, headers: Readonly<Record<string, string>>, ended: boolean): Buffer | null {
  if (headers['transfer-encoding']?.toLowerCase().includes('chunked')) return chunks(rest);
  const length = headers['content-length'];
  if (length !== undefined) return rest.length >= Number(length) ? rest.subarray(0, Number(length)) : null;
  return ended ? rest : null;
}

function chunks(rest: Buffer): Buffer | null {
  const parts: Buffer[] = [];
  for (let at = 0; ; ) {
    const lineEnd = rest.indexOf('\r\n', at);
    if (lineEnd === -1) return null;
    const length = /^([0-9a-f]{1,8})\s*(?:;.*)?$/i.exec(rest.toString('latin1', at, lineEnd))?.[1];
    if (length === undefined) throw new NotHttp('a chunk of the answer has no length');
    const size = Number.parseInt(length, 16);
    if (size === 0) return Buffer.concat(parts);
    at = lineEnd + 2 + size + 2;
    if (rest.length < at) return null;
    parts.push(rest.subarray(lineEnd + 2, lineEnd + 2 + size));
  }
}
