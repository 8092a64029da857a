import { join } from 'node:path';
import { root } from './project.ts';
import { leftOutOfCheck, readTestFiles } from './quick-tests.ts';
import { runSuite } from './suite.ts';

/** `npm run check [-- vitest's arguments]`: lint, types and unit tests, without peers, without the built program. */
const excludes: readonly string[] = leftOutOfCheck(readTestFiles()).flatMap((path) => ['--exclude', path]);
process.exitCode = await runSuite({
  vitestArgs: [...excludes, ...process.argv.slice(2)],
  // A folder that is never there: tests of peers skip themselves.
  env: { SIGNET_PEERS: join(root, 'node_modules/.no-peers'), CI: undefined },
});
