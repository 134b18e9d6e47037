import { BUILT_IN_PROVIDERS } from '../../codex/rules.ts';
import { showText } from '../findings.ts';
import type { Path } from '../tree.ts';
import type { Rule } from './rule.ts';

const auth: Path = ['provider', 'auth'];
const portable: Path = ['provider', 'portable'];

export const providerRules: readonly Rule[] = [
  {
    reads: ['provider.id'],
    check({ provider }, world) {
      if (!BUILT_IN_PROVIDERS.includes(provider.id)) return;
      const message = `${showText(provider.id)} is built into Codex, which refuses a config.toml that redefines it`;
      const isRoute = provider.id === 'openai';
      const fix = isRoute
        ? 'remove it; the OAuth route is `provider: { active: openai }`'
        : 'write `id: cliproxy` or `id: codex-link`';
      world.report(['provider', 'id'], [], 'CL2070', message, fix);
    },
  },
  {
    reads: ['provider.auth', 'provider.keepChatgptFeatures'],
    check({ provider }, world) {
      if (!provider.keepChatgptFeatures || provider.auth !== 'helper') return;
      const how = world.textAt(auth) === 'helper' ? 'auth is helper' : `auth is auto, which is helper on ${world.facts.os}`;
      const message = `${how}; without env_key Codex would send the person's ChatGPT token to the gateway`;
      const fix = 'write `auth: dotenv` under `provider`, or remove `keepChatgptFeatures`';
      world.report(['provider', 'keepChatgptFeatures'], [auth], 'CL2071', message, fix);
    },
  },
  {
    reads: ['provider.auth', 'provider.portable'],
    check({ provider }, world) {
      if (!provider.portable || provider.auth === 'helper') return;
      const message = `auth is ${provider.auth}, and only a helper has a path that could be relative`;
      world.report(portable, [auth], 'CL2072', message, 'write `auth: helper` under `provider`, or remove `portable`');
    },
  },
  {
    reads: ['provider.auth', 'provider.portable', 'helper.path'],
    check({ provider, helper }, world) {
      const { codexHome } = world.paths;
      if (!provider.portable || provider.auth !== 'helper' || !world.isHere) return;
      if (world.paths.isInside(codexHome, helper.path)) return;
      const message = `helper.path is ${helper.path}, which is not inside ${codexHome}`;
      const fix = 'remove `helper.path` to use the default inside $CODEX_HOME, or remove `portable`';
      world.report(portable, [['helper', 'path']], 'CL2072', message, fix);
    },
  },
];
