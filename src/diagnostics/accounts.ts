import type { CodeEntry } from './diagnostics.ts';

/** The accounts of CCS's pool, and what they may use. */
export const accountCodes = {
  CL7010: {
    severity: 'warning',
    summary: 'An account of the YAML is not in the pool.',
    explanation:
      'CCS has no token file for this e-mail. Only its owner can sign in, in a browser; everything else of the plan goes on without it. CCS wants the gateway to run for it, and the Claude CLI to be there, or any program in its place: CCS_CLAUDE_PATH=/bin/true.',
    fix: 'ccs cliproxy start, then ccs codex --auth --add',
  },
  CL7011: {
    severity: 'warning',
    summary: 'The YAML does not say which of several accounts it means.',
    explanation:
      'CCS keeps several accounts of one e-mail apart, e.g. of a person and of a team, by a variant: email#variant. It comes from the name of the token file.',
    fix: 'write one of the names that are listed as the email',
  },
  CL7012: {
    severity: 'warning',
    summary: 'A nickname is the name of another account already.',
    explanation: 'CCS takes no nickname that is the id or the nickname of another account, whatever the case.',
    fix: 'choose another nickname, or list the other account with a nickname of its own',
  },
  CL7013: {
    severity: 'warning',
    summary: "CCS's registry of accounts is damaged.",
    explanation:
      'accounts.json is no JSON. The accounts were found by their token files, as CCS finds them; nicknames and the default are lost. Its next command moves the damaged file aside and writes a new one.',
    fix: 'ccs cliproxy quota --provider codex makes CCS rebuild it now',
  },
  CL7014: {
    severity: 'info',
    summary: 'CCS holds an account by itself.',
    explanation:
      'CCS pauses an account whose quota is used up, or whose e-mail another provider uses at the moment, chooses another default meanwhile, and resumes the account by itself. That is not drift, and nothing is put back before the hold has ended.',
    fix: 'wait, or resume it yourself: ccs cliproxy resume EMAIL --provider codex',
  },
  CL7015: {
    severity: 'warning',
    summary: 'The pool has an account that the YAML does not list.',
    explanation: 'unlistedAccounts is report, so that accounts that somebody adds to the pool are noticed.',
    fix: 'list it under accounts, or set unlistedAccounts to keep or pause',
  },
  CL7016: {
    severity: 'error',
    summary: 'CCS did not do what it was told.',
    explanation:
      "After one of CCS's commands its files still say otherwise. Its exit code says little, so that the files are read back each time.",
    fix: 'ccs cliproxy quota --provider codex shows what CCS sees',
  },
  CL7017: {
    severity: 'warning',
    summary: 'The access of an account has expired and was not renewed.',
    explanation:
      'The gateway renews a token minutes before it expires. One that has been expired for more than an hour says that the gateway has not run since, or that the renewal fails because the sign-in was revoked.',
    fix: 'ccs cliproxy start; if it stays so, sign in again: ccs codex --auth --add',
  },
  CL7018: {
    severity: 'warning',
    summary: 'An account is switched off in the gateway.',
    explanation: 'Its token file says disabled: the gateway does not use it, although neither CCS nor the YAML call it paused.',
    fix: "switch it on in the gateway's management, or sign in again: ccs codex --auth --add",
  },
  CL7019: {
    severity: 'warning',
    summary: 'A token file cannot be used.',
    explanation:
      'It is not readable, or no JSON, or has no type. Neither CCS nor the gateway can work with the account that it was.',
    fix: 'sign in again: ccs codex --auth --add',
  },
  CL7020: {
    severity: 'warning',
    summary: 'A token file can be read by others.',
    explanation: 'It holds what is needed to use the account. Only its owner should be able to read it.',
    fix: 'chmod 600 FILE',
  },
  CL7021: {
    severity: 'warning',
    summary: 'No active account may use the model.',
    explanation:
      'The plan of every account in the rotation is known, and as far as is known here none of them has the model of provider.model. Requests would be refused by OpenAI.',
    fix: 'set provider.model to one of the models that are listed, or add an account with the plan',
  },
  CL7022: {
    severity: 'info',
    summary: 'The model is written in an unusual way.',
    explanation:
      'Known models, their efforts and the fast tier are a small table with a date, good for hints only. Nothing depends on it.',
    fix: 'check the spelling of provider.model',
  },
  CL7023: {
    severity: 'error',
    summary: "CCS's registry of accounts has a form that CCS cannot work with.",
    explanation: 'accounts.json is JSON, but not as CCS writes it, and every command of CCS about accounts would crash on it.',
    fix: 'move accounts.json aside; CCS makes it anew from the token files',
  },
  CL7024: {
    severity: 'info',
    summary: 'CCS is set to one account, whatever the default.',
    explanation:
      "quota_management.manual.forced_default in CCS's config.yaml names an account that CCS's own sessions use. While it is the default too, that is taken for a person's choice and kept.",
    fix: "remove forced_default from CCS's config.yaml",
  },
  CL7025: {
    severity: 'warning',
    summary: 'A paused token file is not in the registry.',
    explanation: 'CCS looks for paused accounts in its registry alone, so that neither CCS nor the gateway sees this one.',
    fix: 'move the file from auth-paused to auth',
  },
  CL7026: {
    severity: 'info',
    summary: 'unlistedAccounts has no effect without accounts.',
    explanation: "Without the list the pool's accounts are not managed, so that none is unlisted.",
    fix: 'list the accounts under accounts, or remove unlistedAccounts',
  },
} as const satisfies Record<string, CodeEntry>;
