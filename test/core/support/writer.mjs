// A process of its own that writes a file with the real machine: `once FILE SIZE`, or `forever FILE SIZE` (A and B in turn).
import { RealMachine } from '../../../src/machine/real.ts';

const [how, file, size] = process.argv.slice(2);
const machine = new RealMachine();
try {
  for (let turn = 0; turn === 0 || how === 'forever'; turn++) {
    await machine.write(file, Buffer.alloc(Number(size), turn % 2 === 0 ? 'A' : 'B'));
    if (turn === 0) process.stdout.write('written\n');
  }
} catch (error) {
  process.stdout.write(`${error.code}\n`);
}
