// Property lists in XML (https://www.apple.com/DTDs/PropertyList-1.0.dtd), as strict as launchd is about its jobs: one wrong element and
// there is no job. Data, dates and real numbers are not needed and count as wrong.

const ENTITIES = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** The value, or an Error that says where it is no property list. */
export function parsePlist(text) {
  let at = 0;
  const fail = (why) => {
    throw new Error(`${why} at character ${at}`);
  };
  const skip = () => {
    const found = /^(?:\s+|<\?[\s\S]*?\?>|<!--[\s\S]*?-->|<!DOCTYPE[^>]*>)+/.exec(text.slice(at));
    at += found?.[0].length ?? 0;
  };
  const take = (token) => {
    skip();
    if (!text.startsWith(token, at)) fail(`no ${token}`);
    at += token.length;
  };
  const peek = (token) => {
    skip();
    return text.startsWith(token, at);
  };
  const content = (name) => {
    take(`<${name}>`);
    const end = text.indexOf(`</${name}>`, at);
    if (end < 0) fail(`no </${name}>`);
    const raw = text.slice(at, end);
    if (/<|&(?!(?:amp|lt|gt|quot|apos|#\d+|#x[0-9a-f]+);)/i.test(raw)) fail(`markup in <${name}>`);
    at = end + name.length + 3;
    return raw.replace(/&(#x?)?(\w+);/gi, (_all, number, word) =>
      number ? String.fromCodePoint(Number.parseInt(word, number === '#' ? 10 : 16)) : ENTITIES[word],
    );
  };
  const value = () => {
    if (peek('<string/>')) return take('<string/>') ?? '';
    if (peek('<true/>')) return take('<true/>') ?? true;
    if (peek('<false/>')) return take('<false/>') ?? false;
    if (peek('<string>')) return content('string');
    if (peek('<integer>')) {
      const digits = content('integer').trim();
      return /^[-+]?\d+$/.test(digits) ? Number(digits) : fail(`no integer: ${digits}`);
    }
    if (peek('<array/>')) return take('<array/>') ?? [];
    if (peek('<array>')) {
      take('<array>');
      const list = [];
      while (!peek('</array>')) list.push(value());
      take('</array>');
      return list;
    }
    if (peek('<dict/>')) return take('<dict/>') ?? {};
    take('<dict>');
    const dict = {};
    while (!peek('</dict>')) {
      const key = content('key');
      if (Object.hasOwn(dict, key)) fail(`the key ${key} twice`);
      dict[key] = value();
    }
    take('</dict>');
    return dict;
  };
  skip();
  const opening = /^<plist(?: version="1\.0")?>/.exec(text.slice(at));
  if (opening === null) fail('no <plist>');
  at += opening[0].length;
  const found = value();
  take('</plist>');
  skip();
  return at === text.length ? found : fail('something after </plist>');
}
