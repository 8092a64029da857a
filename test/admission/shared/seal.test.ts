import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSeal } from '../../../packages/admission/src/shared/seal.ts';

const secret = 'a'.repeat(32);
const seal = createSeal(secret);
const content = Buffer.from('content');

describe('a seal', () => {
  it('opens what it sealed, also elsewhere by the same secret', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.string(), (bytes, key) => {
        const name = seal.nameOf('answer', key);
        expect(createSeal(secret).open('answer', name, seal.seal('answer', name, bytes))).toEqual(Buffer.from(bytes));
      }),
    );
  });

  it('opens nothing of which a bit was changed, that is shorter, longer or made up', () => {
    const sealed = seal.seal('answer', 'n', content);
    fc.assert(
      fc.property(fc.nat(sealed.length * 8 - 1), (bit) => {
        const changed = Buffer.from(sealed);
        changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(seal.open('answer', 'n', changed)).toBeUndefined();
      }),
    );
    for (let length = 0; length < sealed.length; length += 1)
      expect(seal.open('answer', 'n', sealed.subarray(0, length))).toBeUndefined();
    expect(seal.open('answer', 'n', Buffer.concat([sealed, Buffer.alloc(1)]))).toBeUndefined();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect(seal.open('answer', 'n', bytes)).toBeUndefined();
      }),
    );
  });

  it('opens nothing under another name, of another kind or by another secret', () => {
    const sealed = seal.seal('answer', 'n', content);
    expect(seal.open('answer', 'n', sealed)).toEqual(content);
    expect(seal.open('answer', 'm', sealed)).toBeUndefined();
    expect(seal.open('generation', 'n', sealed)).toBeUndefined();
    expect(createSeal('b'.repeat(32)).open('answer', 'n', sealed)).toBeUndefined();
  });

  it('gives each key a name of its own, which another secret does not give', () => {
    const names = [
      seal.nameOf('answer', 'x'),
      seal.nameOf('answer', 'y'),
      seal.nameOf('generation', 'x'),
      createSeal('b'.repeat(32)).nameOf('answer', 'x'),
    ];
    expect(new Set(names).size).toBe(names.length);
    expect(names[0]).toMatch(/^signet:answer:[\w-]{43}$/);
    expect(createSeal(secret).nameOf('answer', 'x')).toBe(names[0]);
  });
});
