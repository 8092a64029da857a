import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  der,
  derInteger,
  derUnsigned,
  readAll,
  readDer,
  readOnlySequence,
  smallInteger,
  TAG,
} from '../../../packages/core/src/keys/der.ts';
import { keyCode } from './key-samples.ts';

describe('DER', () => {
  it('what is written is read again, whatever its length', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70_000, size: 'max' }), (content) => {
        const element = readDer(der(TAG.octetString, content));
        expect(Buffer.from(element.content)).toEqual(Buffer.from(content));
        expect(element.rest).toHaveLength(0);
      }),
      { numRuns: 30 },
    );
  });

  it('integers come back', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0x7fffffff }), (value) => {
        expect(smallInteger(readDer(derInteger(value)))).toBe(value);
      }),
    );
  });

  it.each([
    ['0', [0], '020100'],
    ['128, with a leading zero', [128], '02020080'],
    ['leading zeros dropped', [0, 0, 1], '020101'],
  ])('unsigned %s', (_name, value, hex) => {
    expect(Buffer.from(derUnsigned(Uint8Array.from(value))).toString('hex')).toBe(hex);
  });

  it.each([
    ['an indefinite length', '3080', 'KEY_MALFORMED'],
    ['a long length that fits in the short form', '30810100', 'KEY_MALFORMED'],
    ['a length with a leading zero', '3082008000', 'KEY_MALFORMED'],
    ['a length of five bytes', '30850000000001', 'KEY_MALFORMED'],
    ['a content that ends early', '300300', 'KEY_TRUNCATED'],
    ['a length that ends early', '3082ff', 'KEY_TRUNCATED'],
    ['a tag alone', '30', 'KEY_TRUNCATED'],
    ['bytes after it', '300000', 'KEY_MALFORMED'],
    ['another tag', '0400', 'KEY_MALFORMED'],
  ])('%s is refused', async (_name, hex, code) => {
    expect(await keyCode(() => readOnlySequence(Buffer.from(hex, 'hex')))).toBe(code);
  });

  it.each(['0200', '020180', '02020001', '02050080000000', '020500ffffffff', '0206010000000000', '040101'])(
    'INTEGER %s is refused',
    async (hex) => {
      expect(await keyCode(() => smallInteger(readDer(Buffer.from(hex, 'hex'))))).toBe('KEY_MALFORMED');
    },
  );

  it('more than 64 elements are refused', async () => {
    expect(readAll(Buffer.from('0500'.repeat(64), 'hex'))).toHaveLength(64);
    expect(await keyCode(() => readAll(Buffer.from('0500'.repeat(65), 'hex')))).toBe('KEY_MALFORMED');
  });
});
