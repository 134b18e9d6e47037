// A stand-in for /bin/launchctl of macOS 10.11 and later: launchctl(1), with the lines that its `export`
// prints. Jobs of gui/UID are really run. Exit codes and messages are from
// public reports, not from source, and unverified: 5 for a second bootstrap (37 on some releases), 3 for a bootout of nothing, 113 for a
// service that is not there, 125 where there is no graphical session. An environment that is set outside of the graphical session stays
// there: apps do not see it.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { isAlive, jobOf, load, start } from './launchd.mjs';
import { change, logged, mac, notSimulated, uid } from './mac.mjs';

const out = (text) => process.stdout.write(text);
const fail = (code, text) => {
  process.stderr.write(`${text}\n`);
  return code;
};
const GUI = `gui/${uid}`;
const noService = (label) => fail(113, `Could not find service "${label}" in domain for user gui: ${uid}`);
const isLoggedIn = () => mac().session !== 'none';
const usage = (command) => fail(64, `Usage: launchctl ${command} …`);

/** The label of `gui/UID/label`; null for a domain alone. */
function labelOf(target) {
  const [kind, id, ...label] = target.split('/');
  if (kind !== 'gui' || id !== String(uid)) notSimulated(`the domain of ${target}`);
  return label.length === 0 ? null : label.join('/');
}

const environmentName = () => (mac().session === 'aqua' ? 'environment' : 'otherEnvironment');

const COMMANDS = {
  managername: () => out(`${mac().session === 'aqua' ? 'Aqua' : 'Background'}\n`) && 0,
  manageruid: () => out(`${uid}\n`) && 0,

  print(args) {
    if (args.length !== 1) return usage('print');
    const label = labelOf(args[0]);
    if (!isLoggedIn()) return fail(113, `Bad request.\nCould not find domain for user gui: ${uid}`);
    if (label === null) return out(`${GUI} = {\n\ttype = login\n}\n`) && 0;
    const agent = mac().agents[label];
    if (agent === undefined) return fail(113, `Bad request.\nCould not find service "${label}" in domain for user gui: ${uid}`);
    return (
      out(
        `${GUI}/${label} = {\n\tpath = ${agent.path}\n\tstate = ${isAlive(agent.pid) ? 'running' : 'not running'}\n\truns = ${agent.runs}\n}\n`,
      ) && 0
    );
  },

  bootstrap(args) {
    if (args.length < 2) return usage('bootstrap');
    const [domain, ...paths] = args;
    if (labelOf(domain) !== null) return usage('bootstrap');
    if (!isLoggedIn()) return fail(125, 'Bootstrap failed: 125: Domain does not support specified action');
    for (const path of paths) {
      try {
        if (jobOf(path).Label in mac().agents) return fail(5, 'Bootstrap failed: 5: Input/output error');
        load(path);
      } catch (error) {
        return fail(
          existsSync(path) ? 109 : 2,
          `Bootstrap failed: ${existsSync(path) ? '109: Invalid property list' : '2: No such file or directory'}\nstand-in: ${error.message}`,
        );
      }
    }
    return 0;
  },

  bootout(args) {
    if (args.length === 0 || args.length > 2) return usage('bootout');
    if (!isLoggedIn()) return fail(125, 'Boot-out failed: 125: Domain does not support specified action');
    const label = labelOf(args[0]) ?? (args[1] && existsSync(args[1]) ? jobOf(args[1]).Label : null);
    const agent = label === null ? undefined : mac().agents[label];
    if (agent === undefined) return fail(3, 'Boot-out failed: 3: No such process');
    change((state) => void delete state.agents[label]);
    if (isAlive(agent.pid)) process.kill(-agent.pid, 'SIGTERM');
    return 0;
  },

  kickstart(args) {
    const target = args.at(-1);
    const flags = args.slice(0, -1);
    if (target === undefined || flags.some((one) => !['-k', '-p'].includes(one))) return usage('kickstart');
    const label = labelOf(target);
    if (label === null) return usage('kickstart');
    if (!isLoggedIn() || mac().agents[label] === undefined) return noService(label);
    const { pid } = mac().agents[label];
    if (isAlive(pid)) {
      if (!flags.includes('-k')) return 0;
      process.kill(-pid, 'SIGKILL');
    }
    start(label);
    return 0;
  },

  list(args) {
    const agents = mac().agents;
    if (args.length > 1) return usage('list');
    if (args.length === 1 && !(args[0] in agents)) return noService(args[0]);
    out('PID\tStatus\tLabel\n');
    for (const [label, { pid }] of Object.entries(agents)) out(`${isAlive(pid) ? pid : '-'}\t0\t${label}\n`);
    return 0;
  },

  // launchctl(1): runs the program in the bootstrap of that user, as whoever called; its exit code is taken for launchctl's own.
  asuser([id, program, ...args]) {
    if (program === undefined) return usage('asuser');
    if (id !== String(uid)) notSimulated(`asuser ${id}`);
    if (!isLoggedIn()) return fail(125, 'Could not switch to audit session: 125: Domain does not support specified action');
    const env = { ...process.env, STAND_IN_ASUSER: id };
    return spawnSync(program, args, { stdio: 'inherit', env }).status ?? 99;
  },

  setenv(args) {
    if (args.length === 0 || args.length % 2 !== 0) return usage('setenv');
    const name = environmentName();
    change((state) => {
      state[name] ??= {};
      for (let at = 0; at < args.length; at += 2) state[name][args[at]] = args[at + 1];
    });
    return 0;
  },

  export(args) {
    if (args.length > 0) return usage('export');
    for (const [name, value] of Object.entries(mac()[environmentName()] ?? {})) out(`${name}="${value}"; export ${name};\n`);
    return 0;
  },

  unsetenv(args) {
    if (args.length === 0) return usage('unsetenv');
    const name = environmentName();
    change((state) => {
      for (const one of args) delete state[name]?.[one];
    });
    return 0;
  },

  getenv(args) {
    if (args.length !== 1) return usage('getenv');
    const value = mac()[environmentName()]?.[args[0]];
    if (value !== undefined) out(`${value}\n`);
    return 0;
  },
};

const [name = '', ...args] = logged('launchctl', process.argv.slice(2));
const command = COMMANDS[name] ?? (() => fail(1, `Unrecognized subcommand: ${name}`));
process.exitCode = command(args);
