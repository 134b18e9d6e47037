import type { ErrorCode } from 'yaml';
import type { Code } from '../diagnostics/diagnostics.ts';

interface SyntaxProblem {
  readonly code: Code;
  readonly message: string;
  readonly fix: string;
}

/**
 * What the parser's error means, in words that say what to do. The parser's own messages are not shown: some quote the text of the
 * file, and that may be a secret.
 */
export function syntaxProblem(code: ErrorCode): SyntaxProblem {
  return problems[code] ?? { code: 'CL2009', message: 'this is not valid YAML', fix: 'correct the text at this place' };
}

/** Whether the error is about a single value, so that the rest of the text still means what it says. */
export const isOfOneValue = (code: ErrorCode) => ofOneValue.has(code);

const ofOneValue: ReadonlySet<ErrorCode> = new Set([
  'TAG_RESOLVE_FAILED',
  'MULTIPLE_TAGS',
  'MULTIPLE_ANCHORS',
  'MULTIPLE_DOCS',
  'BAD_ALIAS',
  'BAD_DQ_ESCAPE',
  'BAD_SCALAR_START',
]);

const problems: Partial<Record<ErrorCode, SyntaxProblem>> = {
  TAB_AS_INDENT: { code: 'CL2010', message: 'a tab is used as indentation', fix: 'replace the tab with two spaces' },
  MULTIPLE_DOCS: {
    code: 'CL2012',
    message: 'another YAML document starts here',
    fix: 'keep one document; put this one into a file of its own and name it under `extends`',
  },
  RESOURCE_EXHAUSTION: {
    code: 'CL2017',
    message: 'values are nested too deeply',
    fix: 'check the brackets and the indentation at this place',
  },
  ALIAS_PROPS: syntax('an alias has an anchor or tag of its own', 'remove it'),
  BAD_ALIAS: syntax('an anchor or alias has no name', 'write `&name` or `*name` without a blank, or put the text in quotes'),
  BAD_COLLECTION_TYPE: tag('a tag does not fit its value', 'remove the tag'),
  BAD_DIRECTIVE: syntax('a line that starts with % is malformed', 'remove the line'),
  BAD_DQ_ESCAPE: syntax('a backslash in double quotes starts no known escape', 'double the backslash, or use single quotes'),
  BAD_INDENT: syntax(
    'the indentation does not fit, or a bracket is not closed',
    'close the brackets, and indent the keys of one map by the same number of spaces',
  ),
  BAD_PROP_ORDER: syntax('an anchor or tag stands in the wrong place', 'put it in front of its value'),
  BAD_SCALAR_START: syntax('plain text cannot start with this character', 'put the text in quotes'),
  BLOCK_AS_IMPLICIT_KEY: syntax(
    'a map starts where it cannot',
    'put text with a colon and a blank in quotes, or start the map on a line of its own',
  ),
  BLOCK_IN_FLOW: syntax('a block stands inside brackets', 'write it with brackets or braces too'),
  DUPLICATE_KEY: { code: 'CL2011', message: 'a key stands twice', fix: 'remove one of the two' },
  IMPOSSIBLE: syntax('this is not valid YAML', 'correct the text at this place'),
  KEY_OVER_1024_CHARS: syntax('a key is longer than 1,024 characters', 'check for a missing quote or line end'),
  MISSING_CHAR: syntax(
    'something is missing here: a colon after a key, a closing quote, or a comma or closing bracket',
    'add what is missing, e.g. `key: value`',
  ),
  MULTILINE_IMPLICIT_KEY: syntax(
    'a key goes over several lines',
    'check for a missing colon or a wrong indentation on the line before',
  ),
  MULTIPLE_ANCHORS: syntax('a value has two anchors', 'remove one of the two'),
  MULTIPLE_TAGS: tag('a value has two tags', 'remove the tags'),
  NON_STRING_KEY: { code: 'CL2016', message: 'a key is not text', fix: 'use a word as the key' },
  TAG_RESOLVE_FAILED: tag('a tag is not understood', 'remove the tag (the part that starts with !)'),
  UNEXPECTED_TOKEN: syntax('there is text where none can stand', 'check the quotes, brackets and indentation before it'),
};

function syntax(message: string, fix: string): SyntaxProblem {
  return { code: 'CL2009', message: `this is not valid YAML: ${message}`, fix };
}

function tag(message: string, fix: string): SyntaxProblem {
  return { code: 'CL2015', message, fix };
}
