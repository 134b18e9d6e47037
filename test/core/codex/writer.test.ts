import { expect, test } from 'vitest';
import { writerOf } from '../../../src/codex/writer.ts';
import { parseToml } from '../../../src/toml/read.ts';
import { ccsxpTable } from '../../support/ccsxp.ts';

const CCSXP = `model_provider = "cliproxy"\n${ccsxpTable()}`;
const HELPER = '[model_providers.cliproxy.auth]\ncommand = "/h"\n';
const OURS = `model_provider = "cliproxy"
[model_providers.cliproxy]
name = "CLIProxy"
base_url = "http://127.0.0.1:8317/v1"
wire_api = "responses"
`;

test.each<[string, string, string]>([
  ['ccsxp up to 8, beside our helper', CCSXP + HELPER, 'ccsxp'],
  ['ccsxp of 8.7, which took the helper out', CCSXP.replace('/api/provider', '/backend-api'), 'ccsxp'],
  [
    'ccsxp of 8.7, which left our name',
    CCSXP.replace('CLIProxy Codex', 'CLIProxy').replace('/api/provider', '/backend-api'),
    'ccsxp',
  ],
  ['our name and our helper beside its keys', CCSXP.replace('CLIProxy Codex', 'CLIProxy') + HELPER, 'unknown'],
  ['another path', CCSXP.replace('/api/provider/codex', '/v1'), 'unknown'],
  ['a path that ends alike', CCSXP.replace('/api/', '/x/api/'), 'unknown'],
  ['a person who took the helper out', OURS, 'unknown'],
  ['a person who put a variable in its place', `${OURS}env_key = "CLIPROXY_API_KEY"\n`, 'unknown'],
  ['nobody', '', 'unknown'],
  ['no table', 'model_providers = 3\n', 'unknown'],
  ['an address that is none', CCSXP.replace('http://127.0.0.1:8317', ''), 'unknown'],
  ["cc-switch, with OpenAI's route", 'model_provider = "cc-switch-official"\n', 'cc-switch'],
  [
    'cc-switch, with its list of models',
    'model_provider = "custom"\nmodel_catalog_json = "cc-switch-model-catalog.json"\n',
    'cc-switch',
  ],
  [
    'cc-switch, with its proxy',
    'model_provider = "custom"\n[model_providers.custom]\nname = "x"\nexperimental_bearer_token = "PROXY_MANAGED"\n',
    'cc-switch',
  ],
  ['a table that anybody calls so', 'model_provider = "custom"\n[model_providers.custom]\nname = "x"\n', 'unknown'],
  [
    'a mark that cc-switch left behind',
    `${OURS.replace('"cliproxy"', '"cliproxy"\nmodel_catalog_json = "cc-switch-model-catalog.json"')}`,
    'unknown',
  ],
])('%s', (_what, text, writer) => {
  const written = writerOf(parseToml(text), 'cliproxy');
  expect(written.writer).toBe(writer);
  expect(written.evidence === null).toBe(writer === 'unknown');
});

test.each<[string, string]>([
  [CCSXP, 'name is "CLIProxy Codex", and the path is /api/provider/codex with CLIPROXY_API_KEY'],
  [
    CCSXP.replace('CLIProxy Codex', 'CLIProxy').replace('/api/provider', '/backend-api'),
    'the helper is gone, and the path is /backend-api/codex with CLIPROXY_API_KEY',
  ],
  ['model_provider = "cc-switch-official"\n', 'model_provider is cc-switch-official'],
  [
    'model_provider = "custom"\n[model_providers.custom]\nexperimental_bearer_token = "PROXY_MANAGED"\n',
    'the token of custom is PROXY_MANAGED',
  ],
])('says by what it can be told: %#', (text, evidence) => {
  expect(writerOf(parseToml(text), 'cliproxy').evidence).toBe(evidence);
});

test('under another id nothing is of ccsxp', () => {
  expect(writerOf(parseToml(CCSXP.replaceAll('cliproxy]', 'pool]')), 'pool')).toEqual({ writer: 'unknown', evidence: null });
});
