import type { CodeEntry, Finding } from './diagnostics.ts';

const UNPROVEN: readonly string[] = ['CL5003', 'CL5006', 'CL5008'];

/** True for a finding that an apply goes on after, though it leaves open whether the route works: no network, no login, no gateway. */
export function leavesUnproven({ code, severity }: Finding): boolean {
  return severity === 'warning' && UNPROVEN.includes(code);
}

/** The route end to end, as `verify` and every apply check it. */
export const verificationCodes = {
  CL5001: {
    severity: 'error',
    summary: 'The helper does not give Codex the token.',
    explanation:
      'The helper was run as Codex runs it when the App is started from a dock: with next to no environment, no input and its time limit. When it prints nothing, Codex sends requests without any key, and the gateway answers 401.',
    fix: 'codex-link apply',
  },
  CL5002: {
    severity: 'error',
    summary: 'Codex does not use our provider.',
    explanation:
      'The file names it, but something that Codex puts above the file says otherwise: managed_config.toml, requirements.toml, a profile, or a policy of the organisation.',
    fix: 'look into managed_config.toml and requirements.toml in /etc/codex, on Windows in %ProgramData%\\OpenAI\\Codex, or ask whoever manages the machine',
  },
  CL5003: {
    severity: 'error',
    summary: 'codex doctor reports a problem.',
    explanation: 'Every warning and failure of codex doctor counts, but for the ids under verify.allowWarnings.',
    fix: 'codex doctor --network-only',
  },
  CL5004: {
    severity: 'error',
    summary: 'Codex refuses config.toml.',
    explanation: "Codex's own parser does not take the file, so neither Codex nor the App would start.",
    fix: 'codex-link plan',
  },
  CL5005: {
    severity: 'error',
    summary: 'A real request through the route failed.',
    explanation:
      'verify --live sends one short request with the model that is configured. The gateway took the key but gave no answer: no account may be usable, or the model is not known.',
    fix: 'ccs cliproxy quota --provider codex',
  },
  CL5006: {
    severity: 'warning',
    summary: 'There is no ChatGPT login to fall back on.',
    explanation: "OpenAI's own route needs Codex to be signed in with ChatGPT. Without a login, Codex and the App ask for one.",
    fix: 'codex login',
  },
  CL5007: {
    severity: 'error',
    summary: 'The token does not reach Codex through its environment.',
    explanation:
      'With provider.auth dotenv or env Codex takes the token from a variable. The place that codex-link writes it to does not hold the token of the store.',
    fix: 'codex-link apply',
  },
  CL5008: {
    severity: 'warning',
    summary: 'A part of the route was not looked at.',
    explanation:
      'A check was skipped, for the reason that is given: the gateway does not answer and gateway.ensure is ignore, or codex is not installed. While it is the gateway, the route is not proven.',
    fix: 'codex-link verify, when it is there',
  },
} as const satisfies Record<string, CodeEntry>;
