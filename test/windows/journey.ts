/** What the journeys under Wine have in common: a Windows, a gateway on this machine, and a Codex that takes a turn. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Gateway, startGateway } from '../stand-ins/gateway.mjs';
import type { PlanDocument } from '../support/cli.ts';
import { NODE, NPM, openWindows, type Ran, type Windows } from '../support/wine.ts';

export const TOKEN = 'test-token-4711';
export const CONFIG = '.codex/config.toml';
export const DOTENV = '.codex/.env';
export const NAME = 'CLIPROXY_API_KEY';
export const IN_SYNC = /^In sync: \d+ resources, nothing to do( \(.*\))?\.\r?\n$/;

const CODEX = `${NPM}\\node_modules\\@openai\\codex-win32-x64\\vendor\\x86_64-pc-windows-msvc\\bin\\codex.exe`;

export class Journey {
  readonly windows: Windows;
  readonly gateway: Gateway;

  private constructor(windows: Windows, gateway: Gateway) {
    this.windows = windows;
    this.gateway = gateway;
  }

  static async begin(): Promise<Journey> {
    return new Journey(await openWindows(), await startGateway({ apiKeys: [TOKEN], version: '7.2.140' }));
  }

  async end(): Promise<void> {
    this.windows.close();
    await this.gateway.close();
  }

  /** A new machine: profile, registry and Credential Manager hold nothing of an earlier test. */
  async reset(): Promise<void> {
    this.windows.reset();
    await this.windows.run('reg', ['delete', 'HKCU\\Environment', '/v', NAME, '/f']);
    await this.credential('remove');
  }

  yaml(provider = '', rest = ''): void {
    const lines = [
      'version: 1',
      `gateway: { url: "${this.gateway.url}", manager: none }`,
      `provider: { model: gpt-5.5, contextWindow: 272000${provider} }`,
      'secret: { source: { env: TEST_GATEWAY_KEY } }',
      rest,
    ];
    this.windows.write('.config/codex-link/codex-link.yaml', lines.join('\r\n')); // as an editor of Windows saves it
  }

  link(...args: string[]): Promise<Ran> {
    return this.windows.codexLink(args, { env: { TEST_GATEWAY_KEY: TOKEN } });
  }

  async json(...args: string[]): Promise<Ran & { document: PlanDocument }> {
    const ran = await this.link(...args, '--json');
    return { ...ran, document: JSON.parse(ran.stdout) as PlanDocument };
  }

  /** One turn of the real codex.exe. */
  turn(env: Readonly<Record<string, string>> = {}): Promise<Ran> {
    // Wine cannot make it: `Lock violation (os error 33)`.
    if (!existsSync(this.windows.path('.codex/installation_id')))
      this.windows.write('.codex/installation_id', '4f8e3f5e-2f5e-4f0e-9a57-0d8f3d6f1c11');
    return this.windows.run(CODEX, ['exec', '--skip-git-repo-check', 'say hi'], { env });
  }

  /** Another command of the real codex.exe. */
  codex(...args: string[]): Promise<Ran> {
    return this.windows.run(CODEX, args);
  }

  /** The program that codex-link has for the Credential Manager, used past codex-link. */
  credential(verb: 'read' | 'write' | 'remove', input?: string): Promise<Ran> {
    const script = `${NPM}\\node_modules\\codex-link\\dist\\credential.js`;
    const user = this.windows.path('').split('/').filter(Boolean).at(-1) ?? '';
    return this.windows.run(NODE, [script, verb, NAME, user], input === undefined ? {} : { input });
  }

  /** Everything that codex-link could leave behind, by name, with what is in it. */
  tree(): Record<string, string> {
    const found: Record<string, string> = {};
    const visit = (folder: string) => {
      for (const entry of readdirSync(this.windows.path(folder), { withFileTypes: true })) {
        const name = `${folder}/${entry.name}`;
        if (entry.isDirectory()) visit(name);
        found[name] = entry.isDirectory()
          ? 'folder'
          : createHash('sha256')
              .update(readFileSync(this.windows.path(name)))
              .digest('hex');
      }
    };
    for (const folder of ['.codex', '.config', '.local', '.cache']) {
      if (!existsSync(join(this.windows.path(folder)))) continue;
      found[folder] = 'folder';
      visit(folder);
    }
    return found;
  }
}
