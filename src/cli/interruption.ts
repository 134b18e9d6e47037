import { endChildren, forever, isTalking, killChildren } from '../machine/children.ts';
import { removeScratch } from '../machine/scratch.ts';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** The exit code of a run that a signal has ended. */
const INTERRUPTED = 130;

/** What a program that does not end and a disk that hangs may cost, in ms. */
const PATIENCE_MS = 3000;

/** What has to be given back before the process ends, like a lock. */
const held = new Set<() => Promise<void>>();
/** Who sees to a signal instead of the end of the run: a run that changes things first puts them back. */
let deputy: (() => void) | null = null;
let tell: () => void = () => {};
let ending = false;
let muted = false;

/**
 * From now on Ctrl-C and a termination signal end the run in order: the programs that run for it end with it, what it holds is given
 * back, and what it was about to print is not printed.
 * @param sayEnd prints that the run was interrupted
 * @returns how to stop listening
 */
export function endOnInterrupt(sayEnd: () => void): () => void {
  tell = sayEnd;
  for (const signal of SIGNALS) process.on(signal, interrupt);
  return () => {
    for (const signal of SIGNALS) process.off(signal, interrupt);
  };
}

/** True when nothing may be printed any more. */
export function isMuted(): boolean {
  return muted;
}

/** Runs `action` with somebody else seeing to the signals; does not begin when the run is already ending. */
export async function withDeputy<T>(onSignal: () => void, action: () => Promise<T>): Promise<T> {
  if (ending) return forever();
  deputy = onSignal;
  try {
    return await action();
  } finally {
    deputy = null;
  }
}

/** Has something given back when the run is interrupted. Returns how to forget it. */
export function giveBackOnInterrupt(giveBack: () => Promise<void>): () => void {
  held.add(giveBack);
  return () => void held.delete(giveBack);
}

/** Ends this process and its children at this very moment; what is half done, the next run finishes. */
export function stopAtOnce(): void {
  killChildren();
  leave();
}

function interrupt(signal: NodeJS.Signals): void {
  if (deputy !== null) deputy();
  else if (ending) stopAtOnce();
  else if (signal !== 'SIGINT' || !isTalking()) void stop();
}

async function stop(): Promise<void> {
  ending = true;
  muted = true;
  const inOrder = async () => {
    await endChildren();
    await Promise.allSettled([...held].map((giveBack) => giveBack()));
    await removeScratch();
  };
  await Promise.race([inOrder(), new Promise((done) => setTimeout(done, PATIENCE_MS))]);
  leave();
}

function leave(): void {
  ending = true;
  muted = false;
  tell();
  muted = true;
  // On Windows what goes into a pipe is on its way for a moment; a reader that does not read must not hold us.
  setTimeout(() => process.exit(INTERRUPTED), PATIENCE_MS);
  process.stdout.write('', () => process.stderr.write('', () => process.exit(INTERRUPTED)));
}
