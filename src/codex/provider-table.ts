import type { Desired, Route } from '../config/desired.ts';
import type { Os } from '../machine/machine.ts';
import type { TomlValue } from '../toml/value.ts';
import { helperCommand } from './helper-command.ts';

/** A key of config.toml and what it should be; undefined: it must not be there. */
export interface ManagedKey {
  readonly path: readonly string[];
  readonly value: TomlValue | undefined;
  /** An earlier apply has set it, and the YAML speaks of it no longer. */
  readonly leftover?: true;
}

/** The value of `model_provider` for a route. Without the key Codex takes OpenAI. */
export function selector(desired: Desired, route: Route): string {
  return route === 'openai' ? 'openai' : desired.provider.id;
}

/** What Codex appends `/responses` to. */
export function baseUrl(desired: Desired): string {
  return `${desired.gateway.url}${desired.provider.basePath}`;
}

/**
 * Every key of config.toml that codex-link manages, with its value for the active route. The keys that must be absent are those that
 * Codex refuses beside ours: it then ignores not the key but the whole file (field rules in `rules.ts`).
 */
export function managedKeys(desired: Desired, os: Os, codexHome: string): ManagedKey[] {
  const { provider, helper, secret } = desired;
  const table = ['model_providers', provider.id];
  const openai = provider.active === 'openai';
  const keys: ManagedKey[] = [];
  const set = (name: string, value: TomlValue | undefined) => keys.push({ path: [...table, name], value });

  if (provider.model !== null) keys.push({ path: ['model'], value: provider.model });
  keys.push({ path: ['model_provider'], value: selector(desired, provider.active) });
  // On OpenAI's own route Codex knows the window by itself, and a number of ours would be wrong for other models.
  // It comes last, so that a route that is left and taken again puts it back where it was.
  if (provider.contextWindow !== null)
    keys.push({ path: ['model_context_window'], value: openai ? undefined : provider.contextWindow });

  set('name', provider.name);
  set('base_url', baseUrl(desired));
  set('wire_api', 'responses');
  for (const [name, value] of Object.entries(provider.settings)) set(name, value);
  set('experimental_bearer_token', undefined);
  if (provider.auth === 'helper') {
    set('env_key', undefined);
    set('env_key_instructions', undefined);
    // Only true is in conflict with a helper; false is what ccsxp writes and does no harm, but the helper's table says it all.
    set('requires_openai_auth', undefined);
    set('aws', undefined);
    const auth = (name: string, value: TomlValue | undefined) => keys.push({ path: [...table, 'auth', name], value });
    const { command, args, cwd } = helperCommand(desired, os, codexHome);
    auth('command', command);
    auth('args', args.length > 0 ? [...args] : undefined);
    auth('cwd', cwd ?? undefined);
    auth('timeout_ms', helper.timeoutMs);
    auth('refresh_interval_ms', helper.refreshIntervalMs);
  } else {
    set('auth', undefined);
    set('env_key', secret.service);
    set('requires_openai_auth', provider.keepChatgptFeatures ? true : undefined);
  }
  return keys;
}
