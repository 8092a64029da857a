import { EnvelopeError, parseStatement, type SignRequest, sigstoreFormat } from '@signet/core';
import { digestOf } from '@signet/oci';
import { describe, expect, it } from 'vitest';

const subject = {
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  digest: digestOf(Buffer.from('image')),
  size: 5,
};
const request: SignRequest = {
  subject,
  repository: 'r.example/team/web',
  signedReference: 'r.example/team/web:1.4',
  signedAtMs: Date.UTC(2026, 10, 23, 9, 0, 0, 120),
  annotations: { env: 'prod' },
};

describe('the signed statement', () => {
  it('is what cosign 3 writes, with the reference and the time among the annotations', () => {
    expect(JSON.parse(Buffer.from(sigstoreFormat.payload(request).bytes).toString())).toEqual({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [
        {
          digest: { sha256: subject.digest.slice(7) },
          annotations: {
            'dev.signet.signed-at': '2026-11-23T09:00:00.120Z',
            env: 'prod',
            'org.opencontainers.image.ref.name': 'r.example/team/web:1.4',
          },
        },
      ],
      predicateType: 'https://sigstore.dev/cosign/sign/v1',
      predicate: {},
    });
  });

  it('leaves the reference out where none is signed', () => {
    const { signedReference: _, ...untagged } = request;
    expect(Buffer.from(sigstoreFormat.payload(untagged).bytes).toString()).not.toContain('ref.name');
  });

  it('is the same bytes whatever the order of the annotations', () => {
    const [one, other] = [
      { a: '1', b: '2' },
      { b: '2', a: '1' },
    ].map((annotations) => sigstoreFormat.payload({ ...request, annotations }).bytes);
    expect(one).toEqual(other);
  });

  it.each([
    ['', 'x'],
    ['org.opencontainers.image.ref.name', 'x'],
    ['dev.signet.signed-at', 'x'],
    ['dev.signet.anything', 'x'],
    ['half a \ud800 pair', 'x'],
    ['a', 'half a \udc00 pair'],
    ['long', 'x'.repeat(256 * 1024)],
  ])('refuses the annotation %j', (key, value) => {
    const sign = (): unknown => sigstoreFormat.payload({ ...request, annotations: { [key]: value } });
    expect(sign).toThrow(EnvelopeError);
    expect(sign).toThrow(expect.objectContaining({ code: 'ANNOTATION_INVALID' }));
  });

  it.each(['dev.signets', 'org.opencontainers.image.ref.names', '__proto__', 'constructor', '1', ' ', 'é😀'])(
    'signs the annotation %j',
    (key) => {
      const { bytes } = sigstoreFormat.payload({
        ...request,
        annotations: Object.fromEntries([[key, '\u0000"\\é😀']]),
      });
      const [about] = parseStatement(bytes).subject;
      expect(Object.entries(about?.annotations ?? {})).toContainEqual([key, '\u0000"\\é😀']);
    },
  );

  it.each([-1, 0.5, Number.NaN, 253_402_300_800_000])('refuses the time %d', (signedAtMs) => {
    expect(() => sigstoreFormat.payload({ ...request, signedAtMs })).toThrow(
      expect.objectContaining({ code: 'ANNOTATION_INVALID' }),
    );
  });
});
