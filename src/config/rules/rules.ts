import { accountRules } from './accounts.ts';
import { driftRules } from './drift.ts';
import { gatewayRules } from './gateway.ts';
import { providerRules } from './provider.ts';
import { providerSettingsRules } from './provider-settings.ts';
import type { Rule } from './rule.ts';
import { secretRules } from './secret.ts';

/** Every rule about what the keys mean together. */
export const rules: readonly Rule[] = [
  ...accountRules,
  ...gatewayRules,
  ...providerRules,
  ...providerSettingsRules,
  ...secretRules,
  ...driftRules,
];
