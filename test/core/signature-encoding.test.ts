import { toDerSignature, toRawSignature } from '@signet/core';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const N = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const scalar = fc.bigInt({ min: 1n, max: N - 1n });

describe('ECDSA signatures as DER and as r‖s', () => {
  it('come back the same, high S too', () => {
    fc.assert(
      fc.property(scalar, scalar, (r, s) => {
        const raw = Buffer.concat([bytes(r), bytes(s)]);
        const der = toDerSignature(raw, 'ecdsa-p256') ?? Buffer.alloc(0);
        expect(Buffer.from(toRawSignature(der, 'ecdsa-p256') ?? [])).toEqual(raw);
      }),
    );
  });

  it.each([
    ['r = 0', 0n, 1n],
    ['s = 0', 1n, 0n],
    ['r = n', N, 1n],
    ['s = n', 1n, N],
    ['s = n + 1', 1n, N + 1n],
  ])('%s is refused both ways', (_name, r, s) => {
    expect(toDerSignature(Buffer.concat([bytes(r), bytes(s)]), 'ecdsa-p256')).toBeUndefined();
    expect(toRawSignature(derOf(integer(r), integer(s)), 'ecdsa-p256')).toBeUndefined();
  });

  it('n - 1 is taken', () => {
    expect(toRawSignature(derOf(integer(N - 1n), integer(1n)), 'ecdsa-p256')).toHaveLength(64);
  });

  it.each([
    ['nothing', ''],
    ['a byte after it', '3006020101020101 00'],
    ['a third integer', '3009020101020101020101'],
    ['one integer', '3003020101'],
    ['an empty sequence', '3000'],
    ['an empty integer', '30050200020101'],
    ['a padded integer', '300702020001020101'],
    ['a negative integer', '3006020181020101'],
    ['a long length of the sequence', '308106020101020101'],
    ['a long length of an integer', '30070281 0101020101'],
    ['an indefinite length', '30800201010201010000'],
    ['another tag outside', '3106020101020101'],
    ['another tag inside', '3006030101020101'],
    ['a length beyond the end', '3007020101020101'],
    ['an integer of 34 bytes', `3027022201${'00'.repeat(33)}020101`],
  ])('DER with %s is refused', (_name, hex) => {
    expect(toRawSignature(Buffer.from(hex.replaceAll(' ', ''), 'hex'), 'ecdsa-p256')).toBeUndefined();
  });

  it('the smallest signature is taken', () => {
    expect(toRawSignature(Buffer.from('3006020101020101', 'hex'), 'ecdsa-p256')).toHaveLength(64);
  });

  it.each(['rsa', 'ed25519'] as const)('%s has no such forms', (kind) => {
    expect(toDerSignature(Buffer.alloc(64, 1), kind)).toBeUndefined();
    expect(toRawSignature(Buffer.from('3006020101020101', 'hex'), kind)).toBeUndefined();
  });

  it('bytes that are taken as DER are the one spelling of their r and s: OpenSSL is shown them as they are', () => {
    const at = fc.record({ place: fc.nat(71), byte: fc.nat(255) });
    fc.assert(
      fc.property(scalar, scalar, at, (r, s, { place, byte }) => {
        const changed = Buffer.from(derOf(integer(r), integer(s)));
        changed[place % changed.length] = byte;
        const raw = toRawSignature(changed, 'ecdsa-p256');
        if (raw !== undefined) expect(Buffer.from(toDerSignature(raw, 'ecdsa-p256') ?? [])).toEqual(changed);
      }),
    );
  });

  it('random bytes never throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 150 }), fc.constantFrom('ecdsa-p256', 'ecdsa-p521'), (junk, kind) => {
        toRawSignature(junk, kind);
        toDerSignature(junk, kind);
      }),
    );
  });
});

function bytes(value: bigint): Buffer {
  return Buffer.from(value.toString(16).padStart(64, '0'), 'hex');
}

function integer(value: bigint): Buffer {
  const hex = value.toString(16);
  const digits = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
  const content = (digits[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.alloc(1), digits]) : digits;
  return Buffer.concat([Buffer.from([2, content.length]), content]);
}

function derOf(...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([0x30, content.length]), content]);
}
