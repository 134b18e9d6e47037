import { ChangeDecorator, type Operation } from './decorator.ts';
import { MachineError } from './machine.ts';

/**
 * Refuses every change. `plan`, `verify` and the other reading commands run through it, so "writes nothing" does not rest on the
 * care of each resource.
 */
export class ReadOnlyMachine extends ChangeDecorator {
  protected around<T>(operation: Operation): Promise<T> {
    return Promise.reject(
      new MachineError(
        'EREADONLY',
        `a reading command tried to change the machine: ${operation.kind} ${operation.path}`,
        operation.path,
      ),
    );
  }
}
