import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/** Tests run from source: the `@signet/source` condition of each package's `exports` points at its TypeScript. */
const conditions: string[] = ['@signet/source', 'node', 'import', 'module', 'default'];

const config: ReturnType<typeof defineConfig> = defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    include: ['test/**/*.test.ts'],
    environment: 'node',
    setupFiles: ['test/support/after-file.ts'],
    pool: 'forks',
    // What a file replaces in its process (clocks, checks that the simulation remembers) is gone with the file.
    isolate: true,
    // Vitest would leave one core idle; one more than there are, as some tests wait for time limits and other processes.
    maxWorkers: availableParallelism() + 1,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    dangerouslyIgnoreUnhandledErrors: false,
  },
});

export default config;
