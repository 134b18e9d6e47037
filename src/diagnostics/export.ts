import type { CodeEntry } from './diagnostics.ts';

/** Settings for device management: `codex-link export`. */
export const exportCodes = {
  CL9040: {
    severity: 'info',
    summary: 'Managed settings stand above what the person has written.',
    explanation:
      'Codex reads the settings of device management last, so that they outweigh config.toml, profiles and flags of the command line for everybody on the Mac. codex-link use cannot move a selector that a profile sets, and says so (CL1006).',
    fix: 'to leave the choice to the person, roll out codex-link.yaml without a profile',
  },
  CL9041: {
    severity: 'error',
    summary: 'A secret would be in the profile.',
    explanation:
      'Everybody on the Mac can read a configuration profile, and device management keeps a copy of it. The key of the gateway belongs into the store of each person.',
    fix: 'take the value out of provider.settings; env_http_headers names a variable that holds it',
  },
  CL9042: {
    severity: 'error',
    summary: 'A value that is true on this machine only would be in the profile.',
    explanation:
      'The profile is the same for every person and every Mac, but a path in a home folder is not. Codex replaces no variables in its settings.',
    fix: 'write it without the path of your home folder; the helper may stand anywhere below ~',
  },
  CL9043: {
    severity: 'warning',
    summary: "The profile's table is merged with the person's own table of the same name.",
    explanation:
      'A managed configuration is laid over config.toml key by key, so that fields which the profile does not set stay. Where they do not go with those of the profile, such as env_key beside a helper, Codex refuses everything and does not start. Requirements replace the whole table instead.',
    fix: 'codex-link export --format mobileconfig --layer both, or have codex-link apply clean up each config.toml first',
  },
  CL9044: {
    severity: 'warning',
    summary: 'Codex cannot be required to use a model or a context window.',
    explanation:
      'Requirements know the selector and the tables of providers, not the model nor its context window (codex 0.169.0, read in its source and tried).',
    fix: 'export them as configuration: --layer both',
  },
  CL9045: {
    severity: 'warning',
    summary: 'The profile brings no key.',
    explanation:
      'It says where Codex sends requests and how it gets the key, not the key itself. On a Mac where codex-link apply has not run, the helper or the variable is missing and every request fails.',
    fix: 'run codex-link apply for the person first, then install the profile',
  },
} as const satisfies Record<string, CodeEntry>;
