import { type Ccs, ccsFolder, lastWords } from '../ccs/ccs.ts';
import { gatewayConfigPath } from '../ccs/gateway-config.ts';
import { listens } from '../ccs/in-force.ts';
import { withConfigLock } from '../ccs/locks.ts';
import { editInPlace } from '../ccs/own-edits.ts';
import type { YamlEdit } from '../ccs/yaml-edit.ts';
import { CodexLinkError, finding } from '../diagnostics/diagnostics.ts';
import { crypto } from '../machine/builtins.ts';
import type { Machine } from '../machine/machine.ts';
import type { Platform } from '../platform/platform.ts';
import type { OnUndo } from '../resources/resource.ts';
import { Secret } from '../secret.ts';
import { CLOSED_HOST, corrections, settingsOf } from './exposure.ts';

/** CCS writes the file anew when an update has changed its format, at the start at the latest: the second round stands. */
const ROUNDS = 2;

/**
 * Makes the gateway of CCS listen on this machine alone: sets its host, forbids remote management, replaces the well-known management
 * secret, and restarts or starts it. Does nothing when all of it is so. Throws `CodexLinkError` when it is still open afterwards.
 * @param up waits until the gateway answers, and throws with what CCS printed when it does not
 */
export async function closeToLoopback(
  machine: Machine,
  ccs: Ccs,
  platform: Platform,
  onUndo: OnUndo,
  up: (output: string) => Promise<void>,
): Promise<void> {
  let began: 'start' | 'restart' | null = null;
  // Registered before the edits, so that their files are back by the time it starts with them.
  onUndo('the gateway with the settings that it had', async (later) => {
    if (began !== null) await ccs.run(later, 'cliproxy', began === 'start' ? 'stop' : 'restart');
  });
  const begin = async (verb: 'start' | 'restart') => {
    began ??= verb;
    const output = await ccs.run(machine, 'cliproxy', verb);
    await up(output);
    return output;
  };
  ccs.forget();
  let output = '';
  // A gateway that has never run has no file yet, and CCS alone knows how to make one.
  if ((await ccs.gatewayConfig(machine)) === null) output = await begin('start');
  for (let round = 1; ; round += 1) {
    const { config, open } = await judged(machine, ccs, platform);
    if (open.length === 0 && (await listens(machine, config.port))) return;
    if (round > ROUNDS) {
      const message = `the gateway is still open to other machines (${open.join(', ')})${lastWords(output)}`;
      throw new CodexLinkError(finding('CL4019', message, { resource: 'gateway' }));
    }
    await edit(machine, ccs, open.includes('remote-management.secret-key'), onUndo);
    output = await begin((await listens(machine, config.port)) ? 'restart' : 'start');
  }
}

async function judged(machine: Machine, ccs: Ccs, platform: Platform) {
  ccs.forget();
  const [config, file] = await Promise.all([ccs.config(machine), ccs.gatewayConfig(machine)]);
  const reachable = await platform.listensBeyondLoopback(machine, config.port);
  const settings = settingsOf(config, file, false);
  const open = corrections({ running: true, reachable, wellKnownKey: false, settings }).map((one) => one.path);
  return { config, open };
}

/**
 * By the files and not by `ccs tokens --regenerate-secret`: on any other port than 8317 that writes the new secret into a file that no
 * gateway reads (CCS 7.79.1, commands/tokens-command.js). The gateway's file comes first: stopped in between, the next plan still sees
 * the well-known secret in the other.
 */
async function edit(machine: Machine, ccs: Ccs, newSecret: boolean, onUndo: OnUndo): Promise<void> {
  const folder = ccsFolder(machine);
  const { path, port, managementSecret } = await ccs.config(machine);
  const managed = (await ccs.gatewayConfig(machine))?.hasManagementSecret === true;
  const secret = newSecret ? new Secret(crypto().randomBytes(32).toString('base64url')) : managementSecret;
  const closed: YamlEdit[] = [
    { path: ['host'], value: CLOSED_HOST },
    ...(managed ? [{ path: ['remote-management', 'allow-remote'], value: false }] : []),
    ...(managed && newSecret ? [{ path: ['remote-management', 'secret-key'], value: secret.reveal() }] : []),
  ];
  await ccs.alone(() =>
    withConfigLock(machine, folder, async () => {
      await editInPlace(machine, gatewayConfigPath(folder, port), closed, onUndo);
      if (newSecret)
        await editInPlace(machine, path, [{ path: ['cliproxy', 'auth', 'management_secret'], value: secret.reveal() }], onUndo);
    }),
  );
}
