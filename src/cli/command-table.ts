import type { OwnFlag } from './flags.ts';

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
  readonly does?: Partial<Record<OwnFlag, string>>;
}

export const COMMANDS = {
  plan: {
    summary: 'shows what would change, and why; writes nothing',
    operands: '',
    minimum: 0,
    maximum: 0,
    flags: ['out', 'detailed-exitcode', 'secret-stdin'],
    does: { out: 'also saves the plan there, for codex-link apply FILE' },
  },
  apply: {
    summary: 'makes it so, or exactly a saved PLAN, verifies it, or puts everything back',
    operands: '[PLAN]',
    minimum: 0,
    maximum: 1,
    flags: ['secret-stdin'],
  },
  drift: {
    summary: 'looks for what has drifted, for a scheduler: silent while all is well',
    operands: '',
    minimum: 0,
    maximum: 0,
    flags: ['changed-only'],
  },
  status: { summary: 'how this machine stands, on one screen', operands: '', minimum: 0, maximum: 0, flags: [] },
  schedule: {
    summary: 'installs, shows or removes what runs drift by itself',
    operands: 'install|status|remove',
    minimum: 1,
    maximum: 1,
    flags: [],
  },
  verify: {
    summary: 'checks the route end to end',
    operands: '',
    minimum: 0,
    maximum: 0,
    flags: ['live', 'report', 'out'],
    does: { out: 'with --report: writes it there, not to codex-link-report.md' },
  },
  use: {
    summary: 'switches the route now and holds it; auto lets go',
    operands: 'cliproxy|openai|auto',
    minimum: 1,
    maximum: 1,
    flags: ['dry-run'],
  },
  rotate: {
    summary: "replaces the gateway's key; the old one stops working",
    operands: '',
    minimum: 0,
    maximum: 0,
    flags: ['dry-run'],
  },
  history: {
    summary: 'lists what was applied; show N tells what one changed',
    operands: '[show N]',
    minimum: 0,
    maximum: 2,
    flags: [],
  },
  rollback: {
    summary: 'puts the files back to what they were after generation N, or before the last one',
    operands: '[N]',
    minimum: 0,
    maximum: 1,
    flags: ['dry-run'],
  },
  destroy: {
    summary: 'releases everything, back to before the first apply',
    operands: '',
    minimum: 0,
    maximum: 0,
    flags: ['dry-run', 'purge'],
  },
  validate: {
    summary: 'checks codex-link.yaml, or the FILEs, and reports every error',
    operands: '[FILE…]',
    minimum: 0,
    maximum: 1000,
    flags: ['format'],
    values: { format: 'sarif' },
    does: { format: 'for a code scanner, instead of text' },
  },
  schema: { summary: 'prints the JSON Schema of codex-link.yaml', operands: '', minimum: 0, maximum: 0, flags: [] },
  explain: {
    summary: 'explains a code or a resource, or lists them',
    operands: '[CODE|ADDR]',
    minimum: 0,
    maximum: 1,
    flags: [],
  },
  fleet: {
    summary: 'puts the JSON of many machines together: one table, JSON or page',
    operands: 'report DIR|FILE…',
    minimum: 1,
    maximum: Number.POSITIVE_INFINITY,
    flags: ['html', 'hosts', 'max-age'],
  },
  init: {
    summary: 'writes codex-link.yaml from what this machine has',
    operands: '',
    minimum: 0,
    maximum: 0,
    flags: ['force'],
  },
  graph: {
    summary: 'prints which resource waits for which, for Graphviz (default) or Mermaid',
    operands: '',
    minimum: 0,
    maximum: 0,
    flags: ['format'],
    values: { format: 'dot|mermaid' },
    does: { format: 'for Graphviz (default), or for Mermaid' },
  },
  completion: {
    summary: 'prints the script that completes command lines in a shell',
    operands: 'bash|zsh|fish|pwsh',
    minimum: 1,
    maximum: 1,
    flags: [],
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
  },
} as const satisfies Record<string, CommandEntry>;

export type CommandName = keyof typeof COMMANDS;

/** The commands by name, all of one type. */
export function commandEntry(name: CommandName): CommandEntry {
  return COMMANDS[name];
}
