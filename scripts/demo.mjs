// A first look at codex-link, played with the built program in a throw-away home folder: what it does on a new machine, and what it does
// about the accidents of real life. Every step is checked, so this is a smoke test as well: exit 1 when one does not end as announced.
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { styleText } from 'node:util';
import { startGateway } from '../test/stand-ins/gateway.mjs';
import { codexFolder, endOnSignals, makeSandbox, NotReady, run } from './demo/sandbox.mjs';

/** For people to read along; nobody waits in a pipe. */
const PAUSE_MS = process.stdout.isTTY ? 700 : 0;
const KEY = 'demo-key-1a2b3c4d';

/** What somebody's file looks like before codex-link has ever been here. */
const CONFIG = `# My Codex, tuned over months.
model_reasoning_effort = "high"   # slow but good

[projects."/home/me/shop"]
trust_level = "trusted"

[mcp_servers.docs]   # the team's search
command = "docs-server"
`;

class Broken extends Error {}

let chapters = 0;

const began = performance.now();
endOnSignals();
try {
  await play();
} catch (error) {
  const why =
    error instanceof Broken || error instanceof NotReady ? error.message : error instanceof Error ? error.stack : String(error);
  console.log(`\n${styleText('red', 'The demo failed')}: ${why}`);
  process.exit(1);
}

async function play() {
  const codex = codexFolder();
  const sandbox = makeSandbox('codex-link-demo', [codex]);
  // Only now it is sure that there are libraries.
  const { parse, stringify } = await import('smol-toml');
  let gateway = await startGateway({ apiKeys: [KEY] });
  const config = join(sandbox.home, '.codex', 'config.toml');
  const helper = join(sandbox.home, '.codex', 'bin', 'cliproxy-token');
  const yaml = join(sandbox.work, 'codex-link.yaml');
  const state = yamlFor(gateway.url);
  writeFileSync(join(sandbox.home, 'gateway-key'), `${KEY}\n`, { mode: 0o600 });
  writeFileSync(config, CONFIG);

  title('codex-link, a first look');
  say(`All of this happens in ${sandbox.folder}, which is removed at the end. Your own home`);
  say('folder is not touched. The gateway is a stand-in for CLIProxyAPI on a free port; codex-link is the real one.');
  say(
    codex === null
      ? 'There is no codex on PATH, so the checks that ask it are skipped.'
      : `The codex is the real one: ${codex}/codex`,
  );

  chapter('Say once what you want');
  writeFileSync(yaml, state.replace('model: ', 'modle: '));
  show('cat codex-link.yaml', yaml);
  await command(['validate'], 1);
  await answers(['validate'], ({ findings }) => findings.length === 1 && /did you mean model\?/.test(findings[0].message));
  say('A typo. Mended:');
  writeFileSync(yaml, state);
  await command(['validate'], 0);

  chapter('See what would change; nothing is written yet');
  show('cat ~/.codex/config.toml', config);
  await command(['plan'], 0);
  expect(read(config) === CONFIG, 'plan must not write');
  await planned(['secret', 'helper', 'provider']);

  chapter('Make it so');
  say('On a terminal, apply shows the plan and asks. --yes answers, --quiet prints only how it ended.');
  await command(['apply', '--yes', '--quiet'], 0);
  await inSync();
  const applied = read(config);
  expect(keepsLines(CONFIG, applied), 'every line that was in config.toml must still be there');
  expect((statSync(helper).mode & 0o777) === 0o700, 'the helper must be for its owner only');
  say('Every line that stood in config.toml is still there, comments included. From now on:');
  await command(['plan'], 0);
  await command(['verify'], 0);

  if (codex !== null) {
    chapter('Codex itself, through the gateway');
    await codexTurn();
  }

  chapter('The App moves the selector and saves its settings');
  say('The file is written as the App does it: model_provider = "openai", and a table [desktop] of its own.');
  const moved = `${applied.replace('model_provider = "cliproxy"', 'model_provider = "openai"')}\n[desktop]\nappearance = "dark"\n`;
  writeFileSync(config, moved);
  await command(['plan', '--detailed-exitcode'], 2);
  await planned(['provider'], { cause: 'drift' });
  await heal();
  expect(read(config) === moved.replace('"openai"', '"cliproxy"'), 'only the selector may have changed');
  say("One line is back, and the App's own tables are where it put them.");

  chapter('A backup tool makes the helper a plain file');
  chmodSync(helper, 0o644);
  typed('chmod 644 ~/.codex/bin/cliproxy-token');
  say('\nCodex would now send its requests without any key. codex doctor does not notice; verify does:');
  await command(['verify'], 1);
  await command(['plan'], 0);
  await planned(['helper'], { cause: 'drift' });
  await heal();

  chapter('ccsxp rewrites the provider');
  writeFileSync(config, stringify(asCcsxpWrites(parse(read(config)), gateway.port)));
  say('The demo has no CCS: it writes the file as ccsxp of CCS 7.79 does. Comments are gone, and env_key stands beside');
  say('the helper, for which Codex refuses the whole file.');
  if (codex !== null) await command(['verify'], 1);
  await command(['plan'], 0);
  await planned(['provider'], { cause: 'drift', writer: 'ccsxp' });
  await heal();

  chapter('The gateway has a bad day: use the ChatGPT login, and come back');
  say('The gateway is stopped. Switching needs neither it nor the keyring:');
  await gateway.close();
  await command(['use', 'openai'], 0);
  expect(parse(read(config)).model_provider === 'openai', 'the selector must name openai');
  gateway = await startGateway({ apiKeys: [KEY], port: gateway.port });
  say('\nThe gateway is back, but the route is held: plan and apply leave it alone until you say so.');
  await command(['plan'], 0);
  await answers(['plan'], ({ outcome, findings }) => outcome === 'in-sync' && findings.some(({ code }) => code === 'CL0011'));
  await command(['use', 'auto'], 0);
  expect(parse(read(config)).model_provider === 'cliproxy', 'the selector must be back');
  await inSync();

  if (codex !== null) await codexTurn();

  chapter('What was done, and the way back');
  await command(['history'], 0);
  say('Any of these can be gone back to. Or everything is released:');
  await command(['destroy', '--yes', '--purge', '--quiet'], 0);
  expect(read(config).startsWith(CONFIG), 'config.toml must begin with what it was before codex-link came');
  expect(!existsSync(helper), 'the helper must be gone');
  show('cat ~/.codex/config.toml', config);
  say("What stood there at first is there, byte for byte; the App's own table, which came later, is the App's.");
  await gateway.close();
  title(`That was it: all as announced, in ${((performance.now() - began) / 1000).toFixed(1)} s`);
  say('README.md has a quick start for your own machine. npm test runs the suites.');

  /** Runs codex-link for all to see; it has to end with that exit code. */
  async function command(args, expected) {
    await pause();
    typed(`codex-link ${args.join(' ')}`);
    const { code } = await run(sandbox, process.execPath, [sandbox.program, ...args], 'show');
    if (code !== 0) console.log(styleText('dim', `[exit code ${code}]`));
    expect(code === expected, `codex-link ${args.join(' ')} ended with exit code ${code}, announced was ${expected}`);
  }

  /** Asks the same once more as JSON, which does not depend on wording. */
  async function answers(args, isRight) {
    const { stdout } = await run(sandbox, process.execPath, [sandbox.program, ...args, '--json'], 'capture');
    expect(isRight(JSON.parse(stdout)), `codex-link ${args.join(' ')} --json does not say what was announced:\n${stdout}`);
  }

  /** The plan has to change exactly these files and values, each with these marks. */
  function planned(addresses, marks = {}) {
    return answers(['plan'], ({ outcome, resources }) => {
      const changing = resources.filter(({ status }) => ['create', 'update', 'delete'].includes(status));
      const same = changing.map(({ address }) => address).join() === addresses.join();
      return (
        outcome === 'changes' &&
        same &&
        changing.every((one) => Object.entries(marks).every(([key, value]) => one[key] === value))
      );
    });
  }

  function inSync() {
    return answers(['plan'], ({ outcome }) => outcome === 'in-sync');
  }

  async function heal() {
    await command(['apply', '--yes', '--quiet'], 0);
    await inSync();
  }

  async function codexTurn() {
    await pause();
    const turns = () => gateway.requests.filter(({ method, path }) => method === 'POST' && path === '/v1/responses');
    const before = turns().length;
    typed('codex exec --skip-git-repo-check "say hi" 2>/dev/null');
    const args = ['exec', '--skip-git-repo-check', 'say hi'];
    const { code, stdout } = await run(sandbox, join(codex, 'codex'), args, 'capture');
    console.log(stdout.trimEnd());
    const made = turns().slice(before);
    expect(code === 0, `codex ended with exit code ${code}`);
    expect(
      made.length > 0 && made.every((one) => one.status === 200 && one.key === 'valid'),
      'the request must reach the gateway with the key',
    );
    say(`The gateway saw POST /v1/responses with the right key, and answered ${made[0].status}.`);
  }
}

function yamlFor(url) {
  return `version: 1

gateway:
  url: ${url}
  manager: none          # the demo runs it; with CCS you need neither of these two lines

provider:
  model: gpt-5.5
  contextWindow: 272000

secret:
  store: file            # or the keyring of your desktop
  source: { file: ~/gateway-key }

app:
  restart: never         # should your own Codex App be running now
`;
}

/**
 * What ccsxp makes of a config.toml whose table cliproxy is not the one that it writes. Source: CCS 7.79.1,
 * targets/codex-cliproxy-provider-config.js: the file is parsed, the table merged, and all of it written anew.
 */
function asCcsxpWrites(config, port) {
  const cliproxy = {
    ...config.model_providers.cliproxy,
    name: 'CLIProxy Codex',
    base_url: `http://127.0.0.1:${port}/api/provider/codex`,
    env_key: 'CLIPROXY_API_KEY',
    wire_api: 'responses',
    requires_openai_auth: false,
    supports_websockets: false,
  };
  return { ...config, model_providers: { ...config.model_providers, cliproxy } };
}

/** Whether all lines of the first text stand in the second, in their order. */
function keepsLines(before, after) {
  const lines = after.split('\n');
  let from = 0;
  return before.split('\n').every((line) => {
    const at = lines.indexOf(line, from);
    from = at + 1;
    return at !== -1;
  });
}

function expect(isSo, message) {
  if (!isSo) throw new Broken(message);
}

function read(path) {
  return readFileSync(path, 'utf8');
}

function title(text) {
  console.log(`\n${styleText('bold', `── ${text} ${'─'.repeat(Math.max(3, 96 - text.length))}`)}`);
}

function chapter(text) {
  chapters += 1;
  title(`${chapters}. ${text}`);
}

function say(text) {
  console.log(text);
}

function typed(text) {
  console.log(`\n${styleText('bold', `$ ${text}`)}`);
}

function show(text, path) {
  typed(text);
  console.log(read(path).trimEnd());
}

function pause() {
  return new Promise((done) => setTimeout(done, PAUSE_MS));
}
