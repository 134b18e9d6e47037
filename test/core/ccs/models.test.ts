import { expect, test } from 'vitest';
import { MODELS, mayUse, modelHint, modelsFor, parseModel } from '../../../src/ccs/models.ts';

test.each([
  ['gpt-5.4', { id: 'gpt-5.4', effort: null, fast: false, known: { id: 'gpt-5.4' } }],
  ['gpt-5.4-mini', { id: 'gpt-5.4-mini', effort: null, fast: false, known: { id: 'gpt-5.4-mini' } }],
  ['gpt-5.5-minimal', { id: 'gpt-5.5', effort: 'minimal', fast: false, known: { id: 'gpt-5.5' } }],
  ['gpt-5.3-codex-xhigh', { id: 'gpt-5.3-codex', effort: 'xhigh', fast: false }],
  ['gpt-5.4-high-fast', { id: 'gpt-5.4', effort: 'high', fast: true }],
  ['gpt-5.4-fast', { id: 'gpt-5.4', effort: null, fast: true }],
  ['GPT-5.4-Low', { effort: 'low', known: { id: 'gpt-5.4' } }],
  ['llama-fast', { id: 'llama', fast: true, known: null }],
])('%s is understood', (text, expected) => {
  expect(parseModel(text)).toMatchObject(expected);
});

test('who may use what', () => {
  expect(modelsFor(['free'])).toEqual(['gpt-5.4', 'gpt-5.4-mini', 'gpt-5.2']);
  expect(modelsFor(['team'])).toEqual(['gpt-5.4', 'gpt-5.4-mini', 'gpt-5.2', 'gpt-5.5', 'gpt-5.3-codex']);
  expect(modelsFor(['free', 'pro'])).toEqual(MODELS.map((one) => one.id));
  expect(MODELS.filter((one) => mayUse(one, 'some-new-plan')).length).toBe(5);
});

test.each([
  ['gpt-5.4', null],
  ['gpt-5.4-xhigh-fast', null],
  ['another-vendor/model', null],
  ['gpt-5.4-mini-xhigh', expect.stringContaining('up to the effort high')],
  ['gpt-5.2-fast', expect.stringContaining('has no fast tier')],
  ['gpt5.4-mini', expect.stringContaining('the nearest is gpt-5.4-mini')],
])('the hint about %s', (text, hint) => {
  expect(modelHint(text)).toEqual(hint);
});
