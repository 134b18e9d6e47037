// Mutation tests: breaks the sources in one place at a time, and counts how often the tests notice. It takes minutes to an hour, so
// it is for a person or for the night, and no part of `npm test`.
//
//   npm run mutate -- src/planner            a folder
//   npm run mutate -- src/toml/splice.ts     a file
//   npm run mutate -- src/toml --seed 2      with other random documents
//
// What survives, and why it may, stands in docs/mutation-survivors.md; the exit code is 1 when a folder scores below 85 %.
import { existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const WANTED_SCORE = 85;
const DETECTED = ['Killed', 'Timeout'];

/**
 * The tests that have to notice, by folder. Its own ones only: that another suite stumbles over a mistake somewhere in passing is no
 * proof that the mistake would be understood.
 */
const TESTS = {
  'src/planner': { with: ['test/core/planner/**/*.test.ts'], without: [] },
  'src/applier': { with: ['test/core/applier/**/*.test.ts'], without: [] },
  'src/toml': { with: ['test/toml/**/*.test.ts'], without: [] },
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: 'string', default: '1' },
    jobs: { type: 'string', default: String(Math.max(1, availableParallelism() - 1)) },
  },
});
const { Stryker } = await stryker();
process.chdir(root);
process.env.MUTATION_SEED = values.seed;
// A quarter of the random documents of `npm test`: a mutant that a hundred of them do not notice is worth a look anyway.
process.env.TOML_RUNS ??= '100';
const judged = judgedSurvivors();
const scores = [];
for (const path of positionals.length > 0 ? positionals : Object.keys(TESTS)) scores.push(await mutate(path.replace(/\/$/, '')));
report();

async function stryker() {
  try {
    return await import('@stryker-mutator/core');
  } catch {
    fail('StrykerJS is not installed; type: npm ci');
  }
}

async function mutate(path) {
  const folder = Object.keys(TESTS).find((one) => path === one || path.startsWith(`${one}/`));
  if (folder === undefined || !existsSync(path))
    fail(`${path}: there are ${Object.keys(TESTS).join(', ')}, and the files in them`);
  process.env.MUTATION_TESTS = JSON.stringify(TESTS[folder].with);
  process.env.MUTATION_TESTS_NOT = JSON.stringify(TESTS[folder].without);
  console.log(`\n=== ${path}, with ${TESTS[folder].with.join(' ')}, seed ${values.seed}`);
  const began = Date.now();
  const run = new Stryker({
    mutate: [statSync(path).isDirectory() ? `${path}/**/*.ts` : path],
    testRunner: 'vitest',
    plugins: ['@stryker-mutator/vitest-runner'],
    vitest: { configFile: 'scripts/mutation/vitest.config.ts', related: false },
    coverageAnalysis: 'perTest',
    concurrency: Number(values.jobs),
    timeoutMS: 10_000,
    reporters: [process.stdout.isTTY ? 'progress' : 'progress-append-only'],
    logLevel: 'error',
    // Of vitest alone: it would rewrite tsconfig.json with an API that TypeScript 7 does not have.
    tsconfigFile: 'scripts/mutation/no-tsconfig.json',
    tempDirName: '.cache/stryker',
    ignorePatterns: ['dist', 'tools', 'test/programs', 'test/real', 'test/journeys', '.ci'],
  });
  const mutants = await run.runMutationTest().catch((error) => fail(`no mutant was tried: ${error.message}`));
  rmSync(join(root, '.cache/stryker'), { recursive: true, force: true });
  const counted = mutants.filter((one) => !['Ignored', 'CompileError', 'RuntimeError'].includes(one.status));
  const survivors = counted.filter((one) => !DETECTED.includes(one.status)).map(survivor);
  for (const one of survivors.sort((a, b) => a.at.localeCompare(b.at, 'en', { numeric: true }))) {
    console.log(`${one.known ? 'judged  ' : 'SURVIVED'} ${one.text}${one.covered ? '' : '   (no test comes here)'}`);
  }
  return {
    path,
    killed: counted.filter((one) => one.status === 'Killed').length,
    timeouts: counted.filter((one) => one.status === 'Timeout').length,
    survived: survivors.length,
    judged: survivors.filter((one) => one.known).length,
    errors: mutants.filter((one) => one.status.endsWith('Error')).length,
    minutes: (Date.now() - began) / 60_000,
  };
}

/** A survivor as one line: where, what stood there, and what stood there instead. */
function survivor({ fileName, location, replacement, status }) {
  const { start, end } = location;
  const lines = readFileSync(fileName, 'utf8')
    .split('\n')
    .slice(start.line - 1, end.line);
  lines[lines.length - 1] = lines.at(-1).slice(0, end.column - 1);
  lines[0] = lines[0].slice(start.column - 1);
  const file = relative(root, fileName);
  const what = `${short(lines.join(' '))} → ${short(replacement)}`;
  return {
    at: `${file}:${start.line}:${start.column}`,
    text: `${file}:${start.line} ${what}`,
    covered: status !== 'NoCoverage',
    known: judged.has(`${file} ${what}`),
  };
}

function short(code) {
  const line = code.replace(/\s+/g, ' ').trim();
  return line.length <= 90 ? line : `${line.slice(0, 60)} … ${line.slice(-27)}`;
}

/** Those of docs/mutation-survivors.md, without their line numbers: those move. */
function judgedSurvivors() {
  const text = readFileSync('docs/mutation-survivors.md', 'utf8');
  return new Set(
    [...text.matchAll(/^- `{1,2} ?(src\/\S+?):\d+ (.*?) ?`{1,2}(?::|$)/gm)].map(([, file, what]) => `${file} ${what}`),
  );
}

function report() {
  const score = ({ killed, timeouts, survived }, excused = 0) =>
    (100 * (killed + timeouts)) / Math.max(1, killed + timeouts + survived - excused);
  console.log('\nfolder                     killed  timeouts  survived  of these judged  errors  score  without judged  minutes');
  for (const one of scores) {
    console.log(
      one.path.padEnd(26) +
        String(one.killed).padStart(7) +
        String(one.timeouts).padStart(10) +
        String(one.survived).padStart(10) +
        String(one.judged).padStart(17) +
        String(one.errors).padStart(8) +
        score(one).toFixed(1).padStart(7) +
        score(one, one.judged).toFixed(1).padStart(16) +
        one.minutes.toFixed(1).padStart(9),
    );
  }
  process.exit(scores.every((one) => score(one) >= WANTED_SCORE) ? 0 : 1);
}

function fail(message) {
  console.error(message);
  process.exit(64);
}
