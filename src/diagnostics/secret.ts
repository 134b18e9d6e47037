import type { CodeEntry } from './diagnostics.ts';

/** The secret, the helper that hands it to Codex, and the environment variants of the same. */
export const secretCodes = {
  CL3001: {
    severity: 'error',
    summary: "The Secret Service's program is not installed.",
    explanation:
      'On Linux the keyring is reached through secret-tool, which also the helper uses. Without it codex-link can keep the token in a file that only you can read.',
    fix: 'sudo apt-get install libsecret-tools, or set secret.store: file',
  },
  CL3002: {
    severity: 'warning',
    summary: 'There is no Secret Service to ask.',
    explanation:
      'The keyring answers on the session bus. In cron, over SSH or on a server there may be no bus or no keyring; an item may well be there all the same, so this is never taken for absent.',
    fix: 'log in to the desktop session, or set secret.store: file',
  },
  CL3003: {
    severity: 'warning',
    summary: 'The keyring is locked.',
    explanation:
      'A locked keyring shows neither its items nor that they are missing, and asking for one opens a dialog. codex-link does not ask; Codex would wait in vain as well.',
    fix: 'unlock the keyring by logging in to the desktop, then run the command again',
  },
  CL3004: {
    severity: 'error',
    summary: 'The store did not do what it was told.',
    explanation:
      'Exit codes of keyring programs prove little, so every write is read back. What came back was not what was written, or the program failed.',
    fix: 'try it by hand (secret-tool store on Linux, Keychain Access on macOS) to see what the store says, or set secret.store: file',
  },
  CL3005: {
    severity: 'error',
    summary: 'The token cannot be used as one.',
    explanation:
      'Codex trims what the helper prints and silently sends no key at all when it is no legal header value. So a token is one line of printable ASCII without spaces, at most 1,280 characters.',
    fix: 'mend the source of the token (secret.source)',
  },
  CL3006: {
    severity: 'warning',
    summary: 'There is no token yet, and its source gives none.',
    explanation:
      'The store is empty and the source that the YAML names has nothing: an unset variable, a missing file, a failing command, or a question that nobody is there to answer.',
    fix: 'provide the source, then run codex-link apply',
  },
  CL3007: {
    severity: 'info',
    summary: 'The source of the token cannot be read here.',
    explanation:
      'The store holds a token, which is kept. Cron and SSH often lack the variable or program that an interactive apply had.',
    fix: 'nothing, unless the token should change',
  },
  CL3008: {
    severity: 'error',
    summary: "CCS's config.yaml cannot be understood.",
    explanation: 'With secret.source: ccs the key is read from the configuration of CCS (cliproxy.auth.api_key).',
    fix: 'ccs doctor',
  },
  CL3009: {
    severity: 'error',
    summary: 'A folder above the helper can be changed by others.',
    explanation:
      'Codex runs the helper and trusts what it prints. Whoever can write to its folder, or to one above it, can put another program in its place.',
    fix: 'chmod go-w on the folder that is named',
  },
  CL3010: {
    severity: 'error',
    summary: 'The helper stands in the way.',
    explanation: 'At the path of the helper stands something that is not a regular file of yours; it is not replaced.',
    fix: 'move it away, or choose another helper.path',
  },
  CL3011: {
    severity: 'error',
    summary: 'The .env file of Codex cannot be edited safely.',
    explanation:
      'The file is read by Codex at every start and may hold the secrets of other programs, so it is changed only when it is fully understood.',
    fix: 'mend the line that is named',
  },
  CL3012: {
    severity: 'error',
    summary: 'This store is not supported by this version.',
    explanation:
      'Each OS has a store of its own: the login keychain on macOS, the Secret Service on Linux, the Credential Manager on Windows. The password store of pass works on macOS and Linux, and a file that only the user can read everywhere.',
    fix: 'set secret.store to auto or file',
  },
  CL3013: {
    severity: 'info',
    summary: 'The token is kept in a file, not in a keyring.',
    explanation:
      'store: auto found no keyring of the OS that answers and fell back to a file that only you can read. Everything that runs as you can read it, too.',
    fix: 'set secret.store: file to confirm it, or name the store of this OS to insist on it',
  },
  CL3014: {
    severity: 'warning',
    summary: 'Others can write to the folder of the token.',
    explanation:
      'Nobody else can read the token, whose file is private by itself, but whoever can write to its folder can put another one in its place. codex-link makes the folder with mode 700 and leaves the mode of one that was there as it is: it may hold your dotfiles.',
    fix: 'chmod go-w on the folder that is named',
  },
} as const satisfies Record<string, CodeEntry>;
