import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { signet } from '../support/cli.ts';
import { tempDir } from '../support/temp.ts';
import { scenarios, startScenario } from './hostile-scenarios.ts';

const exitCodes = { verified: 0, denied: 1, undecided: 3 } as const;
const left: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of left.splice(0)) await end();
});

/** Each kind of lie once, as users run the program; all lies are told to the library in hostile-verify.test.ts. */
const titles: readonly string[] = [
  'no lie',
  'wrong bytes for an envelope',
  'an envelope larger than declared',
  'an endless listing',
  'an envelope that drips',
  'redirects without an end',
  'a listing that needs credentials',
  'pages without an end',
  'a referrer whose manifest names another subject',
  'a signature of another image, embedded in the listing',
  'control characters in types and annotations',
  'control characters in a signature',
  'control characters in an error',
  '10,000 junk referrers that name our key, the good one last',
  '10,000 junk referrers that name our key',
  'deep JSON for a listing',
];

describe('signet verify against a registry that lies', () => {
  it.each(titles)('%s', async (title) => {
    const scenario = scenarios.find((each) => each.title === title);
    if (scenario === undefined) expect.fail(`no scenario ${title}`);
    const { server, signer } = await startScenario(scenario);
    left.push(server.stop);
    const key = join(tempDir(), 'key.pub');
    writeFileSync(key, signer.pem);
    const time = scenario.timeoutMs === undefined ? [] : ['--timeout', `${scenario.timeoutMs}ms`];
    const args = ['verify', '--key', key, '--verbose', ...time, `${server.host}/app:1`];
    // 192 MiB: thousands of entries and endless bodies are neither kept nor waited for.
    const done = await signet(args, { env: { NODE_OPTIONS: '--max-old-space-size=192' } });
    expect(done.code, `${done.stdout}${done.stderr}`).toBe(exitCodes[scenario.verdict]);
    expect(done.stdout).toMatch(new RegExp(`^${scenario.verdict} +${server.host}/app:1`));
    if (scenario.gap !== undefined) expect(done.stdout).toContain(scenario.gap);
    expect(`${done.stdout}${done.stderr}`.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
  });
});
