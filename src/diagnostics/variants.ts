import type { CodeEntry } from './diagnostics.ts';

/** CCS's variants, and the other runtimes that use the pool. */
export const variantCodes = {
  CL7040: {
    severity: 'warning',
    summary: 'Variants cannot be made, because CCS is not installed.',
    explanation: 'A variant under variants is a profile of CCS, made with ccs cliproxy create. The program ccs was not found.',
    fix: 'ccs: { ensure: present } in codex-link.yaml, or npm install -g @kaitranntt/ccs',
  },
  CL7041: {
    severity: 'error',
    summary: 'The name of the variant belongs to something else in CCS.',
    explanation:
      'CCS has a variant of another provider, or another profile, with this name. codex-link changes only variants of the provider codex.',
    fix: 'choose another name under variants, or remove the other profile in CCS',
  },
  CL7042: {
    severity: 'error',
    summary: 'CCS does not allow the name of the variant.',
    explanation:
      'CCS allows 32 letters, digits, dots, dashes and underscores after a letter, and keeps the names of its providers and commands.',
    fix: 'choose another name under variants',
  },
  CL7043: {
    severity: 'warning',
    summary: 'A variant needs an account in the pool, and there is none.',
    explanation:
      'Without an account of the provider codex, ccs cliproxy create would start a login in the browser instead of making the variant.',
    fix: 'ccs codex --auth --add, then codex-link apply',
  },
  CL7044: {
    severity: 'warning',
    summary: "Other users can read a file with the gateway's key.",
    explanation:
      'CCS writes the key in clear into the settings of a variant and makes the file readable for everybody. With the key that every CCS has there is nothing to hide; with one of your own there is. CCS makes it so again when it edits the variant.',
    fix: 'chmod 600 ~/.ccs/*.settings.json',
  },
  CL7045: {
    severity: 'error',
    summary: 'CCS did not make the variant as it was told.',
    explanation:
      'After ccs cliproxy create the files were read back, and the variant was not there or had another model. CCS replaces names of retired models.',
    fix: 'ccs cliproxy create NAME --provider codex --model MODEL, and read what it prints',
  },
  CL7046: {
    severity: 'error',
    summary: 'A settings file of CCS is not JSON.',
    explanation: 'The file says which gateway, key and models a profile of CCS uses. It is not changed while it cannot be read.',
    fix: 'mend the file, or make the variant anew: ccs cliproxy remove NAME --yes, then codex-link apply',
  },
  CL7047: {
    severity: 'warning',
    summary: 'The settings file of a variant is missing.',
    explanation:
      "CCS's config.yaml has the variant, and the file that it names for the gateway, key and models is not there. CCS would use its own defaults.",
    fix: 'ccs cliproxy remove NAME --yes, then codex-link apply',
  },
  CL7050: {
    severity: 'warning',
    summary: 'Another runtime does not use this gateway.',
    explanation:
      'Claude Code, Droid and Codex can all be started by CCS on the same pool. What this one is set to is neither gateway.url nor a gateway that CCS starts for it.',
    fix: 'set it to the gateway again: ccs cliproxy edit NAME, or remove it and create it anew',
  },
  CL7051: {
    severity: 'warning',
    summary: 'Another runtime calls a base path that the gateway does not have.',
    explanation:
      'CCS 7 sets Claude Code, Droid, ccsx and ccsxp to /api/provider/codex, which is gone from CLIProxyAPI 7.2.0 on, so that each of their requests ends in 404. Codex itself is not concerned: its route is /v1.',
    fix: 'npm install -g @kaitranntt/ccs@latest (8.7.0 or newer knows the new path), or a CLIProxyAPI before 7.2.0',
  },
  CL7052: {
    severity: 'warning',
    summary: 'Another runtime has a key that the gateway does not take.',
    explanation:
      'Its settings hold a copy of the key from the time when they were written. The key of the gateway has been changed since.',
    fix: 'make the variant anew: ccs cliproxy remove NAME --yes, then codex-link apply',
  },
  CL7053: {
    severity: 'warning',
    summary: 'Another runtime asks for a model that the gateway does not offer.',
    explanation:
      'The model was compared with the list of the running gateway, without its suffixes for effort and speed. The list depends on the accounts of the pool and their plans.',
    fix: 'change the model under variants, or see what there is: ccs cliproxy catalog',
  },
} as const satisfies Record<string, CodeEntry>;
