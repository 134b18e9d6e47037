// Part of the stand-in for CLIProxyAPI: the bodies it answers with. Go marshals maps with sorted keys, so the keys are sorted here.

/** What the model says: the only thing in a response that tests look at. */
export const ANSWER = 'hi from the pool';

export const ROOT = {
  endpoints: ['POST /v1/chat/completions', 'POST /v1/completions', 'GET /v1/models'],
  message: 'CLI Proxy API Server',
};

/** @param {string} id */
function message(id) {
  return {
    type: 'message',
    id: `msg_${id}`,
    role: 'assistant',
    status: 'completed',
    content: [{ type: 'output_text', text: ANSWER, annotations: [] }],
  };
}

/** @param {string} id @param {string} model */
function completed(id, model) {
  const usage = {
    input_tokens: 1,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: 4,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: 5,
  };
  return { id: `resp_${id}`, object: 'response', status: 'completed', model, output: [message(id)], usage };
}

/** The answer to a request without `stream: true`. @param {string} id @param {string} model */
export function responseBody(id, model) {
  return completed(id, model);
}

/**
 * The smallest stream that codex 0.169.0 takes for a whole turn.
 * @param {string} id
 * @param {string} model
 * @returns {string}
 */
export function responseStream(id, model) {
  const events = [
    { type: 'response.created', response: { id: `resp_${id}`, object: 'response', status: 'in_progress', model, output: [] } },
    { type: 'response.output_item.done', output_index: 0, item: message(id) },
    { type: 'response.completed', response: completed(id, model) },
  ];
  return events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join('');
}

/**
 * GET …/models. The list form is what OpenAI clients get; Codex asks with client_version and gets its own catalog since 7.1.4. The real
 * catalog describes every model; an empty one is enough for Codex to fall back on the models it knows.
 * @param {boolean} catalog
 * @param {boolean} hasAccounts without an account in the pool there are no models
 */
export function modelsBody(catalog, hasAccounts) {
  if (catalog) return { models: [] };
  const data = ['gpt-5.5', 'gpt-5.4', 'gpt-5.4-mini'].map((id) => ({
    created: 1767225600,
    id,
    object: 'model',
    owned_by: 'openai',
  }));
  return { data: hasAccounts ? data : [], object: 'list' };
}

/**
 * A turn for which no account is there: 502 up to 7.1.x, 400 later (sdk/api/handlers).
 * @param {string} model
 * @param {boolean} since72
 * @returns {{status: number, body: unknown}}
 */
export function noProvider(model, since72) {
  const text = `unknown provider for model ${model}`;
  if (since72) {
    return {
      status: 400,
      body: { error: { message: text, type: 'invalid_request_error', code: 'model_not_found', param: 'model' } },
    };
  }
  return { status: 502, body: { error: { message: text, type: 'server_error', code: 'internal_server_error' } } };
}

/** >= 7.1.46 with a template key in api-keys: the page in place of the root, shortened. @returns {string} */
export function safeModePage() {
  return '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Example API key detected</title></head><body></body></html>';
}

export const SAFE_MODE_REFUSAL = {
  error: 'unsafe_example_api_key',
  message:
    'Proxy API endpoints are disabled because api-keys contains template values. ' +
    'Open /management.html?safe-mode=configure, update api-keys in Management, then retry.',
};
