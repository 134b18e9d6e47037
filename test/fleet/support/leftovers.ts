/** A run that was killed leaves namespaces and users behind: they carry its process id in their names, so the next run knows them. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

/** Removes what runs have left behind that are no more. */
export function removeLeftovers(ip: string, userdel: string): void {
  const spaces = execFileSync(ip, ['netns', 'list'], { encoding: 'utf8' });
  for (const [, name, pid] of spaces.matchAll(/^(clf(\d+)-\d+)\b/gm)) {
    if (existsSync(`/proc/${pid}`)) continue;
    for (const one of execFileSync(ip, ['netns', 'pids', name!], { encoding: 'utf8' }).split('\n').filter(Boolean)) {
      try {
        process.kill(Number(one), 'SIGKILL');
      } catch {
        // already gone
      }
    }
    execFileSync(ip, ['netns', 'del', name!], { stdio: 'ignore' });
  }
  for (const [, user, pid] of readFileSync('/etc/passwd', 'utf8').matchAll(/^(clf(\d+)x\d+):/gm)) {
    if (!existsSync(`/proc/${pid}`)) execFileSync(userdel, [user!], { stdio: 'ignore' });
  }
}
