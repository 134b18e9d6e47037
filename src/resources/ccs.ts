import { type Ccs, ccsFolder } from '../ccs/ccs.ts';
import { CCS_PACKAGE, ccsVersion } from '../ccs/installation.ts';
import type { Desired } from '../config/desired.ts';
import { CodexLinkError, type Finding, finding } from '../diagnostics/diagnostics.ts';
import type { Exit, Facts, Machine } from '../machine/machine.ts';
import { onPath, userEnvironment } from '../machine/programs.ts';
import { type OnUndo, type Resource, type Verdict, verdict } from './resource.ts';

/** CCS and what it needs are some 50 MB, over whatever network there is. */
const NPM_TIMEOUT_MS = 600_000;

const RESOURCE = { resource: 'ccs' } as const;
const INSTALL = `npm install -g ${CCS_PACKAGE}`;

/** The major version whose commands and files codex-link knows. */
const KNOWN_MAJOR = 7;

interface Actual {
  /** Where its program is; null when it is not installed. */
  readonly program: string | null;
  readonly version: string | null;
  /** Whether it has ever run here. */
  readonly folder: boolean;
  readonly npm: string | null;
}

/** Whether CCS has a part in what the YAML wants. */
export function concernsCcs({ ccs, gateway, accounts, routing, variants }: Desired): boolean {
  return ccs.ensure === 'present' || gateway.manager === 'ccs' || [accounts, routing, variants].some((one) => one !== null);
}

/** The CCS program. It is installed when the YAML says so, and never updated or removed. */
export function ccsResource(desired: Desired, ccs: Ccs): Resource<Actual> {
  const wanted = desired.ccs.ensure === 'present';

  return {
    kind: 'ccs',
    address: 'ccs',
    dependsOn: [],

    async read(machine: Machine): Promise<Actual> {
      const program = await ccs.program(machine);
      const folder = (await machine.stat(ccsFolder(machine))) !== null;
      if (program !== null) return { program, version: await ccsVersion(machine, program), folder, npm: null };
      return { program, version: null, folder, npm: wanted ? await onPath(machine, 'npm') : null };
    },

    diff({ program, version, folder, npm }: Actual): Verdict {
      if (program !== null) {
        const reason = `ccs${version === null ? '' : ` ${version}`} is installed${folder ? '' : ' and has never run here'}`;
        return verdict('in-sync', reason, { findings: unknownMajor(version) });
      }
      const rest = folder ? '; its folder is there' : '';
      if (!wanted) return verdict('unmanaged', `ccs is not installed, and ccs.ensure does not ask for it${rest}`);
      if (npm === null) {
        const message = 'ccs is to be installed with npm, and npm is not installed';
        return verdict('manual', message, {
          command: `install Node.js with npm, then: ${INSTALL}`,
          findings: [finding('CL7004', message, RESOURCE)],
        });
      }
      const changes = [{ path: 'installed', before: false, after: true, sensitive: false }];
      return verdict('create', `ccs is not installed: ${INSTALL}${rest}`, { changes });
    },

    async converge(machine: Machine, actual: Actual, onUndo: OnUndo): Promise<void> {
      await ccs.alone(async () => {
        onUndo(`the installation of ${CCS_PACKAGE}`, async (later) => {
          const exit = await npm(later, actual.npm, 'uninstall');
          ccs.forget();
          if (exit.code !== 0) throw failed(later.facts, exit, 'uninstall');
        });
        const exit = await npm(machine, actual.npm, 'install');
        if (exit.code !== 0) throw failed(machine.facts, exit, 'install');
      });
      if ((await ccs.program(machine)) !== null) return;
      throw new CodexLinkError(finding('CL7006', 'npm has installed ccs, and no ccs is on PATH', RESOURCE));
    },

    wanted() {
      return { installed: true };
    },
  };
}

/** Runs npm on the whole of the package; what it prints is for people only. */
async function npm(machine: Machine, file: string | null, verb: 'install' | 'uninstall'): Promise<Exit> {
  if (file === null) throw new CodexLinkError(finding('CL7004', `npm ${verb} has to run, and npm is not installed`, RESOURCE));
  const env = userEnvironment(machine, { NO_COLOR: '1' });
  return machine.run({ file, args: [verb, '-g', CCS_PACKAGE], env, timeoutMs: NPM_TIMEOUT_MS, effect: 'write' });
}

function failed({ os }: Facts, { timedOut, stdout, stderr }: Exit, verb: string): CodexLinkError {
  const why = timedOut ? `it was not done after ${NPM_TIMEOUT_MS / 60_000} minutes` : npmWords(`${stdout}\n${stderr}`);
  // On Windows npm's own folder is the user's already.
  const particulars =
    os !== 'win32' && /\bEACCES\b|\bEPERM\b/.test(stderr)
      ? { ...RESOURCE, fix: 'npm config set prefix ~/.npm-global, then codex-link apply' }
      : RESOURCE;
  return new CodexLinkError(finding('CL7005', `npm ${verb} -g ${CCS_PACKAGE} failed: ${why}`, particulars));
}

/** What npm says went wrong, without the stack and the place of its log: at most three of its lines. */
function npmWords(output: string): string {
  const lines = output.split('\n').filter((line) => line.trim() !== '');
  const said = lines
    .flatMap((line) => /^npm (?:error|ERR!) (\S.*)$/.exec(line)?.[1] ?? []) // the stack is indented
    .filter((line) => !/^(?:A complete log|Log files|errno|syscall|path|dest|\})/.test(line));
  const words = said.length > 0 ? said.slice(0, 3) : lines.slice(-2);
  return words.map((line) => line.trim()).join('; ') || 'it does not say why';
}

function unknownMajor(version: string | null): Finding[] {
  const major = Number(version?.split('.')[0] ?? KNOWN_MAJOR);
  if (major === KNOWN_MAJOR) return [];
  const message = `ccs ${version} is of another major version than the ${KNOWN_MAJOR} that codex-link knows`;
  return [finding('CL7003', message, RESOURCE)];
}
