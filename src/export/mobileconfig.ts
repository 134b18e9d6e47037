import type { ManagedSettings } from './managed-settings.ts';
import { uuidOf } from './uuid.ts';

/** The preference domain of Codex. Source: openai/codex, codex-rs/config/src/loader/macos.rs. */
const DOMAIN = 'com.openai.codex';
/** A profile of the same identifier replaces the one before. */
const IDENTIFIER = 'codex-link.managed-settings';

/**
 * A configuration profile for macOS with the settings as preferences of Codex, for the whole Mac. The same settings give the same
 * bytes, whenever and wherever they are exported. Shape: Apple's "Configuration Profile Reference", a payload whose type is the domain.
 *
 * @param route what people call the provider, shown in the list of profiles
 */
export function mobileconfig({ config, requirements }: ManagedSettings, route: string): string {
  const values = [
    ...(config === null ? [] : [['config_toml_base64', base64(config)] as const]),
    ...(requirements === null ? [] : [['requirements_toml_base64', base64(requirements)] as const]),
  ];
  const payload = [
    ...values,
    ['PayloadDisplayName', 'Codex'],
    ['PayloadIdentifier', `${IDENTIFIER}.${DOMAIN}`],
    ['PayloadType', DOMAIN],
    ['PayloadUUID', uuidOf(`payload\n${values.map((pair) => pair.join('=')).join('\n')}`)],
  ] as const;
  const profile = [
    ['PayloadDescription', 'Where Codex sends its requests. Made by codex-link export; it holds no key.'],
    ['PayloadDisplayName', `Codex: ${route}`],
    ['PayloadIdentifier', IDENTIFIER],
    ['PayloadScope', 'System'],
    ['PayloadType', 'Configuration'],
    ['PayloadUUID', uuidOf(`profile\n${payload.map((pair) => pair.join('=')).join('\n')}`)],
  ] as const;
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>PayloadContent</key>
  <array>
    <dict>
${entries(payload, '      ')}
    </dict>
  </array>
${entries(profile, '  ')}
</dict>
</plist>
`;
}

function entries(pairs: readonly (readonly [string, string])[], indent: string): string {
  const version = `${indent}<key>PayloadVersion</key>\n${indent}<integer>1</integer>`;
  const texts = pairs.map(([key, value]) => `${indent}<key>${escaped(key)}</key>\n${indent}<string>${escaped(value)}</string>`);
  return [...texts, version].join('\n');
}

function base64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}

/** Characters that XML has no way to write are left out. */
function escaped(text: string): string {
  const writable = text.replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '');
  return writable.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
