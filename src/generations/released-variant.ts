import type { Ccs } from '../ccs/ccs.ts';
import { type Machine, readBytes } from '../machine/machine.ts';
import { type OnUndo, type Resource, type Verdict, verdict } from '../resources/resource.ts';
import { makeVariant, presentVariant, removeVariant, type VariantReading } from '../resources/variant.ts';
import { kept } from './released-item.ts';

/** A variant that the YAML speaks of no longer. */
interface Released {
  /** `variants/NAME` */
  readonly address: string;
  readonly dependsOn: readonly string[];
  /** What codex-link had it use; null when that is not known. */
  readonly model: string | null;
  /** False for one that was there before codex-link came. */
  readonly made: boolean;
}

/** Has CCS remove a variant of codex-link's making, when it still is what codex-link made it. */
export function releasedVariant({ address, dependsOn, model, made }: Released, ccs: Ccs): Resource<VariantReading> {
  const name = address.slice('variants/'.length);
  return {
    kind: 'variants',
    address,
    dependsOn,

    async read(machine: Machine): Promise<VariantReading> {
      const [program, config] = await Promise.all([ccs.program(machine), ccs.config(machine)]);
      const found = await presentVariant(machine, config, name);
      return { ...found, installed: program !== null, taken: false, hasAccount: true };
    },

    diff({ installed, variant, settings }: VariantReading): Verdict {
      if (variant === null) return verdict('unmanaged', `CCS has no variant ${name}`);
      const fix = `ccs cliproxy remove ${name} --yes`;
      const stays = (why: string) => kept(address, `the variant ${name} stays: ${why}`, fix);
      if (!made) return stays('it was there before codex-link came');
      const now = settings?.models.ANTHROPIC_MODEL ?? null;
      if (variant.provider !== 'codex' || model === null || now !== model) return stays('somebody else has changed it since');
      if (!installed) return stays('ccs, which removes it, is not installed');
      return verdict('delete', `the variant ${name} is removed`, {
        changes: [{ path: 'model', before: model, after: null, sensitive: false }],
      });
    },

    async converge(machine: Machine, { settings }: VariantReading, onUndo: OnUndo): Promise<void> {
      if (settings === null || model === null) return;
      const { path } = settings;
      const bytes = await readBytes(machine, path);
      onUndo(`the variant ${name}`, async (later) => {
        ccs.forget();
        if ((await presentVariant(later, await ccs.config(later), name)).variant === null)
          await makeVariant(later, ccs, name, model);
        if (bytes !== null) await later.write(path, bytes, { mode: settings.mode });
      });
      await removeVariant(machine, ccs, name);
      // CCS forgets it when its folder is not ~/.ccs.
      if ((await machine.stat(path)) !== null) await machine.remove(path);
    },

    wanted: () => null,
  };
}
