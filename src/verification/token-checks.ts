import { parse } from 'node:path';
import { valueIn } from '../codex/dotenv.ts';
import { helperCommand } from '../codex/helper-command.ts';
import { codexHome, dotenvPath } from '../codex/home.ts';
import { finding } from '../diagnostics/diagnostics.ts';
import { type Machine, MachineError, readText } from '../machine/machine.ts';
import { systemProgram, userEnvironment } from '../machine/programs.ts';
import { Secret, tokenProblem } from '../secret.ts';
import { type Check, found, passed, type Route } from './check.ts';

/** What Codex would send as key, and how it got it; null when it would send none. */
export interface TokenCheck {
  readonly token: Secret | null;
  readonly check: Check;
}

/** Gets the token the way Codex does. */
export function tokenCheck(route: Route): Promise<TokenCheck> {
  return route.desired.provider.auth === 'helper' ? fromHelper(route) : fromEnvironment(route);
}

/** Runs the helper exactly as Codex does when the App was started from a dock. */
async function fromHelper({ machine, desired }: Route): Promise<TokenCheck> {
  const { path, timeoutMs } = desired.helper;
  const none = (why: string): TokenCheck => ({
    token: null,
    check: found('helper', finding('CL5001', why, { resource: 'helper', file: path })),
  });
  try {
    const { command, args } = helperCommand(desired, machine.facts.os, codexHome(machine));
    const cwd = desired.provider.portable ? codexHome(machine) : parse(path).root;
    const file = args.length === 0 ? path : await systemProgram(machine, command.replace(/\.exe$/, ''));
    if (file === null) return none(`there is no ${command}`);
    const exit = await machine.run({ file, args, env: launchEnvironment(machine), cwd, timeoutMs, effect: 'read' });
    if (exit.timedOut) return none(`the helper gave nothing within ${timeoutMs} ms`);
    // Its standard error is made for people and never holds the token.
    if (exit.code !== 0)
      return none(`the helper ended with exit code ${exit.code}: ${oneLine(exit.stderr) || 'it says nothing'}`);
    const output = exit.stdout.trim();
    const problem = tokenProblem(output);
    if (problem !== null) return none(`what the helper prints is no token: ${problem}`);
    return { token: new Secret(output), check: passed('helper', 'the helper prints one line that can be a token') };
  } catch (error) {
    if (error instanceof MachineError) return none(`the helper cannot be started: ${error.message}`);
    throw error;
  }
}

/** What an App that was started from a dock has: next to nothing, but for the place of the session. */
function launchEnvironment(machine: Machine): Record<string, string> {
  const { os, env, home } = machine.facts;
  if (os === 'win32') return userEnvironment(machine); // there an App gets all that the user has
  const session = ['XDG_RUNTIME_DIR', 'DBUS_SESSION_BUS_ADDRESS'].flatMap((name) => (env[name] ? [[name, env[name]]] : []));
  return { HOME: home, PATH: '/usr/bin:/bin:/usr/sbin:/sbin', ...Object.fromEntries(session) };
}

/** The variable where Codex will find it; `.env` wins over the session's environment. */
async function fromEnvironment({ machine, desired, platform }: Route): Promise<TokenCheck> {
  const { service: name, account } = desired.secret;
  const session = desired.provider.auth === 'env' ? platform.environment : null;
  const files = [dotenvPath(machine), ...(session?.kind === 'file' ? [session.path(machine)] : [])];
  const here = (value: Secret): TokenCheck => ({
    token: value,
    check: passed('environment', `${name} is where Codex reads it`),
  });
  for (const path of files) {
    const value = valueIn((await readText(machine, path)) ?? '', name);
    if (value !== null && tokenProblem(value) === null) return here(new Secret(value));
  }
  if (session?.kind === 'store') {
    const { value } = await session.read(machine, { name, item: { service: name, account } });
    if (value !== null && tokenProblem(value.reveal()) === null) return here(value);
  }
  const file = files.at(-1) ?? null;
  const where = session?.kind === 'store' ? session.name : file;
  return {
    token: null,
    check: found('environment', finding('CL5007', `${where} does not set ${name} to a token`, { file })),
  };
}

function oneLine(text: string): string {
  return text
    .replace(/[\x00-\x1f\x7f]+/g, ' ')
    .trim()
    .slice(0, 200);
}
