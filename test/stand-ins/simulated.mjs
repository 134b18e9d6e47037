// What stand-ins for the programs of a whole system have in common: one simulated computer for each HOME, and a log of how they were started.
//
// The state is `session.json` in a folder beside HOME, so that a test that compares HOME before and after never meets it. `argv.log` there has
// one JSON line for each start. What stands on standard input is never logged: that it may hold a secret is the point.
import { appendFileSync, mkdirSync, readFileSync, renameSync, rmdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A misuse that the real program may well accept: the stand-in does not know, so the test has to learn of it. */
export function notSimulated(what) {
  process.stderr.write(`stand-in: ${what} is not simulated\n`);
  process.exit(99);
}

export const HOME = process.env.HOME || notSimulated('a start without HOME');

/** The computer whose state stands in the folder of this name; `blank` is one that nobody has touched yet. */
export function simulated(name, blank) {
  const folder = join(dirname(HOME), name);
  const file = join(folder, 'session.json');

  function state() {
    try {
      return { ...structuredClone(blank), ...JSON.parse(readFileSync(file, 'utf8')) };
    } catch (error) {
      if (error.code === 'ENOENT') return structuredClone(blank);
      throw error;
    }
  }

  return {
    state,

    /** Changes the state; programs run at the same time, so one after the other. */
    change(edit) {
      mkdirSync(folder, { recursive: true });
      const lock = join(folder, 'lock');
      for (let tries = 0; ; tries++) {
        try {
          mkdirSync(lock);
          break;
        } catch (error) {
          if (error.code !== 'EEXIST' || tries > 2000) throw error;
          Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
        }
      }
      try {
        const now = state();
        const result = edit(now);
        writeFileSync(`${file}.new`, JSON.stringify(now, null, 2));
        renameSync(`${file}.new`, file);
        return result;
      } finally {
        rmdirSync(lock);
      }
    },

    /** Writes down how a program was started. */
    log(entry) {
      mkdirSync(folder, { recursive: true });
      appendFileSync(join(folder, 'argv.log'), `${JSON.stringify(entry)}\n`);
    },
  };
}
