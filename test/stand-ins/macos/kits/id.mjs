// A stand-in for `id -u NAME` of the one person of the simulated Mac, whose number is that of whoever runs the tests. Everything else
// goes to the real program.
import { spawnSync } from 'node:child_process';
import { mac, uid } from '../mac.mjs';

const argv = process.argv.slice(2);
if (argv[0] === '-u' && argv.length === 2 && argv[1] === mac().console) process.stdout.write(`${uid}\n`);
else process.exitCode = spawnSync('/usr/bin/id', argv, { stdio: 'inherit' }).status ?? 99;
