import { valueIn } from '../codex/dotenv.ts';
import { codexHome, dotenvPath } from '../codex/home.ts';
import { finding } from '../diagnostics/diagnostics.ts';
import { type Machine, MachineError, readText } from '../machine/machine.ts';
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
    const cwd = desired.provider.portable ? codexHome(machine) : '/';
    const exit = await machine.run({ file: path, env: launchEnvironment(machine), cwd, timeoutMs, effect: 'read' });
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
  const { env, home } = machine.facts;
  const session = ['XDG_RUNTIME_DIR', 'DBUS_SESSION_BUS_ADDRESS'].flatMap((name) => (env[name] ? [[name, env[name]]] : []));
  return { HOME: home, PATH: '/usr/bin:/bin:/usr/sbin:/sbin', ...Object.fromEntries(session) };
}

/** The variable where Codex will find it; `.env` wins over the session's environment. */
async function fromEnvironment({ machine, desired, platform }: Route): Promise<TokenCheck> {
  const name = desired.secret.service;
  const places = [dotenvPath(machine), ...(desired.provider.auth === 'env' ? [platform.environmentFile(machine)] : [])];
  for (const path of places) {
    const value = valueIn((await readText(machine, path)) ?? '', name);
    if (value !== null && tokenProblem(value) === null) {
      return { token: new Secret(value), check: passed('environment', `${name} is where Codex reads it`) };
    }
  }
  const where = places.at(-1) ?? null;
  return {
    token: null,
    check: found('environment', finding('CL5007', `${where} does not set ${name} to a token`, { file: where })),
  };
}

function oneLine(text: string): string {
  return text
    .replace(/[\x00-\x1f\x7f]+/g, ' ')
    .trim()
    .slice(0, 200);
}
