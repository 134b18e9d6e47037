import { nearest } from '../../config/nearest.ts';
import { inOrder } from '../../planner/graph.ts';
import { selected } from '../../planner/selection.ts';
import { findingsText } from '../../report/findings-text.ts';
import { type GraphFormat, graphText } from '../../report/graph-text.ts';
import { head } from '../../report/json.ts';
import { allResources } from '../../resources/all.ts';
import { selectionOf, usage } from '../arguments.ts';
import { printJson } from '../console.ts';
import type { Command } from '../main.ts';
import { openSession } from '../session.ts';

const FORMATS: readonly GraphFormat[] = ['dot', 'mermaid'];

/** Prints which resource of this machine waits for which, as far as a plan with these flags would have them. Reads only. */
export const graph: Command = async ({ flags }, console) => {
  const format = formatOf(flags.format);
  const session = await openSession(flags);
  const all = inOrder(await allResources(session.readOnly, session));
  const { chosen, findings } = selected(all, selectionOf(flags));
  const resources = all.filter((one) => chosen.has(one.address));
  if (!console.json) {
    console.err(findingsText(findings, console.paintError));
    console.out(graphText(resources, format));
    return 0;
  }
  const there = new Set(resources.map((one) => one.address));
  const nodes = resources.map(({ address, kind, dependsOn }) => ({
    address,
    kind,
    dependsOn: dependsOn.filter((one) => there.has(one)),
  }));
  printJson(console, { ...head('graph'), os: session.platform.os, resources: nodes, findings });
  return 0;
};

function formatOf(asked: unknown = 'dot'): GraphFormat {
  const found = FORMATS.find((one) => one === asked);
  if (found !== undefined) return found;
  const near = nearest(String(asked), FORMATS);
  throw usage(
    `--format takes ${FORMATS.join(' or ')}, not ${JSON.stringify(asked)}${near === null ? '' : `, did you mean ${near}?`}`,
    'graph',
  );
}
