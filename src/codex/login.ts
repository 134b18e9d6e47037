import { type Machine, MachineError, readText } from '../machine/machine.ts';
import { codexHome } from './home.ts';

/**
 * Whether Codex has a ChatGPT login in its auth.json; one with an API key alone is none. A login that Codex keeps in the keyring of the
 * OS (cli_auth_credentials_store) is not seen. Source: codex-rs/login, auth/storage.rs.
 */
export async function hasChatgptLogin(machine: Machine): Promise<boolean> {
  try {
    const text = await readText(machine, `${codexHome(machine)}/auth.json`);
    const { tokens } = JSON.parse(text ?? '{}') as { tokens?: { access_token?: unknown } | null };
    return typeof tokens?.access_token === 'string' && tokens.access_token !== '';
  } catch (error) {
    if (error instanceof MachineError || error instanceof SyntaxError) return false;
    throw error;
  }
}
