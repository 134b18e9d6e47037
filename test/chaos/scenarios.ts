/** Runs of codex-link that are to be broken, each on a machine in memory that waits for it. */
import { parse } from 'yaml';
import type { Desired } from '../../src/config/desired.ts';
import type { Machine } from '../../src/machine/machine.ts';
import type { MemoryMachine } from '../../src/machine/memory.ts';
import { desired } from '../core/support/desired.ts';
import {
  type Applied,
  applyTo,
  asHeld,
  CONFIG,
  DOTENV,
  destroyOn,
  HELPER,
  rollBackOn,
  TOKEN_FILE,
  useOn,
  type World,
  world,
} from '../core/support/world.ts';

export interface Scenario {
  readonly name: string;
  /** What the YAML says, before, during and after the run. */
  readonly wanted: Desired;
  /** The files that the run changes, besides what codex-link remembers. */
  readonly files: readonly string[];
  /** The machine before codex-link has ever been there. */
  place(): World;
  /** Brings it to where the run begins. */
  prepare(world: World): Promise<void>;
  run(machine: Machine): Promise<Applied>;
  /** A folder that destroy leaves as it is: what CCS was told stays told. */
  readonly stays?: readonly string[];
}

const THEIRS =
  '# by hand\r\nmodel = "gpt-5.5" # the good one\r\n\r\n[mcp_servers.x]\r\nenv = { API_TOKEN = "made-up-secret" }\r\n';
/** What somebody has made of the helper. */
export const EDITED = '#!/bin/sh\necho edited\n';

const FIRST = desired({ provider: { model: 'gpt-5.5' } });
const SECOND = desired({ provider: { model: 'gpt-5.4', contextWindow: 100_000, name: 'Pool' }, helper: { timeoutMs: 4000 } });
const DOTENVS = desired({ provider: { auth: 'dotenv', keepChatgptFeatures: true } });
const ROTATED = desired({ secret: { source: { kind: 'ccs' } } });

const CCS_FOLDER = '/home/me/.ccs';
const CCS_CONFIG = `${CCS_FOLDER}/config.yaml`;
const GATEWAY_CONFIG = `${CCS_FOLDER}/cliproxy/config.yaml`;
const OF_VARIANT = `${CCS_FOLDER}/cliproxy/config-8318.yaml`;
const SETTINGS = `${CCS_FOLDER}/codex-fast.settings.json`;
const OLD = 'old-key-of-this-test';

export function lived(files: Readonly<Record<string, string>> = {}): World {
  const made = world();
  for (const [path, text] of Object.entries({ [CONFIG]: THEIRS, ...files }))
    made.machine.place(path, text, path === CONFIG ? 0o640 : 0o600);
  return made;
}

async function applied({ machine }: World, ...wanted: readonly Desired[]): Promise<void> {
  for (const one of wanted) await well(applyTo(machine, one));
}

async function well(running: Promise<Applied>): Promise<Applied> {
  const ended = await running;
  if (ended.code !== 0) throw new Error(`the scenario does not even begin: ${JSON.stringify(ended.document)}`);
  return ended;
}

/** The world has moved since: another key, and somebody has edited the table. */
function moved({ machine, gateway }: World): void {
  const { env } = machine.facts as { env: Record<string, string> };
  env.GATEWAY_KEY = 'another-key-9876543210';
  gateway.keys = [env.GATEWAY_KEY];
  const config = machine.text(CONFIG) ?? '';
  machine.place(CONFIG, config.replace('http://127.0.0.1:8317/v1', 'http://127.0.0.1:8317/api/provider/codex'), 0o640);
}

/** A machine with CCS, whose gateway takes the keys that stand in its config. */
export function withCcs(): World {
  const made = lived();
  const { machine, gateway } = made;
  machine.place(CCS_CONFIG, `version: 13\ncliproxy:\n  auth:\n    api_key: "${OLD}" # ours\n`, 0o600);
  machine.place(GATEWAY_CONFIG, `port: 8317\napi-keys:\n  - "${OLD}"\n  - "key-of-somebody-else"\nauth-dir: x\n`, 0o600);
  machine.place(OF_VARIANT, `port: 8318\napi-keys:\n  - "${OLD}"\n`, 0o600);
  machine.place(SETTINGS, JSON.stringify({ env: { ANTHROPIC_MODEL: 'm', ANTHROPIC_AUTH_TOKEN: OLD } }, null, 2), 0o644);
  const { server } = gateway;
  machine.servers.set('127.0.0.1:8317', (bytes) => {
    gateway.keys = (parse(machine.text(GATEWAY_CONFIG) ?? '') as { 'api-keys': string[] })['api-keys'];
    return server(bytes);
  });
  return made;
}

/** As the program applies: a held route counts. */
export async function applyAsHeld(machine: MemoryMachine, wanted: Desired): Promise<Applied> {
  return applyTo(machine, await asHeld(machine, wanted));
}

export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'a first apply on an empty machine',
    wanted: FIRST,
    files: [CONFIG, HELPER, TOKEN_FILE],
    place: () => world(),
    prepare: async () => {},
    run: (machine) => applyTo(machine, FIRST),
  },
  {
    name: 'a first apply where Codex has lived',
    wanted: FIRST,
    files: [CONFIG, HELPER, TOKEN_FILE],
    place: () => lived(),
    prepare: async () => {},
    run: (machine) => applyTo(machine, FIRST),
  },
  {
    name: 'a first apply with dotenv',
    wanted: DOTENVS,
    files: [CONFIG, DOTENV, TOKEN_FILE],
    place: () => lived({ [DOTENV]: 'OTHER=1\n' }),
    prepare: async () => {},
    run: (machine) => applyTo(machine, DOTENVS),
  },
  {
    name: 'an update',
    wanted: SECOND,
    files: [CONFIG],
    place: () => lived(),
    prepare: (made) => applied(made, FIRST),
    run: (machine) => applyTo(machine, SECOND),
  },
  {
    name: 'healing of everything',
    wanted: FIRST,
    files: [CONFIG, HELPER, TOKEN_FILE],
    place: () => lived(),
    async prepare(made) {
      await applied(made, FIRST);
      moved(made);
      made.machine.place(HELPER, EDITED, 0o755);
    },
    run: (machine) => applyTo(machine, FIRST),
  },
  {
    name: 'healing with dotenv',
    wanted: DOTENVS,
    files: [CONFIG, DOTENV, TOKEN_FILE],
    place: () => lived({ [DOTENV]: 'OTHER=1\n' }),
    async prepare(made) {
      await applied(made, DOTENVS);
      moved(made);
    },
    run: (machine) => applyTo(machine, DOTENVS),
  },
  {
    name: 'a move from dotenv to a helper',
    wanted: FIRST,
    files: [CONFIG, DOTENV, HELPER],
    place: () => lived({ [DOTENV]: 'OTHER=1\n' }),
    prepare: (made) => applied(made, DOTENVS),
    run: (machine) => applyTo(machine, FIRST),
  },
  {
    name: 'a rotation',
    wanted: ROTATED,
    files: [TOKEN_FILE, CCS_CONFIG, GATEWAY_CONFIG, OF_VARIANT, SETTINGS],
    place: withCcs,
    prepare: (made) => applied(made, ROTATED),
    run: (machine) => applyTo(machine, ROTATED, { rotate: true }),
    stays: [CCS_FOLDER],
  },
  {
    name: 'use openai',
    wanted: FIRST,
    files: [CONFIG],
    place: () => lived(),
    prepare: (made) => applied(made, FIRST),
    run: (machine) => useOn(machine, FIRST, 'openai'),
  },
  {
    name: 'use cliproxy',
    wanted: FIRST,
    files: [CONFIG],
    place: () => lived(),
    async prepare(made) {
      await applied(made, FIRST);
      await well(useOn(made.machine, FIRST, 'openai'));
    },
    run: (machine) => useOn(machine, FIRST, 'cliproxy'),
  },
  {
    name: 'a rollback',
    wanted: SECOND,
    files: [CONFIG],
    place: () => lived(),
    prepare: (made) => applied(made, FIRST, SECOND),
    run: (machine) => rollBackOn(machine, SECOND, 1),
  },
  {
    name: 'a rollback to before the first',
    wanted: SECOND,
    files: [CONFIG, HELPER],
    place: () => lived(),
    prepare: (made) => applied(made, FIRST, SECOND),
    run: (machine) => rollBackOn(machine, SECOND, 0),
  },
  {
    name: 'destroy',
    wanted: SECOND,
    files: [CONFIG, HELPER, TOKEN_FILE],
    place: () => lived(),
    prepare: (made) => applied(made, FIRST, SECOND),
    run: (machine) => destroyOn(machine, SECOND),
  },
  {
    name: 'destroy with dotenv on a machine without Codex',
    wanted: DOTENVS,
    files: [CONFIG, DOTENV, TOKEN_FILE],
    place: () => world(),
    prepare: (made) => applied(made, DOTENVS),
    run: (machine) => destroyOn(machine, DOTENVS),
  },
];
