import type { CodeEntry } from './diagnostics.ts';

/** What only Windows has. */
export const windowsCodes = {
  CL3050: {
    severity: 'warning',
    summary: 'The Credential Manager cannot be reached.',
    explanation:
      'codex-link reaches it through a native module, the build of @napi-rs/keyring for this Windows, which npm installs with it as an optional dependency. An installation with --omit=optional, or on a processor other than x64 and arm64, lacks it.',
    fix: 'npm install -g codex-link --include=optional, or set secret.store: file',
  },
  CL3051: {
    severity: 'error',
    summary: 'The Credential Manager did not do what it was told.',
    explanation:
      'Every write is read back. The Credential Manager failed, or what came back was not what was written. One item holds 1,280 characters.',
    fix: 'look for the item in Control Panel, Credential Manager, Windows Credentials, or set secret.store: file',
  },
  CL3052: {
    severity: 'error',
    summary: "The user's variables in the registry cannot be read.",
    explanation:
      'provider.auth: env keeps the key in HKCU\\Environment, which reg.exe reads. A policy may forbid reg.exe (DisableRegistryTools).',
    fix: 'reg query HKCU\\Environment, or set provider.auth: dotenv',
  },
  CL3053: {
    severity: 'error',
    summary: 'The registry did not take the variable.',
    explanation:
      'Exit codes of reg.exe prove little, so HKCU\\Environment is read back after every change. It did not hold what was written.',
    fix: 'set provider.auth: dotenv, which needs no registry',
  },
  CL3054: {
    severity: 'warning',
    summary: 'Others can read a file that holds the key.',
    explanation:
      'Files in the profile can be read by you, the system and administrators. A CODEX_HOME elsewhere mostly lets every user of the machine read.',
    fix: 'move CODEX_HOME into your profile, or take the inheritance of the access list away',
  },
  CL3055: {
    severity: 'info',
    summary: 'Who may read the file with the key is not known.',
    explanation:
      'On Windows the access list says it, and icacls.exe did not show it. Files in the profile are private by default.',
    fix: 'icacls the file yourself',
  },
  CL3056: {
    severity: 'error',
    summary: 'The helper has a name that Windows cannot start.',
    explanation: 'There the helper is a script of PowerShell, and powershell.exe -File takes only files that end with .ps1.',
    fix: 'let helper.path end with .ps1, or leave it out',
  },
  CL6020: {
    severity: 'error',
    summary: 'It cannot be found out whether Codex App is running.',
    explanation:
      'The package OpenAI.Codex is there, and the programs that list processes, tasklist.exe and PowerShell, did not answer. Their exit codes are 0 all the same.',
    fix: 'close Codex App and run the command again with --exclude app',
  },
} as const satisfies Record<string, CodeEntry>;
