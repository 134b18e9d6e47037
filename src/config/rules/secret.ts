import type { Os } from '../../machine/machine.ts';
import type { DesiredSecret } from '../desired.ts';
import { anyOf, showText } from '../findings.ts';
import { namesAnotherHome } from '../paths.ts';
import type { Path } from '../tree.ts';
import type { Rule, RuleWorld } from './rule.ts';

const storesOf: Readonly<Record<Os, readonly DesiredSecret['store'][]>> = {
  darwin: ['auto', 'keychain', 'pass', 'file'],
  linux: ['auto', 'secret-service', 'pass', 'file'],
  win32: ['auto', 'credential-manager', 'file'],
};

const osNames: Readonly<Record<Os, string>> = { darwin: 'macOS', linux: 'Linux', win32: 'Windows' };

export const secretRules: readonly Rule[] = [
  {
    reads: ['secret.source', 'gateway.manager'],
    check({ secret, gateway }, world) {
      if (secret.source.kind !== 'ccs' || gateway.manager !== 'none') return;
      const message = 'ccs made no key for this gateway, because `gateway.manager` is none';
      const fix = 'write `source: keep`, `source: prompt`, or a map like `source: { env: GATEWAY_KEY }`';
      world.report(['secret', 'source'], [['gateway', 'manager']], 'CL2080', message, fix);
    },
  },
  {
    reads: ['secret.service', 'provider.auth'],
    check({ secret, provider }, world) {
      if (provider.auth === 'helper') return;
      const isName = /^[A-Za-z_][A-Za-z0-9_]*$/.test(secret.service);
      if (isName && !/^CODEX_/i.test(secret.service)) return;
      const why = isName ? 'Codex drops variables that start with CODEX_' : 'no environment variable can have that name';
      const message = `with auth ${provider.auth}, ${showText(secret.service)} is what Codex reads the key from, and ${why}`;
      world.report(['secret', 'service'], [['provider', 'auth']], 'CL2081', message, 'write `service: CLIPROXY_API_KEY`');
    },
  },
  {
    reads: ['secret.store'],
    check({ secret }, world) {
      const { os } = world.facts;
      if (storesOf[os].includes(secret.store)) return;
      const message = `there is no ${secret.store} on ${osNames[os]}; ${anyOf(storesOf[os])} exist there`;
      const fix = 'write `store: auto`, and state exceptions per machine under `overrides`';
      world.report(['secret', 'store'], [], 'CL2082', message, fix);
    },
  },
  ...[
    ['helper', 'path'],
    ['secret', 'source', 'file'],
    ['drift', 'report', 'json'],
    ['drift', 'report', 'junit'],
    ['drift', 'report', 'prometheus'],
    ['drift', 'report', 'webhook', 'urlFrom', 'file'],
  ].map((path) => ({ reads: [path.join('.')], check: (_: unknown, world: RuleWorld) => checkHome(path, world) })),
];

function checkHome(path: Path, world: RuleWorld): void {
  const text = world.textAt(path);
  if (text === null || !namesAnotherHome(text)) return;
  const message = `${showText(text)} is in another user's home folder, which is not looked up`;
  world.report(path, [], 'CL2035', message, 'write ~/… or an absolute path');
}
