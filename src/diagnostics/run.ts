import type { CodeEntry } from './diagnostics.ts';

/** The run itself: usage, locks, state, and what stands between plan and apply. */
export const runCodes = {
  CL0001: {
    severity: 'error',
    summary: 'The command line cannot be understood.',
    explanation:
      'A command, flag or argument is unknown, missing or given twice. Nothing was read and nothing was changed; the exit code is 64.',
    fix: 'codex-link --help',
  },
  CL0002: {
    severity: 'error',
    summary: 'There is no resource with that address.',
    explanation:
      'Addresses name one resource each, like provider or accounts/me@example.com; a kind alone names all of its kind.',
    fix: 'codex-link plan --json lists every address under "resources"',
  },
  CL0003: {
    severity: 'error',
    summary: 'Another codex-link is at work in this home folder.',
    explanation:
      'Only one run may change a machine at a time. The lock names the process that holds it; a lock whose process is gone is taken over.',
    fix: 'wait for it to end, then run the command again',
  },
  CL0004: {
    severity: 'error',
    summary: 'There is nobody to confirm the plan.',
    explanation:
      'apply asks before it changes anything. Without a terminal it cannot ask, so it needs --yes; nothing was changed.',
    fix: 'codex-link apply --yes',
  },
  CL0005: {
    severity: 'error',
    summary: 'Something on the machine could not be read.',
    explanation: 'What cannot be read is never taken for absent: codex-link reports the resource as unknown and leaves it alone.',
    fix: 'make it readable for you, then run codex-link plan again',
  },
  CL0006: {
    severity: 'error',
    summary: "codex-link's own state file is damaged.",
    explanation:
      'The state remembers what the last apply set, to tell drift from a changed YAML. It holds no secret and can be removed: the next apply makes a new one, and until then every difference counts as initial.',
    fix: 'remove the state file and run codex-link plan',
  },
  CL0007: {
    severity: 'error',
    summary: "codex-link's state folder cannot be written.",
    explanation:
      'Lock and state live in $XDG_STATE_HOME/codex-link (default ~/.local/state/codex-link). Without them an apply cannot be made safe, so it does not start.',
    fix: 'make the folder writable, or point XDG_STATE_HOME to one that is',
  },
  CL0008: {
    severity: 'error',
    summary: 'The machine changed between plan and apply.',
    explanation:
      'Somebody else wrote the file after it was read. codex-link never overwrites such an edit: it stops and puts back what it had done.',
    fix: 'codex-link plan, then codex-link apply again',
  },
  CL0009: {
    severity: 'error',
    summary: 'The run was interrupted.',
    explanation:
      'On Ctrl-C or a termination signal the programs that codex-link has started to ask something end with it. While it changes the machine, the running step is finished and everything is put back; a second signal ends it at once, and then the next apply or rollback finishes the job. The exit code is 130.',
    fix: 'codex-link plan shows where the machine stands',
  },
  CL0010: {
    severity: 'error',
    summary: 'Something could not be put back.',
    explanation:
      'After a failure everything that was changed is taken back in reverse order. The step that is named could not be, and needs a look by hand.',
    fix: 'codex-link plan shows what differs now',
  },
  CL0011: {
    severity: 'info',
    summary: 'The route is held by hand.',
    explanation:
      'codex-link use chose the route; plan, apply and drift keep it until codex-link use auto goes back to what the YAML says.',
    fix: 'codex-link use auto',
  },
  CL0013: {
    severity: 'error',
    summary: 'This operating system is not supported.',
    explanation:
      'codex-link manages Linux, macOS and Windows. Other systems have stores, schedulers and a Codex of their own, which it does not know.',
    fix: 'run it on Linux, macOS or Windows, or follow the setup guide by hand',
  },
  CL0014: {
    severity: 'error',
    summary: 'A step of the apply failed.',
    explanation: 'The step is named with what the machine said. What depends on it was skipped, and everything was put back.',
    fix: 'mend what the message names, then codex-link apply',
  },
  CL0015: {
    severity: 'error',
    summary: 'There is no such code or address to explain.',
    explanation: 'explain knows the codes that findings carry (CL and four digits) and the addresses of resources.',
    fix: 'codex-link explain lists them all',
  },
  CL0016: {
    severity: 'error',
    summary: 'codex-link itself made a mistake.',
    explanation: 'The message is the place in the program. Everything that the run had changed was put back.',
    fix: 'report it with the message; codex-link plan shows where the machine stands',
  },
  CL0017: {
    severity: 'error',
    summary: 'A generation of the history is damaged.',
    explanation:
      'What each apply changed is kept in the state folder, one file for each. The one that is named cannot be understood; it can be removed, and then it can no longer be rolled back to.',
    fix: 'remove the file that is named',
  },
  CL0018: {
    severity: 'error',
    summary: 'There is no such generation.',
    explanation:
      'Generations are numbered from 1. Old ones are let go: the newest 50 are kept, and none for longer than 180 days but the last 10.',
    fix: 'codex-link history',
  },
  CL0019: {
    severity: 'warning',
    summary: 'Something is not rolled back.',
    explanation:
      'A generation holds no secrets, so a key in the store, and the files that hold it, stay as they are; nor are things outside of files rolled back, like accounts and routing.',
    fix: 'codex-link plan shows what differs from the YAML afterwards',
  },
  CL0020: {
    severity: 'warning',
    summary: 'An earlier run was interrupted.',
    explanation:
      'It was killed, or the machine went down, before it could finish or put things back. Each file holds either its old or its new bytes. apply goes on from there; what the run had changed becomes a generation, so that it can be rolled back.',
    fix: 'codex-link apply finishes it; codex-link rollback goes back to before it',
  },
  CL0021: {
    severity: 'warning',
    summary: "The provider's table stays, because conversations need it.",
    explanation:
      'Codex binds each conversation to the id of the provider that it was started with, and cannot open it without a table of that id in config.toml. The selector and what stands beside it go back to what they were.',
    fix: 'codex-link destroy --purge removes the table too',
  },
  CL0022: {
    severity: 'error',
    summary: 'There is no saved plan in the file.',
    explanation: 'apply takes the file that plan --out has written. Nothing was changed.',
    fix: 'codex-link plan --out FILE',
  },
  CL0023: {
    severity: 'error',
    summary: 'The saved plan is stale.',
    explanation:
      'A saved plan is applied exactly as it is or not at all. Something that it was made from has changed since: the YAML, a file of the machine, the version of codex-link, or what the plan would do. Nothing was changed; the exit code is 4.',
    fix: 'codex-link plan --out FILE makes it anew',
  },
  CL0026: {
    severity: 'warning',
    summary: 'Something that codex-link has set stays.',
    explanation:
      'What the YAML no longer speaks of is taken back, and destroy takes back everything; but nothing goes that was there before codex-link came, that somebody else has changed since, or that something else needs. The message says what stays and why.',
    fix: 'remove what is named by hand when nothing needs it',
  },
  CL0027: {
    severity: 'warning',
    summary: 'There is no codex-link.yaml, and the state is used.',
    explanation:
      'destroy, rollback and status need no codex-link.yaml: what was applied, where, and what was there before is remembered in the state folder ($XDG_STATE_HOME/codex-link, default ~/.local/state/codex-link).',
    fix: 'codex-link init writes a codex-link.yaml from what this machine has',
  },
  CL0028: {
    severity: 'warning',
    summary: 'codex-link.yaml cannot be used, and the state is used.',
    explanation:
      'destroy and rollback work from what the state folder remembers of the applies, so that a mistake in the YAML does not stand in the way back. The mistake itself is told, too.',
    fix: 'codex-link validate tells everything that is wrong with it',
  },
} as const satisfies Record<string, CodeEntry>;
