import { BUILT_IN_PROVIDERS } from '../../codex/rules.ts';
import { showText } from '../findings.ts';
import type { Rule } from './rule.ts';

export const providerRules: readonly Rule[] = [
  {
    reads: ['provider.id'],
    check({ provider }, world) {
      if (!BUILT_IN_PROVIDERS.includes(provider.id)) return;
      const message = `provider.id: ${showText(provider.id)} is built into Codex, which refuses a config.toml that redefines it`;
      const isRoute = provider.id === 'openai';
      const fix = isRoute
        ? 'remove it; the OAuth route is `provider: { active: openai }`'
        : 'write `id: cliproxy` or `id: codex-link`';
      world.report(['provider', 'id'], 'CL2070', message, fix);
    },
  },
  {
    reads: ['provider.auth', 'provider.keepChatgptFeatures'],
    check({ provider }, world) {
      if (!provider.keepChatgptFeatures || provider.auth !== 'helper') return;
      const how =
        world.textAt(['provider', 'auth']) === 'helper' ? 'auth is helper' : `auth is auto, which is helper on ${world.facts.os}`;
      const message = `provider.keepChatgptFeatures: ${how}; without env_key Codex would send the person's ChatGPT token to the gateway`;
      world.report(
        ['provider', 'keepChatgptFeatures'],
        'CL2071',
        message,
        'write `auth: dotenv` under `provider`, or remove `keepChatgptFeatures`',
      );
    },
  },
  {
    reads: ['provider.auth', 'provider.portable', 'helper.path'],
    check({ provider, helper }, world) {
      if (!provider.portable) return;
      if (provider.auth !== 'helper') {
        const message = `provider.portable: auth is ${provider.auth}, and only a helper has a path that could be relative`;
        return world.report(
          ['provider', 'portable'],
          'CL2072',
          message,
          'write `auth: helper` under `provider`, or remove `portable`',
        );
      }
      const { codexHome } = world.paths;
      if (world.paths.isInside(codexHome, helper.path)) return;
      const message = `provider.portable: helper.path is ${helper.path}, which is not inside ${codexHome}`;
      const fix = 'remove `helper.path` to use the default inside $CODEX_HOME, or remove `portable`';
      world.report(['provider', 'portable'], 'CL2072', message, fix);
    },
  },
];
