import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readOcspResponse } from '../../../packages/core/src/revocation/read-ocsp.ts';
import { readCertificate } from '../../../packages/core/src/x509/certificate.ts';
import { oids } from '../../support/certificate-der.ts';
import { makeCertificate } from '../../support/certificates.ts';
import { invalidityDate, makeOcspAnswer, type OcspAnswerRequest } from '../../support/revocation-data.ts';

const atMs = Date.UTC(2026, 5, 1);
const dayMs = 86_400_000;
const root = makeCertificate({ profile: 'ca', subject: 'CN=ocsp root' });
const leaf = makeCertificate({ subject: 'CN=ocsp leaf', issuer: root });
const other = readCertificate(makeCertificate({ subject: 'CN=ocsp other', issuer: root }).der);
const stranger = makeCertificate({ profile: 'ca', subject: 'CN=ocsp stranger' });
const responder = makeCertificate({ profile: 'ocsp', subject: 'CN=responder', issuer: root });
const certificate = readCertificate(leaf.der);
const question = { certificate, issuer: readCertificate(root.der), atMs };

function answer(change: Partial<OcspAnswerRequest> = {}, signedAtMs?: number) {
  return readOcspResponse(makeOcspAnswer({ certificate, issuer: root, atMs, ...change }), { ...question, signedAtMs });
}

const delegated = (by = responder): Partial<OcspAnswerRequest> => ({ by, withCertificates: [by.der] });

describe('an OCSP response that is taken', () => {
  it.each<[string, Partial<OcspAnswerRequest>]>([
    ['of the issuer', {}],
    ['of the issuer, by its key', { byKey: true }],
    ['of a responder of the issuer', delegated()],
    ['of such a responder, by its key', { ...delegated(), byKey: true }],
    ['signed with SHA-384', { signature: 'sha384' }],
  ])('%s', (_, change) => {
    expect(answer(change).status).toBe('good');
  });

  it('says that a certificate is revoked, and why', () => {
    const at = atMs - dayMs;
    expect(answer({ status: { atMs: at, reason: 1 } })).toMatchObject({
      status: 'revoked',
      atMs: at,
      reason: 'keyCompromise',
    });
    expect(answer({ status: { atMs: at } })).toMatchObject({ status: 'revoked', reason: 'unspecified' });
    expect(answer({ status: { atMs: at, reason: 6 } })).toMatchObject({ status: 'revoked', reason: 'certificateHold' });
  });

  it('revoked for what came up after an authentic signing time leaves the signature as it was', () => {
    const status = { atMs: atMs - dayMs };
    const extensions = [invalidityDate(atMs - 2 * dayMs)];
    expect(answer({ status, extensions }, atMs - 3 * dayMs).status).toBe('good');
    expect(answer({ status, extensions }, atMs - dayMs).status).toBe('revoked');
    expect(answer({ status, extensions }).status).toBe('revoked');
    expect(answer({ status }, atMs - 3 * dayMs).status).toBe('revoked');
  });
});

describe('an OCSP response that says nothing', () => {
  const without = makeCertificate({
    profile: 'ocsp',
    subject: 'CN=no usage',
    issuer: root,
    without: [oids.extendedKeyUsage],
  });
  const expired = makeCertificate({ profile: 'ocsp', subject: 'CN=old', issuer: root, toMs: atMs - dayMs });
  const foreign = makeCertificate({ profile: 'ocsp', subject: 'CN=foreign', issuer: stranger });
  const weak = makeCertificate({ profile: 'ocsp', subject: 'CN=weak', issuer: root, signature: 'sha1' });
  const twin = makeCertificate({ profile: 'ca', subject: 'CN=ocsp root', key: 'ec-384' });
  it.each<[string, Partial<OcspAnswerRequest>, string]>([
    ['unknown', { status: 'unknown' }, 'does not know'],
    ['stale', { toMs: atMs - 1000 }, 'stale'],
    ['without an end', { toMs: null }, 'until when'],
    ['of the future', { fromMs: atMs + dayMs }, 'future'],
    ['for another', { certificate: other }, 'another certificate'],
    ['twice', { times: 2 }, 'twice'],
    ['by a key of the same name', { by: twin }, 'signature is not'],
    ['by a stranger', { by: stranger, withCertificates: [stranger.der] }, 'is not issued by'],
    ['by a responder without certificate', { by: responder }, 'no certificate'],
    ['by a responder that may not', delegated(without), 'may sign OCSP'],
    ['by a responder that was', delegated(expired), 'not valid now'],
    ['by the responder of another', delegated(foreign), 'is not issued by'],
    ['by a responder whose certificate is weakly signed', delegated(weak), 'weak hash'],
    ['by another leaf of the issuer', delegated(leaf), 'may sign OCSP'],
    ['signed with SHA-1', { signature: 'sha1' }, 'SHA-1'],
    [
      'with an unknown critical extension',
      { extensions: [{ id: '1.2.3', isCritical: true, value: Uint8Array.of(5, 0) }] },
      'critical',
    ],
    ['revoked for an unknown reason', { status: { atMs, reason: 7 } }, 'reason'],
  ])('%s', (_, change, why) => {
    const { status, message } = answer(change);
    expect({ status, message }).toEqual({ status: 'unknown', message: expect.stringContaining(why) });
  });

  it('an error of the responder', () => {
    const tryLater = Uint8Array.of(0x30, 3, 0x0a, 1, 3);
    expect(readOcspResponse(tryLater, question).message).toContain('tryLater');
  });

  it('too large', () => {
    expect(readOcspResponse(new Uint8Array(20 * 1024 + 1), question).message).toContain('at most 20480');
  });

  it('of which any byte was changed', () => {
    const whole = makeOcspAnswer({ certificate, issuer: root, atMs });
    const changed = fc.tuple(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }));
    fc.assert(
      fc.property(changed, ([at, by]) => {
        const bytes = Uint8Array.from(whole);
        bytes[at] = (bytes[at] ?? 0) ^ by;
        expect(readOcspResponse(bytes, question).status).toBe('unknown');
      }),
      { numRuns: 300 },
    );
  });

  it('random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => readOcspResponse(bytes, question).status === 'unknown'),
    );
  });
});
