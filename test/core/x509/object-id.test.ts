import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readDer } from '../../../packages/core/src/keys/der.ts';
import { objectIdText } from '../../../packages/core/src/x509/object-id.ts';
import { objectId } from '../../support/certificate-der.ts';

const text = (hex: string) => objectIdText(Buffer.from(hex, 'hex'));

describe('an object identifier', () => {
  it.each([
    ['550406', '2.5.4.6'],
    ['2a864886f70d010101', '1.2.840.113549.1.1.1'],
    ['00', '0.0'],
    ['27', '0.39'],
    ['28', '1.0'],
    ['8837', '2.999'],
    ['6983f09da7ebcfdee0c7a1a7b2c0948cc8f9d776', '2.25.329800735698586629295641978511506172918'],
  ])('%s is %s', (hex, expected) => {
    expect(text(hex)).toBe(expected);
  });

  it.each([
    ['no byte', ''],
    ['a number without an end', '5584'],
    ['a zero in front of a number', '558001'],
    ['a zero in front of all', '8055'],
    ['more than 64 bytes', `55${'01'.repeat(64)}`],
  ])('is not %s', (_, hex) => {
    expect(text(hex)).toBeUndefined();
  });

  it('has 64 bytes at most', () => {
    expect(text(`55${'01'.repeat(63)}`)).toBe(`2.5${'.1'.repeat(63)}`);
    expect(text('55810081')).toBeUndefined();
    expect(text('5580')).toBeUndefined();
  });

  it('is read as it was written', () => {
    const number = fc.nat({ max: 2 ** 31 - 1 });
    const id = fc
      .tuple(fc.nat({ max: 2 }), fc.nat({ max: 39 }), fc.array(number, { maxLength: 8 }))
      .map(([first, second, rest]) => [first, second, ...rest].join('.'));
    fc.assert(
      fc.property(id, (written) => {
        expect(objectIdText(readDer(objectId(written)).content)).toBe(written);
      }),
    );
  });
});
