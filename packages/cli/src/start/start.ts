import { createRequire, enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { cacheFolder } from './cache-folder.ts';

/** Commands that have the whole program and themselves in one file; main.js loads the others part by part. Set by the build. */
declare const PACKED_COMMANDS: readonly string[];

/** Exit codes of a command that had something to do: what a wrong call compiles is of no use to others. */
const wholeWay: readonly number[] = [0, 1, 3];

/** The first thing that runs: the file of the command (in `dist`), with what was compiled last time. Rule: design.md 8 "Start". */
export async function start(dist: string, command: string | undefined): Promise<void> {
  const folder = cacheFolder(process.env);
  // Node itself does it where NODE_COMPILE_CACHE is set.
  if (folder !== undefined && !process.env.NODE_COMPILE_CACHE) enableCompileCache(folder);
  if (command === undefined || !PACKED_COMMANDS.includes(command)) {
    createRequire(join(dist, 'start.js'))('./main.js');
    return;
  }
  const { loadCode } = await import('./code-cache.ts'); // needs node:vm, which the other commands do not
  /** What a file of the program answers; it may load another. */
  const load = (name: string): unknown => {
    const file = join(dist, name);
    const code = loadCode(file, folder);
    process.on('exit', (exitCode) => wholeWay.includes(exitCode) && code.keep());
    return code.script.runInThisContext()(createRequire(file), load);
  };
  load(`${command}.js`);
}
