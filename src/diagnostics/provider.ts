import type { CodeEntry } from './diagnostics.ts';

/** The provider: Codex's config.toml. */
export const providerCodes = {
  CL1001: {
    severity: 'error',
    summary: "Codex's config.toml is not valid TOML.",
    explanation:
      'Codex and the App refuse to start with such a file. codex-link never replaces a file that it cannot read, because what people wrote in it would be lost.',
    fix: 'mend the line that is named, then run codex-link plan',
  },
  CL1002: {
    severity: 'error',
    summary: 'config.toml holds something for which Codex refuses the whole file.',
    explanation:
      'Codex checks every provider table, also those that are not selected. One that breaks its rules takes the whole file with it.',
    fix: 'mend or remove the key that is named; codex-link changes only its own table',
  },
  CL1003: {
    severity: 'error',
    summary: 'Codex refuses the file that codex-link would write.',
    explanation:
      "Before config.toml is replaced, Codex's own parser reads the new text in a private folder. It refused, so the file was left alone.",
    fix: 'mend what Codex names; with a new version of Codex, look for a new version of codex-link',
  },
  CL1004: {
    severity: 'error',
    summary: 'config.toml cannot be edited without touching what is not ours.',
    explanation:
      'The editor changes single keys and reads the result back. Where a table would have to replace something else, or the result would mean something else, it refuses and the file stays.',
    fix: 'move the key that is named out of the way by hand, then run codex-link plan',
  },
  CL1005: {
    severity: 'info',
    summary: 'Codex App hides Plugins while this route is active.',
    explanation:
      'The App shows Plugins and the model picker only when it is signed in with ChatGPT. A helper or env_key alone makes it count as an API-key session.',
    fix: 'set provider.auth: dotenv and provider.keepChatgptFeatures: true to keep them',
  },
} as const satisfies Record<string, CodeEntry>;
