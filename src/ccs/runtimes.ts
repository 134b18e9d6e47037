import { join } from 'node:path';
import { codexHome } from '../codex/home.ts';
import { type Machine, readText } from '../machine/machine.ts';
import { onPath } from '../machine/programs.ts';
import { Secret } from '../secret.ts';
import { ccsFolder } from './ccs.ts';
import type { CcsConfig } from './config.ts';
import { type RuntimeSettings, readSettings, settingsPath } from './settings-file.ts';
import { type Variant, variantsOf } from './variant.ts';

/** Something else than Codex App that CCS starts on the pool, with what it would call. */
export interface Runtime {
  /** What a person types to start it, or the name it has in Droid. */
  readonly name: string;
  readonly program: 'Claude Code' | 'Droid' | 'Codex';
  readonly baseUrl: string;
  /** The key that it would send; null where CCS fills in the present one. */
  readonly key: Secret | null;
  readonly models: readonly string[];
  /** Port of the gateway that CCS starts for it alone; null when it uses the common one. */
  readonly ownPort: number | null;
  /** The file that says so; null when it is built into CCS. */
  readonly file: string | null;
  /** What brings it back to what CCS gives it. */
  readonly remedy: string;
  /** True when it writes the provider `cliproxy` into the config.toml that codex-link manages. */
  readonly writesConfig: boolean;
}

/** The base URL that CCS 7 gives to whatever uses the provider codex. Source: CCS 7.79.1, cliproxy/config/env-builder.js */
function builtIn(port: number): string {
  return `http://127.0.0.1:${port}/api/provider/codex`;
}

/** How each runtime is found out about: a reading that fails concerns only the one. */
export type Finder = { readonly name: string; find(): Promise<readonly Runtime[]> };

/** The runtimes of this machine, each to be looked at by itself. None of them is started. */
export function runtimes(machine: Machine, config: CcsConfig): Finder[] {
  const codexVariants = variantsOf(config).filter(({ provider }) => provider === 'codex');
  return [
    { name: 'ccs codex', find: () => builtInProfile(machine, config) },
    ...codexVariants.map((one) => ({ name: `ccs ${one.name}`, find: async () => [await variantRuntime(machine, config, one)] })),
    { name: 'droid', find: () => droidModels(machine, codexVariants) },
    { name: 'ccsxp', find: () => nativeShortcut(machine, config) },
  ];
}

/** `ccs codex` where somebody has settings for it, and `ccsx codex`, which uses the same ones. */
async function builtInProfile(machine: Machine, config: CcsConfig): Promise<Runtime[]> {
  const path = join(ccsFolder(machine), 'codex.settings.json');
  const [settings, ccsx] = await Promise.all([readSettings(machine, path), onPath(machine, 'ccsx')]);
  const remedy = settings === null ? portRemedy(config) : `rm ${path}, which makes CCS use its own settings`;
  const common = { ...called(settings, config.port), ownPort: null, file: settings === null ? null : path, remedy };
  return [
    ...(settings === null ? [] : [{ ...common, name: 'ccs codex', program: 'Claude Code' as const, writesConfig: false }]),
    ...(ccsx === null ? [] : [{ ...common, name: 'ccsx codex', program: 'Codex' as const, writesConfig: false }]),
  ];
}

async function variantRuntime(machine: Machine, config: CcsConfig, variant: Variant): Promise<Runtime> {
  const { name, port, target } = variant;
  const settings = variant.settings === null ? null : await readSettings(machine, settingsPath(machine, variant.settings));
  return {
    name: `ccs ${name}`,
    program: target === 'droid' ? 'Droid' : 'Claude Code',
    ...called(settings, port ?? config.port),
    ownPort: port,
    file: settings?.path ?? null,
    remedy: `ccs cliproxy remove ${name} --yes && ccs cliproxy create ${name} --provider codex`,
    writesConfig: false,
  };
}

function called(settings: RuntimeSettings | null, port: number): Pick<Runtime, 'baseUrl' | 'key' | 'models'> {
  const models = [...new Set(Object.values(settings?.models ?? {}))];
  return { baseUrl: settings?.baseUrl ?? builtIn(port), key: settings?.key ?? null, models };
}

/**
 * What Droid itself has of CCS: `ccs-droid` leaves it behind in Droid's own settings. Source: CCS 7.79.1,
 * targets/droid-config-manager.js
 */
async function droidModels(machine: Machine, variants: readonly Variant[]): Promise<Runtime[]> {
  const { env, home } = machine.facts;
  const file = join(env.CCS_HOME || home, '.factory', 'settings.json');
  return customModels(await readText(machine, file)).flatMap((entry) => {
    const { displayName, baseUrl, apiKey, model } = entry as Record<string, unknown>;
    const profile = typeof displayName === 'string' ? /^(?:CCS |ccs-)([A-Za-z0-9._-]+)$/.exec(displayName)?.[1] : undefined;
    const variant = variants.find(({ name }) => name === profile);
    if (profile === undefined || (profile !== 'codex' && variant === undefined) || typeof baseUrl !== 'string') return [];
    return [
      {
        name: `ccs-droid ${profile}`,
        program: 'Droid' as const,
        baseUrl,
        key: typeof apiKey === 'string' && apiKey !== '' ? new Secret(apiKey) : null,
        models: typeof model === 'string' ? [model] : [],
        ownPort: variant === undefined ? null : variant.port,
        file,
        remedy: `ccs-droid ${profile}, which writes Droid's settings anew`,
        writesConfig: false,
      },
    ];
  });
}

/** The entries, whatever the rest of the file is like; they may be a list or a map. */
function customModels(text: string | null): readonly object[] {
  try {
    const { customModels: models } = JSON.parse(text ?? '{}') as { customModels?: unknown };
    if (models === null || typeof models !== 'object') return [];
    return Object.values(models).filter((one): one is object => one !== null && typeof one === 'object');
  } catch {
    return []; // Droid's own business
  }
}

/** `ccsxp`, which puts a provider of its own into config.toml. Source: CCS 7.79.1, targets/codex-cliproxy-provider-config.js */
async function nativeShortcut(machine: Machine, config: CcsConfig): Promise<Runtime[]> {
  if ((await onPath(machine, 'ccsxp')) === null) return [];
  const { env, home } = machine.facts;
  const writesConfig = (env.CCSXP_CODEX_HOME || join(home, '.codex')) === codexHome(machine);
  const remedy = portRemedy(config);
  const built = { baseUrl: builtIn(config.port), key: null, models: [], ownPort: null, file: null, remedy, writesConfig };
  return [{ name: 'ccsxp', program: 'Codex', ...built }];
}

function portRemedy({ path, port }: CcsConfig): string {
  return `set gateway.url to port ${port}, or cliproxy_server.local.port in ${path} to that of gateway.url`;
}
