import { nearest } from '../config/nearest.ts';
import { CodexLinkError, finding } from '../diagnostics/diagnostics.ts';
import { util } from '../machine/builtins.ts';
import type { Selection } from '../planner/selection.ts';
import type { Detail } from '../report/plan-text.ts';

export type FlagName = keyof typeof FLAGS;

interface Flag {
  readonly type: 'boolean' | 'string';
  readonly multiple?: true;
  readonly short?: string;
  /** Name of the value, for help. */
  readonly value?: string;
  readonly summary: string;
}

/** Every flag of every command. The help, the parser and the completions come from this table and the next one. */
export const FLAGS = {
  file: { type: 'string', short: 'f', value: 'PATH', summary: 'the desired state; - reads standard input' },
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
  yes: { type: 'boolean', short: 'y', summary: 'do not ask' },
  'no-input': { type: 'boolean', summary: 'never ask, fail instead' },
  out: {
    type: 'string',
    value: 'FILE',
    summary: 'also saves the plan, for codex-link apply FILE',
  },
  'detailed-exitcode': { type: 'boolean', summary: 'exit 2 when changes are pending, 3 when something is not known' },
  'changed-only': { type: 'boolean', summary: 'says only what it has not said before; the exit code stays' },
  purge: { type: 'boolean', summary: "also the key in the store, and the provider's table that conversations need" },
  live: { type: 'boolean', summary: 'also spend one real request' },
  report: {
    type: 'boolean',
    summary: 'also write codex-link-report.md for an issue, without names and keys',
  },
  'secret-stdin': { type: 'boolean', summary: 'the token comes from standard input, instead of from secret.source' },
  'dry-run': { type: 'boolean', summary: 'only shows what would be done' },
  html: { type: 'string', value: 'FILE', summary: 'also writes a page for a browser' },
  hosts: { type: 'string', value: 'FILE', summary: 'the machines that must have a report, one on a line, or an inventory' },
  'max-age': { type: 'string', value: 'SPAN', summary: 'older reports count as not heard from, e.g. 90m, 24h, 7d; default 48h' },
  format: { type: 'string', value: 'FORMAT', summary: 'the form of the output' },
  layer: { type: 'string', value: 'LAYER', summary: 'which of the settings of device management to make; default config' },
  force: { type: 'boolean', summary: 'replace a file that is there; it is kept beside the new one' },
  os: { type: 'string', value: 'linux|darwin|win32', summary: 'plan for this system' },
  json: { type: 'boolean', summary: 'one JSON document on standard output' },
  'no-color': { type: 'boolean', summary: 'no colours; also NO_COLOR' },
  quiet: { type: 'boolean', short: 'q', summary: 'only the last line' },
  verbose: { type: 'boolean', short: 'v', summary: 'also what is in sync' },
  help: { type: 'boolean', short: 'h', summary: 'this text' },
  version: { type: 'boolean', summary: 'the version' },
} as const satisfies Record<string, Flag>;

const GENERAL: readonly FlagName[] = ['json', 'no-color', 'quiet', 'verbose', 'os', 'help', 'version'];
const STATE: readonly FlagName[] = ['file', ...GENERAL];
const SELECTING: readonly FlagName[] = ['target', 'exclude', ...STATE];

export interface CommandEntry {
  readonly summary: string;
  /** What may stand after the command, for help; empty for nothing. */
  readonly operands: string;
  readonly minimum: number;
  readonly maximum: number;
  readonly flags: readonly FlagName[];
  /** What may follow a flag in this command, where that differs from one to another. */
  readonly values?: Partial<Record<FlagName, string>>;
  /** What a flag means in this command, where that differs. */
  readonly meanings?: Partial<Record<FlagName, string>>;
}

export const COMMANDS = {
  plan: {
    summary: 'shows what would change, and why; writes nothing',
    operands: '',
    minimum: 0,
    maximum: 0,
    flags: ['out', 'detailed-exitcode', 'secret-stdin', ...SELECTING],
  },
  apply: {
    summary: 'makes it so, or exactly a saved PLAN, verifies it, or puts everything back',
    operands: '[PLAN]',
    minimum: 0,
    maximum: 1,
    flags: ['yes', 'no-input', 'secret-stdin', ...SELECTING],
  },
  drift: {
    summary: 'looks for what has drifted, for a scheduler: silent while all is well',
    operands: '',
    minimum: 0,
    maximum: 0,
    flags: ['changed-only', 'dry-run', 'no-input', ...SELECTING],
  },
  status: { summary: 'shows how this machine stands, on one screen', operands: '', minimum: 0, maximum: 0, flags: STATE },
  schedule: {
    summary: 'installs, shows or removes what runs drift by itself',
    operands: 'install|status|remove',
    minimum: 1,
    maximum: 1,
    flags: ['yes', 'no-input', ...STATE],
  },
  verify: {
    summary: 'checks the route end to end',
    operands: '',
    minimum: 0,
    maximum: 0,
    flags: ['live', 'report', 'out', ...STATE],
    meanings: { out: 'where the report goes, with --report' },
  },
  use: {
    summary: 'switches the route now and holds it; auto lets go',
    operands: 'cliproxy|openai|auto',
    minimum: 1,
    maximum: 1,
    flags: ['dry-run', 'no-input', 'yes', ...STATE],
  },
  rotate: {
    summary: "replaces the gateway's key; the old one stops working",
    operands: '',
    minimum: 0,
    maximum: 0,
    flags: ['dry-run', 'yes', 'no-input', ...STATE],
  },
  history: {
    summary: 'lists what was applied; show N tells what one changed',
    operands: '[show N]',
    minimum: 0,
    maximum: 2,
    flags: GENERAL,
  },
  rollback: {
    summary: 'puts the files back to what they were after generation N, or before the last one',
    operands: '[N]',
    minimum: 0,
    maximum: 1,
    flags: ['dry-run', 'yes', 'no-input', ...STATE],
  },
  destroy: {
    summary: 'releases everything, back to before the first apply',
    operands: '',
    minimum: 0,
    maximum: 0,
    flags: ['dry-run', 'purge', 'yes', 'no-input', ...STATE],
  },
  validate: {
    summary: 'checks codex-link.yaml, or the FILEs, and reports every error',
    operands: '[FILE…]',
    minimum: 0,
    maximum: 1000,
    flags: ['format', ...STATE],
    values: { format: 'sarif' },
  },
  schema: { summary: 'prints the JSON Schema of codex-link.yaml', operands: '', minimum: 0, maximum: 0, flags: GENERAL },
  explain: {
    summary: 'explains a code or a resource, or lists them',
    operands: '[CODE|ADDR]',
    minimum: 0,
    maximum: 1,
    flags: STATE,
  },
  fleet: {
    summary: 'puts the JSON of many machines together: one table, JSON or page',
    operands: 'report DIR|FILE…',
    minimum: 1,
    maximum: Number.POSITIVE_INFINITY,
    flags: ['html', 'hosts', 'max-age', ...GENERAL],
  },
  init: {
    summary: 'writes codex-link.yaml from what this machine has',
    operands: '',
    minimum: 0,
    maximum: 0,
    flags: ['force', ...STATE],
    meanings: { file: 'where to write it; - only shows it' },
  },
  graph: {
    summary: 'prints which resource waits for which, for Graphviz (default) or Mermaid',
    operands: '',
    minimum: 0,
    maximum: 0,
    flags: ['format', ...STATE],
    values: { format: 'dot|mermaid' },
  },
  completion: {
    summary: 'prints the script that completes command lines in a shell',
    operands: 'bash|zsh|fish|pwsh',
    minimum: 1,
    maximum: 1,
    flags: GENERAL,
  },
  export: {
    summary: "prints Codex's own settings as a configuration profile for device management",
    operands: '',
    minimum: 0,
    maximum: 0,
    flags: ['format', 'layer', 'out', ...STATE],
    values: { format: 'mobileconfig', layer: 'config|requirements|both' },
    meanings: { out: 'writes the profile there instead of to standard output' },
  },
} as const satisfies Record<string, CommandEntry>;

export type CommandName = keyof typeof COMMANDS;

/** A command line, understood. */
export interface Invocation {
  readonly command: CommandName | null;
  readonly operands: readonly string[];
  readonly flags: Readonly<Partial<Record<FlagName, boolean | string | readonly string[]>>>;
}

/** Throws `CodexLinkError` with exit 64 and the nearest legal spelling. */
export function parseCommandLine(argv: readonly string[]): Invocation {
  const { values, positionals } = parsed(argv);
  const [name, ...operands] = positionals;
  if (name === undefined) return { command: null, operands: [], flags: values };
  if (!isCommand(name)) throw usage(`there is no command ${JSON.stringify(name)}${didYouMean(name, Object.keys(COMMANDS))}`);
  const entry: CommandEntry = COMMANDS[name];
  if (values.help === true) return { command: name, operands, flags: values };
  for (const flag of Object.keys(values) as FlagName[]) {
    if (!entry.flags.includes(flag)) throw usage(`${name} has no flag --${flag}`, name);
  }
  if (operands.length < entry.minimum) throw usage(`${name} needs ${entry.operands}`, name);
  if (operands.length > entry.maximum) throw usage(`${name} does not take ${JSON.stringify(operands[entry.maximum])}`, name);
  return { command: name, operands, flags: values };
}

function parsed(argv: readonly string[]): { values: Invocation['flags']; positionals: string[] } {
  try {
    return util().parseArgs({ args: [...argv], options: FLAGS, allowPositionals: true, strict: true });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    const unknown = /^Unknown option '(-[^']*)'/.exec(error.message)?.[1];
    if (unknown === undefined) throw usage(error.message.split('.')[0] ?? error.message);
    throw usage(
      `there is no flag ${unknown}${didYouMean(
        unknown,
        Object.keys(FLAGS).map((flag) => `--${flag}`),
      )}`,
    );
  }
}

function isCommand(name: string): name is CommandName {
  return Object.hasOwn(COMMANDS, name);
}

function didYouMean(wrong: string, right: readonly string[]): string {
  const near = nearest(wrong, right);
  return near === null ? '' : `, did you mean ${near}?`;
}

/** A usage error: exit 64, with the help to turn to. */
export function usage(message: string, command?: CommandName): CodexLinkError {
  return new CodexLinkError(
    finding('CL0001', message, { fix: `codex-link ${command === undefined ? '' : `${command} `}--help` }),
    64,
  );
}

export function selectionOf(flags: Invocation['flags']): Selection {
  return {
    targets: (flags.target as readonly string[] | undefined) ?? [],
    excludes: (flags.exclude as readonly string[] | undefined) ?? [],
  };
}

export function detailOf(flags: Invocation['flags']): Detail {
  return flags.quiet === true ? 'quiet' : flags.verbose === true ? 'verbose' : 'normal';
}
