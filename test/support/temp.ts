import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, onTestFinished } from 'vitest';

const left = new Set<string>();
afterAll(() => {
  for (const dir of left) remove(dir);
});

/** A new folder, removed after the test that asked; asked for outside a test (in a hook), after the test file. */
export function tempDir(prefix = 'signet-'): string {
  const dir = makeTempDir(prefix);
  left.add(dir);
  try {
    onTestFinished(() => remove(dir));
  } catch {
    // Not inside a test: afterAll removes it.
  }
  return dir;
}

function makeTempDir(prefix: string): string {
  return realpathSync(mkdtempSync(join(tmpdir(), prefix)));
}

function remove(dir: string): void {
  rmSync(dir, { recursive: true, force: true, maxRetries: 3 });
  left.delete(dir);
}
