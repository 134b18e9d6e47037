import { stringify } from 'yaml';
import type { CodexLinkYaml } from '../generated/yaml-types.ts';

/** What is said above each section: when it was found, and, as a line that is commented out, when it was not. */
const SECTIONS: readonly (readonly [name: keyof CodexLinkYaml, about: string, instead: string | null])[] = [
  ['ccs', 'CCS itself. present: installed with npm where it is missing.', 'ccs: { ensure: present }'],
  [
    'accounts',
    'The pool: what is listed keeps its nickname, its pause and the default. Without this list the pool is left alone.',
    'accounts: [{ email: me@example.com, default: true }]',
  ],
  [
    'routing',
    'How requests are spread over the accounts. Without this section that is left alone.',
    'routing: { strategy: round-robin }',
  ],
  [
    'gateway',
    'CLIProxyAPI. manager: ccs where CCS runs it here, none where somebody else does. exposure: loopback closes it to other machines.',
    'gateway: { url: http://127.0.0.1:8317, exposure: loopback }',
  ],
  ['variants', 'Variants of CCS for Claude Code and Droid. Without this list they are left alone.', null],
  [
    'provider',
    "Codex's config.toml. active: cliproxy is the pool, openai the ChatGPT login. auth: helper, dotenv or env.",
    'provider: { model: gpt-5.5, contextWindow: 272000 }',
  ],
  [
    'secret',
    "Where the gateway's key is kept and where it comes from; its value never stands here.",
    'secret: { store: auto, source: ccs }',
  ],
  ['helper', 'The script that hands the key to Codex.', null],
];

/**
 * The document as a file for people: a comment above each section, and what was not found as an example that is commented out.
 * @param schema where editors find the schema
 */
export function yamlText(document: CodexLinkYaml, schema: string): string {
  const sections = SECTIONS.flatMap(([name, about, instead]) => {
    const value = document[name];
    if (value === undefined && instead === null) return [];
    return [`# ${about}\n${value === undefined ? `# ${instead}\n` : written({ [name]: value })}`];
  });
  return `# yaml-language-server: $schema=${schema}
# What this machine has, as codex-link init found it. What is left out has its default or is left alone;
# codex-link plan shows what apply would change.
version: 1

${sections.join('\n')}`;
}

function written(value: unknown): string {
  return stringify(literal(value), { lineWidth: 0, aliasDuplicateObjects: false });
}

/** The same, with what the YAML would take for a reference spelled so that it is none. */
function literal(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll('${', () => '$${');
  if (Array.isArray(value)) return value.map(literal);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, literal(inner)]));
}
