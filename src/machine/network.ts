import type { Socket } from 'node:net';
import { net } from './builtins.ts';
import { type Connection, type Endpoint, MachineError } from './machine.ts';

/** Opens a stream; `timeoutMs` bounds the connect and every later wait for bytes. */
export async function dial(endpoint: Endpoint, timeoutMs: number): Promise<Connection> {
  const { socket, ready } = await open(endpoint);
  return new Promise((resolve, reject) => {
    const fail = (code: string, cause?: unknown) => {
      stop();
      socket.destroy();
      reject(new MachineError(code, `no connection to ${place(endpoint)} (${code})`, null, { cause }));
    };
    const stop = afterSilence(timeoutMs, () => fail('ETIMEDOUT'));
    socket.once('error', (error: NodeJS.ErrnoException) => fail(error.code ?? 'EUNKNOWN', error));
    socket.once(ready, () => {
      socket.removeAllListeners('error');
      stop();
      resolve(new SocketConnection(socket, place(endpoint), timeoutMs));
    });
  });
}

/** A clock that nobody can set. To read `performance` loads it, which takes as long as a request to the gateway. */
const milliseconds = (): number => Number(process.hrtime.bigint()) / 1e6;

/** A clock that is later than this has been kept from ticking. */
const LATE_MS = 100;

/**
 * Calls `act` when this long nothing was heard, and returns how to stop waiting. While this process was busy, as with a huge file, it
 * could not hear what may well have come; then the time begins anew, so that nobody is called dead who was not listened to.
 */
function afterSilence(timeoutMs: number, act: () => void): () => void {
  let began = milliseconds();
  let clock = setTimeout(check, timeoutMs);
  return () => clearTimeout(clock);

  function check(): void {
    const now = milliseconds();
    if (now - began <= timeoutMs + LATE_MS) {
      act();
      return;
    }
    began = now;
    clock = setTimeout(check, timeoutMs);
  }
}

async function open(endpoint: Endpoint): Promise<{ socket: Socket; ready: 'connect' | 'secureConnect' }> {
  switch (endpoint.kind) {
    case 'tcp':
      return { socket: net().connect({ host: endpoint.host, port: endpoint.port, noDelay: true }), ready: 'connect' };
    case 'unix':
      return { socket: net().connect({ path: endpoint.path }), ready: 'connect' };
    case 'tls': {
      const { connect } = await import('node:tls'); // 20 ms that plain gateways need not pay
      const name = net().isIP(endpoint.host) === 0 ? { servername: endpoint.host } : {}; // an address is no server name (RFC 6066)
      return { socket: connect({ host: endpoint.host, port: endpoint.port, ...name }), ready: 'secureConnect' };
    }
  }
}

function place(endpoint: Endpoint): string {
  return endpoint.kind === 'unix' ? endpoint.path.replace('\0', '@') : `${endpoint.host}:${endpoint.port}`;
}

class SocketConnection implements Connection {
  readonly #socket: Socket;
  readonly #place: string;
  readonly #timeoutMs: number;
  readonly #received: Uint8Array[] = [];
  #ended = false;
  #failure: MachineError | null = null;
  #wake: () => void = () => {};

  constructor(socket: Socket, name: string, timeoutMs: number) {
    this.#socket = socket;
    this.#place = name;
    this.#timeoutMs = timeoutMs;
    socket.on('data', (bytes: Buffer) => {
      this.#received.push(bytes);
      this.#wake();
    });
    socket.on('end', () => this.#end());
    socket.on('close', () => this.#end());
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.#failure = new MachineError(error.code ?? 'EUNKNOWN', `the connection to ${name} broke (${error.code})`, null, {
        cause: error,
      });
      this.#wake();
    });
  }

  async send(bytes: Uint8Array): Promise<void> {
    this.#socket.write(bytes);
  }

  async receive(): Promise<Uint8Array | null> {
    if (this.#nothingYet()) await this.#wait();
    const next = this.#received.shift();
    if (next !== undefined) return next;
    if (this.#failure !== null) throw this.#failure;
    if (this.#ended) return null;
    throw new MachineError('ETIMEDOUT', `${this.#place} did not answer within ${this.#timeoutMs} ms`);
  }

  close(): void {
    this.#socket.destroy();
  }

  #nothingYet(): boolean {
    return this.#received.length === 0 && !this.#ended && this.#failure === null;
  }

  #wait(): Promise<void> {
    return new Promise((done) => {
      const stop = afterSilence(this.#timeoutMs, done);
      this.#wake = () => {
        stop();
        done();
      };
    });
  }

  #end(): void {
    this.#ended = true;
    this.#wake();
  }
}
