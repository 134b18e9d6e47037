import { valueIn } from '../codex/dotenv.ts';
import { codexHome, dotenvPath } from '../codex/home.ts';
import { pathsOf } from '../config/paths.ts';
import { defaults } from '../generated/yaml-defaults.ts';
import type { CodexLinkYaml } from '../generated/yaml-types.ts';
import { type Machine, readText } from '../machine/machine.ts';
import type { Platform } from '../platform/platform.ts';
import { isTable, type ParsedTable } from '../toml/read.ts';
import type { Leave } from './survey.ts';
import { text, whole } from './toml-values.ts';

export interface FoundAuth {
  readonly provider: Pick<NonNullable<CodexLinkYaml['provider']>, 'auth' | 'keepChatgptFeatures' | 'portable'>;
  readonly helper: CodexLinkYaml['helper'];
  /** Name of the variable that holds the key, where Codex reads one. */
  readonly envKey: string | null;
}

/** How Codex gets the key by the table as it is. */
export async function foundAuth(machine: Machine, platform: Platform, table: ParsedTable, leave: Leave): Promise<FoundAuth> {
  const auto = machine.facts.os === 'win32' ? 'dotenv' : 'helper';
  if (isTable(table.auth)) return { ...foundHelper(machine, table.auth, auto), envKey: null };
  const name = text(table.env_key);
  if (name === null) return { provider: {}, helper: undefined, envKey: null };
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) || /^CODEX_/i.test(name)) {
    leave(`env_key ${JSON.stringify(name)}, which Codex cannot read`, 'provider');
    return { provider: {}, helper: undefined, envKey: null };
  }
  const keep = table.requires_openai_auth === true ? { keepChatgptFeatures: true } : {};
  const inDotenv = valueIn((await readText(machine, dotenvPath(machine))) ?? '', name) !== null;
  const inSession = inDotenv || (await isInSession(machine, platform, name));
  if (inSession) {
    const auth = inDotenv ? 'dotenv' : 'env';
    return { provider: { ...(auth === auto ? {} : { auth }), ...keep }, helper: undefined, envKey: name };
  }
  // ccsxp writes env_key and gives the variable to the one Codex that it starts; the App gets nothing.
  leave(
    `env_key is ${name}, which neither ${dotenvPath(machine)} nor the login session sets: provider.auth is left to auto`,
    'provider',
  );
  return { provider: {}, helper: undefined, envKey: auto === 'dotenv' ? name : null };
}

async function isInSession(machine: Machine, platform: Platform, name: string): Promise<boolean> {
  const { environment } = platform;
  if (environment.kind === 'file' && valueIn((await readText(machine, environment.path(machine))) ?? '', name) !== null)
    return true;
  return (await platform.sessionVariables(machine, [name])).length > 0;
}

function foundHelper(machine: Machine, auth: ParsedTable, auto: 'helper' | 'dotenv'): Omit<FoundAuth, 'envKey'> {
  const portable = text(auth.command)?.startsWith('./') === true && auth.cwd === '.';
  const path = helperPath(machine, auth, portable);
  const standard = pathsOf(machine.facts).join(
    codexHome(machine),
    'bin',
    `cliproxy-token${machine.facts.os === 'win32' ? '.ps1' : ''}`,
  );
  const timeoutMs = whole(auth.timeout_ms);
  const refreshIntervalMs = whole(auth.refresh_interval_ms);
  const usual = (machine.facts.os === 'win32' ? 2 : 1) * defaults.helper.timeoutMs;
  return {
    provider: { ...(auto === 'helper' ? {} : { auth: 'helper' as const }), ...(portable ? { portable: true } : {}) },
    helper: {
      ...(path === null || path === standard ? {} : { path: fromHome(machine, path) }),
      ...(timeoutMs !== null && timeoutMs !== usual && timeoutMs >= 1 && timeoutMs <= 600_000 ? { timeoutMs } : {}),
      ...(refreshIntervalMs !== null && refreshIntervalMs !== defaults.helper.refreshIntervalMs ? { refreshIntervalMs } : {}),
    },
  };
}

/** The script that is run; null when a program that is none of ours is. `$HOME` stands in the setup guide, though Codex does not replace it. */
function helperPath(machine: Machine, auth: ParsedTable, portable: boolean): string | null {
  const args = Array.isArray(auth.args) ? auth.args : [];
  const file = args.indexOf('-File');
  const written = file === -1 ? text(auth.command) : text(args[file + 1]);
  if (written === null || (file === -1 && args.length > 0) || /[\u0000-\u001f\u007f]/.test(written)) return null;
  const paths = pathsOf(machine.facts);
  const expanded = written.replace(/^(\$HOME|\$\{HOME\}|~)(?=[/\\])/, () => machine.facts.home);
  if (portable) return paths.join(codexHome(machine), expanded.slice(2));
  // A system's own program, like security, is no script that codex-link could write.
  return paths.isAbsolute(expanded) && !/^\/(usr\/)?s?bin\//.test(expanded) ? expanded : null;
}

function fromHome(machine: Machine, path: string): string {
  const { home } = machine.facts;
  return path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path;
}
