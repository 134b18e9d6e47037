import type { HostReport } from '../host-report.ts';
import { STATE_WORDS } from '../host-report.ts';
import type { FleetSummary } from '../summary.ts';
import { type Choice, chosen, searchable } from './choice.ts';
import { detail } from './detail.ts';
import { element } from './elements.ts';
import { HostList } from './list.ts';
import { overview } from './overview.ts';

interface Data {
  readonly at: string;
  readonly summary: FleetSummary;
  readonly hosts: readonly HostReport[];
  readonly findings: readonly { readonly code: string; readonly message: string; readonly fix: string }[];
}

const data = JSON.parse(document.getElementById('data')?.textContent ?? '') as Data;
const texts = data.hosts.map(searchable);
let choice: Choice = { words: '', state: null, resource: null, version: null, sort: 'state', descending: false };

const top = element('div', 'overview');
const count = element('p', 'found');
count.setAttribute('aria-live', 'polite');
const search = element('input', 'search');
search.type = 'search';
search.placeholder = 'Search machine, resource, writer, version, code';
search.setAttribute('aria-label', 'Search');
search.addEventListener('input', () => choose({ words: search.value }));
const panel = element('dialog', 'panel');
const list = new HostList(Date.parse(data.at), open, (sort) =>
  choose({ sort, descending: choice.sort === sort ? !choice.descending : sort === 'heard' }),
);
panel.addEventListener('click', (event) => {
  if (event.target === panel) panel.close();
});
panel.addEventListener('close', () => history.replaceState(null, '', ' '));
addEventListener('hashchange', openNamed);

function choose(part: Partial<Choice>): void {
  choice = { ...choice, ...part };
  draw();
}

function draw(): void {
  const hosts = chosen(data.hosts, texts, choice);
  top.replaceChildren(...overview(data.summary, choice, choose));
  const narrowed = choice.words !== '' || choice.state !== null || choice.resource !== null || choice.version !== null;
  count.replaceChildren(`${hosts.length.toLocaleString('en')} of ${data.hosts.length.toLocaleString('en')} machines`);
  if (narrowed) {
    const all = element('button', 'all', 'show all');
    all.type = 'button';
    all.addEventListener('click', () => {
      search.value = '';
      choose({ words: '', state: null, resource: null, version: null });
    });
    count.append(' ', all);
  }
  list.show(hosts, choice);
}

function open(host: HostReport): void {
  const close = element('button', 'close', 'close');
  close.type = 'button';
  close.addEventListener('click', () => panel.close());
  const title = element(
    'h2',
    '',
    element('span', `mark ${host.state}`),
    host.host,
    element('small', '', ` ${STATE_WORDS[host.state]}`),
  );
  panel.replaceChildren(element('header', '', title, close), ...detail(host));
  if (!panel.open) panel.showModal();
  history.replaceState(null, '', `#${encodeURIComponent(host.host)}`);
}

/** A link to one machine, as `fleet.html#h1`. */
function openNamed(): void {
  let name: string;
  try {
    name = decodeURIComponent(location.hash.slice(1));
  } catch {
    return;
  }
  const host = data.hosts.find((one) => one.host === name);
  if (host !== undefined) open(host);
}

function broken(): HTMLElement[] {
  if (data.findings.length === 0) return [];
  const lines = data.findings.map((one) =>
    element('li', '', element('b', '', one.code), ` ${one.message} `, element('span', 'by', `next: ${one.fix}`)),
  );
  const title = `${data.findings.length.toLocaleString('en')} ${data.findings.length === 1 ? 'file says' : 'files say'} nothing, or something odd`;
  return [element('details', 'card broken', element('summary', '', title), element('ul', '', ...lines))];
}

document.querySelector('main')?.replaceChildren(top, ...broken(), element('div', 'bar-above', search, count), list.node, panel);
draw();
openNamed();
