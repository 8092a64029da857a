import { generateKeyPairSync } from 'node:crypto';
import { createSoftwareSigner, envelopeKeyOf, type NotaryBlob, privateKeyFrom, signNotaryBlob } from '@signet/core';
import { parseIdentity, readCertificate } from '@signet/core/x509';
import { digestOf } from '@signet/oci';
import {
  judgeNotaryBlob,
  levelActions,
  type NotaryBlobQuestion,
  type NotaryBlobReport,
  noRefusals,
  type Rule,
  type Ruling,
  type TrustSource,
  toNotaryBlobReport,
  type X509Trust,
} from '@signet/verifier';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CertificateRequest, type MadeCertificate, makeCertificate } from '../../support/certificates.ts';
import { signNotaryJws } from '../../support/notary-signature.ts';
import { randomRuns } from '../../support/random-runs.ts';

const nowMs = Date.UTC(2026, 11, 1, 12);
const hour = 3_600_000;
const content = Buffer.from('what is signed');
const root = makeCertificate({ profile: 'ca', subject: 'C=US,ST=WA,O=Acme,CN=root' });
const stranger = makeCertificate({ profile: 'ca', subject: 'C=US,ST=WA,O=Other,CN=root' });
const leaf = (request: CertificateRequest = {}): MadeCertificate =>
  makeCertificate({ subject: 'C=US,ST=WA,O=Acme,CN=signer', issuer: root, ...request });

const trust: X509Trust = {
  ca: [readCertificate(root.der)],
  signingAuthority: [],
  tsa: [],
  identities: [parseIdentity('C=US,ST=WA,O=Acme')],
  writtenIdentities: ['x509.subject:C=US,ST=WA,O=Acme'],
  ...levelActions.strict,
  verifyTimestamp: 'always',
};
const sourceOf = (changes: Partial<X509Trust> = {}, name = 'acme'): TrustSource => ({
  name,
  keys: [],
  x509: { ...trust, ...changes },
});
const ruleOf = (changes: Partial<Rule> = {}, source = sourceOf()): Rule => ({
  name: 'files',
  mode: 'enforce',
  require: { kind: 'source', source },
  tag: 'any',
  annotations: {},
  ...changes,
});
const rulingOf = (rule: Rule | undefined, more: Partial<Ruling> = {}): Ruling => ({
  ...(rule === undefined ? {} : { rule }),
  fallback: 'deny',
  refuse: noRefusals,
  atMs: nowMs,
  ...more,
});

async function* piecesOf(...parts: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* parts;
}

interface Signing extends Partial<NotaryBlob> {
  readonly by?: MadeCertificate;
  readonly form?: 'jws' | 'cose';
  readonly lifetimeMs?: number;
}

async function sign({ by = leaf(), form = 'jws', lifetimeMs, ...blob }: Signing = {}): Promise<Uint8Array> {
  const signer = { ...createSoftwareSigner(privateKeyFrom(by.privateKey)), chain: [by.der, root.der] };
  const signing = { form, ...(lifetimeMs === undefined ? {} : { lifetimeMs }) };
  const request = { pieces: piecesOf(content), signedAtMs: nowMs - 2 * hour, ...blob };
  return (await signNotaryBlob(request, envelopeKeyOf(signer), signing)).envelope;
}

async function judge(
  signature: Uint8Array | undefined,
  more: Partial<NotaryBlobQuestion> = {},
): Promise<NotaryBlobReport> {
  const asked = { file: 'app.tar', blob: piecesOf(content), ruling: rulingOf(ruleOf()), ...more };
  return toNotaryBlobReport(await judgeNotaryBlob({ ...asked, ...(signature === undefined ? {} : { signature }) }));
}

describe('a file that is signed', () => {
  it.each(['ec-256', 'ec-384', 'ec-521', 'rsa-2048', 'rsa-3072'] as const)(
    'by a key %s is verified in both forms, and known by its sha256',
    async (key) => {
      for (const form of ['jws', 'cose'] as const) {
        const report = await judge(await sign({ by: leaf({ key }), form, userMetadata: { build: '42' } }), {
          blob: piecesOf(content.subarray(0, 3), content.subarray(3)),
        });
        expect(report).toMatchObject({
          verdict: 'verified',
          code: 'VERIFIED',
          allowed: true,
          digest: digestOf(content),
          rule: 'files',
          identity: { kind: 'x509', source: 'acme' },
          annotations: { build: '42' },
          signed: { size: content.length, mediaType: 'application/octet-stream' },
          sources: [{ source: 'acme', answer: 'yes' }],
        });
      }
    },
  );

  it('is verified as the media type that it was signed as, where one is asked for', async () => {
    const signature = await sign({ mediaType: 'text/plain' });
    expect(await judge(signature, { mediaType: 'text/plain' })).toMatchObject({ verdict: 'verified' });
    expect(await judge(signature)).toMatchObject({ verdict: 'verified' });
    expect(await judge(signature, { mediaType: 'text/html' })).toMatchObject({
      verdict: 'denied',
      code: 'SUBJECT_MISMATCH',
      summary: expect.stringContaining('of text/plain, the file is 14 of text/html'),
    });
  });

  it('has what must have been signed beside it, or is denied', async () => {
    const signature = await sign({ userMetadata: { build: '42' } });
    const asking = (annotations: Rule['annotations']) => ({ ruling: rulingOf(ruleOf({ annotations })) });
    expect(await judge(signature, asking({ build: '42' }))).toMatchObject({ verdict: 'verified' });
    for (const annotations of [{ build: '43' }, { team: 'web' }])
      expect(await judge(signature, asking(annotations))).toMatchObject({
        verdict: 'denied',
        code: 'ANNOTATION_MISMATCH',
      });
  });
});

describe('a file is denied', () => {
  it.each(['ec-256', 'ec-384'] as const)('where a byte of it is another (%s)', async (key) => {
    const changed = Buffer.from(content);
    changed[0] = (changed[0] ?? 0) ^ 1;
    expect(await judge(await sign({ by: leaf({ key }) }), { blob: piecesOf(changed) })).toMatchObject({
      verdict: 'denied',
      code: 'SUBJECT_MISMATCH',
    });
  });

  it('where it is longer', async () => {
    const blob = piecesOf(content, Buffer.from('.'));
    expect(await judge(await sign(), { blob })).toMatchObject({ verdict: 'denied', code: 'SUBJECT_MISMATCH' });
  });

  it("where its digest is by another hash than the key's, though right", async () => {
    const by = leaf();
    const target = { mediaType: 'application/octet-stream', digest: digestOf(content, 'sha512'), size: content.length };
    const signature = signNotaryJws({ target, chain: [by.der, root.der], key: by.privateKey });
    expect(await judge(signature)).toMatchObject({ verdict: 'denied', code: 'SUBJECT_MISMATCH' });
    const right = signNotaryJws({
      target: { ...target, digest: digestOf(content) },
      chain: [by.der, root.der],
      key: by.privateKey,
    });
    expect(await judge(right)).toMatchObject({ verdict: 'verified' });
  });

  it('where the size that was signed is another, though the digest is right', async () => {
    const by = leaf();
    const target = { mediaType: 'application/octet-stream', digest: digestOf(content), size: content.length + 1 };
    const signature = signNotaryJws({ target, chain: [by.der, root.der], key: by.privateKey });
    expect(await judge(signature)).toMatchObject({ verdict: 'denied', code: 'SUBJECT_MISMATCH' });
  });

  it.each(['jws', 'cose'] as const)('where the signature was changed (%s)', async (form) => {
    const signature = await sign({ form });
    const report = await judge(tampered(signature, form), { form });
    expect(report).toMatchObject({ verdict: 'denied', code: 'SIGNATURE_INVALID' });
    expect(report).not.toHaveProperty('identity');
  });

  it('where the signature has ended, unless that is only logged', async () => {
    const signature = await sign({ lifetimeMs: hour });
    expect(await judge(signature)).toMatchObject({ verdict: 'denied', code: 'SIGNATURE_EXPIRED' });
    const lax = await judge(signature, { ruling: rulingOf(ruleOf({}, sourceOf(levelActions.permissive))) });
    expect(lax).toMatchObject({ verdict: 'verified' });
    expect(lax.checks).toContainEqual(expect.objectContaining({ name: 'expiry', result: 'warn' }));
    expect(await judge(await sign({ lifetimeMs: 3 * hour }))).toMatchObject({ verdict: 'verified' });
  });

  it.each<[string, Partial<X509Trust>, string]>([
    ['authority', { ca: [readCertificate(stranger.der)] }, 'CERTIFICATE_NOT_TRUSTED'],
    ['identity', { identities: [parseIdentity('C=US,ST=WA,O=Other')] }, 'IDENTITY_NOT_TRUSTED'],
  ])('where the %s is another', async (_, changes, code) => {
    const ruling = rulingOf(ruleOf({}, sourceOf(changes)));
    expect(await judge(await sign(), { ruling })).toMatchObject({ verdict: 'denied', code });
  });

  it('at every level where the file is another: that is never only logged', async () => {
    const ruling = rulingOf(ruleOf({}, sourceOf(levelActions.audit)));
    const blob = piecesOf(Buffer.from('another'));
    expect(await judge(await sign(), { ruling, blob })).toMatchObject({ verdict: 'denied', code: 'SUBJECT_MISMATCH' });
  });

  it('where the form is said to be the other', async () => {
    expect(await judge(await sign({ form: 'cose' }), { form: 'jws' })).toMatchObject({
      verdict: 'denied',
      code: 'ENVELOPE_MALFORMED',
    });
  });

  it('where there is no rule for it, whatever the signature', async () => {
    expect(await judge(await sign(), { ruling: rulingOf(undefined) })).toMatchObject({
      verdict: 'denied',
      code: 'NO_RULE',
      allowed: false,
      summary: 'the policy has no rule for this file',
    });
  });

  it('where the rule trusts no certificates', async () => {
    const { x509: _, ...keysOnly } = sourceOf();
    const report = await judge(await sign(), { ruling: rulingOf(ruleOf({}, keysOnly)) });
    expect(report).toMatchObject({ verdict: 'denied', code: 'NO_SIGNATURE', allowed: false });
  });

  it('where its digest or the key is refused', async () => {
    const signature = await sign();
    const digests = { ...noRefusals, digests: new Set([digestOf(content)]) };
    expect(await judge(signature, { ruling: rulingOf(ruleOf(), { refuse: digests }) })).toMatchObject({
      verdict: 'denied',
      code: 'REFUSED_DIGEST',
    });
    const keys = { ...noRefusals, keyIds: new Set([readCertificate(root.der).keyId]) };
    expect(await judge(signature, { ruling: rulingOf(ruleOf(), { refuse: keys }) })).toMatchObject({
      verdict: 'denied',
      code: 'REFUSED_KEY',
    });
  });
});

describe('a file is undecided', () => {
  it('where nobody was asked whether certificates were revoked', async () => {
    const signature = await sign({ by: leaf({ crlUrls: ['http://127.0.0.1:9/a.crl'] }) });
    expect(await judge(signature)).toMatchObject({ verdict: 'undecided', code: 'REVOCATION_UNKNOWN', allowed: false });
  });

  it('and allowed where the rule asks for nothing: no signature is looked at', async () => {
    const ruling = rulingOf(ruleOf({ mode: 'skip' }));
    expect(await judge(undefined, { ruling })).toMatchObject({
      verdict: 'undecided',
      code: 'NOT_CHECKED',
      allowed: true,
      digest: digestOf(content),
    });
  });
});

describe('a rule of two sources', () => {
  it('tells of the one that is not met', async () => {
    const [one, other] = [sourceOf(), sourceOf({ ca: [readCertificate(stranger.der)] }, 'other')];
    const of = [one, other].map((source) => ({ kind: 'source', source }) as const);
    const both = rulingOf({ ...ruleOf(), require: { kind: 'all', of } });
    expect(await judge(await sign(), { ruling: both })).toMatchObject({
      verdict: 'denied',
      code: 'CERTIFICATE_NOT_TRUSTED',
      sources: [
        { source: 'acme', answer: 'yes' },
        { source: 'other', answer: 'no' },
      ],
    });
    const either = rulingOf({ ...ruleOf(), require: { kind: 'any', of } });
    expect(await judge(await sign(), { ruling: either })).toMatchObject({ verdict: 'verified' });
  });
});

describe('hostile signatures', () => {
  it('of random bytes are denied, and never an error', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 400 }),
        fc.constantFrom('jws', 'cose', undefined),
        async (bytes, form) => {
          const report = await judge(bytes, form === undefined ? {} : { form });
          expect(report).toMatchObject({ verdict: 'denied', allowed: false });
        },
      ),
      { numRuns: randomRuns(100) },
    );
  });

  it('with a byte changed anywhere are never verified as another file', async () => {
    const signature = await sign({ form: 'cose' });
    await fc.assert(
      fc.asyncProperty(fc.nat(signature.length - 1), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
        const bytes = Uint8Array.from(signature);
        bytes[at] = (bytes[at] ?? 0) ^ flip;
        const report = await judge(bytes, { form: 'cose', blob: piecesOf(Buffer.from('another')) });
        expect(report.verdict).toBe('denied');
      }),
      { numRuns: randomRuns(100) },
    );
  });

  it('is told from another key of the same name', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const target = { mediaType: 'application/octet-stream', digest: digestOf(content), size: content.length };
    const forged = signNotaryJws({ target, chain: [leaf().der, root.der], key: privateKey });
    expect(await judge(forged)).toMatchObject({ verdict: 'denied', code: 'SIGNATURE_INVALID' });
  });
});

/** The signature itself, changed in one bit. */
function tampered(envelope: Uint8Array, form: 'jws' | 'cose'): Uint8Array {
  if (form === 'cose') {
    const bytes = Uint8Array.from(envelope);
    bytes[bytes.length - 5] = (bytes[bytes.length - 5] ?? 0) ^ 1;
    return bytes;
  }
  const jws = JSON.parse(Buffer.from(envelope).toString('utf8'));
  const signature = Buffer.from(jws.signature, 'base64url');
  signature[5] = (signature[5] ?? 0) ^ 1;
  return Buffer.from(JSON.stringify({ ...jws, signature: signature.toString('base64url') }));
}
