// How `security -i` reads its standard input: readline() of SecurityTool/macOS/readline.c and split_line() of security.c, bytes and all.

const MAX_LINE = 4096;
const MAX_ARGS = 32;
const isSpace = (char) => /[ \t\n\v\f\r]/.test(char);

/**
 * The lines that it runs. A line ends at its newline or after 4,095 bytes, and what follows is the next line; so a line of exactly that
 * length is followed by an empty one. What stands after the last newline is dropped.
 * @param {Buffer} input
 */
export function lines(input) {
  const found = [];
  let begin = 0;
  for (let at = 0; at <= input.length; at++) {
    if (at - begin === MAX_LINE - 1) {
      found.push(input.subarray(begin, at).toString('utf8'));
      begin = at;
    }
    if (input[at] === 0x0a) {
      found.push(input.subarray(begin, at).toString('utf8'));
      begin = at + 1;
    }
  }
  return found;
}

/**
 * The words of a line. A quote counts only at the beginning of a word, and its end ends the word; a backslash takes away the meaning of
 * the next character everywhere, inside both kinds of quotes too. At most 32 words, the rest is dropped. A NUL ends the line.
 * @param {string} text
 */
export function words(text) {
  const found = [];
  let word = null;
  let quote = '';
  let escaped = false;
  const end = () => {
    found.push(word);
    word = null;
    return found.length >= MAX_ARGS;
  };
  for (const char of text.split('\0')[0]) {
    if (word === null) {
      if (isSpace(char)) continue;
      word = '';
      quote = char === '"' || char === "'" ? char : '';
      if (quote !== '') continue;
    }
    if (escaped) {
      word += char;
      escaped = false;
    } else if (char === '\\') escaped = true;
    else if (quote === '' ? isSpace(char) : char === quote) {
      if (end()) return found;
    } else word += char;
  }
  if (word !== null) end();
  return found;
}
