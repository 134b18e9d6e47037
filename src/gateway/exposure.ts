import type { CcsConfig } from '../ccs/config.ts';
import type { GatewayConfig } from '../ccs/gateway-config.ts';
import type { Desired } from '../config/desired.ts';
import { type Finding, finding } from '../diagnostics/diagnostics.ts';
import type { ValueChange } from '../resources/resource.ts';

/** The address to listen on for this machine alone; CCS itself waits for its gateway there. */
export const CLOSED_HOST = '127.0.0.1';

/** How open the gateway is, as seen from outside and as the files of CCS say. */
export interface Exposure {
  readonly running: boolean;
  /** It takes connections beyond loopback. */
  readonly reachable: boolean;
  /** Its key is the one that every installation of CCS has. */
  readonly wellKnownKey: boolean;
  /** Null where CCS does not run it, so that nothing of this is known. */
  readonly settings: Settings | null;
}

export interface Settings {
  /** Null while CCS has not made the gateway's file: then it will make an open one. */
  readonly host: string | null;
  readonly remoteManagement: boolean;
  /** There is a management interface at all, and its secret is the one that every installation of CCS has. */
  readonly wellKnownSecret: boolean;
  /** The running gateway has not read its file since that was written. */
  readonly unread: boolean;
}

export function settingsOf(config: CcsConfig, file: GatewayConfig | null, running: boolean): Settings {
  const managed = file === null || file.hasManagementSecret;
  return {
    host: file === null ? null : file.host,
    remoteManagement: managed && (file === null || file.allowRemoteManagement),
    wellKnownSecret: managed && config.wellKnownManagementSecret,
    unread: running && file?.unread === true,
  };
}

/** How open a gateway that CCS is about to start will be. */
export function onceStarted(exposure: Exposure): Exposure {
  const host = exposure.settings?.host ?? '';
  return { ...exposure, reachable: exposure.settings !== null && !isLoopback(host) };
}

/** What is to be said of it, the worst first. `closing`: what can be closed is about to be. */
export function exposureFindings(desired: Desired, exposure: Exposure, closing: boolean): Finding[] {
  const { running, reachable, wellKnownKey, settings } = exposure;
  const { port, manager } = desired.gateway;
  const findings: Finding[] = [];
  const tell = (code: 'CL4009' | 'CL4010' | 'CL4012' | 'CL4013' | 'CL4014', message: string, rest: Partial<Finding> = {}) =>
    findings.push(finding(code, message, { resource: 'gateway', ...rest }));
  const close =
    manager === 'ccs'
      ? { fix: 'set gateway.exposure: loopback in codex-link.yaml, then codex-link apply' }
      : { fix: `set host: ${CLOSED_HOST} in the config.yaml of the gateway, then restart it` };
  const open = reachable && !closing;
  if (open) tell('CL4009', `port ${port} of the gateway ${running ? 'is' : 'will be'} open to other machines`, close);
  if (open && wellKnownKey)
    tell('CL4010', `whoever reaches port ${port} can use the pool: its key is the one that every installation of CCS has`);
  else if (wellKnownKey)
    tell('CL4010', 'the key of the gateway is the one that every installation of CCS has', { severity: 'info' });
  if (settings === null || closing) return findings;
  const everywhere = 'the one that every installation of CCS has';
  if (open && settings.remoteManagement && settings.wellKnownSecret)
    tell(
      'CL4012',
      `whoever reaches port ${port} can manage the gateway and take its accounts: the secret is ${everywhere}`,
      close,
    );
  else if (settings.wellKnownSecret)
    tell('CL4012', `the management secret of the gateway is ${everywhere}`, { severity: 'info', ...close });
  else if (open && settings.remoteManagement) tell('CL4013', `other machines may manage the gateway at port ${port}`, close);
  if (settings.unread) tell('CL4014', 'the running gateway has not read its settings since they were written');
  return findings;
}

/** What has to change so that only this machine reaches it. */
export function corrections({ reachable, settings }: Exposure): ValueChange[] {
  if (settings === null) return [];
  const { host, remoteManagement, wellKnownSecret } = settings;
  const change = (path: string, before: ValueChange['before'], after: ValueChange['after'], sensitive = false) => [
    { path, before, after, sensitive },
  ];
  const closed = host !== null && isLoopback(host);
  return [
    ...(closed ? [] : change('host', host === '' ? null : host, CLOSED_HOST)),
    ...(closed && reachable ? change('listening', 'every interface', CLOSED_HOST) : []),
    ...(remoteManagement ? change('remote-management.allow-remote', true, false) : []),
    ...(wellKnownSecret ? change('remote-management.secret-key', '(sensitive)', '(sensitive)', true) : []),
  ];
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d+){3}$/.test(host);
}

/** What closing it costs, and what will open it again. */
export function closingConsequences(exposure: Exposure, port: number): string[] {
  const tokens = port === 8317 ? ', ccs tokens' : '';
  return [
    ...(exposure.running ? ['the gateway is restarted, which cuts off the requests that run'] : []),
    ...(exposure.settings?.wellKnownSecret === true
      ? ['the management secret becomes a new one; ccs tokens --show prints it']
      : []),
    `CCS drops host and allow-remote whenever it writes the file anew: ccs cliproxy routing${tokens}, ccs doctor or start after an update of CCS; the next plan finds it`,
  ];
}
