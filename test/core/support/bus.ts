import type { Server } from '../../../src/machine/memory.ts';

/** Marshals D-Bus messages, little-endian: written for the tests from the specification, so that no mistake of ours hides itself. */
export class Wire {
  bytes: Buffer = Buffer.alloc(0);

  pad(to: number): this {
    const missing = (to - (this.bytes.length % to)) % to;
    return this.raw(Buffer.alloc(missing));
  }
  raw(more: Buffer): this {
    this.bytes = Buffer.concat([this.bytes, more]);
    return this;
  }
  u8(value: number): this {
    return this.raw(Buffer.from([value]));
  }
  u32(value: number): this {
    const word = Buffer.alloc(4);
    word.writeUInt32LE(value);
    return this.pad(4).raw(word);
  }
  text(value: string): this {
    return this.u32(Buffer.byteLength(value)).raw(Buffer.from(`${value}\0`));
  }
  type(value: string): this {
    return this.u8(value.length).raw(Buffer.from(`${value}\0`, 'latin1'));
  }
}

interface Header {
  readonly kind: 'return' | 'error' | 'signal';
  readonly replyTo?: number;
  readonly error?: string;
  readonly signature?: string;
  /** Filler in the header, which moves everything after it. */
  readonly sender?: string;
}

export function message(header: Header, body: Buffer = Buffer.alloc(0)): Buffer {
  const fields = new Wire();
  if (header.sender !== undefined) fields.pad(8).u8(7).type('s').text(header.sender);
  if (header.error !== undefined) fields.pad(8).u8(4).type('s').text(header.error);
  if (header.signature !== undefined) fields.pad(8).u8(8).type('g').type(header.signature);
  if (header.replyTo !== undefined) fields.pad(8).u8(5).type('u').u32(header.replyTo);
  const kind = { return: 2, error: 3, signal: 4 }[header.kind];
  const head = new Wire()
    .raw(Buffer.from([0x6c, kind, 1, 1]))
    .u32(body.length)
    .u32(77)
    .u32(fields.bytes.length);
  return head.raw(fields.bytes).pad(8).raw(body).bytes;
}

/** The body of an answer with arrays of object paths. */
export function pathArrays(...arrays: readonly (readonly string[])[]): Buffer {
  const body = new Wire();
  for (const array of arrays) {
    const start = body.u32(0).bytes.length;
    for (const path of array) body.text(path);
    body.bytes.writeUInt32LE(body.bytes.length - start, start - 4);
  }
  return body.bytes;
}

export interface Called {
  readonly member: string;
  readonly destination: string;
  readonly flags: number;
  readonly serial: number;
  /** The argument of type a{ss}; null for none. */
  readonly argument: Readonly<Record<string, string>> | null;
}

/** Reads the method calls that a client sent after its login. Throws when the bytes are not exactly whole messages. */
export function calls(sent: Uint8Array): Called[] {
  const all = Buffer.from(sent);
  const found: Called[] = [];
  for (let at = all.indexOf('BEGIN\r\n') + 7; at < all.length; ) {
    const bodyLength = all.readUInt32LE(at + 4);
    const fieldsLength = all.readUInt32LE(at + 12);
    const head = all.subarray(at, at + 16 + fieldsLength);
    const bodyAt = at + Math.ceil((16 + fieldsLength) / 8) * 8;
    if (bodyAt + bodyLength > all.length) throw new Error('a message is cut off');
    const field = (code: number) => fieldOf(head, code);
    const body = all.subarray(bodyAt, bodyAt + bodyLength);
    found.push({
      member: field(3),
      destination: field(6),
      flags: head[2] ?? 0,
      serial: head.readUInt32LE(8),
      argument: field(8) === 'a{ss}' ? mapOf(body) : null,
    });
    at = bodyAt + bodyLength;
  }
  return found;
}

function fieldOf(head: Buffer, wanted: number): string {
  for (let at = 16; at < head.length; ) {
    at = Math.ceil(at / 8) * 8;
    const code = head[at];
    const isSignature = head[at + 2] === 0x67;
    const from = isSignature ? at + 5 : at + 8;
    const length = isSignature ? (head[at + 4] ?? 0) : head.readUInt32LE(at + 4);
    if (head[from + length] !== 0) throw new Error('a text does not end in NUL');
    if (code === wanted) return head.toString('utf8', from, from + length);
    at = from + length + 1;
  }
  return '';
}

function mapOf(body: Buffer): Record<string, string> {
  const entries: [string, string][] = [];
  const end = 8 + body.readUInt32LE(0); // entries begin at a multiple of 8
  let at = 8;
  const text = () => {
    at = Math.ceil(at / 4) * 4;
    const length = body.readUInt32LE(at);
    if (body[at + 4 + length] !== 0) throw new Error('a text does not end in NUL');
    const value = body.toString('utf8', at + 4, at + 4 + length);
    at += 4 + length + 1;
    return value;
  };
  while (at < end) {
    at = Math.ceil(at / 8) * 8;
    const key = text();
    entries.push([key, text()]);
  }
  if (at !== end || end !== body.length) throw new Error('the map does not end where it says');
  return Object.fromEntries(entries); // a key may be __proto__
}

/** A bus for a memory machine: lets everybody in, says hello, and answers the second call. */
export function bus(respond: (called: Called) => Buffer, greeting = 'OK 0123456789abcdef0123456789abcdef\r\n'): Server {
  return (sent) => {
    if (!Buffer.from(sent).includes('BEGIN\r\n')) return Buffer.from(greeting);
    const [, called] = calls(sent);
    if (called === undefined) throw new Error('nothing was asked');
    const hello = message({ kind: 'return', replyTo: 1, signature: 's' }, new Wire().text(':1.5').bytes);
    const acquired = message({ kind: 'signal', signature: 's' }, new Wire().text(':1.5').bytes);
    return Buffer.concat([hello, acquired, respond(called)]);
  };
}
