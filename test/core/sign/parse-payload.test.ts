import { cosignFormat, EnvelopeError, PAYLOAD_TYPE_IN_TOTO, pae, parsePayload, sigstoreFormat } from '@signet/core';
import { digestOf } from '@signet/oci';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { request, subject } from '../formats/signing-world.ts';

const statement = sigstoreFormat.payload(request);
const simple = cosignFormat.payload(request);

/** The statement with changes, as a file. */
function changed(change: (statement: Record<string, unknown>) => Record<string, unknown>): Buffer {
  return Buffer.from(JSON.stringify(change(JSON.parse(Buffer.from(statement.bytes).toString()))));
}

function codeOf(bytes: Uint8Array): unknown {
  try {
    return parsePayload(bytes).payload.format;
  } catch (error) {
    return error instanceof EnvelopeError ? error.code : error;
  }
}

describe('a payload from a file', () => {
  it.each([
    ['the bytes to sign of a statement', statement.toSign, statement],
    ['a bare statement', statement.bytes, statement],
    ["cosign's older payload", simple.toSign, simple],
  ])('%s', (_, bytes, payload) => {
    const parsed = parsePayload(bytes);
    expect(parsed).toEqual({
      payload: { ...payload, bytes: Buffer.from(payload.bytes), toSign: Buffer.from(payload.toSign) },
      digest: subject.digest,
      signedReference: 'r.example/team/web:1.4',
    });
  });

  it('without a signed reference', () => {
    const { signedReference: _, repository: __, ...bare } = request;
    for (const format of [sigstoreFormat, cosignFormat])
      expect(parsePayload(format.payload(bare).toSign).signedReference).toBeUndefined();
  });

  it('about a sha512 digest', () => {
    const digest = digestOf(Buffer.from('image'), 'sha512');
    const { toSign } = sigstoreFormat.payload({ ...request, subject: { ...subject, digest } });
    expect(parsePayload(toSign).digest).toBe(digest);
  });
});

describe('is refused', () => {
  const text = Buffer.from(statement.toSign).toString('latin1');
  const rest = text.slice(text.indexOf('{'));
  it.each([
    ['with another length', text.replace(/ ([0-9]+) \{/, (_, length) => ` ${Number(length) + 1} {`)],
    ['with a leading zero in a length', text.replace(/ ([0-9]+) \{/, ' 0$1 {')],
    ['of another payload type', `DSSEv1 10 text/plain ${rest.length} ${rest}`],
    ['with something after it', `${text} `],
    ['cut short', text.slice(0, -1)],
    ['with a head alone', 'DSSEv1 28 '],
    ['empty', ''],
  ])('%s', (_, bytes) => {
    expect(codeOf(Buffer.from(bytes, 'latin1'))).toBe('PAYLOAD_MALFORMED');
  });

  const [about] = JSON.parse(Buffer.from(statement.bytes).toString()).subject;
  it.each([
    ['as it is', {}, 'sigstore'],
    ['that attests', { predicateType: 'https://slsa.dev/provenance/v1' }, 'PAYLOAD_MALFORMED'],
    ['about two images', { subject: [about, about] }, 'PAYLOAD_MALFORMED'],
    ['about a digest nobody knows', { subject: [{ digest: { md5: 'x' } }] }, 'PAYLOAD_MALFORMED'],
    ['with more than statements have', { more: 1 }, 'PAYLOAD_MALFORMED'],
    ['that is too long', { predicate: { text: 'x'.repeat(1024 * 1024) } }, 'PAYLOAD_MALFORMED'],
  ])('or not: a statement %s', (_, changes, wanted) => {
    expect(codeOf(changed((all) => ({ ...all, ...changes })))).toBe(wanted);
    expect(
      codeOf(
        pae(
          PAYLOAD_TYPE_IN_TOTO,
          changed((all) => ({ ...all, ...changes })),
        ),
      ),
    ).toBe(wanted);
  });

  it('whatever bytes come: with EnvelopeError alone', () => {
    const start = fc.constantFrom('', 'DSSEv1 ', `DSSEv1 28 ${PAYLOAD_TYPE_IN_TOTO} `, '{"_type":', '{"critical":');
    fc.assert(
      fc.property(start, fc.uint8Array({ maxLength: 200 }), (head, tail) => {
        const bytes = Buffer.concat([Buffer.from(head), tail]);
        expect(codeOf(bytes)).toBe('PAYLOAD_MALFORMED');
      }),
    );
  });
});
