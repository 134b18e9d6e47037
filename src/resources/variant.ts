import { type Ccs, ccsFolder, lastWords } from '../ccs/ccs.ts';
import { type CcsConfig, WELL_KNOWN_KEY } from '../ccs/config.ts';
import { withConfigLock } from '../ccs/locks.ts';
import {
  changeModel,
  exposedSettings,
  type RuntimeSettings,
  readSettings,
  settingsPath,
  variantSettingsPath,
} from '../ccs/settings-file.ts';
import { nameProblem, type Variant, variantsOf } from '../ccs/variant.ts';
import { type Code, CodexLinkError, type Finding, finding } from '../diagnostics/diagnostics.ts';
import { type Machine, MachineError, readBytes } from '../machine/machine.ts';
import { Secret } from '../secret.ts';
import { type OnUndo, type Resource, type Verdict, verdict } from './resource.ts';

export interface VariantReading {
  readonly installed: boolean;
  readonly variant: Variant | null;
  readonly settings: RuntimeSettings | null;
  /** Another profile of CCS has the name. */
  readonly taken: boolean;
  readonly hasAccount: boolean;
}

/** One CCS variant of the provider codex: a name for `ccs NAME`, and the model behind it. */
export function variantResource(
  { name, model }: { readonly name: string; readonly model: string },
  ccs: Ccs,
  dependsOn: readonly string[],
): Resource<VariantReading> {
  const address = `variants/${name}`;
  const about = (code: Code, message: string, rest: Partial<Finding> = {}) =>
    finding(code, message, { resource: address, ...rest });
  const remake = remakeCommand(name);

  return {
    kind: 'variants',
    address,
    dependsOn,

    async read(machine: Machine): Promise<VariantReading> {
      const [program, config, pool] = await Promise.all([ccs.program(machine), ccs.config(machine), ccs.pool(machine)]);
      const found = await presentVariant(machine, config, name);
      return {
        ...found,
        installed: program !== null,
        taken: config.profiles.includes(name),
        hasAccount: pool.accounts.length > 0,
      };
    },

    diff({ installed, variant, settings, taken, hasAccount }: VariantReading, changing: ReadonlySet<string>): Verdict {
      const blocked = (one: Finding) => verdict('manual', one.message, { command: one.fix, findings: [one] });
      const refused = nameProblem(name);
      if (refused !== null) return blocked(about('CL7042', `CCS refuses the name ${name}: ${refused}`));
      if (taken) return blocked(about('CL7041', `ccs ${name} is a profile of its own already, not a variant`));
      if (variant === null) {
        // Not named one by one: the same is true of all of them, and is told once.
        if (!installed && !changing.has('ccs'))
          return blocked(finding('CL7040', 'variants are made by ccs, which is not installed'));
        if (!hasAccount) return blocked(finding('CL7043', 'a variant needs an account in the pool, and there is none'));
        const changes = [{ path: 'model', before: null, after: model, sensitive: false }];
        return verdict('create', `CCS has no variant ${name}`, { changes });
      }
      if (variant.provider !== 'codex')
        return blocked(about('CL7041', `ccs ${name} is a variant of ${variant.provider || 'another provider'}, not of codex`));
      if (settings === null)
        return blocked(about('CL7047', `the settings file of the variant ${name} is missing`, { fix: remake }));
      const findings = exposure(settings);
      const before = settings.models.ANTHROPIC_MODEL ?? null;
      if (before === model) return verdict('in-sync', `ccs ${name} uses ${model}`, { findings });
      return verdict('update', `ccs ${name} uses ${before ?? 'no model of its own'}, wanted ${model}`, {
        changes: [{ path: 'model', before, after: model, sensitive: false }],
        consequences: [`sessions of ccs ${name} that run keep their model until they are started again`],
        findings,
      });
    },

    async converge(machine: Machine, { variant, settings }: VariantReading, onUndo: OnUndo): Promise<readonly Finding[]> {
      if (variant === null || settings === null) return create(machine, onUndo);
      // CCS can change a model only in a dialog (ccs cliproxy edit), and create --force gives up port, target and own settings.
      const from = settings.models.ANTHROPIC_MODEL ?? null;
      await ccs.alone(() => withConfigLock(machine, ccsFolder(machine), () => changeModel(machine, settings.path, from, model)));
      return [];
    },

    wanted() {
      return { model };
    },
  };

  /** Has CCS make it, which says so only in its files. */
  async function create(machine: Machine, onUndo: OnUndo): Promise<readonly Finding[]> {
    ccs.forget(); // the plan's reading may be some minutes old
    if ((await presentVariant(machine, await ccs.config(machine), name)).variant !== null) {
      throw new MachineError('ECHANGED', `the variant ${name} was made by somebody else in the meantime`);
    }
    const path = variantSettingsPath(machine, name);
    const leftOver = await readBytes(machine, path);
    onUndo(`the variant ${name}`, async (later) => {
      if ((await presentVariant(later, await ccs.config(later), name)).variant !== null) await removeVariant(later, ccs, name);
      if (leftOver === null)
        await later.remove(path); // CCS forgets it when its folder is not ~/.ccs
      else await later.write(path, leftOver);
    });
    const output = await makeVariant(machine, ccs, name, model);
    const { settings } = await presentVariant(machine, await ccs.config(machine), name);
    if (settings === null) throw new CodexLinkError(about('CL7045', `CCS did not make the variant ${name}${lastWords(output)}`));
    const made = settings.models.ANTHROPIC_MODEL;
    if (made === model) return exposure(settings);
    const fix = `write model: ${made} for ${name} under variants`;
    throw new CodexLinkError(about('CL7045', `CCS made the variant ${name} with ${made} instead of ${model}`, { fix }));
  }

  function exposure(settings: RuntimeSettings): Finding[] {
    if (!exposedSettings(settings)) return [];
    const wellKnown = settings.key?.equals(new Secret(WELL_KNOWN_KEY)) ?? false;
    const which = wellKnown ? ', the one that every CCS has' : '';
    const message = `other users can read the settings of ccs ${name}, which hold the gateway's key${which}`;
    return [
      about('CL7044', message, {
        file: settings.path,
        fix: `chmod 600 ${settings.path}`,
        ...(wellKnown ? { severity: 'info' as const } : {}),
      }),
    ];
  }
}

function remakeCommand(name: string): string {
  return `ccs cliproxy remove ${name} --yes && codex-link apply`;
}

/** Has CCS make it; gives what `ccs` said. */
export function makeVariant(machine: Machine, ccs: Ccs, name: string, model: string): Promise<string> {
  // Without --target CCS asks for one, and without accounts it would start a login; --no-input makes it give up instead.
  const told = ['--provider', 'codex', '--model', model, '--target', 'claude', '--no-input'];
  return ccs.run(machine, 'cliproxy', 'create', name, ...told);
}

/** Has CCS remove it. Throws when it is still there. */
export async function removeVariant(machine: Machine, ccs: Ccs, name: string): Promise<void> {
  const output = await ccs.run(machine, 'cliproxy', 'remove', name, '--yes');
  if ((await presentVariant(machine, await ccs.config(machine), name)).variant === null) return;
  const message = `CCS did not remove the variant ${name}${lastWords(output)}`;
  throw new CodexLinkError(finding('CL7045', message, { resource: `variants/${name}`, fix: remakeCommand(name) }));
}

/** What CCS's config says of it, and its settings. */
export async function presentVariant(
  machine: Machine,
  config: CcsConfig,
  name: string,
): Promise<Pick<VariantReading, 'variant' | 'settings'>> {
  const variant = variantsOf(config).find((one) => one.name === name) ?? null;
  if (variant === null || variant.provider !== 'codex' || variant.settings === null) return { variant, settings: null };
  return { variant, settings: await readSettings(machine, settingsPath(machine, variant.settings)) };
}
