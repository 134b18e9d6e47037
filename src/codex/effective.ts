import { type Machine, MachineError } from '../machine/machine.ts';
import { configPath } from './home.ts';
import { layerPaths } from './layers.ts';
import { findCodex, runStaged } from './staged.ts';

/** What Codex really uses, with all of its layers applied. */
export interface Effective {
  readonly provider: string;
  /** The address of that provider, in full; null where Codex has it built in. */
  readonly baseUrl: string | null;
  /** Who says which provider: a file, or words for a policy. Null when nobody does and it is Codex's default. */
  readonly selectedBy: string | null;
  /** Who says the address. */
  readonly addressedBy: string | null;
}

/** Names the layer that set a key: `user` and `system` with their file, others with or without one. */
interface Layer {
  readonly type: string;
  readonly file?: string;
}

interface ConfigRead {
  readonly config: {
    readonly model_provider?: string | null;
    readonly model_providers?: Readonly<Record<string, { readonly base_url?: string | null }>> | null;
  };
  readonly origins: Readonly<Record<string, { readonly name: Layer }>>;
}

interface ProviderList {
  readonly defaultProviderId: string;
  readonly data: readonly { readonly id: string; readonly baseUrl: string | null }[];
}

interface Requirements {
  readonly requirements: {
    readonly modelProvider?: string | null;
    readonly modelProviders?: Readonly<Record<string, unknown>> | null;
  } | null;
}

/** The answers, by the position of their question; undefined where this Codex does not know it. */
type Answers = readonly [ConfigRead | undefined, ProviderList | undefined, Requirements | undefined];

const QUESTIONS = [
  { method: 'config/read', params: { includeLayers: true } },
  { method: 'modelProvider/list', params: {} },
  { method: 'configRequirements/read' },
] as const;

/**
 * Asks Codex's app-server, the engine of the App, which provider is in effect and which file says so. Needs no network and no longer
 * than a start. A text says why there is no answer, as with versions that have no `config/read`.
 * @param variables for Codex, besides those of the user
 * Source: codex 0.169.0, `codex app-server` over standard input and output. It answers only while its input is open, and looks for
 * plugins with git unless they are switched off.
 */
export async function effective(
  machine: Machine,
  config: string,
  variables: Readonly<Record<string, string>>,
): Promise<Effective | string> {
  const codex = await findCodex(machine);
  if (codex === null) return 'codex is not installed';
  const until = (stdout: string) => QUESTIONS.every((_question, index) => answered(stdout, index + 1) !== null);
  try {
    const args = ['app-server', '-c', 'features.plugins=false'];
    const { exit, copy } = await runStaged(machine, codex, config, args, variables, { input: conversation(), until });
    const [read, list, required] = QUESTIONS.map(
      (_question, index) => answered(exit.stdout, index + 1)?.result,
    ) as unknown as Answers;
    if (read === undefined)
      return `codex does not say which configuration is in effect (${exit.timedOut ? 'timeout' : 'too old?'})`;
    const provider = list?.defaultProviderId ?? read.config.model_provider ?? 'openai';
    const listed = list?.data.find((one) => one.id === provider);
    const baseUrl = listed?.baseUrl ?? read.config.model_providers?.[provider]?.base_url ?? null;
    const demanded = required?.requirements ?? null;
    // Requirements have no place among the origins: what they set has none, or that of the value which they replaced.
    const origin = async (key: string, isDemanded: boolean) => {
      const { requirements } = layerPaths(machine);
      if (isDemanded) return (await machine.stat(requirements)) === null ? 'a requirement of the organisation' : requirements;
      const layer = read.origins[key]?.name;
      if (layer === undefined) return null;
      if (layer.type === 'user' || layer.file === copy) return configPath(machine);
      return layer.file ?? `a policy of the organisation (${layer.type})`;
    };
    return {
      provider,
      baseUrl,
      selectedBy: await origin('model_provider', demanded?.modelProvider === provider),
      addressedBy: await origin(`model_providers.${provider}.base_url`, Object.hasOwn(demanded?.modelProviders ?? {}, provider)),
    };
  } catch (error) {
    if (error instanceof MachineError) return error.message;
    throw error;
  }
}

function conversation(): string {
  const greeting = { id: 0, method: 'initialize', params: { clientInfo: { name: 'codex-link', version: '1' } } };
  const questions = QUESTIONS.map((question, index) => ({ id: index + 1, ...question }));
  return [greeting, { method: 'initialized' }, ...questions].map((one) => `${JSON.stringify(one)}\n`).join('');
}

/** The answer with this number, an error included; null while there is none. */
function answered(stdout: string, id: number): { readonly result?: unknown } | null {
  for (const line of stdout.split('\n')) {
    if (!line.startsWith('{')) continue;
    try {
      const message = JSON.parse(line) as { id?: number; result?: unknown; error?: unknown };
      if (message.id === id && (message.result !== undefined || message.error !== undefined)) return message;
    } catch {
      // The last line, as far as it has come.
    }
  }
  return null;
}
