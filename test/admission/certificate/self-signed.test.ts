import { createPrivateKey, X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createSelfSigned } from '../../../packages/admission/src/index.ts';

const atMs = Date.UTC(2026, 10, 1);
const day = 86_400_000;

describe('createSelfSigned', () => {
  it('makes a certificate of a server, for names and addresses, by an authority that issues servers alone', async () => {
    const names = ['signet.signet.svc', '*.example.com', '127.0.0.1', '::1'];
    const { ca, cert, key } = await createSelfSigned({ names, atMs });
    const [authority, certificate] = [new X509Certificate(ca), new X509Certificate(cert)];
    expect(certificate.checkIssued(authority) && certificate.verify(authority.publicKey)).toBe(true);
    expect(certificate.checkPrivateKey(createPrivateKey(key))).toBe(true);
    expect([authority.ca, certificate.ca]).toEqual([true, false]);
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
    for (const name of ['signet.signet.svc', 'a.example.com']) expect(certificate.checkHost(name)).toBeDefined();
    for (const ip of ['127.0.0.1', '::1']) expect(certificate.checkIP(ip)).toBeDefined();
    expect(certificate.checkHost('other.signet.svc')).toBeUndefined();
    expect(certificate.checkIP('127.0.0.2')).toBeUndefined();
  });

  it('is valid a little before now, and so many days', async () => {
    const { ca, cert } = await createSelfSigned({ names: ['a'], atMs, days: 3 });
    for (const { validFromDate, validToDate } of [new X509Certificate(ca), new X509Certificate(cert)]) {
      expect(validFromDate.getTime()).toBe(atMs - 300_000);
      expect(validToDate.getTime()).toBe(atMs + 3 * day);
    }
  });

  it('makes another authority each time, and gives its key to nobody', async () => {
    const [one, other] = [
      await createSelfSigned({ names: ['a'], atMs }),
      await createSelfSigned({ names: ['a'], atMs }),
    ];
    expect(new X509Certificate(one.ca).fingerprint256).not.toBe(new X509Certificate(other.ca).fingerprint256);
    expect(new X509Certificate(one.cert).checkIssued(new X509Certificate(one.ca))).toBe(true);
    expect(new X509Certificate(one.ca).checkPrivateKey(createPrivateKey(one.key))).toBe(false);
  });
});
