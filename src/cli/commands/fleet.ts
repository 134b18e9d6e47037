import { resolve } from 'node:path';
import { span } from '../../fleet/ago.ts';
import { gather } from '../../fleet/fleet.ts';
import { fleetJson } from '../../fleet/fleet-json.ts';
import { fleetText } from '../../fleet/fleet-text.ts';
import { expectedHosts } from '../../fleet/inventory.ts';
import { exitCode, summarize } from '../../fleet/summary.ts';
import { detailOf, usage } from '../arguments.ts';
import type { Command } from '../main.ts';
import { openMachine } from '../session.ts';

/** A machine that runs drift every day may miss one run before it counts as silent. */
const MAX_AGE = '48h';

/** Puts the reports of many machines together. */
export const fleet: Command = async ({ operands, flags }, console) => {
  const [verb, ...paths] = operands;
  if (verb !== 'report') throw usage(`fleet takes report, not ${JSON.stringify(verb)}`, 'fleet');
  if (paths.length === 0) throw usage('fleet report needs DIR|FILE…', 'fleet');
  const given = String(flags['max-age'] ?? MAX_AGE);
  const maxAgeMs = span(given);
  if (maxAgeMs === null) throw usage(`--max-age takes a span like 90m, 24h or 7d, not ${JSON.stringify(given)}`, 'fleet');
  const { machine, readOnly } = openMachine(flags);
  const here = (path: string) => resolve(machine.facts.cwd, path);
  const expected = typeof flags.hosts === 'string' ? await expectedHosts(readOnly, here(flags.hosts)) : [];
  const found = await gather(readOnly, {
    paths: paths.map(here),
    expected,
    maxAgeMs,
    whole: console.json || flags.html !== undefined,
  });
  const summary = summarize(found);
  if (typeof flags.html === 'string') {
    const { fleetPage } = await import('../../fleet/fleet-page.ts');
    await machine.write(
      here(flags.html),
      bytesOf(() => fleetPage(found, summary)),
      { mode: 0o644 },
    );
  }
  if (console.json) for (const piece of fleetJson(found, summary)) console.out(piece);
  else console.out(fleetText(found, summary, console.paint, detailOf(flags)));
  return exitCode(summary);
};

/** A text that comes in pieces, as bytes. It is made twice, so that it never is in memory twice. */
function bytesOf(pieces: () => Iterable<string>): Uint8Array {
  let length = 0;
  for (const piece of pieces()) length += Buffer.byteLength(piece);
  const bytes = Buffer.allocUnsafe(length);
  let at = 0;
  for (const piece of pieces()) at += bytes.write(piece, at);
  return bytes;
}
