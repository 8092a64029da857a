import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

const left = new Set<string>();

/** A new folder, removed after the test that asked; asked for outside a test (in a hook), after the test file. */
export function tempDir(prefix = 'signet-'): string {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), prefix)));
  left.add(dir);
  try {
    onTestFinished(() => remove(dir));
  } catch {
    // Not inside a test: the end of the file removes it.
  }
  return dir;
}

/** Removes what the tests of a file left: test/support/after-file.ts calls it after each. */
export function removeLeftTempDirs(): void {
  for (const dir of left) remove(dir);
}

function remove(dir: string): void {
  rmSync(dir, { recursive: true, force: true, maxRetries: 3 });
  left.delete(dir);
}
