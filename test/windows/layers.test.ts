/** Where codex.exe looks for the layers around config.toml on Windows, and that codex-link looks there, too. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { missingForWine } from '../support/wine.ts';
import { CONFIG, Journey } from './journey.ts';

describe.skipIf(missingForWine().length > 0)('layers', () => {
  let journey: Journey;
  let system: string;
  beforeAll(async () => {
    journey = await Journey.begin();
    system = join(journey.windows.path('../../ProgramData'), 'OpenAI');
  });
  beforeEach(() => journey.reset());
  afterEach(() => rmSync(system, { recursive: true, force: true }));
  afterAll(() => journey?.end());

  const inSystem = (name: string, text: string) => {
    mkdirSync(join(system, 'Codex'), { recursive: true });
    writeFileSync(join(system, 'Codex', name), text);
  };

  it.each<[string, (text: string) => void]>([
    ['%ProgramData%\\OpenAI\\Codex\\config.toml', (text) => inSystem('config.toml', text)],
    ['%ProgramData%\\OpenAI\\Codex\\requirements.toml', (text) => inSystem('requirements.toml', text)],
  ])('%s that is broken: codex.exe refuses to start, and codex-link says so before it asks', async (name, place) => {
    journey.windows.write(CONFIG, 'model = "gpt-5.5"\r\n');
    journey.yaml();
    expect((await journey.codex('features', 'list')).code).toBe(0);
    place('broken = [\r\n');
    const { code, stderr } = await journey.codex('features', 'list');
    expect(code, stderr).not.toBe(0);
    const { document } = await journey.json('plan');
    const found = document.findings.find((one) => one.code === 'CL1009');
    expect(found?.message).toContain(name.split('\\').at(-1));
  });

  it('requirements outweigh our selector, and are named', async () => {
    journey.yaml();
    inSystem('requirements.toml', 'model_provider = "openai"\r\n');
    const applied = await journey.json('apply', '--yes');
    expect(applied.code).toBe(1);
    const messages = applied.document.findings.map(({ message }) => message).join('\n');
    expect(messages).toContain('C:\\ProgramData\\OpenAI\\Codex\\requirements.toml');
  });

  it('the managed file of older versions is ignored, by codex.exe and so by codex-link', async () => {
    journey.windows.write('.codex/managed_config.toml', 'model_provider = "openai"\r\n');
    const { stdout } = await journey.codex('doctor', '--json', '--network-only');
    expect(stdout).toContain('no longer supported on Windows');
    journey.yaml();
    const applied = await journey.json('apply', '--yes');
    expect(applied.document).toMatchObject({ verified: true });
  });
});
