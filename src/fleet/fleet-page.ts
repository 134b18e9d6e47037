import { pageScript, pageStyle } from '../generated/fleet-page.ts';
import { crypto } from '../machine/builtins.ts';
import type { Fleet } from './fleet.ts';
import { STATE_WORDS, STATES } from './host-report.ts';
import { hostsJson } from './host-row.ts';
import type { FleetSummary } from './summary.ts';

/**
 * The fleet as one page that needs nothing else: no network, no other file. What came from the machines stands in it as JSON only, and the
 * script puts it in place as text; besides, the policy in its head lets no script and no style run but its own.
 * @returns the page in pieces
 */
export function* fleetPage({ at, hosts, findings }: Fleet, summary: FleetSummary): Generator<string> {
  const policy = `default-src 'none'; script-src '${hash(pageScript)}'; style-src '${hash(pageStyle)}'; base-uri 'none'; form-action 'none'`;
  const counts = STATES.toReversed()
    .map((one) => `${summary.states[one]} ${STATE_WORDS[one]}`)
    .join(', ');
  yield `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>codex-link fleet, ${at.slice(0, 16).replace('T', ' ')}</title>
<style>${pageStyle}</style>
</head>
<body>
<header><h1>codex-link fleet</h1><p>${summary.hosts.toLocaleString('en')} machines, ${at.slice(0, 16).replace('T', ' ')} UTC</p></header>
<main><p>${counts}. The list of machines needs JavaScript, which this browser does not run.</p></main>
<script type="application/json" id="data">${embedded(JSON.stringify({ at, summary }).slice(0, -1))},"hosts":`;
  for (const piece of hostsJson(hosts)) yield embedded(piece);
  yield `,"findings":${embedded(JSON.stringify(findings))}}</script>
<script>${pageScript}</script>
</body>
</html>
`;
}

/** Of a JSON text: what can neither end the element it stands in nor begin another one. */
function embedded(json: string): string {
  return json.replaceAll('<', '\\u003c');
}

function hash(text: string): string {
  return `sha256-${crypto().createHash('sha256').update(text).digest('base64')}`;
}
