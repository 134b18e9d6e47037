import { type Connection, type Machine, MachineError } from '../../machine/machine.ts';

/**
 * Asks one question on a D-Bus bus. Only what codex-link needs is here: a method call with string arguments or a string map, and an
 * answer of object paths. It exists because no command line client can say "do not start the service for this", and a plan must not
 * start a keyring. Source: the D-Bus specification, sections "Message Protocol" and "Authentication Protocol".
 */
export interface MethodCall {
  readonly destination: string;
  readonly path: string;
  readonly interface: string;
  readonly member: string;
  /** The only argument, of type a{ss}; null for a call without arguments. */
  readonly argument: Readonly<Record<string, string>> | null;
}

export type Reply =
  /** The arrays of object paths in the answer. */
  { readonly ok: true; readonly paths: readonly (readonly string[])[] } | { readonly ok: false; readonly error: string };

const NO_AUTO_START = 2;
const REPLY = 2;
const ERROR = 3;
/** No answer that we wait for is larger. */
const MAX_MESSAGE = 1024 * 1024;

/** Connects to the socket, logs in as the user and calls. Throws `MachineError` when there is no bus or no answer in time. */
export async function call(machine: Machine, socket: string, wanted: MethodCall, timeoutMs: number): Promise<Reply> {
  const connection = await machine.dial({ kind: 'unix', path: socket }, timeoutMs);
  try {
    const stream = new Incoming(connection);
    const uid = Buffer.from(String(machine.facts.uid)).toString('hex');
    await connection.send(Buffer.from(`\0AUTH EXTERNAL ${uid}\r\n`));
    const answer = await stream.line();
    if (!answer.startsWith('OK ')) return { ok: false, error: `the bus refused the login: ${answer}` };
    const hello: MethodCall = {
      destination: bus,
      path: '/org/freedesktop/DBus',
      interface: bus,
      member: 'Hello',
      argument: null,
    };
    await connection.send(Buffer.concat([Buffer.from('BEGIN\r\n'), encode(hello, 1), encode(wanted, 2)]));
    for (;;) {
      const message = await stream.message();
      if (message.replyTo !== 2) continue; // the answer to Hello, and signals
      if (message.type === REPLY) return { ok: true, paths: readPathArrays(message.body, message.signature) };
      if (message.type === ERROR) return { ok: false, error: message.errorName };
    }
  } catch (error) {
    // A length in the message points beyond its end.
    if (error instanceof RangeError) throw new MachineError('EPROTO', 'the bus sent a message that is not understood', null);
    throw error;
  } finally {
    connection.close();
  }
}

const bus = 'org.freedesktop.DBus';

/** True for the errors of a name that nobody owns: one that the bus could start, and one that it does not know at all. */
export function hasNoOwner(error: string): boolean {
  return error === 'org.freedesktop.DBus.Error.NameHasNoOwner' || error === 'org.freedesktop.DBus.Error.ServiceUnknown';
}

/** The session bus's socket: as the environment says, else where systemd puts it, for cron and SSH have no such variable. */
export function sessionBusSockets(machine: Machine): string[] {
  const { env, uid } = machine.facts;
  const fromAddress = (env.DBUS_SESSION_BUS_ADDRESS ?? '').split(';').flatMap((one) => {
    const value = /^unix:(?:.*,)?(path|abstract)=([^,]+)/.exec(one);
    if (value === null) return [];
    const decoded = unescaped(value[2] ?? '');
    return [value[1] === 'abstract' ? `\0${decoded}` : decoded];
  });
  const usual = `${env.XDG_RUNTIME_DIR || `/run/user/${uid}`}/bus`;
  return [...new Set([...fromAddress, usual])];
}

/** How a child is told the socket. */
export function busAddress(socket: string): string {
  const escaped = (text: string) =>
    text.replace(/[^-0-9A-Za-z_/.*]/gu, (one) => Buffer.from(one).toString('hex').replace(/../g, '%$&'));
  return socket.startsWith('\0') ? `unix:abstract=${escaped(socket.slice(1))}` : `unix:path=${escaped(socket)}`;
}

/** As it stands when it is no proper escape. */
function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

// --- marshalling, always little-endian ---------------------------------------------------------------------------------------

class Outgoing {
  #bytes: number[] = [];

  get length(): number {
    return this.#bytes.length;
  }
  align(to: number): this {
    while (this.#bytes.length % to !== 0) this.#bytes.push(0);
    return this;
  }
  byte(value: number): this {
    this.#bytes.push(value);
    return this;
  }
  uint32(value: number): this {
    this.align(4);
    for (const shift of [0, 8, 16, 24]) this.#bytes.push((value >>> shift) & 0xff);
    return this;
  }
  string(value: string): this {
    const bytes = Buffer.from(value);
    this.uint32(bytes.length);
    this.#bytes.push(...bytes, 0);
    return this;
  }
  signature(value: string): this {
    this.#bytes.push(value.length, ...Buffer.from(value), 0);
    return this;
  }
  bytes(): Buffer {
    return Buffer.from(this.#bytes);
  }
}

function encode(wanted: MethodCall, serial: number): Buffer {
  const body = wanted.argument === null ? Buffer.alloc(0) : encodeMap(wanted.argument);
  const fields = new Outgoing();
  const field = (code: number, type: 'o' | 's' | 'g', value: string) => {
    fields.align(8).byte(code).signature(type);
    if (type === 'g') fields.signature(value);
    else fields.string(value);
  };
  field(1, 'o', wanted.path);
  field(2, 's', wanted.interface);
  field(3, 's', wanted.member);
  field(6, 's', wanted.destination);
  if (wanted.argument !== null) field(8, 'g', 'a{ss}');
  const head = new Outgoing()
    .byte(0x6c)
    .byte(1)
    .byte(NO_AUTO_START)
    .byte(1)
    .uint32(body.length)
    .uint32(serial)
    .uint32(fields.length);
  const padding = Buffer.alloc((8 - ((head.length + fields.length) % 8)) % 8);
  return Buffer.concat([head.bytes(), fields.bytes(), padding, body]);
}

function encodeMap(map: Readonly<Record<string, string>>): Buffer {
  const entries = new Outgoing();
  for (const [key, value] of Object.entries(map)) entries.align(8).string(key).string(value);
  // The array's length does not count the padding before its first element.
  return Buffer.concat([new Outgoing().uint32(entries.length).align(8).bytes(), entries.bytes()]);
}

interface Message {
  readonly type: number;
  readonly replyTo: number;
  readonly errorName: string;
  readonly signature: string;
  readonly body: Buffer;
}

class Incoming {
  readonly #connection: Connection;
  #bytes = Buffer.alloc(0);

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  async line(): Promise<string> {
    let end = this.#bytes.indexOf('\r\n');
    while (end === -1) {
      await this.#more();
      end = this.#bytes.indexOf('\r\n');
    }
    return this.#take(end + 2)
      .toString('latin1')
      .trimEnd();
  }

  async message(): Promise<Message> {
    while (this.#bytes.length < 16) await this.#more();
    const bodyLength = this.#bytes.readUInt32LE(4);
    const fieldsLength = this.#bytes.readUInt32LE(12);
    const headLength = Math.ceil((16 + fieldsLength) / 8) * 8;
    if (this.#bytes[0] !== 0x6c || headLength + bodyLength > MAX_MESSAGE)
      throw new MachineError('EPROTO', 'the bus sent a message that is not understood');
    while (this.#bytes.length < headLength + bodyLength) await this.#more();
    const head = this.#take(headLength);
    const body = this.#take(bodyLength);
    return { type: head[1] ?? 0, ...readFields(head.subarray(0, 16 + fieldsLength)), body };
  }

  #take(length: number): Buffer {
    const taken = this.#bytes.subarray(0, length);
    this.#bytes = this.#bytes.subarray(length);
    return taken;
  }

  async #more(): Promise<void> {
    const bytes = await this.#connection.receive();
    if (bytes === null) throw new MachineError('EPROTO', 'the bus closed the connection');
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
  }
}

/** The header fields that matter: error name (4), reply serial (5), signature (8). */
function readFields(head: Buffer): Pick<Message, 'replyTo' | 'errorName' | 'signature'> {
  const found = { replyTo: 0, errorName: '', signature: '' };
  for (let at = 16; at < head.length; ) {
    at = Math.ceil(at / 8) * 8;
    const code = head[at];
    const type = String.fromCharCode(head[at + 2] ?? 0);
    at += 4; // code, and a signature of one character: length, character, NUL
    if (type === 'u') {
      at = Math.ceil(at / 4) * 4;
      if (code === 5) found.replyTo = head.readUInt32LE(at);
      at += 4;
    } else if (type === 'g') {
      const length = head[at] ?? 0;
      if (code === 8) found.signature = head.toString('latin1', at + 1, at + 1 + length);
      at += length + 2;
    } else {
      at = Math.ceil(at / 4) * 4;
      const length = head.readUInt32LE(at);
      if (code === 4) found.errorName = head.toString('utf8', at + 4, at + 4 + length);
      at += 4 + length + 1;
    }
  }
  return found;
}

function readPathArrays(body: Buffer, signature: string): string[][] {
  const arrays: string[][] = [];
  let at = 0;
  for (const _array of signature.match(/ao/g) ?? []) {
    at = Math.ceil(at / 4) * 4;
    const end = at + 4 + body.readUInt32LE(at);
    const paths: string[] = [];
    for (at += 4; at < end; ) {
      at = Math.ceil(at / 4) * 4;
      const length = body.readUInt32LE(at);
      paths.push(body.toString('utf8', at + 4, at + 4 + length));
      at += 4 + length + 1;
    }
    arrays.push(paths);
  }
  return arrays;
}
