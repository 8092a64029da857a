import { notaryEnvelopeTypes, pae } from '@signet/core';
import { digestOf } from '@signet/oci';
import { type Inspection, inspectSignature, renderInspection } from '@signet/verifier';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { artifact, cose, header, jws } from '../../core/notary/envelopes.ts';
import { makeCertificate } from '../../support/certificates.ts';
import { makeToken } from '../../support/timestamp-token.ts';
import { bundleOf, simpleSigningOf, statementOf, testKey } from '../signatures.ts';

const image = digestOf(Buffer.from('image'));
const key = testKey();
const annotations = {
  'org.opencontainers.image.ref.name': 'r.example/app:1',
  'dev.signet.signed-at': '2026-11-23T09:00:00.120Z',
  hostile: '\u001b[2J\u202e',
};

describe('inspectSignature', () => {
  it('says what a bundle says', () => {
    const inspection = inspectSignature(bundleOf(statementOf(image, annotations), key));
    expect(inspection).toEqual({
      verified: false,
      format: 'sigstore',
      signer: { kind: 'key', hint: key.publicKey.hint, keyId: key.publicKey.id },
      payloadType: 'application/vnd.in-toto+json',
      predicateType: 'https://sigstore.dev/cosign/sign/v1',
      subjects: [image],
      signedReference: 'r.example/app:1',
      signedAt: '2026-11-23T09:00:00.120Z',
      annotations,
      logEntries: 0,
    });
  });

  it('says what a payload says that waits to be signed', () => {
    const statement = Buffer.from(JSON.stringify(statementOf(image, annotations)));
    const expected = { format: 'sigstore', signer: { kind: 'none' }, subjects: [image], problem: 'not signed yet' };
    for (const bytes of [statement, pae('application/vnd.in-toto+json', statement)])
      expect(inspectSignature(bytes)).toMatchObject({ ...expected, signedReference: 'r.example/app:1', annotations });
    const cut = pae('application/vnd.in-toto+json', statement).subarray(0, -1);
    expect(inspectSignature(cut)).toMatchObject({ format: 'unknown', subjects: [] });
  });

  it("says what cosign's older payload says", () => {
    const bytes = Buffer.from(JSON.stringify(simpleSigningOf(image, 'r.example/app', { env: 'prod' })));
    expect(inspectSignature(bytes)).toMatchObject({
      format: 'cosign',
      subjects: [image],
      signedReference: 'r.example/app',
      annotations: { env: 'prod' },
    });
  });

  it('says what a Notary envelope says, or what is wrong with one', () => {
    for (const [form, bytes] of [['jws', jws()] as const, ['cose', cose()] as const]) {
      const inspection = inspectSignature(bytes);
      expect(inspection).toMatchObject({
        format: 'notary',
        signer: { kind: 'certificate' },
        subjects: [artifact.digest],
        notary: {
          envelope: form,
          scheme: 'notary.x509',
          certificates: [{ problem: 'not a certificate that can be read' }],
        },
      });
      expect(renderInspection(inspection)).toContain(`envelope     ${notaryEnvelopeTypes[form]}, ECDSA-SHA-256`);
    }
    for (const bytes of [jws({ alg: 'none' }), cose({ alg: 5 })])
      expect(inspectSignature(bytes)).toMatchObject({
        format: 'unknown',
        problem: expect.stringContaining('is none of the six'),
      });
  });

  it('says what signed attributes of a Notary envelope say, whatever they are', () => {
    const said = {
      crit: [header.scheme, 'com.example.list'],
      headers: { 'com.example.text': 'a \u202e text', 'com.example.list': [1, { two: true }] },
    };
    for (const bytes of [jws(said), cose(said)]) {
      const inspection = inspectSignature(bytes);
      expect(new Set(inspection.notary?.extended)).toEqual(
        new Set([
          { name: 'com.example.text', value: 'a \u202e text', critical: false },
          { name: 'com.example.list', value: expect.stringMatching(/^\[1,/), critical: true },
        ]),
      );
      expect(renderInspection(inspection)).toContain('attribute    com.example.text=a \\u{202e} text');
      expect(renderInspection(inspection)).toMatch(/com\.example\.list=\[1,.*\] \(critical\)/);
    }
    const bytes = cose({ headers: { 'com.example.bytes': Buffer.from('abc'), 'com.example.none': null } });
    expect(new Set(inspectSignature(bytes).notary?.extended.map(({ value }) => value))).toEqual(
      new Set(['"YWJj"', 'null']),
    );
  });

  it('says what a time stamp says, or why it does not count', () => {
    const signer = makeCertificate({ profile: 'tsa', subject: 'C=US,ST=WA,O=Acme,CN=tsa' });
    const stamped = (signature: Uint8Array): Inspection => {
      const token = makeToken({ signer, signature, timeMs: Date.UTC(2026, 1, 3, 4, 5, 6) });
      return inspectSignature(jws({ unsigned: { [header.stamp]: Buffer.from(token).toString('base64') } }));
    };
    const good = stamped(Buffer.alloc(64, 7));
    expect(good.notary?.timestamp).toMatchObject({
      time: '2026-02-03T04:05:06Z',
      accuracyMs: 0,
      certificates: [{ subject: 'CN=tsa,O=Acme,ST=WA,C=US', issuer: 'CN=tsa,O=Acme,ST=WA,C=US' }],
    });
    expect(renderInspection(good)).toMatch(
      /^ {2}timestamp {4}2026-02-03T04:05:06Z\n.*SHA-256 [0-9a-f]{64}\n.*of CN=tsa/m,
    );
    const other = stamped(Buffer.from('another'));
    expect(other.notary?.timestamp).toEqual({ bytes: expect.any(Number), problem: 'it is not about this signature' });
    expect(renderInspection(other)).toMatch(/timestamp {4}\d+ bytes that do not count: it is not about this signature/);
  });

  it('says what is wrong', () => {
    expect(inspectSignature(Buffer.from('junk'))).toMatchObject({ format: 'unknown', problem: expect.any(String) });
    expect(inspectSignature(bundleOf('junk', key))).toMatchObject({
      format: 'sigstore',
      subjects: [],
      problem: expect.any(String),
    });
    expect(inspectSignature(bundleOf('x', key, { material: { certificate: { rawBytes: 'MAA=' } } }))).toMatchObject({
      signer: { kind: 'certificate' },
    });
    expect(inspectSignature(bundleOf('x', key, { material: { publicKey: {} } }))).toMatchObject({
      signer: { kind: 'none' },
    });
  });

  it('is always unverified, and throws nothing', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          fc.json().map((text) => Buffer.from(text)),
        ),
        (bytes) => {
          const inspection = inspectSignature(bytes);
          expect(inspection.verified).toBe(false);
          expect(renderInspection(inspection).startsWith('UNVERIFIED')).toBe(true);
        },
      ),
    );
  });
});

describe('renderInspection', () => {
  it('marks itself and escapes', () => {
    const text = renderInspection(inspectSignature(bundleOf(statementOf(image, annotations), key)));
    expect(text).toMatch(/^UNVERIFIED: /);
    expect(text).toContain(`signer      key ${key.publicKey.id}`);
    expect(text).toContain('reference   r.example/app:1');
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });
});
