import { ago } from '../ago.ts';
import { type HostReport, STATE_WORDS } from '../host-report.ts';
import { type Choice, COLUMNS, type Column } from './choice.ts';
import { element } from './elements.ts';

/** Height of a row in CSS pixels, as in page.css. */
const ROW = 34;
/** Rows above and below those that can be seen. */
const SPARE = 12;
/** On paper a longer list would help nobody. */
const MOST_PRINTED = 1000;

const HEADINGS: Readonly<Record<Column, string>> = {
  host: 'Machine',
  state: 'State',
  heard: 'Heard',
  codexLink: 'codex-link',
  why: 'Why',
};

/** The list of machines. Only the rows that can be seen are in the page, whatever their number. */
export class HostList {
  readonly #head = element('div', 'row head');
  readonly #rows = element('div', 'rows');
  readonly #scroll = element('div', 'scroll', this.#rows);
  readonly node = element('div', 'list', this.#head, this.#scroll);
  readonly #at: number;
  readonly #open: (host: HostReport) => void;
  readonly #sort: (column: Column) => void;
  #hosts: readonly HostReport[] = [];
  #printing = false;

  /** @param at when the report was made, in ms since the epoch */
  constructor(at: number, open: (host: HostReport) => void, sort: (column: Column) => void) {
    this.#at = at;
    this.#open = open;
    this.#sort = sort;
    this.node.setAttribute('role', 'table');
    this.#head.setAttribute('role', 'row');
    let waiting = false;
    this.#scroll.addEventListener('scroll', () => {
      if (waiting) return;
      waiting = true;
      requestAnimationFrame(() => {
        waiting = false;
        this.#draw();
      });
    });
    addEventListener('resize', () => this.#draw());
    addEventListener('beforeprint', () => this.#print(true));
    addEventListener('afterprint', () => this.#print(false));
  }

  show(hosts: readonly HostReport[], choice: Choice): void {
    this.#hosts = hosts;
    this.#scroll.scrollTop = 0;
    this.node.setAttribute('aria-rowcount', String(hosts.length + 1));
    this.#head.replaceChildren(
      ...COLUMNS.map((column) => {
        const on = choice.sort === column;
        const button = element(
          'button',
          '',
          HEADINGS[column],
          element('span', 'arrow', on ? (choice.descending ? ' ▼' : ' ▲') : ''),
        );
        button.type = 'button';
        button.addEventListener('click', () => this.#sort(column));
        const cell = element('div', `cell ${column}`, button);
        cell.setAttribute('role', 'columnheader');
        cell.setAttribute('aria-sort', on ? (choice.descending ? 'descending' : 'ascending') : 'none');
        return cell;
      }),
    );
    this.#draw();
  }

  #print(printing: boolean): void {
    this.#printing = printing;
    this.#draw();
  }

  #draw(): void {
    const count = this.#hosts.length;
    const first = this.#printing ? 0 : Math.max(0, Math.floor(this.#scroll.scrollTop / ROW) - SPARE);
    const last = this.#printing
      ? Math.min(count, MOST_PRINTED)
      : Math.min(count, first + Math.ceil(this.#scroll.clientHeight / ROW) + 2 * SPARE);
    this.#rows.style.height = this.#printing ? 'auto' : `${count * ROW}px`;
    this.#rows.style.paddingTop = this.#printing ? '0' : `${first * ROW}px`;
    const rows = this.#hosts.slice(first, last).map((host, at) => this.#row(host, first + at));
    const left = this.#printing ? count - last : 0;
    this.#rows.replaceChildren(...rows, ...(left > 0 ? [element('p', 'left', `and ${left.toLocaleString('en')} more`)] : []));
  }

  #row(host: HostReport, at: number): HTMLElement {
    const name = element('button', 'open', host.host);
    name.type = 'button';
    const heard = host.heard === null ? 'never' : ago(this.#at - Date.parse(host.heard));
    const cells = [
      element('div', 'cell host', name),
      element('div', 'cell state', element('span', `mark ${host.state}`), STATE_WORDS[host.state]),
      element('div', 'cell heard', heard),
      element('div', 'cell codexLink', host.versions.codexLink ?? ''),
      element('div', 'cell why', host.why),
    ];
    for (const cell of cells) cell.setAttribute('role', 'cell');
    const row = element('div', 'row', ...cells);
    row.setAttribute('role', 'row');
    row.setAttribute('aria-rowindex', String(at + 2));
    row.addEventListener('click', () => this.#open(host));
    return row;
  }
}
