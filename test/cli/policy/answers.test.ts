import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { gatherAnswers } from '../../../packages/cli/src/policy/answers.ts';
import { root } from '../../../scripts/project.ts';
import { createWorld } from '../world.ts';

const key = join(root, 'keys.example/p256.pub');
const asking = { allowExampleKeys: true };

describe('gatherAnswers', () => {
  it('asks on a terminal for what the flags leave open', async () => {
    const world = createWorld({ tty: true, keys: ['r.example/a/**, r.example/b\r', `${key}\r`] });
    expect(await gatherAnswers(asking, world, join(root, 'docs/policy.yaml'))).toEqual({
      keys: ['../keys.example/p256.pub'],
      images: ['r.example/a/**', 'r.example/b'],
      mode: 'enforce',
      tagBound: true,
      fallback: 'deny',
    });
    expect(world.err()).toMatch(/Images that are signed .*\nFiles of the public keys/);
  });

  it('asks nothing that was told', async () => {
    const flags = { ...asking, key: [key], images: ['a'], mode: 'warn', tagBound: false, default: 'allow' } as const;
    const answers = await gatherAnswers(flags, createWorld(), join(root, 'policy.yaml'));
    expect(answers).toMatchObject({
      mode: 'warn',
      tagBound: false,
      fallback: 'allow',
      keys: ['keys.example/p256.pub'],
    });
  });

  it.each([
    ['nobody to ask', { images: ['a'] }, createWorld(), 'USAGE'],
    ['no answer', { images: ['a'] }, createWorld({ tty: true, keys: ['\r'] }), 'USAGE'],
    ['a bad pattern', { images: ['A B'], key: [key] }, createWorld(), 'POLICY_INVALID'],
    ['a key from standard input', { images: ['a'], key: ['-'] }, createWorld({ input: '' }), 'USAGE'],
    ['a missing key', { images: ['a'], key: ['/no/such'] }, createWorld(), 'FILE_UNREADABLE'],
    ['a sample key', { images: ['a'], key: [key], allowExampleKeys: false }, createWorld(), 'EXAMPLE_KEY'],
  ])('refuses %s', async (_what, flags, world, code) => {
    await expect(gatherAnswers({ ...asking, ...flags }, world, 'p.yaml')).rejects.toMatchObject({ code });
  });
});
