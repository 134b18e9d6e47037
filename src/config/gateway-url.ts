/** The URL, or null when it is none or not of http. */
export function parseUrl(text: string): URL | null {
  // The parser of the platform takes `http:host` and `http:\\host` too.
  if (!/^https?:\/\/[^/\\]/i.test(text) || text.includes('\\')) return null;
  try {
    return new URL(text);
  } catch {
    return null;
  }
}

/** Host without the brackets of IPv6, port, and whether the host is this machine, as far as the name itself tells. */
export function endpointOf(text: string): { host: string; port: number; tls: boolean; loopback: boolean } {
  const url = parseUrl(text);
  if (url === null) return { host: '', port: 0, tls: false, loopback: false };
  const tls = url.protocol === 'https:';
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const port = url.port === '' ? (tls ? 443 : 80) : Number(url.port);
  return { host, port, tls, loopback: host === 'localhost' || host === '::1' || /^127(\.[0-9]+){3}$/.test(host) };
}
