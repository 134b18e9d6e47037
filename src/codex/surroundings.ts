import { resolve } from 'node:path';
import type { Desired } from '../config/desired.ts';
import { type Finding, finding } from '../diagnostics/diagnostics.ts';
import { type Machine, MachineError } from '../machine/machine.ts';
import { onPath } from '../machine/programs.ts';
import type { Platform } from '../platform/platform.ts';
import type { Variable } from '../platform/session-environment.ts';
import { type ParsedTable, parseToml, TomlRefusal } from '../toml/read.ts';
import { codexHome, configPath, dotenvPath } from './home.ts';
import { readLayers } from './layers.ts';
import { overrides } from './overrides.ts';
import { profileFindings } from './profiles.ts';
import { PROXY_VARIABLES, proxyFindings } from './proxy.ts';

/**
 * What lies around Codex's config.toml and can outweigh it, or fights over it: other layers, profiles, the environment that Codex App
 * is started with, and ccsxp. Found in a few small files, without starting anything.
 */
export async function surroundings(machine: Machine, desired: Desired, platform: Platform): Promise<Finding[]> {
  const [{ layers, findings }, text, dotenv, session, rival] = await Promise.all([
    readLayers(machine),
    textOf(machine, configPath(machine)),
    textOf(machine, dotenvPath(machine)),
    platform.sessionVariables(machine, ['CODEX_HOME', ...PROXY_VARIABLES]),
    ccsxpFindings(machine, desired),
  ]);
  // Parsing is worth its time only where there is something to compare.
  const isNeeded = text.includes('profiles') || Object.values(layers).some((one) => one !== null);
  const user = isNeeded ? parsed(text) : {};
  return [
    ...findings,
    ...(user === null ? [] : overrides(machine, desired, user, layers)),
    ...(user === null ? [] : await profileFindings(machine, desired, user, text)),
    ...homeFindings(machine, session),
    ...proxyFindings(machine, desired, session, dotenv),
    ...rival,
  ];
}

/** Trouble with the user's own files is told by the resources that manage them. */
async function textOf(machine: Machine, path: string): Promise<string> {
  try {
    if ((await machine.stat(path))?.kind !== 'file') return ''; // a pipe in its place would never end
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(await machine.read(path));
  } catch (error) {
    if (error instanceof MachineError) return '';
    throw error;
  }
}

function parsed(text: string): ParsedTable | null {
  try {
    return parseToml(text);
  } catch (error) {
    if (error instanceof TomlRefusal) return null;
    throw error;
  }
}

/** The App is started by the session, and looks where the session tells it to. */
function homeFindings(machine: Machine, session: readonly Variable[]): Finding[] {
  const there = session.find((one) => one.name === 'CODEX_HOME');
  if (there === undefined || there.value === '') return [];
  const managed = codexHome(machine);
  if (resolve(machine.facts.home, there.value) === managed) return [];
  const message = `the login session gives Codex App CODEX_HOME=${there.value}, and codex-link manages ${managed}`;
  return [
    finding('CL1013', message, { resource: 'provider', ...there.place, fix: `CODEX_HOME='${there.value}' codex-link apply` }),
  ];
}

/** The id that ccsxp takes for its own. Source: CCS 7.79.1, targets/codex-cliproxy-provider-config.js. */
const ID_OF_CCSXP = 'cliproxy';

async function ccsxpFindings(machine: Machine, desired: Desired): Promise<Finding[]> {
  if (desired.provider.id !== ID_OF_CCSXP) return [];
  const ccsxp = await onPath(machine, 'ccsxp');
  if (ccsxp === null) return [];
  return [
    finding('CL1015', `${ccsxp} rewrites model_providers.${ID_OF_CCSXP} in config.toml whenever it is started`, {
      resource: 'provider',
    }),
  ];
}
