import { unmistakableSecrets } from '../config/secret-shapes.ts';

/** What tells whose machine it is. */
export interface Personal {
  readonly home: string;
  readonly user: string;
  readonly host: string;
  /** Names and addresses of the accounts; those of one account stand together. */
  readonly accounts: readonly (readonly string[])[];
  /** Hosts of the person's own, like that of a gateway elsewhere. */
  readonly hosts: readonly string[];
}

/** Names shorter than this are parts of ordinary words. */
const SHORTEST_NAME = 3;

const EMAIL = /[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g;

/**
 * Takes out of a text whatever tells whose machine it is, so that a report can be given to strangers. The same thing gets the same
 * name everywhere, so that the report can still be followed. Whatever looks like a key goes too, although none should be there.
 */
export function redactor({ home, user, host, accounts, hosts }: Personal): (text: string) => string {
  const words: [string, string][] = [
    ...accounts.flatMap((names, index) => names.map((name): [string, string] => [name, `<account ${index + 1}>`])),
    ...hosts.map((name): [string, string] => [name, '<gateway>']),
    [host, '<host>'],
    [host.split('.')[0] ?? host, '<host>'],
    [user, '<user>'],
  ];
  const replaced = words
    .filter(([word]) => word.length >= SHORTEST_NAME && word !== 'localhost')
    .toSorted(([a], [b]) => b.length - a.length)
    .map(([word, name]): [RegExp, string] => [new RegExp(`(?<![\\w])${escaped(word)}(?![\\w])`, 'gi'), name]);
  return (text) => {
    let clean = home.length > 1 ? text.replaceAll(home, '~') : text;
    for (const [word, name] of replaced) clean = clean.replace(word, () => name);
    return withoutKeys(clean.replace(EMAIL, '<address>'));
  };
}

function withoutKeys(text: string): string {
  let clean = text;
  for (const { index, end } of unmistakableSecrets(text).toReversed())
    clean = `${clean.slice(0, index)}(sensitive)${clean.slice(end)}`;
  return clean;
}

function escaped(word: string): string {
  return word.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}
