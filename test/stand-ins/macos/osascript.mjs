// A stand-in for /usr/bin/osascript of macOS: the few statements about an application by its id that codex-link says, and nothing else.
// Errors have the numbers of Apple's table (-1743 not permitted, -600 not running, -1728 no such object, -2741 syntax) and the shape of
// osascript's messages; that a process outside of the graphical session gets -600, and false for `is running`, is unverified.
import { appProcesses, change, logged, mac, notSimulated } from './mac.mjs';

const out = (text) => process.stdout.write(`${text}\n`);

function fail(text, number) {
  process.stderr.write(`0:1: execution error: ${text} (${number})\n`);
  process.exit(1);
}

const argv = logged('osascript', process.argv.slice(2));
if (argv.length !== 2 || argv[0] !== '-e') notSimulated('osascript without exactly one -e');
const script = argv[1];

const quit = /^(?:if application id "([\w.]+)" is running then )?tell application id "([\w.]+)" to quit$/.exec(script);
const running = /^application id "([\w.]+)" is running$/.exec(script);
const path = /^POSIX path of \(path to application id "([\w.]+)"\)$/.exec(script);
const state = mac();
const isHere = (id) => state.app !== null && state.app.id === id;
const isRunning = (id) => isHere(id) && state.session === 'aqua' && appProcesses(state).some(({ pid }) => pid === 4101);

if (running !== null) out(isRunning(running[1]));
else if (path !== null) {
  if (!isHere(path[1])) fail(`Can’t get application id "${path[1]}".`, -1728);
  out(`${state.app.path}/`);
} else if (quit !== null) {
  const [, condition, id] = quit;
  if (condition !== undefined && condition !== id) notSimulated(script);
  if (!isHere(id)) fail(`Can’t get application id "${id}".`, -1728);
  if (state.session !== 'aqua') fail('Application isn’t running.', -600);
  if (condition !== undefined && !isRunning(id)) process.exit(0);
  if (!isRunning(id)) fail('Application isn’t running.', -600);
  if (state.automation === 'refused') fail('Not authorized to send Apple events to ChatGPT.', -1743);
  if (state.app.refuses) fail('User canceled.', -128);
  change((now) => void Object.assign(now.app, { quitAsked: Date.now() }));
} else {
  process.stderr.write('0:1: syntax error: A identifier can’t go after this identifier. (-2740)\n');
  process.exitCode = 1;
}
