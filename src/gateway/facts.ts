import { join } from 'node:path';
import { type Ccs, ccsFolder } from '../ccs/ccs.ts';
import { type CcsSession, ccsSession } from '../ccs/session.ts';
import type { Desired } from '../config/desired.ts';
import { type Machine, readText } from '../machine/machine.ts';
import type { Platform, Program } from '../platform/platform.ts';

type Backend = 'original' | 'plus';

/** What is known of the gateway without asking it; whatever is not known for certain is null. */
export interface GatewayFacts {
  readonly release: { readonly version: string; readonly backend: Backend } | null;
  /** Who runs it: CCS, which has written down the process, or the program that listens. */
  readonly runner: { readonly by: 'ccs'; readonly pid: number } | { readonly by: 'other'; readonly program: Program } | null;
}

export const NO_FACTS: GatewayFacts = { release: null, runner: null };

/**
 * Version and backend from CCS's files, and who runs it. Without `who` the kernel's table of sockets stays closed when CCS does not run
 * it: looking there costs more than the rest of a plan's reading.
 */
export async function gatewayFacts(
  machine: Machine,
  desired: Desired,
  ccs: Ccs,
  platform: Platform,
  options: { who: boolean },
): Promise<GatewayFacts> {
  const { manager, loopback, port } = desired.gateway;
  if (!loopback) return NO_FACTS;
  const ours = manager === 'ccs' && (await ccs.config(machine)).port === port;
  const session = ours ? await ccsSession(machine, ccs) : null;
  if (session !== null) {
    return { release: await releaseOf(machine, session), runner: { by: 'ccs', pid: session.pid } };
  }
  const program = options.who ? await platform.programOn(machine, port, ours ? 'path' : 'name') : null;
  // CCS forgets a gateway when the last of its sessions ends, and still knows it by its port and name.
  const known = ours && program !== null && isBelow(machine, program.name, join(ccsFolder(machine), 'cliproxy', 'bin'));
  if (program === null) return NO_FACTS;
  return { release: null, runner: known ? { by: 'ccs', pid: program.pid } : { by: 'other', program } };
}

/** On Windows the same file is written in many ways. */
function isBelow({ facts }: Machine, path: string, folder: string): boolean {
  const plain = (text: string) => (facts.os === 'win32' ? text.replaceAll('\\', '/').toLowerCase() : text);
  return plain(path).startsWith(`${plain(folder)}/`);
}

/** The release that CCS would start; null when it has none. */
export async function installedRelease(machine: Machine, ccs: Ccs): Promise<GatewayFacts['release']> {
  const { backend } = await ccs.config(machine);
  const version = await versionOf(machine, backend);
  return version === null ? null : { version, backend };
}

/** The release that runs: the file beside the program tells what is installed, which may have changed since it was started. */
async function releaseOf(machine: Machine, session: CcsSession): Promise<GatewayFacts['release']> {
  const all: readonly Backend[] = session.backend === null ? ['original', 'plus'] : [session.backend];
  const found = await Promise.all(all.map(async (backend) => ({ backend, version: await versionOf(machine, backend) })));
  const [only, other] = found.filter((one) => one.version !== null);
  if (only === undefined || other !== undefined) return null; // with both installed nothing says which one runs
  if (session.version !== null) return { version: session.version, backend: only.backend };
  const written = (await machine.stat(versionFile(machine, only.backend)))?.modified;
  const known = only.version !== null && session.startedAt !== null && written !== undefined && written <= session.startedAt;
  return known && only.version !== null ? { version: only.version, backend: only.backend } : null;
}

async function versionOf(machine: Machine, backend: Backend): Promise<string | null> {
  const text = (await readText(machine, versionFile(machine, backend)))?.trim() ?? '';
  return /^v?\d[\w.+-]{0,30}$/.test(text) ? text.replace(/^v/, '') : null;
}

function versionFile(machine: Machine, backend: Backend): string {
  return join(ccsFolder(machine), 'cliproxy', 'bin', backend, '.version');
}

/** E.g. `CLIProxyAPI 7.2.140 (original), run by CCS (process 123), answers at http://127.0.0.1:8317`. */
export function inWords({ release, runner }: GatewayFacts, url: string): string {
  const which = release === null ? '' : ` ${release.version} (${release.backend})`;
  const who =
    runner === null
      ? ''
      : runner.by === 'ccs'
        ? `, run by CCS (process ${runner.pid}),`
        : `, run by ${runner.program.name} (process ${runner.program.pid}),`;
  return `CLIProxyAPI${which}${who} answers at ${url}`;
}
