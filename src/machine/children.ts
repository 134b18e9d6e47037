/** A program that runs for us at this moment. */
export interface Child {
  /** Ends it, with all that it has started: `SIGTERM` asks, `SIGKILL` does not. */
  readonly end: (signal: 'SIGTERM' | 'SIGKILL') => void;
  readonly effect: 'read' | 'write';
  /** It talks with the person on our terminal. */
  readonly attached: boolean;
}

/** How long a program that was asked to end may take, in ms. */
const PATIENCE_MS = 500;

const running = new Set<Child>();
/** Nobody is to hear of their end: the run ends with them, and must not go on as if they had failed. */
const abandoned = new WeakSet<Child>();
let closed = false;
let readersRefused = false;

/** Takes note of a child; call what it returns when the child has ended. */
export function watch(child: Child): () => void {
  running.add(child);
  return () => void running.delete(child);
}

/** Gives what came of a child, or never anything when the run ends with it. */
export function unlessAbandoned<T>(child: Child, outcome: T): T | Promise<never> {
  return abandoned.has(child) ? forever() : outcome;
}

/** True once the run is ending: nothing is started any more. */
export function isClosed(): boolean {
  return closed;
}

export function forever(): Promise<never> {
  return new Promise(() => {});
}

/** True while a program has the terminal: Ctrl-C is then meant for it. */
export function isTalking(): boolean {
  return [...running].some((one) => one.attached);
}

/** Ends every program that runs for us, and lets none begin. Whoever waits for one waits forever, which is until the end of this process. */
export async function endChildren(): Promise<void> {
  closed = true;
  for (const child of running) abandoned.add(child);
  await end([...running]);
}

/** Ends those that only read, and lets none begin, so that whoever asks one sees it fail at once. */
export async function endReaders(): Promise<void> {
  readersRefused = true;
  await end([...running].filter((one) => one.effect === 'read'));
}

/** From now on programs may be asked again. */
export function allowReaders(): void {
  readersRefused = false;
}

/** True for what is not to begin any more, and is as if it had been ended at once. */
export function isRefused(effect: Child['effect']): boolean {
  return readersRefused && effect === 'read';
}

/** Ends every program that runs for us without asking, for when this process ends in the same moment. */
export function killChildren(): void {
  for (const child of running) child.end('SIGKILL');
}

async function end(children: readonly Child[]): Promise<void> {
  for (const child of children) child.end('SIGTERM');
  const left = () => children.filter((one) => running.has(one));
  for (let waited = 0; waited < PATIENCE_MS && left().length > 0; waited += 10) {
    await new Promise((done) => setTimeout(done, 10));
  }
  for (const child of left()) child.end('SIGKILL');
}
