import { fileStore, tokenFile } from '../file-store.ts';
import type { HelperItem, SecretStore } from '../platform.ts';
import { powershellWord } from './powershell.ts';

/** A file of the user's profile, which Windows lets only the user, the system and administrators read. */
export const windowsFileStore: SecretStore = {
  ...fileStore,
  name: 'a file of your profile',

  lookup(item: HelperItem): string {
    const full = tokenFile(item.configHome, item);
    const home = item.portableHome;
    const word =
      home !== null && full.startsWith(home) ? `$HOME + ${powershellWord(full.slice(home.length))}` : powershellWord(full);
    return `$file = ${word}
if (-not [IO.File]::Exists($file)) { Fail ('there is no token in ' + $file + ': run codex-link apply') }
$token = [IO.File]::ReadAllText($file).TrimEnd([char] 10)`;
  },
};
