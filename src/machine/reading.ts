import { MachineDecorator } from './decorator.ts';
import type { Machine } from './machine.ts';

/** Remembers which files are read through it. */
export class ReadingMachine extends MachineDecorator {
  readonly paths: Set<string>;

  /** @param paths where they are put, for several machines that are to share them */
  constructor(inner: Machine, paths = new Set<string>()) {
    super(inner);
    this.paths = paths;
  }

  /** The beginning of a file, like that of a conversation, says nothing of the file. */
  override read(path: string, limit?: number, from?: number): Promise<Uint8Array> {
    if (limit === undefined) this.paths.add(path);
    return super.read(path, limit, from);
  }
}
