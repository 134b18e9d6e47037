import { showText } from '../findings.ts';
import { parseUrl } from '../gateway-url.ts';
import type { Rule } from './rule.ts';

export const gatewayRules: readonly Rule[] = [
  {
    reads: ['gateway.url', 'gateway.allowInsecure', 'provider.basePath'],
    check({ gateway }, world) {
      const path = ['gateway', 'url'];
      const text = world.textAt(path) ?? gateway.url;
      const problem = urlProblem(text);
      if (problem !== null) return world.report(path, 'CL2060', `gateway.url: ${problem.message}`, problem.fix);
      if (gateway.tls || gateway.loopback || gateway.allowInsecure) return;
      if (gateway.host === '0.0.0.0' || gateway.host === '::') {
        const message = `gateway.url: ${gateway.host} is an address to listen on, not one to connect to`;
        return world.report(path, 'CL2060', message, `write \`url: http://127.0.0.1:${gateway.port}\``);
      }
      const message = `gateway.url: plain http to ${showText(gateway.host)} would send the gateway key unencrypted with every request`;
      const secure = text.replace(/^http:/i, 'https:');
      world.report(
        path,
        'CL2061',
        message,
        `write \`url: ${secure}\`, or \`allowInsecure: true\` where the network itself is trusted`,
      );
    },
  },
];

function urlProblem(text: string): { message: string; fix: string } | null {
  const url = parseUrl(text);
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
  if (url.port === '0')
    return { message: 'port 0 cannot be connected to', fix: 'write the port that the gateway listens on, like 8317' };
  return null;
}
