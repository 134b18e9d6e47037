import { dirname } from 'node:path';
import { maskedLine, timesSet, valueIn, withValue } from '../codex/dotenv.ts';
import { dotenvPath } from '../codex/home.ts';
import type { Desired } from '../config/desired.ts';
import { CodexLinkError, type Finding, finding } from '../diagnostics/diagnostics.ts';
import { decodeUtf8, type FileInfo, hasModes, type Machine, readBytes } from '../machine/machine.ts';
import type { Platform } from '../platform/platform.ts';
import { Secret } from '../secret.ts';
import { type Kind, type Resource, sensitiveChange, type ValueChange, type Verdict, verdict } from './resource.ts';
import type { Token } from './token.ts';

const MODE = 0o600;

interface Actual {
  readonly path: string;
  readonly bytes: Uint8Array | null;
  readonly text: string;
  /** The permission bits, where the OS has them and they are wrong. */
  readonly wrongMode: number | null;
  readonly token: Secret | null;
  readonly findings: readonly Finding[];
}

interface Place {
  readonly kind: Kind;
  readonly path: (machine: Machine) => string;
  readonly consequence: string;
  readonly readableByOthers?: Platform['readableByOthers'];
}

/** Where Codex itself looks for variables, at every start, however it was started. */
const DOTENV: Place = {
  kind: 'dotenv',
  path: dotenvPath,
  consequence: 'running Codex processes read the file only when they start',
};

/** `$CODEX_HOME/.env`, for `provider.auth: dotenv`. */
export function dotenvResource(desired: Desired, token: Token, fingerprintKey: string, platform: Platform): Resource {
  const place = { ...DOTENV, readableByOthers: platform.readableByOthers };
  return tokenFile(place, desired.provider.auth === 'dotenv', desired, token, fingerprintKey);
}

/** A file of variables that a login session is made from, for `provider.auth: env`. */
export function environmentFileResource(
  desired: Desired,
  token: Token,
  path: (machine: Machine) => string,
  fingerprintKey: string,
): Resource {
  const place: Place = { kind: 'environment', path, consequence: 'the session has the variable after the next login' };
  return tokenFile(place, desired.provider.auth === 'env', desired, token, fingerprintKey);
}

function wrongMode({ facts }: Machine, info: FileInfo | null): number | null {
  return info !== null && hasModes(facts) && info.mode !== MODE ? info.mode : null;
}

async function openToOthers(machine: Machine, place: Place, path: string): Promise<Finding[]> {
  const found = (await place.readableByOthers?.(machine, path)) ?? null;
  return found === null ? [] : [{ ...found, resource: place.kind }];
}

/** A file of `NAME=value` lines of which one is ours. */
function tokenFile(place: Place, wanted: boolean, desired: Desired, source: Token, fingerprintKey: string): Resource {
  const name = desired.secret.service;
  const address = place.kind;
  if (!wanted) return notUsed(place.kind, desired.provider.auth);
  const resource: Resource<Actual> = {
    kind: place.kind,
    address,
    dependsOn: ['secret'],

    async read(machine: Machine): Promise<Actual> {
      const path = place.path(machine);
      const info = await machine.stat(path);
      if (info !== null && info.kind !== 'file') {
        throw new CodexLinkError(finding('CL3011', `${path} is not a regular file`, { resource: address, file: path }));
      }
      const bytes = await readBytes(machine, path); // not before: a pipe in its place would never end
      return {
        path,
        bytes,
        wrongMode: wrongMode(machine, info),
        text: bytes === null ? '' : decodeUtf8(bytes, path),
        token: await source.effective(machine),
        findings: info !== null ? await openToOthers(machine, place, path) : [],
      };
    },

    diff({ path, bytes, text, wrongMode, token, findings }: Actual): Verdict {
      const value = valueIn(text, name);
      const fileChange = (after: string) => ({ path, before: bytes === null ? null : text, after, mask: maskedLine });
      if (token === null) return verdict('skipped', 'there is no token to write');
      const changes: ValueChange[] = [];
      const same = value !== null && new Secret(value).equals(token) && timesSet(text, name) === 1;
      if (!same) changes.push(sensitiveChange(name, value !== null));
      if (wrongMode !== null)
        changes.push({ path: 'mode', before: wrongMode.toString(8), after: MODE.toString(8), sensitive: false });
      if (changes.length === 0) return verdict('in-sync', `${path} holds ${name}`, { findings });
      const reason =
        value === null
          ? `${path} does not set ${name}`
          : same
            ? `${path} can be read by others`
            : `${name} in ${path} is not the token`;
      return verdict(value === null ? 'create' : 'update', reason, {
        changes,
        findings,
        fileChange: same ? null : fileChange(withValue(text, name, token.reveal())),
        consequences: [place.consequence],
      });
    },

    async converge(machine: Machine, { path, bytes, text, token }: Actual): Promise<void> {
      if (token === null) return;
      const next = withValue(text, name, token.reveal());
      await machine.makeFolder(dirname(path), 0o700);
      await machine.write(path, new TextEncoder().encode(next), { mode: MODE, expect: bytes });
    },

    wanted({ token }: Actual) {
      return { name, fingerprint: token?.fingerprint(fingerprintKey) ?? null };
    },
  };
  return resource as Resource;
}

/** A place that the chosen `provider.auth` does not use. What an earlier one left there is no matter of this resource. */
export function notUsed(kind: Kind, auth: string): Resource {
  return {
    kind,
    address: kind,
    dependsOn: ['secret'],
    read: async () => null,
    diff: () => verdict('unmanaged', `provider.auth is ${auth}`),
    converge: async () => {},
    wanted: () => null,
  };
}
