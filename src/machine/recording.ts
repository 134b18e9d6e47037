import { ChangeDecorator, type Operation } from './decorator.ts';

/** Lets everything through and remembers, in order, what changed the world. */
export class RecordingMachine extends ChangeDecorator {
  readonly operations: Operation[] = [];

  protected around<T>(operation: Operation, action: () => Promise<T>): Promise<T> {
    this.operations.push(operation);
    return action();
  }
}
