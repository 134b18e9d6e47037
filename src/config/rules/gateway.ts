import { showText } from '../findings.ts';
import { endpointOf, parseUrl } from '../gateway-url.ts';
import type { Path } from '../tree.ts';
import type { Rule } from './rule.ts';

const path: Path = ['gateway', 'url'];

export const gatewayRules: readonly Rule[] = [
  {
    reads: ['gateway.url'],
    check({ gateway }, world) {
      const problem = urlProblem(world.textAt(path) ?? gateway.url);
      if (problem !== null) world.report(path, [], 'CL2060', problem.message, problem.fix);
    },
  },
  {
    reads: ['gateway.url', 'gateway.allowInsecure'],
    check({ gateway }, world) {
      const url = parseUrl(world.textAt(path) ?? gateway.url);
      if (url === null || gateway.tls || gateway.loopback || gateway.allowInsecure || isEveryAddress(gateway.host)) return;
      const message = `plain http to ${showText(gateway.host)} would send the gateway key unencrypted with every request`;
      const fix = `write \`url: https://${url.host}\`, or \`allowInsecure: true\` where the network itself is trusted`;
      world.report(path, [['gateway', 'allowInsecure']], 'CL2061', message, fix);
    },
  },
];

const isEveryAddress = (host: string) => host === '0.0.0.0' || host === '::';

function urlProblem(text: string): { message: string; fix: string } | null {
  const url = parseUrl(text);
  const port = Number(/:([0-9]+)\/?$/.exec(text)?.[1] ?? 0);
  if (port > 65_535)
    return {
      message: `there is no port ${port}; 65535 is the last`,
      fix: 'write the port that the gateway listens on, like 8317',
    };
  if (url === null) return { message: `${showText(text)} is no URL`, fix: 'write it like `http://127.0.0.1:8317`' };
  const origin = `${url.protocol}//${url.host}`;
  if (url.username !== '' || url.password !== '' || /^[a-z]+:\/\/[^/?#]*@/i.test(text)) {
    return {
      message: 'there is a user or a password in it',
      fix: `write \`url: ${origin}\`; the key comes from \`secret.source\``,
    };
  }
  if (url.search !== '' || url.hash !== '' || /[?#]/.test(text)) {
    return { message: 'a query or fragment has no place in it', fix: `write \`url: ${origin}\`` };
  }
  if (url.pathname !== '/') {
    const path = url.pathname.replace(/\/+$/, '');
    return {
      message: `the path ${showText(url.pathname)} does not belong here`,
      fix: `write \`url: ${origin}\` and, under \`provider\`, \`basePath: ${path === '' ? '/v1' : path}\``,
    };
  }
  const endpoint = endpointOf(text);
  if (isEveryAddress(endpoint.host)) {
    const message = `${endpoint.host} is an address to listen on, not one to connect to`;
    return { message, fix: `write \`url: http://127.0.0.1:${endpoint.port}\`` };
  }
  if (url.port === '0')
    return { message: 'port 0 cannot be connected to', fix: 'write the port that the gateway listens on, like 8317' };
  return null;
}
