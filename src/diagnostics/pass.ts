import type { CodeEntry } from './diagnostics.ts';

/** The password store of `pass`, for `secret.store: pass`. */
export const passCodes = {
  CL3070: {
    severity: 'error',
    summary: 'The programs of the password store are not installed.',
    explanation:
      'With secret.store: pass the key is kept by pass, which encrypts with gpg. Both are looked for where package managers put programs, and then on PATH.',
    fix: 'sudo apt-get install pass, or brew install pass',
  },
  CL3071: {
    severity: 'error',
    summary: 'The password store has not been set up.',
    explanation:
      'pass encrypts for the keys that .gpg-id names, in the store or in a folder of it. The store is $PASSWORD_STORE_DIR, or ~/.password-store; cron and desktop launches may not have that variable.',
    fix: 'pass init GPG-ID, with the id of a key of yours (gpg --list-secret-keys)',
  },
  CL3072: {
    severity: 'warning',
    summary: 'The password store is locked.',
    explanation:
      'The gpg key has a passphrase that gpg-agent does not remember at the moment. codex-link does not ask for it, and neither can the helper when Codex runs it: a key without a passphrase, or a long default-cache-ttl of gpg-agent, suits a helper better. A locked item is never taken for absent.',
    fix: 'pass show the item in a terminal, then run the command again',
  },
  CL3073: {
    severity: 'error',
    summary: 'The password store did not do what it was told.',
    explanation:
      'Every write is read back. What came back was not what was written, or pass or gpg failed; the message has their words.',
    fix: 'try pass insert and pass show by hand, or set secret.store: file',
  },
  CL3074: {
    severity: 'error',
    summary: 'The item of the password store is encrypted for somebody else.',
    explanation:
      'A password store is often shared between machines and people. This machine has no secret key for the item, so neither codex-link nor the helper can read it.',
    fix: 'import the secret key into gpg, or let pass init encrypt the store for a key that is here',
  },
} as const satisfies Record<string, CodeEntry>;
