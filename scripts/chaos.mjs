// Kills the built program for real, with SIGKILL, at random instants of random commands, and looks at what is left each time.
//   npm run chaos -- [--kills 200] [--seed N]
// Exit 1 when anything was lost. The seed gives the same commands and instants again, as far as a real machine can.
import { parseArgs } from 'node:util';
import { startGateway } from '../test/stand-ins/gateway.mjs';
import { beginLife, COMMANDS } from './chaos/life.mjs';
import { codexFolder, endOnSignals } from './demo/sandbox.mjs';

const KEY = 'chaos-key-1a2b3c4d';
const KILLS_A_LIFE = 10;
const MODELS = ['gpt-5.5', 'gpt-5.4', 'gpt-5.3-codex'];

const { values } = parseArgs({ options: { kills: { type: 'string' }, seed: { type: 'string' } } });
const kills = Number(values.kills ?? 200);
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
if (!Number.isInteger(kills) || kills < 1 || !Number.isInteger(seed)) {
  console.error('npm run chaos -- [--kills N] [--seed N]');
  process.exit(64);
}

const random = randomFrom(seed);
const pick = (list) => list[Math.floor(random() * list.length)];
const codex = codexFolder();
const figures = { kills: 0, tooLate: 0, midway: 0, lost: 0, refused: 0, notConverged: 0, notRestored: 0, destroyed: 0 };
const troubles = [];

endOnSignals();
process.setMaxListeners(0); // each home folder is removed at the end by a listener of its own
console.log(`seed ${seed}${codex === null ? ', no codex is installed: its verdict on config.toml is not asked' : ''}`);
const gateway = await startGateway({ apiKeys: [KEY] });
for (let number = 0; figures.kills < kills; number++) await live(number % 2 === 0 ? 'helper' : 'dotenv');
await gateway.close();

for (const one of troubles) console.log(one);
console.log(
  `real kills: ${figures.kills}, ${figures.midway} of them in the middle of the changes (${figures.tooLate} more came too late), files lost: ${figures.lost}, refused by codex: ${codex === null ? 'not asked' : figures.refused}, not converged: ${figures.notConverged}, not restored: ${figures.notRestored} of ${figures.destroyed}`,
);
process.exit(troubles.length > 0 ? 1 : 0);

/** One home folder: killed a few times, and destroyed in the end. */
async function live(auth) {
  const life = beginLife(auth, gateway.url, codex);
  life.speak(MODELS[0]);
  for (let count = 0; count < KILLS_A_LIFE && figures.kills < kills; count++) {
    const args = count === 0 ? COMMANDS[0] : pick(COMMANDS);
    if (args[0] === 'apply') life.speak(pick(MODELS));
    await kill(life, args, auth);
    if (random() < 0.25) await destroyed(life, 'at once after the kill');
    else await converged(life);
  }
  await destroyed(life, 'in the end');
  life.dispose();
}

async function kill(life, args, auth) {
  const before = life.files();
  const { ms, after } = await life.rehearse(args);
  // Starting up and looking around takes most of the time, and the changes themselves are what matters most.
  const fromFirstChange = random() < 0.7;
  const instant = Math.round(random() * ms * (fromFirstChange ? 0.3 : 1));
  if (await life.killed(args, instant, fromFirstChange)) figures.kills += 1;
  else figures.tooLate += 1;
  if (life.underWay()) figures.midway += 1;
  const from = fromFirstChange ? 'from its first change on, ' : '';
  const where = `kill ${figures.kills}, ${auth}, ${args.join(' ')} after ${from}${instant} of ${Math.round(ms)} ms`;
  const now = life.files();
  for (const [path, content] of Object.entries(now)) {
    if (content === before[path] || content === after[path]) continue;
    trouble('lost', `${where}: ${path} is neither old nor new`);
  }
  for (const [path, what] of life.temporaries()) {
    if (!/^file (600|640|700) /.test(what))
      // the modes of what it is to become; others see nothing of it
      trouble('lost', `${where}: ${path} is open to others: ${what}`);
  }
  if (life.accepted() === false) trouble('refused', `${where}: codex refuses config.toml`);
}

async function converged(life) {
  const { code, stdout } = await life.link('apply', '--yes');
  const plan = await life.link('plan', '--detailed-exitcode');
  const left = life.temporaries().map(([path]) => path);
  if (code === 0 && plan.code === 0 && left.length === 0) return;
  trouble('notConverged', `after kill ${figures.kills}: apply ${code}, plan ${plan.code}, left lying about: ${left}\n${stdout}`);
}

async function destroyed(life, when) {
  figures.destroyed += 1;
  const { code, stdout } = await life.link('destroy', '--yes');
  const unlike = life.unlikeBefore();
  if (code !== 0 || unlike.length > 0)
    trouble('notRestored', `kill ${figures.kills}, destroy ${when}: exit ${code}, not as before: ${unlike}\n${stdout}`);
}

function trouble(figure, text) {
  figures[figure] += 1;
  troubles.push(text);
}

/** mulberry32 */
function randomFrom(start) {
  let state = start >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
