import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createMemoryStore, createRegistryClient, loadCredentials } from '@signet/oci';
import { describe, expect, it } from 'vitest';
import type { Connection } from '../../../packages/cli/src/connect.ts';
import { askingAhead } from '../../../packages/cli/src/verify/ahead.ts';
import type { VerifyFlags } from '../../../packages/cli/src/verify/flags.ts';
import { tempDir } from '../../support/temp.ts';

const digest = `sha256:${'0'.repeat(64)}`;
const dir = tempDir();
const key = join(dir, 'key.pub');
writeFileSync(key, 'whatever is in it');

/** What was asked before anybody asked. */
async function askedAhead(args: readonly string[], flags: Partial<VerifyFlags>): Promise<readonly string[]> {
  const asked: string[] = [];
  const memory = createMemoryStore();
  const store: typeof memory = {
    ...memory,
    resolve: (tagOrDigest, options) => {
      asked.push(`resolve ${tagOrDigest}`);
      return memory.resolve(tagOrDigest, options);
    },
    referrers: (subject, options) => {
      asked.push(`referrers ${subject.digest}`);
      return memory.referrers(subject, options);
    },
  };
  const connection: Connection = {
    client: createRegistryClient(),
    credentials: loadCredentials({ env: {} }),
    open: async () => store,
    close: async () => undefined,
  };
  await askingAhead(connection, { args, flags: flags as VerifyFlags });
  return asked;
}

describe('the first questions of a call', () => {
  it('go out ahead for one image of a registry and keys that can be read', async () => {
    expect(await askedAhead([`r.example/a@${digest}`], { key: [key] })).toEqual([
      `referrers ${digest}`,
      `resolve ${digest}`,
      `resolve ${digest.replace(':', '-')}.sig`,
    ]);
    expect(await askedAhead(['r.example/a:1'], { key: [key, key] })).toEqual(['resolve 1']);
    expect(await askedAhead(['r.example/a:1', 'r.example/a:2'], { key: [key] })).toEqual(['resolve 1']);
    expect(await askedAhead([`r.example/a@${digest}`], { key: [key], platform: 'linux/amd64' })).toEqual([
      `resolve ${digest}`,
    ]);
  });

  it.each([
    ['a key that is not there', ['r.example/a:1'], { key: [key, join(dir, 'missing')] }],
    ['a key that is a folder', ['r.example/a:1'], { key: [dir] }],
    ['a key from standard input', ['r.example/a:1'], { key: ['-'] }],
    ['no key', ['r.example/a:1'], {}],
    ['a list', ['-'], { key: [key] }],
    ['a layout', [`oci:${dir}:1`], { key: [key] }],
  ] as const)('do not with %s', async (_what, args, flags) => {
    expect(await askedAhead(args, flags)).toEqual([]);
  });
});
