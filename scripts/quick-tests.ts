import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './project.ts';

/** Folders of test/ that the quick loop leaves to `npm test`: whole programs, real peers, long trials of luck. */
const leftOutFolders: readonly string[] = ['e2e', 'interop', 'harness', 'fuzz'];

/** The line by which a test file elsewhere says that it is left out, and why. */
const leftOutLine: RegExp = /^\/\/ Not in npm run check: \S.*$/m;

/** The test files that `npm run check` leaves out of these, given with their text. Rule: CONTRIBUTING.md, "Tests". */
export function leftOutOfCheck(files: ReadonlyMap<string, string>): readonly string[] {
  const isLeftOut = (path: string, text: string): boolean =>
    leftOutFolders.includes(path.split('/')[1] ?? '') || leftOutLine.test(text);
  return [...files].filter(([path, text]) => isLeftOut(path, text)).map(([path]) => path);
}

/** All test files of the checkout with their text, by path from its root with slashes. */
export function readTestFiles(): ReadonlyMap<string, string> {
  const paths = globSync('test/**/*.test.ts', { cwd: root }).map((path) => path.replaceAll('\\', '/'));
  return new Map(paths.sort().map((path) => [path, readFileSync(join(root, path), 'utf8')]));
}
