import type { Kind } from './resource.ts';

interface AddressEntry {
  readonly summary: string;
  readonly readFrom: string;
  readonly convergedBy: string;
  /** What in codex-link.yaml manages it; null where a command does. */
  readonly managedBy: string | null;
}

/** What each kind of resource of this version is, for `explain`, for `--target`, and for the documentation. */
export const ADDRESSES = {
  ccs: {
    summary: 'the CCS program, which manages the pool and runs the gateway',
    readFrom: 'the program ccs, the package.json beside it, and its folder; it is not run',
    convergedBy: 'npm install -g @kaitranntt/ccs, with ccs: { ensure: present } only; never updated or removed',
    managedBy: 'ccs: { ensure: present }',
  },
  variants: {
    summary: 'a variant of CCS, for Claude Code and Droid: a name for ccs NAME, and its model',
    readFrom: "CCS's config.yaml, and the models in the settings file that it names",
    convergedBy:
      "ccs cliproxy create when it is missing; another model by an edit of the settings file, as CCS's own editor does it",
    managedBy: 'variants',
  },
  accounts: {
    summary: "an account of CCS's pool, accounts/EMAIL: its nickname, whether it is the default, whether it is paused",
    readFrom: "CCS's accounts.json and the token folders beside it, as CCS itself puts them together; no secrets are kept",
    convergedBy: "ccs cliproxy default, pause and resume, and an edit of accounts.json under CCS's own lock; signing in is yours",
    managedBy: 'accounts',
  },
  secret: {
    summary: "the gateway's key in the store of the OS",
    readFrom:
      'the Secret Service over D-Bus, metadata first, then secret-tool; or the token file, its mode included; or pass show',
    convergedBy:
      'secret-tool store with the value on standard input, read back afterwards; or an atomic write with mode 0600; or pass insert',
    managedBy: 'secret',
  },
  helper: {
    summary: 'the script that hands the key to Codex',
    readFrom: 'the file: bytes, mode, and whether others can write to a folder above it',
    convergedBy: 'an atomic write with mode 0700',
    managedBy: 'provider.auth: helper',
  },
  dotenv: {
    summary: "the key in Codex's .env file (provider.auth: dotenv)",
    readFrom: '$CODEX_HOME/.env',
    convergedBy: 'an edit of one line, mode 0600',
    managedBy: 'provider.auth: dotenv',
  },
  environment: {
    summary: 'the key in the environment of the login session (provider.auth: env)',
    readFrom: '~/.config/environment.d/60-codex-link.conf',
    convergedBy: 'an edit of one line, mode 0600; in force after the next login',
    managedBy: 'provider.auth: env',
  },
  routing: {
    summary: 'how requests are spread over the accounts: strategy and session affinity, as saved and as in force',
    readFrom: "config.yaml of CCS, the gateway's own config file, and whether the running gateway has read that",
    convergedBy: 'ccs cliproxy routing, read back from both files; at most one call of the management interface in a run',
    managedBy: 'routing',
  },
  gateway: {
    summary: 'CLIProxyAPI on its port: that it runs, is itself, takes the key, serves the base path, and who can reach it',
    readFrom: 'a connection, GET / for its identity, GET /v1/models without and with the key; the files of CCS',
    convergedBy: 'ccs cliproxy start, where CCS manages it; exposure: loopback by its config file and a restart',
    managedBy: 'gateway',
  },
  'gateway-key': {
    summary: "the gateway's key, while rotate replaces it: /new beside the old one, /old withdrawn",
    readFrom: "api-keys in the gateway's config, CCS's config.yaml, and the settings that CCS wrote for Claude Code",
    convergedBy: 'edits of these files, and a question to the gateway whether it takes and refuses the keys',
    managedBy: null,
  },
  provider: {
    summary: "our table, the selector, the model and the context window in Codex's config.toml",
    readFrom: '$CODEX_HOME/config.toml (default ~/.codex)',
    convergedBy: "an edit that keeps every other byte, judged by Codex's own parser before the file is replaced",
    managedBy: 'provider',
  },
  schedule: {
    summary: 'what runs codex-link drift, as drift.schedule says',
    readFrom: 'the units of the systemd user timer, the marked block of the crontab, the LaunchAgent, or the scheduled task',
    convergedBy: 'systemctl --user, crontab, launchctl or schtasks, each read back; nothing of other people is touched',
    managedBy: 'drift.schedule',
  },
  verification: {
    summary: 'the route itself, end to end',
    readFrom: 'nothing: it is an action that runs after a change',
    convergedBy: 'the checks of codex-link verify; a failure puts everything back',
    managedBy: 'verify',
  },
  app: {
    summary: 'the desktop App',
    readFrom: 'the package chatgpt and its processes',
    convergedBy: 'asking it to quit, waiting, and opening it again; only if it was running',
    managedBy: 'app',
  },
} as const satisfies Record<Kind, AddressEntry>;
