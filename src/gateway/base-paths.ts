/**
 * Why a release has no such base path, in words; null when it has, or when that is not known.
 * Source: CLIProxyAPI, commit 8122b9fe4 of v7.2.0, took the routes below /api/provider away; the fork "plus" keeps them. /v1 and
 * /backend-api/codex are in every release from 6.9.35 on.
 */
export function whyMissing(basePath: string, version: string, backend: 'original' | 'plus'): string | null {
  if (backend === 'plus' || !/^\/api\/provider(\/|$)/.test(basePath)) return null;
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  const since72 = major > 7 || (major === 7 && minor >= 2);
  return since72 ? `/api/provider is gone from CLIProxyAPI 7.2.0 on, and this is ${version}` : null;
}
