// getopt(3) of BSD, as the programs of macOS call it: short options only, which may stand together; it stops at the first operand and
// after `--`. A leading ':' of the specification makes a missing argument `:` instead of `?`.

/**
 * @param {readonly string[]} args
 * @param {string} specification
 * @returns {{ options: { name: string, value?: string, option?: string }[], operands: string[], trouble: string[] }}
 *   An unknown option has the name `?` and a missing argument `?` or `:`; `option` is then the letter. `trouble` is for standard error.
 */
export function getopt(args, specification) {
  const silent = specification.startsWith(':');
  const options = [];
  const trouble = [];
  let index = 0;
  for (; index < args.length; index++) {
    const word = args[index];
    if (word === '--') {
      index++;
      break;
    }
    if (!word.startsWith('-') || word === '-') break;
    for (let at = 1; at < word.length; at++) {
      const name = word[at];
      const known = name === ':' ? -1 : specification.indexOf(name, silent ? 1 : 0);
      if (known < 0) {
        options.push({ name: '?', option: name });
        if (!silent) trouble.push(`illegal option -- ${name}`);
        continue;
      }
      if (specification[known + 1] !== ':') {
        options.push({ name });
        continue;
      }
      const value = at + 1 < word.length ? word.slice(at + 1) : args[++index];
      if (value === undefined) {
        options.push({ name: silent ? ':' : '?', option: name });
        if (!silent) trouble.push(`option requires an argument -- ${name}`);
      } else options.push({ name, value });
      break;
    }
  }
  return { options, operands: args.slice(index), trouble };
}
