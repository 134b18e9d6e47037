import type { Server } from '../../../src/machine/memory.ts';

/** A CLIProxyAPI for a memory machine, with the routes and answers of its releases (its own sources, tags v6.9.45 and v7.2.140). */
export class ScriptedGateway {
  /** Empty: it asks for no key at all. */
  keys: string[];
  version: '6.9.45' | '7.2.140' = '7.2.140';
  safeMode = false;
  /** Ids in its list of models. */
  models: string[] = [];
  /** Every request as it came in, headers included. */
  readonly received: string[] = [];

  constructor(...keys: string[]) {
    this.keys = keys;
  }

  readonly server: Server = (bytes) => {
    const text = Buffer.from(bytes).toString('latin1');
    this.received.push(text);
    const [, method = '', path = ''] = /^([A-Z]+) (\S+) HTTP\/1\.1\r\n/.exec(text) ?? [];
    if (this.safeMode)
      return answer(200, '<html>unsafe example key</html>', { 'X-CPA-SAFE-MODE': '1', 'Content-Type': 'text/html' });
    if (path === '/') return answer(200, '{"message":"CLI Proxy API Server","endpoints":["GET /v1/models"]}');
    if (!this.#serves(path)) return answer(404, '404 page not found', { 'Content-Type': 'text/plain' });
    const key = /^Authorization: Bearer (.*)\r$/im.exec(text)?.[1];
    if (this.keys.length > 0) {
      if (key === undefined) return answer(401, '{"error":"Missing API key"}');
      if (!this.keys.includes(key)) return answer(401, '{"error":"Invalid API key"}');
    }
    if (method === 'POST') return answer(200, 'event: response.completed\ndata: {"type":"response.completed"}\n\n');
    return answer(200, JSON.stringify({ object: 'list', data: this.models.map((id) => ({ id })) }));
  };

  #serves(path: string): boolean {
    const routes = ['/v1/models', '/v1/responses', '/backend-api/codex/responses'];
    if (this.version === '6.9.45') routes.push('/api/provider/codex/models', '/api/provider/codex/responses');
    return routes.includes(path);
  }
}

/** An HTTP answer with a length. */
export function answer(status: number, body: string, headers: Readonly<Record<string, string>> = {}): Uint8Array {
  const all = { 'Content-Type': 'application/json', 'Content-Length': String(Buffer.byteLength(body)), ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`HTTP/1.1 ${status} Whatever\r\n${lines.join('')}\r\n${body}`);
}
