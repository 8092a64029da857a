import { join } from 'node:path';
import { root } from './project.ts';
import { runSuite } from './suite.ts';

/** What the quick loop leaves to `npm test`: whole programs, real peers, long trials of luck. */
const leftOut: readonly string[] = ['e2e', 'interop', 'harness', 'cli', 'fuzz'];

/** `npm run check [-- vitest's arguments]`: lint, types and unit tests, without peers, without the built program. */
const excludes: readonly string[] = leftOut.flatMap((folder) => ['--exclude', `test/${folder}/**`]);
process.exitCode = await runSuite({
  vitestArgs: [...excludes, ...process.argv.slice(2)],
  // A folder that is never there: tests of peers skip themselves.
  env: { SIGNET_PEERS: join(root, 'node_modules/.no-peers'), CI: undefined },
});
