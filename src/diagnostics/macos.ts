import type { CodeEntry } from './diagnostics.ts';

/** The login keychain, the session's environment and the App on macOS. */
export const macosCodes = {
  CL3030: {
    severity: 'error',
    summary: 'A program of macOS is not where macOS has it.',
    explanation:
      'Programs of the OS are called by their absolute path, so that nothing else on PATH can stand in for them. With --os darwin on another system they are looked up on PATH, for tests.',
    fix: 'on a Mac, look into what was removed from /usr/bin or /bin',
  },
  CL3031: {
    severity: 'warning',
    summary: 'The login keychain is locked, and nobody can be asked from here.',
    explanation:
      'macOS opens the login keychain at the login to the desktop. Over ssh, from cron and in a session that has not logged in it stays locked, and asking for its password needs a dialog. An item may well be there all the same, so this is never taken for absent.',
    fix: 'codex-link apply, which does the rest by itself after the next login to the desktop; or security unlock-keychain first',
  },
  CL3032: {
    severity: 'warning',
    summary: 'macOS asked a person about the login keychain and got no yes.',
    explanation:
      'A dialog of macOS was cancelled, or nobody answered it in time. It comes when the keychain has locked itself, or when another program than /usr/bin/security has made the item.',
    fix: 'unlock the login keychain (open -a "Keychain Access"), then run the command again',
  },
  CL3033: {
    severity: 'error',
    summary: 'The item in the login keychain belongs to another program.',
    explanation:
      'Every item has a list of programs that may read it. The helper can only use /usr/bin/security, and for an item that a different program has made macOS would ask a person each time Codex needs the key.',
    fix: 'delete the item in Keychain Access, then run codex-link apply',
  },
  CL3034: {
    severity: 'error',
    summary: 'The login keychain did not do what it was told.',
    explanation:
      'The exit code of security(1) holds the last eight bits of an OSStatus (SecBase.h); the message says what it stands for.',
    fix: 'look at the login keychain with Keychain Access, or set secret.store: file',
  },
  CL3035: {
    severity: 'error',
    summary: 'There is no usable login keychain.',
    explanation:
      'Users that have never logged in to the desktop, such as accounts for builds, have none. Damaged ones are the same to programs.',
    fix: 'log in to the desktop once, or set secret.store: file',
  },
  CL3036: {
    severity: 'error',
    summary: 'The item cannot be written in one line.',
    explanation:
      'The value goes to security(1) in a line on its standard input, never in an argument. Lines longer than 4,095 bytes would be cut, and the rest taken for another command.',
    fix: 'choose a shorter secret.service, secret.account or token, without control characters',
  },
  CL3037: {
    severity: 'info',
    summary: 'The login keychain has the same item for another account.',
    explanation:
      'Scripts that ask for the service alone get the first item that fits, which may be the other one. The helper of codex-link always names the account.',
    fix: 'delete the one that nothing uses',
  },
  CL3038: {
    severity: 'error',
    summary: 'launchd does not take the LaunchAgent.',
    explanation:
      'With provider.auth: env a LaunchAgent reads the key from the login keychain at every login and gives it to the session. launchd refused it, or it ran and the session still does not have the variable.',
    fix: 'launchctl print gui/$(id -u)/codex-link.environment, or set provider.auth: helper or dotenv',
  },
  CL3039: {
    severity: 'warning',
    summary: "The session's variables can only be set from the desktop.",
    explanation:
      'launchd keeps variables for each kind of session. What is set over ssh no app ever sees, so codex-link leaves it to the desktop session.',
    fix: 'codex-link apply, which does the rest by itself after the next login to the desktop; or run it in a terminal there',
  },
  CL3040: {
    severity: 'warning',
    summary: 'The rest of the apply could not be arranged for the next login.',
    explanation:
      'What can only be done in the desktop session is left to a LaunchAgent that runs codex-link apply once, at the next login. Its files could not be written.',
    fix: 'run codex-link apply in a terminal on the desktop',
  },
  CL3041: {
    severity: 'info',
    summary: 'The rest of the apply is arranged for the next login.',
    explanation:
      'A LaunchAgent runs codex-link apply once when you log in to the desktop, and removes itself. How it ended stands in finish.json beside the state. Any apply that leaves nothing open, and destroy, take it back.',
    fix: 'nothing; or run codex-link apply in a terminal on the desktop',
  },
  CL6010: {
    severity: 'warning',
    summary: 'macOS does not let this terminal ask Codex App to quit.',
    explanation:
      'Asking another app for something needs the permission Automation of the app that codex-link was started from. macOS asks once; after a no it refuses silently (error -1743).',
    fix: 'allow it in System Settings, Privacy & Security, Automation; or quit Codex App and open it again yourself',
  },
  CL6011: {
    severity: 'warning',
    summary: 'Codex App can only be restarted from the desktop.',
    explanation:
      'Over ssh and in background sessions no app can be asked to quit or be opened. Until it restarts it keeps the old route.',
    fix: 'quit Codex App and open it again at the Mac',
  },
} as const satisfies Record<string, CodeEntry>;
