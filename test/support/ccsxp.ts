/**
 * The provider table as ccsxp of CCS 7.79.1 writes it, which the real one is held to in ccs-pool.test.ts. Source:
 * targets/codex-cliproxy-provider-config.js.
 */
export function ccsxpTable(port = 8317): string {
  return `[model_providers.cliproxy]
name = "CLIProxy Codex"
base_url = "http://127.0.0.1:${port}/api/provider/codex"
env_key = "CLIPROXY_API_KEY"
wire_api = "responses"
requires_openai_auth = false
supports_websockets = false
`;
}
