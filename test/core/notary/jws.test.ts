import { EnvelopeError, parseNotaryEnvelope, parseNotaryPayload } from '@signet/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { artifact, header, jws, payload } from './envelopes.ts';

const read = (bytes: Uint8Array) => parseNotaryEnvelope(bytes, 'jws');

describe('a JWS', () => {
  it('has payload, certificates and the bytes that were signed, as they were received', () => {
    const bytes = jws({ unsigned: { [header.agent]: 'notation-go/1.3.2', [header.stamp]: 'c3RhbXA=' } });
    const { protected: head, payload: body } = JSON.parse(bytes.toString()) as Record<string, string>;
    const envelope = read(bytes);
    expect(envelope).toMatchObject({
      form: 'jws',
      algorithm: { name: 'ECDSA-SHA-256' },
      signingAgent: 'notation-go/1.3.2',
    });
    expect(Buffer.from(envelope.toVerify).toString()).toBe(`${head}.${body}`);
    expect(Buffer.from(envelope.timestamp ?? []).toString()).toBe('stamp');
    expect(envelope.certificates.map((each) => Buffer.from(each).toString())).toEqual(['a certificate']);
    expect(envelope.payload).toEqual(payload);
    expect(parseNotaryPayload(envelope.payload)).toEqual({ ...artifact, annotations: {} });
  });

  it.each<[string, Readonly<Record<string, unknown>>, string]>([
    ['a member more', { signatures: [] }, 'unknown member "signatures"'],
    ['no signature', { signature: undefined }, 'envelope.signature is not a string'],
    ['an empty signature', { signature: '' }, 'envelope.signature is not base64url'],
    ['padding', { signature: 'aGk=' }, 'envelope.signature is not base64url'],
    ['another spelling of the same bytes', { signature: 'aGl' }, 'envelope.signature is not base64url'],
    ['no certificates', { header: {} }, 'the envelope has no certificate'],
    ['certificates that are no base64', { header: { x5c: ['!'] } }, 'envelope.header.x5c[0] is not base64'],
    ['too many certificates', { header: { x5c: Array(11).fill('aGk=') } }, '11 certificates, at most 10'],
    [
      'a large certificate',
      { header: { x5c: [Buffer.alloc(70_000).toString('base64')] } },
      'a certificate of 70000 bytes, at most 65536 are read',
    ],
    ['a signed header that is not protected', { header: { x5c: ['aGk='], alg: 'ES256' } }, 'unknown member "alg"'],
    ['a protected header that is no JSON', { protected: 'aGk' }, 'envelope.protected: not JSON'],
  ])('is refused with %s', (_, more, message) => {
    expect(() => read(jws({}, more))).toThrow(message);
  });

  it('is refused with two members of one name, also in what is protected', () => {
    const twice = jws().toString().replace('{"payload"', '{"signature":"aGk","payload"');
    expect(() => read(Buffer.from(twice))).toThrow(/duplicate key|twice/);
    const head = Buffer.from('{"alg":"ES256","alg":"none"}').toString('base64url');
    expect(() => read(jws({}, { protected: head }))).toThrow(/duplicate key|twice/);
  });

  it('is refused before it is read where it is too long', () => {
    const started = process.memoryUsage().arrayBuffers;
    expect(() => read(Buffer.alloc(50 * 1024 * 1024, 0x7b))).toThrow(
      'the envelope has 52428800 bytes, at most 4194304',
    );
    expect(process.memoryUsage().arrayBuffers - started).toBeLessThan(60 * 1024 * 1024);
  });

  it('is read or refused, whatever the bytes: nothing else is thrown', () => {
    const changed = fc
      .tuple(fc.nat({ max: jws().length - 1 }), fc.nat({ max: 255 }))
      .map(([at, byte]) => Buffer.from(jws()).fill(byte, at, at + 1));
    fc.assert(
      fc.property(
        fc.oneof(
          changed,
          fc.uint8Array(),
          fc.json().map((text) => Buffer.from(text)),
        ),
        (bytes) => {
          expect(outcomeOf(() => read(bytes))).toBe('read or refused');
        },
      ),
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
