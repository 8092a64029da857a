import { EnvelopeError, parseNotaryEnvelope } from '@signet/core';
import { decode, encode, Tagged } from 'cborg';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cose, header, payload } from './envelopes.ts';

const read = (bytes: Uint8Array) => parseNotaryEnvelope(bytes, 'cose');
const untagged = (bytes: Uint8Array): Buffer => Buffer.from(bytes).subarray(1);
/** The envelope with one byte string of its protected header in another spelling. */
const withHead = (head: Uint8Array): Uint8Array => cose({}, [head]);

describe('COSE_Sign1', () => {
  it('has payload, certificates and the bytes that were signed, with the protected header as it was received', () => {
    const envelope = read(
      cose({ unsigned: { [header.agent]: 'notation-go/1.3.2', [header.stamp]: Buffer.from('stamp') } }),
    );
    expect(envelope).toMatchObject({
      form: 'cose',
      algorithm: { name: 'ECDSA-SHA-256' },
      signingAgent: 'notation-go/1.3.2',
    });
    expect(Buffer.from(envelope.timestamp ?? []).toString()).toBe('stamp');
    const signed = decode(envelope.toVerify) as readonly unknown[];
    expect(signed).toEqual(['Signature1', expect.any(Uint8Array), new Uint8Array(0), new Uint8Array(payload)]);
    // A map in another order is another text, and the one that was signed.
    const entries = [
      ...(decode(signed[1] as Uint8Array, { useMaps: true, tags: { 1: Tagged.decoder(1) } }) as Map<unknown, unknown>),
    ];
    const other = encode(new Map(entries), { mapSorter: (a, b) => (a > b ? -1 : 1) });
    expect((decode(read(withHead(other)).toVerify) as readonly unknown[])[1]).toEqual(new Uint8Array(other));
  });

  it.each<[string, Uint8Array, string]>([
    ['no tag', untagged(cose()), 'not tagged as COSE_Sign1'],
    ['another tag', Buffer.concat([Buffer.from('d1', 'hex'), untagged(cose())]), 'envelope: '],
    ['three parts', encode(new Tagged(18, [payload, new Map(), payload])), 'not a list of four'],
    ['no payload', cose({}, [undefined, undefined, new Uint8Array(0)]), 'the payload is no byte string, or empty'],
    ['a text for a payload', cose({}, [undefined, undefined, 'text']), 'the payload is no byte string'],
    ['bytes behind it', Buffer.concat([cose(), Buffer.from([0])]), 'envelope: '],
    ['an indefinite length', Buffer.from('d29f40a04100' + '4100ff', 'hex'), 'an indefinite length'],
    ['a number that is not in its shortest form', withHead(Buffer.from('a1180126', 'hex')), 'the protected header: '],
    ['a key twice', withHead(Buffer.from('a201260126', 'hex')), 'the protected header: '],
    ['a map of four thousand million', Buffer.from('d284ba' + 'ffffffff', 'hex'), 'envelope: '],
    ['a list within lists, 20 levels', Buffer.from(`d2${'81'.repeat(20)}00`, 'hex'), 'nested deeper than 16 levels'],
    [
      'a million lists in a list',
      Buffer.concat([Buffer.from('d29a000f4240', 'hex'), Buffer.alloc(1_000_000, 0x80)]),
      'more than 10000 items',
    ],
    ['a header both protected and not', cose({ unsigned: { [header.scheme]: 'x' } }), 'is both protected and not'],
    ['a protected header that is no map', withHead(encode([1])), 'the protected header is no map'],
    ['a time that is text', cose({ headers: { [header.signingTime]: '2026-01-01T00:00:00Z' } }), 'is no time'],
    ['a time without a tag', cose({ headers: { [header.signingTime]: 5 } }), 'is no time'],
    ['a time with a fraction', cose({ headers: { [header.signingTime]: new Tagged(1, 5.5) } }), 'is no time'],
    ['a critical list that is none', cose({ crit: 'x' }), 'the list of critical headers is none'],
    ['a registered header among the critical', cose({ crit: [1, header.scheme] }), '1 is critical, but not there'],
  ])('is refused with %s', (_, bytes, message) => {
    expect(() => read(bytes)).toThrow(message);
  });

  it('is refused with a bare certificate, or with certificates that are protected', () => {
    const chain = (unprotected: Map<unknown, unknown>) => cose({}, [undefined, unprotected]);
    expect(() => read(chain(new Map([[33, payload]])))).toThrow('the certificates (x5chain) are no list');
    expect(() => read(chain(new Map()))).toThrow('the certificates (x5chain) are no list, or missing');
  });

  it('is read or refused, whatever the bytes: nothing else is thrown', () => {
    const whole = cose();
    const changed = fc
      .tuple(fc.nat({ max: whole.length - 1 }), fc.nat({ max: 255 }))
      .map(([at, byte]) => Buffer.from(whole).fill(byte, at, at + 1));
    const tagged = fc.uint8Array().map((bytes) => Buffer.concat([Buffer.from([0xd2]), bytes]));
    fc.assert(
      fc.property(fc.oneof(changed, tagged, fc.uint8Array()), (bytes) => {
        expect(outcomeOf(() => read(bytes))).toBe('read or refused');
      }),
      { numRuns: 500 },
    );
  });
});

function outcomeOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (!(error instanceof EnvelopeError)) return String(error);
  }
  return 'read or refused';
}
