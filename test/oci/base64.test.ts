import { decodeBase64 } from '@signet/oci';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

describe('base64', () => {
  it('gives the bytes that were encoded', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(decodeBase64(Buffer.from(bytes).toString('base64'))).toEqual(Buffer.from(bytes));
      }),
    );
  });

  it.each([
    'AA',
    'AA=',
    'A===',
    'AAAA=',
    '====',
    '=',
    'AB==',
    'AAB=',
    'AA==\n',
    ' AA==',
    'A A=',
    'AA==AA==',
    '-_8=',
    'AA\u0000=',
  ])('has one form, which is not %j', (text) => {
    expect(decodeBase64(text)).toBeUndefined();
  });

  it('of any text is that text or none', () => {
    const text = fc.oneof(fc.string(), fc.stringMatching(/^[A-Za-z0-9+/]{0,20}={0,2}$/));
    fc.assert(
      fc.property(text, (given) => {
        const bytes = decodeBase64(given);
        expect(bytes === undefined || bytes.toString('base64') === given).toBe(true);
        expect(bytes !== undefined).toBe(
          /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?$/.test(given),
        );
      }),
    );
  });
});
