export type FlagName = keyof typeof FLAGS;

interface Flag {
  readonly type: 'boolean' | 'string';
  readonly multiple?: true;
  readonly short?: string;
  /** Name of the value, for help. */
  readonly value?: string;
  readonly summary: string;
}

/**
 * The flags of every command, which is what makes them common: a script gives one set of flags to all of them. Where one can mean
 * nothing, like `--yes` for `plan`, it is accepted and does nothing.
 */
const COMMON_FLAGS = {
  file: { type: 'string', short: 'f', value: 'PATH', summary: 'the codex-link.yaml to use; - reads standard input' },
  target: {
    type: 'string',
    multiple: true,
    value: 'ADDR',
    summary: 'only this resource and what it depends on; may be repeated',
  },
  exclude: {
    type: 'string',
    multiple: true,
    value: 'ADDR',
    summary: 'not this resource nor what depends on it; may be repeated',
  },
  yes: { type: 'boolean', short: 'y', summary: 'do not ask, go on' },
  'no-input': { type: 'boolean', summary: 'never ask, fail instead' },
  os: { type: 'string', value: 'linux|darwin|win32', summary: 'as if this machine ran that system' },
  json: { type: 'boolean', summary: 'one JSON document on standard output' },
  'no-color': { type: 'boolean', summary: 'no colours; also NO_COLOR' },
  quiet: { type: 'boolean', short: 'q', summary: 'only the last line' },
  verbose: { type: 'boolean', short: 'v', summary: 'also what is in sync, and what is merely worth knowing' },
  help: { type: 'boolean', short: 'h', summary: 'this text' },
  version: { type: 'boolean', summary: 'the version' },
} as const satisfies Record<string, Flag>;

/** Every flag of every command. The help, the parser and the completions come from this table and that of the commands. */
export const FLAGS = {
  out: { type: 'string', value: 'FILE', summary: 'where to write' },
  'detailed-exitcode': { type: 'boolean', summary: 'exit 2 when changes are pending, 3 when something is not known' },
  'changed-only': { type: 'boolean', summary: 'says only what it has not said before; the exit code stays' },
  purge: { type: 'boolean', summary: "also the key in the store, and the provider's table that conversations need" },
  live: { type: 'boolean', summary: 'also spend one real request' },
  report: { type: 'boolean', summary: 'also write codex-link-report.md for an issue, without names and keys' },
  'secret-stdin': { type: 'boolean', summary: 'the token comes from standard input, instead of from secret.source' },
  'dry-run': { type: 'boolean', summary: 'only shows what would be done' },
  html: { type: 'string', value: 'FILE', summary: 'also writes a page for a browser' },
  hosts: { type: 'string', value: 'FILE', summary: 'the machines that must have a report, one on a line, or an inventory' },
  'max-age': { type: 'string', value: 'SPAN', summary: 'older reports count as not heard from, e.g. 90m, 24h, 7d; default 48h' },
  format: { type: 'string', value: 'FORMAT', summary: 'the form of the output' },
  layer: { type: 'string', value: 'LAYER', summary: 'which of the settings of device management to make; default config' },
  force: { type: 'boolean', summary: 'replace a file that is there; it is kept beside the new one' },
  ...COMMON_FLAGS,
} as const satisfies Record<string, Flag>;

export const COMMON = Object.keys(COMMON_FLAGS) as (keyof typeof COMMON_FLAGS)[];

/** A flag that only some commands have. */
export type OwnFlag = Exclude<FlagName, (typeof COMMON)[number]>;
