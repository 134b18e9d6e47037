import { type HostState, PROGRAM_WORDS, PROGRAMS, STATE_WORDS, STATES } from '../host-report.ts';
import type { FleetSummary } from '../summary.ts';
import type { Choice } from './choice.ts';
import { element, toggle } from './elements.ts';

type Choose = (part: Partial<Choice>) => void;

/** Versions of a program that get a line of their own. */
const MOST_VERSIONS = 12;

/** Above the list: a tile for each state, a bar for each kind of resource, and the versions; each narrows the list. */
export function overview(summary: FleetSummary, choice: Choice, choose: Choose): HTMLElement[] {
  return [
    states(summary, choice, choose),
    element('div', 'columns', drift(summary, choice, choose), versions(summary, choice, choose)),
  ];
}

function states({ states: counts, hosts }: FleetSummary, choice: Choice, choose: Choose): HTMLElement {
  const order: HostState[] = STATES.toReversed();
  const strip = element('div', 'strip');
  strip.setAttribute('aria-hidden', 'true');
  for (const state of order) {
    const part = element('span', state);
    part.style.flexGrow = String(counts[state]);
    if (counts[state] > 0) strip.append(part);
  }
  const tiles = order.map((state) => {
    const on = choice.state === state;
    const share = hosts === 0 ? 0 : (counts[state] / hosts) * 100;
    const percent = share > 0 && share < 0.1 ? '<0.1 %' : `${share.toFixed(share < 10 ? 1 : 0)} %`;
    return toggle(
      `tile ${state} ${counts[state] === 0 ? 'none' : ''}`,
      on,
      () => choose({ state: on ? null : state }),
      element('span', 'count', counts[state].toLocaleString('en')),
      element('span', 'word', STATE_WORDS[state]),
      element('span', 'share', percent),
    );
  });
  return element('div', 'states', strip, element('div', 'tiles', ...tiles));
}

function drift({ drift: kinds }: FleetSummary, choice: Choice, choose: Choose): HTMLElement {
  const most = kinds[0]?.hosts ?? 1;
  const rows = kinds.map(({ resource, hosts, writers }) => {
    const on = choice.resource === resource;
    const bar = element('span', 'bar');
    bar.style.width = `${Math.max(1, (hosts / most) * 100)}%`;
    return toggle(
      'line',
      on,
      () => choose({ resource: on ? null : resource }),
      element('span', 'name', resource),
      element('span', 'track', bar),
      element('span', 'count', hosts.toLocaleString('en')),
      element('span', 'by', `by ${writers.map((one) => `${one.writer} ${one.hosts.toLocaleString('en')}`).join(', ')}`),
    );
  });
  return element(
    'section',
    'card',
    element('h2', '', 'Drifted, by resource'),
    ...(rows.length === 0 ? [element('p', 'by', 'Nothing has drifted.')] : rows),
  );
}

function versions({ versions: all, hosts: total }: FleetSummary, choice: Choice, choose: Choose): HTMLElement {
  const parts = PROGRAMS.filter((one) => all[one].some(({ version }) => version !== null)).map((program) => {
    const lines = all[program].slice(0, MOST_VERSIONS).map(({ version, hosts }) => {
      const on = choice.version !== null && choice.version.program === program && choice.version.version === version;
      const bar = element('span', 'bar');
      bar.style.width = `${Math.max(1, (hosts / Math.max(1, total)) * 100)}%`;
      return toggle(
        'line',
        on,
        () => choose({ version: on ? null : { program, version } }),
        element('span', version === null ? 'name dim' : 'name', version ?? 'not known'),
        element('span', 'track', bar),
        element('span', 'count', hosts.toLocaleString('en')),
      );
    });
    const left = all[program].length - lines.length;
    return element(
      'div',
      'program',
      element('h3', '', PROGRAM_WORDS[program]),
      ...lines,
      ...(left > 0 ? [element('p', 'by', `and ${left} others`)] : []),
    );
  });
  const shown = parts.length === 0 ? [element('p', 'by', 'The reports do not say.')] : parts;
  return element('section', 'card', element('h2', '', 'Versions'), element('div', 'programs', ...shown));
}
