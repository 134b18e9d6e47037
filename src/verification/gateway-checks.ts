import { Ccs } from '../ccs/ccs.ts';
import { finding } from '../diagnostics/diagnostics.ts';
import { gatewayFacts, inWords } from '../gateway/facts.ts';
import { type GatewayReading, probe } from '../gateway/probe.ts';
import { keyTrouble, notTheGateway, pathTrouble, safeMode } from '../gateway/trouble.ts';
import type { Secret } from '../secret.ts';
import { type Check, found, passed, type Route, skipped } from './check.ts';
import { liveRequest } from './live.ts';

/** What listens, whether it takes the key and nothing without it, and whether the path is there. */
export async function gatewayChecks(route: Route, token: Secret | null): Promise<Check[]> {
  const { machine, desired } = route;
  const { url } = desired.gateway;
  const reading = await probe(machine, desired.gateway, desired.provider.basePath, token);
  if (reading.state !== 'answering') {
    const why = 'the gateway does not answer';
    return [await unanswered(route, reading), skipped('key', why), skipped('base-path', why)];
  }
  const facts = await gatewayFacts(machine, desired, new Ccs(), route.platform, { who: true });
  const key = keyTrouble(desired, reading);
  const path = pathTrouble(desired, reading, facts);
  return [
    passed('listener', inWords(facts, url)),
    key !== null
      ? found('key', key)
      : reading.keyAccepted === null
        ? skipped('key', token === null ? 'there is no token to try' : 'the gateway does not say')
        : passed('key', 'the gateway accepts the key, and nothing without it'),
    path === null ? passed('base-path', `the gateway serves ${desired.provider.basePath}`) : found('base-path', path),
  ];
}

async function unanswered(
  { machine, desired, platform }: Route,
  reading: Exclude<GatewayReading, { state: 'answering' }>,
): Promise<Check> {
  const { url, port, loopback, ensure, manager } = desired.gateway;
  switch (reading.state) {
    case 'silent': {
      if (ensure === 'ignore') return skipped('listener', `nothing answers at ${url}, and gateway.ensure is ignore`);
      const message = `nothing answers at ${url}: ${reading.why}`;
      const fix = manager === 'ccs' ? 'codex-link apply' : `start the gateway at ${url}`;
      return found('listener', finding('CL4002', message, { resource: 'gateway', severity: 'error', fix }));
    }
    case 'safe-mode':
      return found('listener', safeMode(desired));
    case 'foreign':
      return found(
        'listener',
        notTheGateway(desired, reading.what, loopback ? await platform.programOn(machine, port, 'path') : null),
      );
  }
}

/** Spends one request, unless the route is known to be broken. */
export async function liveCheck({ machine, desired }: Route, token: Secret | null, before: readonly Check[]): Promise<Check> {
  if (token === null || before.some((one) => one.status === 'failed')) return skipped('live', 'the route is broken before it');
  const trouble = await liveRequest(machine, desired, token);
  if (trouble === null) return passed('live', 'a real request was answered');
  return found('live', finding('CL5005', trouble, { resource: 'gateway' }));
}
