// Not in npm run check: processes that fill memory.

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { runOk } from '../support/process.ts';

const source = pathToFileURL(join(import.meta.dirname, '../../packages/cli/src/young-generation.ts')).href;

/** The size in bytes that V8's space for new objects comes to in a process that makes many which live for a while. */
async function sizeAfter(first: string): Promise<number> {
  const text = `
    import { getHeapSpaceStatistics } from 'node:v8';
    import { stopGrowth } from ${JSON.stringify(source)};
    ${first};
    let kept = [];
    for (let n = 0; n < 3_000_000; n++) kept = kept.length < 200_000 ? (kept.push({ n: [n] }), kept) : [];
    console.log(getHeapSpaceStatistics().find((space) => space.space_name === 'new_space').space_size);`;
  return Number(await runOk(process.execPath, ['--input-type=module', '-e', text]));
}

describe('the space for new objects', () => {
  it('grows in a long call, unless it is stopped', async () => {
    expect(await sizeAfter('')).toBeGreaterThan(64e6);
    expect(await sizeAfter('stopGrowth()')).toBeLessThan(16e6);
  });
});
