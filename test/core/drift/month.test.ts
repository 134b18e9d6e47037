/**
 * A month on a fake clock: drift looks every hour while the neighbours do what is theirs to do. Not one alarm may come of it, and what is
 * remembered must stay small. `DRIFT_SEED=N` for the same month again.
 */
import { describe, expect, test } from 'vitest';
import { driftText } from '../../../src/report/drift-text.ts';
import { plain } from '../../../src/report/terminal.ts';
import { diceOf } from '../../chaos/random.ts';
import { driftOf, HISTORY, HOUR, RUNS } from '../support/drift.ts';
import { CLIPROXY } from '../support/pool.ts';
import { CONFIG, DOTENV, STATE, TOKEN_FILE, type World } from '../support/world.ts';
import { ANN, BOB, edit, inPool, lived, setPaused, wanted } from './lived.ts';

const SEED = Number(process.env.DRIFT_SEED ?? Date.now() % 1_000_000);
const HOURS = 30 * 24;
/** The contract of the issue: under 1 MB. */
const MOST_BYTES = 1_000_000;

/** What a neighbour does in some hour, and what it undoes later. */
interface Habit {
  readonly name: string;
  /** Once in so many hours, on average. */
  readonly every: number;
  readonly act: (made: World, hour: number) => void | Promise<void>;
}

const append = ({ machine }: World, text: string) => machine.place(CONFIG, `${machine.text(CONFIG)}${text}`, 0o600);
const iso = (now: number) => new Date(now).toISOString();

const HABITS: readonly Habit[] = [
  {
    name: 'a project is trusted',
    every: 5,
    act: (made, hour) => append(made, `\n[projects."/home/me/p${hour}"]\ntrust_level = "trusted"\n`),
  },
  {
    name: 'a hook is trusted',
    every: 30,
    act: (made, hour) => append(made, `\n[hooks.state."/home/me/p${hour}/hook.sh"]\ntrusted_hash = "sha256:${hour}"\n`),
  },
  { name: 'a plugin', every: 60, act: (made, hour) => append(made, `\n[plugins."p${hour}@official"]\nenabled = true\n`) },
  {
    name: 'a market',
    every: 200,
    act: (made, hour) => append(made, `\n[marketplaces.m${hour}]\nsource = "https://example.com/m"\n`),
  },
  {
    name: 'an MCP server',
    every: 50,
    act: (made, hour) => append(made, `\n[mcp_servers.s${hour}]\ncommand = "npx"\nenv = { TOKEN = "test-foreign-${hour}" }\n`),
  },
  {
    name: 'the theme',
    every: 20,
    act: ({ machine }, hour) =>
      machine.place(CONFIG, (machine.text(CONFIG) ?? '').replace(/theme = ".*"/, `theme = "t${hour}"`), 0o600),
  },
  {
    name: "the App's own settings",
    every: 10,
    act: (made, hour) => edit(made.machine, CONFIG, /\[desktop\]\n/, `[desktop]\nwindow_${hour} = ${hour}\n`),
  },
  { name: 'a comment', every: 40, act: ({ machine }, hour) => edit(machine, CONFIG, /^/, `# note ${hour}\n`) },
  {
    name: 'a profile file of its own',
    every: 100,
    act: ({ machine }, hour) => machine.place(`/home/me/.codex/p${hour}.config.toml`, 'model = "gpt-5.4"\n'),
  },
  {
    name: 'a line of somebody in .env',
    every: 60,
    act: ({ machine }, hour) => machine.place(DOTENV, `${machine.text(DOTENV)}OTHER_${hour}=test-foreign\n`, 0o600),
  },
  {
    name: 'sessions and logs of Codex',
    every: 2,
    act: ({ machine }, hour) => machine.place(`/home/me/.codex/sessions/s${hour % 50}.jsonl`, `{"hour":${hour}}\n`),
  },
  {
    name: 'a login is renewed',
    every: 24,
    act: ({ machine }, hour) =>
      machine.place('/home/me/.codex/auth.json', `{"tokens":{"access_token":"made-up-${hour}"}}`, 0o600),
  },
  { name: 'a token of the pool is renewed', every: 6, act: renew },
  {
    name: 'CCS writes when an account was used',
    every: 3,
    act: ({ machine }) =>
      inPool(machine, ({ accounts }) =>
        Object.values(accounts).forEach((one) => void Object.assign(one, { lastUsedAt: iso(machine.now()) })),
      ),
  },
  {
    name: 'the gateway is restarted',
    every: 48,
    act: ({ machine }, hour) => {
      machine.place(`${CLIPROXY}/sessions.json`, JSON.stringify({ port: 8317, pid: 90 + hour, sessions: [] }));
      machine.processes.set(90 + hour, 'start');
    },
  },
  {
    name: 'the gateway hashes its secret anew',
    every: 48,
    act: ({ machine }, hour) =>
      machine.place(
        `${CLIPROXY}/config.yaml`,
        (machine.text(`${CLIPROXY}/config.yaml`) ?? '').replace(/secret-key: .*/, `secret-key: $2a$10$hash${hour}`),
        0o600,
      ),
  },
  {
    name: 'a lock of CCS is left behind',
    every: 100,
    act: ({ machine }) =>
      machine.place('/home/me/.ccs/config.yaml.lock', JSON.stringify({ pid: 1, createdAt: iso(machine.now()) })),
  },
  {
    name: "other programs' files in our folders",
    every: 100,
    act: ({ machine }, hour) => machine.place(`/home/me/.codex/bin/other-${hour}`, '#!/bin/sh\n', 0o755),
  },
];

function renew({ machine }: World): void {
  for (const email of [ANN, BOB]) {
    for (const folder of ['auth', 'auth-paused']) {
      const path = `${CLIPROXY}/${folder}/codex-${email}.json`;
      const text = machine.text(path);
      if (text === null) continue;
      const token = {
        ...JSON.parse(text),
        access_token: `made-up-${machine.now()}`,
        last_refresh: iso(machine.now()),
        expired: iso(machine.now() + 240 * HOUR),
      };
      machine.place(path, JSON.stringify(token), 0o600);
    }
  }
}

/** CCS pauses an exhausted account until its quota is back, and moves the default. Source: CCS 7.79.1, account-safety.js. */
class Quota {
  #until = 0;

  act({ machine }: World, starts: boolean): void {
    const now = machine.now();
    if (this.#until === 0 && starts) {
      this.#until = now + 5 * HOUR;
      const pausedAt = iso(now);
      setPaused(machine, ANN, true, pausedAt);
      inPool(machine, (codex) => void Object.assign(codex, { default: BOB }));
      const entry = { provider: 'codex', accountId: ANN, pausedAt, until: this.#until };
      machine.place(`${CLIPROXY}/quota-paused.json`, JSON.stringify({ entries: [entry] }));
    } else if (this.#until > 0 && now >= this.#until) {
      this.#until = 0;
      setPaused(machine, ANN, false, '');
      inPool(machine, (codex) => void Object.assign(codex, { default: ANN }));
      machine.place(`${CLIPROXY}/quota-paused.json`, JSON.stringify({ entries: [] }));
    }
  }
}

/** Of everything in the state folder. */
function bytesOf({ machine }: World): number {
  const files = Object.entries(machine.snapshot()).filter(
    ([path, content]) => path.startsWith(STATE) && content.startsWith('file'),
  );
  return files.reduce((sum, [, content]) => sum + Buffer.byteLength(content), 0);
}

test(`a month of legitimate writes, ${HOURS} runs: no false alarm (seed ${SEED})`, { timeout: 300_000 }, async () => {
  const dice = diceOf(SEED);
  const made = await lived();
  const { machine } = made;
  const desired = wanted({ heal: 'safe', fallback: 'openai' });
  const quota = new Quota();
  const figures = {
    seed: SEED,
    runs: 0,
    writes: 0,
    pauses: 0,
    falseAlarms: 0,
    healed: 0,
    output: 0,
    awayHours: 0,
    historyBytes: 0,
    stateBytes: 0,
  };
  const log: string[] = [];
  for (let hour = 0; hour < HOURS; hour++) {
    machine.clock += HOUR;
    for (const { name, every, act } of HABITS) {
      if (dice.below(every) !== 0) continue;
      await act(made, hour);
      figures.writes++;
      log.push(`${hour} ${name}`);
    }
    const starts = dice.below(72) === 0;
    if (starts) figures.pauses++;
    quota.act(made, starts);
    // In one night of the month the session is locked: nothing can be said then, and that is no drift.
    const locked = hour >= 300 && hour < 310;
    machine.chmod(TOKEN_FILE, locked ? 0o000 : 0o600);
    const { run } = await driftOf(machine, desired);
    figures.runs++;
    if (run.outcome === 'unknown' && locked) figures.awayHours++;
    else if (run.outcome !== 'in-sync') {
      figures.falseAlarms++;
      log.push(driftText(run, plain));
    }
    figures.healed += run.healed.length;
    if (run.outcome === 'in-sync') figures.output += driftText(run, plain).length;
  }
  figures.historyBytes = Buffer.byteLength((machine.text(HISTORY) ?? '') + (machine.text(RUNS) ?? ''));
  figures.stateBytes = bytesOf(made);
  console.info(`drift month: ${JSON.stringify(figures)}`);
  expect(figures, log.slice(-40).join('\n')).toMatchObject({ falseAlarms: 0, healed: 0, output: 0, awayHours: 10 });
  expect(figures.writes).toBeGreaterThan(500);
  expect(figures.stateBytes).toBeLessThan(MOST_BYTES);
});

describe('a month with a neighbour that fights', () => {
  test('is small too, because generations are bounded in bytes', { timeout: 300_000 }, async () => {
    const made = await lived();
    const { machine } = made;
    // A config.toml as large as years of projects make it.
    for (let at = 0; at < 400; at++)
      append(made, `\n[projects."/home/me/a-rather-long-name-of-a-project-${at}"]\ntrust_level = "trusted"\n`);
    const desired = wanted({ heal: 'safe' });
    let most = 0;
    let healed = 0;
    // Between two fights one look is as good as five.
    for (let hour = 0; hour < HOURS; hour += 3) {
      machine.clock += 3 * HOUR;
      // Every time another field, so that it always looks like something new.
      const text = machine.text(CONFIG) ?? '';
      const field = ['name', 'base_url', 'wire_api'][(hour / 6) % 3] ?? 'name';
      if (hour % 6 === 0) machine.place(CONFIG, text.replace(new RegExp(`^${field} = .*$`, 'm'), `${field} = "x"`), 0o600);
      healed += (await driftOf(machine, desired)).run.healed.length;
      most = Math.max(most, bytesOf(made));
    }
    console.info(
      `drift fight: ${JSON.stringify({ runs: HOURS / 3, healed, mostBytes: most, configBytes: Buffer.byteLength(machine.text(CONFIG) ?? '') })}`,
    );
    expect(healed).toBe(HOURS / 6);
    expect(most).toBeLessThan(MOST_BYTES);
  });
});
