import type { FlagName, OwnFlag } from './flags.ts';

export interface CommandEntry {
  readonly summary: string;
  /** What may stand after the command, for help; empty for nothing. */
  readonly operands: string;
  readonly minimum: number;
  readonly maximum: number;
  /** Besides those that every command has. */
  readonly flags: readonly OwnFlag[];
  /** What may follow a flag in this command, where that differs from one to another. */
  readonly values?: Partial<Record<OwnFlag, string>>;
  /** What a flag does in this command, where that differs from one to another. */
  readonly does?: Partial<Record<FlagName, string>>;
  /** Its exit codes, besides those that every command has. */
  readonly exit: string;
  /** A command line worth knowing. */
  readonly example?: string;
}

export const COMMANDS = {
  plan: {
    summary: 'shows what would change, and why; writes nothing',
    operands: '',
    minimum: 0,
    maximum: 0,
    flags: ['out', 'detailed-exitcode', 'secret-stdin'],
    does: { out: 'also saves the plan there, for codex-link apply FILE' },
    exit: '0; 1 an error; with --detailed-exitcode also 2 changes are pending, 3 something is not known',
    example: 'codex-link plan --target provider',
  },
  apply: {
    summary: 'makes it so, or exactly a saved PLAN, verifies it, or puts everything back',
    operands: '[PLAN]',
    minimum: 0,
    maximum: 1,
    flags: ['secret-stdin'],
    exit: '0 done; 2 a step is left for you; 1 it failed, and everything was put back',
    example: 'codex-link plan --out my.plan && codex-link apply my.plan',
  },
  drift: {
    summary: 'looks for what has drifted, for a scheduler: silent while all is well',
    operands: '',
    minimum: 0,
    maximum: 0,
    flags: ['changed-only', 'dry-run'],
    does: { 'dry-run': 'only looks: nothing is put back, moved, sent or remembered' },
    exit: '0 in sync; 2 drift; 3 not known; 1 an error',
    example: 'codex-link drift --json',
  },
  status: {
    summary: 'shows how this machine stands, on one screen',
    operands: '',
    minimum: 0,
    maximum: 0,
    flags: [],
    exit: '0; 1 an error',
    example: 'codex-link status --json',
  },
  schedule: {
    summary: 'installs, shows or removes what runs drift by itself',
    operands: 'install|status|remove',
    minimum: 1,
    maximum: 1,
    flags: [],
    exit: '0; 1 an error',
    example: 'codex-link schedule status',
  },
  verify: {
    summary: 'checks the route end to end',
    operands: '',
    minimum: 0,
    maximum: 0,
    flags: ['live', 'report', 'out'],
    does: { out: 'with --report: writes it there, not to codex-link-report.md' },
    exit: '0; 1 a check failed',
    example: 'codex-link verify --report',
  },
  use: {
    summary: 'switches the route now and holds it; auto lets go',
    operands: 'cliproxy|openai|auto',
    minimum: 1,
    maximum: 1,
    flags: ['dry-run'],
    exit: '0; 1 it failed, and everything was put back',
    example: 'codex-link use openai && codex-link use auto',
  },
  rotate: {
    summary: "replaces the gateway's key; the old one stops working",
    operands: '',
    minimum: 0,
    maximum: 0,
    flags: ['dry-run'],
    exit: '0; 1 it failed and was put back, or is not finished',
    example: 'codex-link rotate --dry-run',
  },
  history: {
    summary: 'lists what was applied; show N tells what one changed',
    operands: '[show N]',
    minimum: 0,
    maximum: 2,
    flags: [],
    exit: '0; 1 there is no such generation',
    example: 'codex-link history show 3',
  },
  rollback: {
    summary: 'puts the files back to what they were after generation N, or before the last one',
    operands: '[N]',
    minimum: 0,
    maximum: 1,
    flags: ['dry-run'],
    exit: '0; 1 it failed, and everything was put back',
    example: 'codex-link rollback --dry-run',
  },
  destroy: {
    summary: 'releases everything, back to before the first apply',
    operands: '',
    minimum: 0,
    maximum: 0,
    flags: ['dry-run', 'purge'],
    exit: '0; 1 it failed, and everything was put back',
    example: 'codex-link destroy --dry-run',
  },
  validate: {
    summary: 'checks codex-link.yaml, or the FILEs, and reports every error',
    operands: '[FILE…]',
    minimum: 0,
    maximum: 1000,
    flags: ['format'],
    values: { format: 'sarif' },
    does: { format: 'for a code scanner, instead of text' },
    exit: '0; 1 something is wrong',
    example: 'codex-link validate team.yaml laptop.yaml',
  },
  schema: {
    summary: 'prints the JSON Schema of codex-link.yaml',
    operands: '',
    minimum: 0,
    maximum: 0,
    flags: [],
    exit: '0',
    example: 'codex-link schema > codex-link.schema.json',
  },
  explain: {
    summary: 'explains a code or a resource, or lists them',
    operands: '[CODE|ADDR]',
    minimum: 0,
    maximum: 1,
    flags: [],
    exit: '0; 1 there is nothing to explain about it',
    example: 'codex-link explain CL5002',
  },
  fleet: {
    summary: 'puts the JSON of many machines together: one table, JSON or page',
    operands: 'report DIR|FILE…',
    minimum: 1,
    maximum: Number.POSITIVE_INFINITY,
    flags: ['html', 'hosts', 'max-age'],
    exit: '0; 2 a machine has drifted; 1 one could not be read, or is silent',
    example: 'codex-link fleet report reports/ --html fleet.html',
  },
  init: {
    summary: 'writes codex-link.yaml from what this machine has',
    operands: '',
    minimum: 0,
    maximum: 0,
    flags: ['force'],
    does: { file: 'where to write it; - only shows it' },
    exit: '0; 1 there is such a file already, or it cannot be written',
    example: 'codex-link init --file -',
  },
  graph: {
    summary: 'prints which resource waits for which, for Graphviz (default) or Mermaid',
    operands: '',
    minimum: 0,
    maximum: 0,
    flags: ['format'],
    values: { format: 'dot|mermaid' },
    does: { format: 'for Graphviz (default), or for Mermaid' },
    exit: '0; 1 an error',
    example: 'codex-link graph --target provider | dot -Tsvg > graph.svg',
  },
  completion: {
    summary: 'prints the script that completes command lines in a shell',
    operands: 'bash|zsh|fish|pwsh',
    minimum: 1,
    maximum: 1,
    flags: [],
    exit: '0',
    example: 'source <(codex-link completion bash)',
  },
  export: {
    summary: "prints Codex's own settings as a configuration profile for device management",
    operands: '',
    minimum: 0,
    maximum: 0,
    flags: ['format', 'layer', 'out'],
    values: { format: 'mobileconfig', layer: 'config|requirements|both' },
    does: {
      format: 'a configuration profile of macOS; has to be given',
      out: 'writes the profile there, not to standard output',
    },
    exit: '0; 1 an error',
    example: 'codex-link export --format mobileconfig --out codex.mobileconfig',
  },
} as const satisfies Record<string, CommandEntry>;

export type CommandName = keyof typeof COMMANDS;

/** The commands by name, all of one type. */
export function commandEntry(name: CommandName): CommandEntry {
  return COMMANDS[name];
}
