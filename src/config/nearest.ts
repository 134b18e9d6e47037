/**
 * How many edits make one text the other: insert, delete, replace, or swap two neighbours (Damerau-Levenshtein, optimal string
 * alignment). Gives up above `limit` and returns `limit + 1`, so that long texts cost nothing.
 */
export function editDistance(a: string, b: string, limit = Number.POSITIVE_INFINITY): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      let cost = Math.min(last[column]! + 1, current[column - 1]! + 1, last[column - 1]! + (same ? 0 : 1));
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (swapped) cost = Math.min(cost, beforeLast[column - 2]! + 1);
      current.push(cost);
    }
    if (Math.min(...current) > limit) return limit + 1;
    beforeLast = last;
    last = current;
  }
  return last[b.length]!;
}

/**
 * The candidate that the word was probably meant to be, or null when none is close. Case, dashes, underscores and blanks do not
 * count, so that `context_window` finds `contextWindow`; a beginning of at least three letters finds the whole.
 */
export function nearest(word: string, candidates: Iterable<string>): string | null {
  if (word.length > 100) return null;
  const wanted = bare(word);
  if (wanted === '') return null;
  let best: string | null = null;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const offered = bare(candidate);
    const limit = Math.max(1, Math.floor(Math.min(wanted.length, offered.length) / 3));
    const isBeginning = wanted.length >= 3 && offered.startsWith(wanted);
    const distance = isBeginning ? 0.5 : editDistance(wanted, offered, limit);
    if (distance <= limit && distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

const bare = (text: string) => text.toLowerCase().replace(/[-_ ]/g, '');
