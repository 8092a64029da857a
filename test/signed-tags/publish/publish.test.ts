import { publish } from '@signet/signed-tags';
import { describe, expect, it } from 'vitest';
import { imageDigest, world } from './world.ts';

describe('publishing', () => {
  it('puts a tag into the catalogue', async () => {
    const { writer, sign, read } = await world();
    const result = await publish(writer({ operations: [await sign('v1', 'a')], allowCold: true }));
    expect(result).toMatchObject({ outcome: 'published', isOwn: true, isCold: true, ignored: [] });
    expect((await read()).digestOf('v1')).toBe(imageDigest('a'));
  });
});
