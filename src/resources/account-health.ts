import type { PoolAccount } from '../ccs/pool.ts';
import type { TokenFile } from '../ccs/token-file.ts';
import { type Finding, finding } from '../diagnostics/diagnostics.ts';
import { localTime } from '../local-time.ts';
import { shellWord } from '../platform/shell.ts';

/**
 * Only what has been expired for longer tells something: a gateway that runs renews minutes before, and one that was just started, or
 * a machine that just woke up, needs a moment. An hour is far beyond both, and far below the days that a token lives.
 */
const GRACE_MS = 3_600_000;

/**
 * What is wrong with the token of an account, found without the network.
 * @param resource address that it is told under
 * @param now milliseconds since the epoch
 */
export function tokenHealth({ name, token, inRotation }: PoolAccount, resource: string, now: number): Finding[] {
  if (token === null) return [];
  const findings = fileHealth(token, resource);
  const { content } = token;
  if (content.broken !== null) return findings;
  // Nobody renews what is paused, and it is renewed as soon as it is resumed.
  const renewed = content.expires !== null && content.refreshed !== null && content.refreshed > content.expires;
  if (inRotation && content.expires !== null && !renewed && now - content.expires > GRACE_MS) {
    const message = `the access of ${name} expired at ${localTime(content.expires)} and was not renewed: the gateway has not run since, or the renewal fails`;
    findings.push(finding('CL7017', message, { resource, file: token.path }));
  }
  if (content.disabled)
    findings.push(finding('CL7018', `${name} is switched off in the gateway`, { resource, file: token.path }));
  return findings;
}

/** What is wrong with a token file as a file. */
export function fileHealth({ name, path, mode, content }: TokenFile, resource: string | null): Finding[] {
  const findings: Finding[] = [];
  if (content.broken !== null)
    findings.push(finding('CL7019', `the token file ${name} cannot be used: ${content.broken}`, { resource, file: path }));
  if ((mode & 0o077) !== 0)
    findings.push(
      finding('CL7020', `the token file ${name} can be read by others (mode ${mode.toString(8)})`, {
        resource,
        file: path,
        fix: `chmod 600 ${shellWord(path)}`,
      }),
    );
  return findings;
}

/** free, plus, pro, team, …; null when nothing says it. */
export function planOf({ token }: PoolAccount): string | null {
  return token === null || token.content.broken !== null ? null : token.content.plan;
}
