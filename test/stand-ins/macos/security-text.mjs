// What `security` prints about an item: print_keychain_item_attributes and print_buffer of SecurityTool/macOS/keychain_utilities.c. The
// attributes of a generic password and their order are those of a Mac's output, not of the source.

/** @param {Buffer} bytes */
export function bufferText(bytes) {
  const plain = (byte) => byte >= 0x20 && byte <= 0x7e && byte !== 0x5c;
  const hex = !bytes.every(plain);
  const ascii = bytes.some(plain);
  const escaped = [...bytes].map((byte) => (plain(byte) ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, '0')}`));
  const quoted = ascii ? `"${escaped.join('')}"` : '';
  return hex ? `0x${bytes.toString('hex').toUpperCase()} ${ascii ? ' ' : ''}${quoted}` : quoted;
}

const date = (iso) => Buffer.from(`${iso.replace(/[-:T]/g, '').slice(0, 14)}Z\0`);
const text = (value) => (value === undefined ? null : Buffer.from(value));

export function attributesText(item, keychain) {
  const rows = [
    ['0x00000007 ', 'blob', text(item.label)],
    ['0x00000008 ', 'blob', null],
    ['"acct"', 'blob', text(item.account)],
    ['"cdat"', 'timedate', date(item.created)],
    ['"crtr"', 'uint32', text(item.creator)],
    ['"cusi"', 'sint32', null],
    ['"desc"', 'blob', text(item.kind)],
    ['"gena"', 'blob', text(item.generic)],
    ['"icmt"', 'blob', text(item.comment)],
    ['"invi"', 'sint32', null],
    ['"mdat"', 'timedate', date(item.modified)],
    ['"nega"', 'sint32', null],
    ['"prot"', 'blob', null],
    ['"scrp"', 'sint32', null],
    ['"svce"', 'blob', text(item.service)],
    ['"type"', 'uint32', text(item.type)],
  ];
  const lines = rows.map(([tag, format, value]) => `    ${tag}<${format}>=${value === null ? '<NULL>' : bufferText(value)}\n`);
  return `keychain: ${bufferText(Buffer.from(keychain))}\nversion: 512\nclass: "genp"\nattributes:\n${lines.join('')}`;
}
