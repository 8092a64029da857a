import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createMetrics } from '@signet/admission';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import type { ServeFlags } from '../../../packages/cli/src/serve/flags.ts';
import { openSharedAnswers } from '../../../packages/cli/src/serve/share-answers.ts';
import { tempDir } from '../../support/temp.ts';

const file = (text: string): string => {
  const path = join(tempDir(), 'secret');
  writeFileSync(path, text);
  return path;
};
const valkey = 'unix:/nowhere/valkey.sock';
const valkeySecretFile = file('0123456789abcdef0123456789abcdef\n');
const open = (flags: Partial<ServeFlags>) =>
  openSharedAnswers(flags as ServeFlags, { metrics: createMetrics(), logger: pino({ level: 'silent' }) });

describe('openSharedAnswers', () => {
  it('shares nothing where it is not asked to, and takes no option that is for it', async () => {
    expect(await open({})).toEqual({});
    for (const flags of [{ valkeySecretFile }, { valkeyPasswordFile: 'x' }, { valkeyCaFile: 'x' }])
      await expect(open(flags)).rejects.toMatchObject({ code: 'USAGE' });
  });

  it.each<readonly [string, Partial<ServeFlags>, string, RegExp]>([
    ['an address that is none', { valkey: 'cache', valkeySecretFile }, 'USAGE', /is wanted/],
    ['no secret', { valkey }, 'USAGE', /secret/],
    ['a short secret', { valkey, valkeySecretFile: file('0123456789abcdef') }, 'FILE_UNREADABLE', /fewer than 32/],
    [
      'two secrets',
      { valkey, valkeySecretFile: file(`${'a'.repeat(32)}\n${'b'.repeat(32)}\n`) },
      'FILE_UNREADABLE',
      /more than one/,
    ],
    ['a secret that is not there', { valkey, valkeySecretFile: '/nowhere/secret' }, 'FILE_UNREADABLE', /cannot read/],
    ['certificates without TLS', { valkey, valkeySecretFile, valkeyCaFile: 'x' }, 'USAGE', /for TLS/],
    ['a user without a password', { valkey: 'valkey://u@cache.example', valkeySecretFile }, 'USAGE', /password/],
    [
      'a password that is not there',
      { valkey, valkeySecretFile, valkeyPasswordFile: '/nowhere/p' },
      'FILE_UNREADABLE',
      /cannot read/,
    ],
  ])('refuses %s', async (_what, flags, code, message) => {
    await expect(open(flags)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });
});
