import { checkDer } from '@signet/core/x509';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { der, derUnsigned } from '../../../packages/core/src/keys/der.ts';

class Refused extends Error {}

const check = (bytes: Uint8Array, max?: number) => checkDer(bytes, (why) => new Refused(why), max);
const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');

describe('the shape of DER', () => {
  it.each([
    ['an empty sequence', '30 00'],
    ['a sequence of a sequence and a number', '30 05 30 00 02 01 05'],
    ['a length of two bytes', `30 81 80 04 7e ${'00'.repeat(126)}`],
    ['the truth', '01 01 ff'],
    ['a number with the zero that it needs', '02 02 00 80'],
    ['a negative number', '02 02 ff 7f'],
    ['a bit string without bits', '03 01 00'],
    ['a bit string with unused bits', '03 02 07 80'],
    ['a tag of a structure around a sequence', 'a3 02 30 00'],
    ['what looks like DER within octets', '04 02 30 80'],
  ])('fits %s', (_, text) => {
    expect(() => check(hex(text))).not.toThrow();
  });

  it.each([
    ['no byte', '', 'ends too early'],
    ['a tag alone', '30', 'ends too early'],
    ['a content that ends too early', '30 02 05', 'ends too early'],
    ['a part that is longer than the whole', '30 02 04 01', 'ends too early'],
    ['a part with a head across the end', '30 01 04 00', '1 bytes follow it'],
    ['a byte behind it', '30 00 00', '1 bytes follow it'],
    ['an indefinite length', '30 80 00 00', 'a length that DER does not allow'],
    ['a length of five bytes', '30 85 00 00 00 00 00', 'a length that DER does not allow'],
    ['a long length that could be short', '30 81 00', 'not in its shortest form'],
    ['a length with a zero in front', '30 82 00 80', 'not in its shortest form'],
    ['a tag above 30', '3f 22 00', 'a DER tag above 30'],
    ['a bit string in parts', '23 03 03 01 00', 'a simple value in parts'],
    ['octets in parts', '24 02 04 00', 'a simple value in parts'],
    ['a truth value of 1', '01 01 01', 'a truth value of BER'],
    ['a truth value without a byte', '01 00', 'a truth value of BER'],
    ['a number without a byte', '02 00', 'a number that is not in its shortest form'],
    ['a number with a zero in front', '02 02 00 7f', 'a number that is not in its shortest form'],
    ['a negative number with more ones in front', '02 02 ff 80', 'a number that is not in its shortest form'],
    ['a bit string of no byte', '03 00', 'bits behind its end'],
    ['a bit string with 8 unused bits', '03 02 08 00', 'bits behind its end'],
    ['unused bits of nothing', '03 01 01', 'bits behind its end'],
    ['unused bits that are set', '03 02 01 01', 'bits behind its end'],
    ['a NULL with a content', '05 01 00', 'a NULL with a content'],
  ])('does not fit %s', (_, text, message) => {
    expect(() => check(hex(text))).toThrow(Refused);
    expect(() => check(hex(text))).toThrow(message);
  });

  it.each([1, 2, 3, 4, 5, 6, 10, 12, 18, 19, 20, 22, 23, 24, 26, 28, 30])(
    'does not fit a simple value of tag %i that is made of others',
    (tag) => {
      expect(() => check(Uint8Array.of(tag | 0x20, 2, 5, 0))).toThrow('a simple value in parts');
      expect(() => check(Uint8Array.of(tag | 0xa0, 2, 5, 0))).not.toThrow();
    },
  );

  it.each([
    ['a tag behind the last whole element of a part', '30 03 05 00 05'],
    ['a tag and a length across the end of a part', '30 05 30 01 05 00 00'],
    ['a length across the end', '30 82 01'],
    ['a number of an enumeration with a zero in front', '0a 02 00 01'],
    ['a length of three bytes that fits in two', `30 83 00 ff ff ${'00'.repeat(65_535)}`],
  ])('does not fit %s', (_, text) => {
    expect(() => check(hex(text))).toThrow(Refused);
  });

  it('fits lengths at the edges of their forms', () => {
    for (const length of [127, 128, 255, 256, 65_535, 65_536])
      expect(() => check(der(0x04, new Uint8Array(length)))).not.toThrow();
  });

  it('goes 32 levels deep, and counts', () => {
    const nest = (levels: number) => {
      let bytes: Uint8Array = new Uint8Array(0);
      for (let level = 0; level < levels; level += 1) bytes = der(0x30, bytes);
      return bytes;
    };
    expect(() => check(nest(32))).not.toThrow();
    expect(() => check(nest(33))).toThrow('nested deeper than 32 levels');
    const list = der(0x30, ...Array.from({ length: 9 }, () => der(0x05)));
    expect(() => check(list, 10)).not.toThrow();
    expect(() => check(list, 9)).toThrow('more than 9 elements');
  });

  it('bounds what a million levels or elements take', () => {
    expect(() => check(Buffer.concat([hex('30 84 00 ff ff ff'), Buffer.alloc(1_000_000, 0x30)]))).toThrow(Refused);
    const empty = Buffer.from('0500'.repeat(500_000), 'hex');
    expect(() => check(der(0x30, empty), 100)).toThrow('more than 100 elements');
  });

  it('fits whatever is encoded, and refuses it with a byte more or less', () => {
    const leaf = fc.oneof(
      fc.uint8Array().map((bytes) => der(0x04, bytes)),
      fc.uint8Array({ minLength: 1 }).map(derUnsigned),
      fc.boolean().map((is) => der(0x01, Uint8Array.of(is ? 0xff : 0))),
    );
    const { tree } = fc.letrec<{ tree: Uint8Array }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 5 },
        leaf,
        fc.array(tie('tree'), { maxLength: 4 }).map((all) => der(0x30, ...all)),
      ),
    }));
    fc.assert(
      fc.property(tree, (bytes) => {
        check(bytes);
        expect(() => check(bytes.subarray(0, -1))).toThrow(Refused);
        expect(() => check(Buffer.concat([bytes, Buffer.of(0)]))).toThrow(Refused);
      }),
    );
  });

  it('throws nothing else, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        try {
          check(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(Refused);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
