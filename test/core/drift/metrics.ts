/**
 * A strict reader of the Prometheus text format 0.0.4, after its documentation (exposition_formats.md): stricter than Prometheus where a
 * writer has a choice. Throws for what it does not know.
 */
export function metricsOf(text: string): Map<string, number> {
  if (!text.endsWith('\n')) throw new Error('the last line has no end');
  const found = new Map<string, number>();
  let current: string | null = null;
  const types = new Set<string>();
  for (const line of text.slice(0, -1).split('\n')) {
    if (/[\x00-\x1f\x7f]/.test(line)) throw new Error(`a control character in ${JSON.stringify(line)}`);
    const help = /^# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) \S.*$/.exec(line);
    const type = /^# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (gauge|counter)$/.exec(line);
    if (help !== null) continue;
    if (type !== null) {
      current = type[1] ?? '';
      if (types.has(current)) throw new Error(`${current} has two types`);
      types.add(current);
      continue;
    }
    const sample = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (-?[0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?)$/.exec(line);
    if (sample === null) throw new Error(`no sample: ${JSON.stringify(line)}`);
    const [, name = '', labels = '', value = ''] = sample;
    if (name !== current) throw new Error(`${name} stands below ${current}`);
    const key = `${name}{${labelsOf(labels).sort().join(',')}}`;
    if (found.has(key)) throw new Error(`${key} is there twice`);
    found.set(key, Number(value));
  }
  return found;
}

function labelsOf(text: string): string[] {
  const labels: string[] = [];
  for (let rest = text; rest !== ''; ) {
    const match = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/.exec(rest);
    if (match === null) throw new Error(`no label: ${rest}`);
    labels.push(`${match[1]}="${match[2]}"`);
    rest = rest.slice(match[0].length);
  }
  return labels;
}
