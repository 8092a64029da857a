import { checkAnchor, findAnchor, readCertificate, readChain } from '@signet/core/x509';
import { describe, expect, it } from 'vitest';
import { makeCertificate, makeChain, testKey } from '../../support/certificates.ts';

const chain = makeChain();

describe('a trust store', () => {
  const [leaf, ca, root] = readChain(chain.ders);
  const selfSigned = readCertificate(makeCertificate().der);
  const otherName = readCertificate(makeCertificate({ issuerName: 'CN=somebody' }).der);
  const fakeRoot = readCertificate(
    makeCertificate({
      profile: 'ca',
      subject: 'CN=fake',
      issuer: makeCertificate({ profile: 'ca', subject: 'CN=fake', key: testKey('ec-256', 'elsewhere') }),
    }).der,
  );

  it.each(['ca', 'signingAuthority'] as const)('of %s takes authorities and what is self-signed', (store) => {
    for (const each of [ca, root, selfSigned, fakeRoot]) expect(each && checkAnchor(each, store)).toBeUndefined();
    expect(checkAnchor(otherName, store)).toBeUndefined();
    expect(leaf && checkAnchor(leaf, store)).toContain("is neither an authority's nor self-signed");
  });

  it('of time stamps takes roots alone', () => {
    expect(root && checkAnchor(root, 'tsa')).toBeUndefined();
    for (const each of [leaf, ca, selfSigned, fakeRoot])
      expect(each && checkAnchor(each, 'tsa')).toContain('is no root');
  });

  it('trusts what is in it, byte for byte', () => {
    const read = readChain(chain.ders);
    const again = makeCertificate({ profile: 'ca', subject: 'C=US,ST=WA,L=Seattle,O=Notary,CN=root' });
    expect(findAnchor(read, readChain([chain.root.der]))?.der).toBe(chain.root.der);
    expect(findAnchor(read, readChain([chain.intermediates[0]?.der ?? again.der]))).toBe(read[1]);
    expect(findAnchor(read, [selfSigned, readCertificate(again.der)])).toBeUndefined();
    expect(findAnchor(read, [])).toBeUndefined();
  });
});
