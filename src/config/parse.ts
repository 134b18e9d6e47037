import { parseDocument } from 'yaml';
import { Conversion } from './conversion.ts';
import { type Findings, showText } from './findings.ts';
import type { Source, TreeMap } from './tree.ts';
import { isOfOneValue, syntaxProblem } from './yaml-errors.ts';

/** Brackets that are open at once; more would only make the parser recurse until its stack is full, which takes seconds. */
const bracketLimit = 1000;

/** Parses the text of a file. Whatever is wrong with it goes to the findings, and the result is null. */
export function parseYaml(source: Source, findings: Findings): TreeMap | null {
  const tooDeep = firstDeepBracket(source.text);
  if (tooDeep !== null) return report(source, findings, 'RESOURCE_EXHAUSTION', tooDeep);
  const document = parseDocument(source.text, {
    schema: 'core',
    resolveKnownTags: false,
    merge: false,
    // Compared here with a Map: the library compares every key with every other.
    uniqueKeys: false,
    prettyErrors: false,
    keepSourceTokens: false,
  });
  const tags = document.warnings.filter((one) => one.code === 'TAG_RESOLVE_FAILED');
  const problems = [...document.errors, ...tags].sort((a, b) => a.pos[0] - b.pos[0]);
  for (const { code, pos } of problems) {
    report(source, findings, code, pos[0]);
    // What follows it usually follows from it.
    if (!isOfOneValue(code) && code !== 'TAB_AS_INDENT') return null;
  }
  if (problems.some(({ code }) => !isOfOneValue(code))) return null;
  const places = problems.filter(({ code }) => code !== 'MULTIPLE_DOCS').map(({ pos }) => pos[0]);
  return new Conversion(source, findings, places).root(document);
}

function report(source: Source, findings: Findings, error: Parameters<typeof syntaxProblem>[0], offset: number): null {
  const line = lineAround(source.text, offset);
  const tab = /^[ ]*\t/.exec(line.text);
  // The parser stumbles over the tab later, and over blanks that are none as over any other letter.
  const isTab = tab !== null && !isOfOneValue(error) && error !== 'MULTIPLE_DOCS';
  const { code, message, fix } = syntaxProblem(isTab ? 'TAB_AS_INDENT' : error);
  const at = isTab ? line.offset + tab[0].length - 1 : offset;
  const blank = /[\u00a0\u2000-\u200b\u3000\ufeff]/.exec(line.text)?.[0];
  const isBlank = !isTab && code === 'CL2009' && blank !== undefined;
  findings.at(
    { source, offset: at, end: at },
    code,
    isBlank ? `${message}; the line has the blank ${showText(blank).slice(1, -1)}, which YAML does not take for one` : message,
    isBlank ? 'replace it with a plain blank' : fix,
  );
  return null;
}

function lineAround(text: string, offset: number): { text: string; offset: number } {
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  const end = text.indexOf('\n', offset);
  return { text: text.slice(start, end === -1 ? text.length : end), offset: start };
}

function firstDeepBracket(text: string): number | null {
  let open = 0;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === 0x5b || code === 0x7b) {
      if (++open > bracketLimit) return index;
    } else if ((code === 0x5d || code === 0x7d) && open > 0) open--;
  }
  return null;
}
