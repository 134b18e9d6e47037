// Puts the shared lines of integrations/macos/session.sh into every kit script, and Munki's scripts into its pkginfo. Device management
// takes single files, so that each has to hold all of it. With --check nothing is written, and what differs is named (exit code 1).
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const folder = join(dirname(dirname(fileURLToPath(import.meta.url))), 'integrations');
const read = (name) => readFileSync(join(folder, name), 'utf8');

/** The scripts that run codex-link. */
export const SCRIPTS = [
  'jamf/policy.sh',
  'jamf/extension-attribute.sh',
  'munki/installcheck.sh',
  'munki/postinstall.sh',
  'munki/uninstall.sh',
  'fleet/remediate.sh',
];

const PKGINFO = 'munki/codex-link.pkginfo';
const BLOCK = /# >>> session\b[^\n]*\n[\s\S]*?# <<< session\n/;
const BEGIN = '# >>> session: the same in every kit, from integrations/macos/session.sh by scripts/kits.mjs';

/** Every file with the text that it should have. */
function kits() {
  const block = `${BEGIN}\n${read('macos/session.sh')}# <<< session\n`;
  const scripts = SCRIPTS.map((name) => {
    const text = read(name);
    if (!BLOCK.test(text)) throw new Error(`${name} has no place for the shared lines`);
    return [name, text.replace(BLOCK, () => block)];
  });
  return [...scripts, [PKGINFO, pkginfo(Object.fromEntries(scripts))]];
}

function pkginfo(scripts) {
  const texts = {
    description: 'Links Codex App to the shared pool as codex-link.yaml states it, for the person who is logged in.',
    display_name: 'Codex through the gateway',
    installcheck_script: scripts['munki/installcheck.sh'],
    installer_type: 'nopkg',
    minimum_os_version: '12.0',
    name: 'codex-link-settings',
    postinstall_script: scripts['munki/postinstall.sh'],
    uninstall_method: 'uninstall_script',
    uninstall_script: scripts['munki/uninstall.sh'],
    uninstallcheck_script: read('munki/uninstallcheck.sh'),
    version: '1.0',
  };
  const yes = ['unattended_install', 'unattended_uninstall', 'uninstallable'];
  const entries = [
    ['autoremove', '<false/>'],
    ['catalogs', '<array>\n    <string>testing</string>\n  </array>'],
    ...yes.map((key) => [key, '<true/>']),
    ...Object.entries(texts).map(([key, value]) => [key, `<string>${escaped(value)}</string>`]),
  ];
  const lines = entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => `  <key>${key}</key>\n  ${value}\n`);
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
${lines.join('')}</dict>
</plist>
`;
}

function escaped(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** The names of the files that are not as they should be; writes them unless `check`. */
export function bringUpToDate({ check }) {
  const stale = kits().filter(([name, text]) => {
    try {
      return read(name) !== text;
    } catch {
      return true;
    }
  });
  if (!check) for (const [name, text] of stale) writeFileSync(join(folder, name), text);
  return stale.map(([name]) => name);
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const check = process.argv.includes('--check');
  const stale = bringUpToDate({ check });
  for (const name of stale) console.log(`${check ? 'stale' : 'written'}: integrations/${name}`);
  process.exitCode = check && stale.length > 0 ? 1 : 0;
}
