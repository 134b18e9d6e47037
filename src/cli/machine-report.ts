import os from 'node:os';
import { resolve } from 'node:path';
import { ccsVersion } from '../ccs/installation.ts';
import { codexVersion } from '../codex/version.ts';
import { installedRelease } from '../gateway/facts.ts';
import { readGenerations } from '../generations/generation.ts';
import { machineReportText } from '../report/machine-report.ts';
import { type Personal, redactor } from '../report/redact.ts';
import type { Verification } from '../verification/checks.ts';
import type { Invocation } from './arguments.ts';
import { planSession, type Session } from './session.ts';

declare const CODEX_LINK_VERSION: string;

/** Where the report goes, in the working folder. */
const FILE = 'codex-link-report.md';

/** How many of the latest changes are told. */
const RUNS = 5;

/** Writes how this machine stands, without anything that tells whose it is, for an issue. Gives the path of the file. */
export async function writeMachineReport(
  session: Session,
  flags: Invocation['flags'],
  verification: Verification,
): Promise<string> {
  const { machine, readOnly, desired, platform, ccs, token } = session;
  const program = await ccs.program(readOnly);
  const [plan, codex, ccsIs, gateway, generations] = await Promise.all([
    planSession(session, flags),
    codexVersion(readOnly),
    program === null ? null : ccsVersion(readOnly, program),
    installedRelease(readOnly, ccs),
    readGenerations(readOnly),
  ]);
  const store = await token.store(readOnly).then(
    ({ kind }) => kind,
    () => 'none',
  );
  const { simulated } = machine.facts;
  const text = machineReportText(
    {
      at: new Date(machine.now()).toISOString(),
      versions: {
        'codex-link': CODEX_LINK_VERSION,
        Node: process.version,
        system: `${os.type()} ${os.release()} ${os.arch()}`,
        Codex: codex,
        CCS: ccsIs,
        CLIProxyAPI: gateway === null ? null : `${gateway.version} (${gateway.backend})`,
      },
      settings: {
        'planned for': simulated ? `${platform.os}, simulated` : platform.os,
        'provider.active': desired.provider.active,
        'provider.auth': desired.provider.auth,
        'provider.basePath': desired.provider.basePath,
        'gateway.manager': desired.gateway.manager,
        'gateway is': desired.gateway.loopback ? 'on this machine' : 'on another machine',
        'secret.store': `${desired.secret.store} (${store})`,
        'secret.source': desired.secret.source.kind,
        accounts: desired.accounts === null ? 'not managed' : String(desired.accounts.length),
        variants: desired.variants === null ? 'not managed' : String(desired.variants.length),
      },
      plan,
      verification,
      runs: generations
        .slice(-RUNS)
        .reverse()
        .map((one) => ({ at: one.at, command: one.command, resources: one.resources.map(({ address }) => address) })),
    },
    redactor(personal(session)),
  );
  const path = resolve(machine.facts.cwd, typeof flags.out === 'string' ? flags.out : FILE);
  await machine.write(path, new TextEncoder().encode(text), { mode: 0o600 });
  return path;
}

function personal({ machine, desired }: Session): Personal {
  const { home, user, host } = machine.facts;
  const accounts = (desired.accounts ?? []).map(({ email, nickname }) => [email, ...(nickname === null ? [] : [nickname])]);
  return { home, user, host, accounts, hosts: desired.gateway.loopback ? [] : [desired.gateway.host] };
}
