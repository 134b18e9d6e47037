import { crypto } from '../machine/builtins.ts';

/** The namespace of our identifiers: a UUID made once for codex-link, so that ours are nobody else's. */
const NAMESPACE = '6f1cbf3e-52a0-4c62-9d0b-6a4f0f3f8c11';

/**
 * A UUID that says nothing but its content: the same text gives the same one on every machine (version 5, RFC 9562, section 5.5).
 * In capitals, as Apple writes them.
 */
export function uuidOf(content: string): string {
  const namespace = Buffer.from(NAMESPACE.replaceAll('-', ''), 'hex');
  const bytes = crypto().createHash('sha1').update(namespace).update(content, 'utf8').digest().subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x50, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes
    .toString('hex')
    .toUpperCase()
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
