import { defineConfig } from 'vitest/config';

const project = (name: string, include: string[], testTimeout: number) => ({
  test: { name, include, testTimeout, hookTimeout: 60_000 },
});

/** The suites of `npm test`, from pure logic to whole journeys; each can be run alone: `npx vitest run --project toml`. */
export default defineConfig({
  define: { CODEX_LINK_VERSION: JSON.stringify('0.0.0-test') },
  test: {
    projects: [
      { extends: true, ...project('toml', ['test/toml/**/*.test.ts'], 60_000) },
      { extends: true, ...project('config', ['test/config/**/*.test.ts'], 30_000) },
      { extends: true, ...project('core', ['test/core/**/*.test.ts'], 30_000) },
      { extends: true, ...project('stand-ins', ['test/stand-ins/**/*.test.ts', 'test/support/**/*.test.ts'], 120_000) },
      { extends: true, ...project('programs', ['test/real/**/*.test.ts'], 120_000) },
      { extends: true, ...project('chaos', ['test/chaos/**/*.test.ts'], 180_000) },
      { extends: true, ...project('windows', ['test/windows/**/*.test.ts'], 300_000) },
      { extends: true, ...project('fleet', ['test/fleet/**/*.test.ts'], 240_000) },
      { extends: true, ...project('journeys', ['test/journeys/**/*.test.ts'], 180_000) },
    ],
  },
});
