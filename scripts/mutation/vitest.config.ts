import { defineConfig } from 'vitest/config';

/** The tests that `scripts/mutate.mjs` holds against each mutant: those of one folder, and the same random documents every time. */
export default defineConfig({
  define: { CODEX_LINK_VERSION: JSON.stringify('0.0.0-test') },
  test: {
    include: JSON.parse(process.env.MUTATION_TESTS ?? '[]') as string[],
    exclude: JSON.parse(process.env.MUTATION_TESTS_NOT ?? '[]') as string[],
    setupFiles: ['scripts/mutation/seed.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
