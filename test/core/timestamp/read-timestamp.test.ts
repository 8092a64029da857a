import { readTimestamp } from '@signet/core/timestamp';
import { readCertificate } from '@signet/core/x509';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeCertificate } from '../../support/certificates.ts';
import { randomRuns } from '../../support/random-runs.ts';
import { makeToken, type TokenRequest } from '../../support/timestamp-token.ts';

const signature = Buffer.from('a signature');
const root = makeCertificate({ profile: 'ca', subject: 'CN=tsa root' });
const signer = makeCertificate({ profile: 'tsa', subject: 'CN=tsa', issuer: root });
const timeMs = Date.UTC(2026, 1, 3, 4, 5, 6);
const token = (request: Partial<TokenRequest> = {}): Uint8Array =>
  makeToken({ signer, signature, timeMs, certificates: [signer, root], ...request });
const thumbprints = [signer, root].map(({ der }) => readCertificate(der).thumbprint);

describe('what a time stamp says', () => {
  it('is told whoever its authority is: the time, and all its certificates', () => {
    const read = readTimestamp(token(), signature);
    if ('problem' in read) return expect.unreachable(read.problem);
    expect(read).toMatchObject({ genTimeMs: timeMs, accuracyMs: 0, policy: '1.2.3.4.1' });
    expect(read.certificates.map(({ thumbprint }) => thumbprint)).toEqual(thumbprints);
    expect(Object.keys(read).toSorted()).toEqual(['accuracyMs', 'certificates', 'genTimeMs', 'policy']);
  });

  it('is not told of one about another signature', () => {
    expect(readTimestamp(token(), Buffer.from('another'))).toEqual({ problem: 'it is not about this signature' });
  });

  it('is not told of one that its certificate did not sign', () => {
    const other = makeCertificate({ profile: 'tsa', subject: 'CN=tsa', issuer: root, key: 'ec-384' });
    expect(readTimestamp(token({ certificates: [other] }), signature)).toEqual({ problem: expect.any(String) });
    expect(readTimestamp(token({ certificates: [signer] }), signature)).toMatchObject({ genTimeMs: timeMs });
  });

  it('throws nothing, whatever the bytes', () => {
    const good = Buffer.from(token());
    const changed = fc.tuple(fc.nat(good.length - 1), fc.nat(255)).map(([at, byte]) => {
      const bytes = Buffer.from(good);
      bytes[at] = byte;
      return bytes;
    });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), changed), (bytes) => {
        const read = readTimestamp(bytes, signature);
        if ('problem' in read) expect(read.problem).not.toBe('');
        else expect(read.genTimeMs).toBe(timeMs);
      }),
      { numRuns: randomRuns(500) },
    );
  });
});
