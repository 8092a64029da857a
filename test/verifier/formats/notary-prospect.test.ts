import { readCertificate } from '@signet/core/x509';
import { type Descriptor, digestOf } from '@signet/oci';
import { describe, expect, it } from 'vitest';
import { notaryVerifyFormat } from '../../../packages/verifier/src/formats/notary.ts';
import type { NamedX509Trust, TrustMaterial } from '../../../packages/verifier/src/trust.ts';
import { makeCertificate } from '../../support/certificates.ts';
import { signNotaryJws } from '../../support/notary-signature.ts';
import { acmeTrust } from '../acme-trust.ts';
import { envelopeOf } from '../signatures.ts';

const image: Descriptor = {
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  digest: digestOf(Buffer.from('image')),
  size: 5,
};
const root = makeCertificate({ profile: 'ca', subject: 'C=US,ST=WA,O=Acme,CN=root' });
const stranger = makeCertificate({ profile: 'ca', subject: 'C=US,ST=WA,O=Other,CN=root' });
const leaf = makeCertificate({ subject: 'C=US,ST=WA,O=Acme,CN=signer', issuer: root });
const jws = signNotaryJws({ target: image, chain: [leaf.der, root.der], key: leaf.privateKey });

const trusting = (changes: Partial<NamedX509Trust>): TrustMaterial => ({
  keys: [],
  x509: [acmeTrust([], { identities: 'any', writtenIdentities: ['*'], atMs: 0, ...changes })],
});
const prospectOf = (bytes: Uint8Array, trust: TrustMaterial): string =>
  notaryVerifyFormat.prospect(envelopeOf('notary', bytes, { annotations: {} }), trust);

const [ours, theirs] = [readCertificate(root.der), readCertificate(stranger.der)];

describe('which Notary signatures are looked at before all is read', () => {
  it.each([
    ['its authority', { ca: [ours] }],
    ['its authority beside others', { ca: [theirs, ours] }],
    ['the signer itself', { ca: [readCertificate(leaf.der)] }],
    ['its signing authority', { signingAuthority: [ours] }],
  ] as const)('those that bring along whom the rule trusts: %s', (_, changes) => {
    expect(prospectOf(jws, trusting(changes))).toBe('likely');
    expect(prospectOf(Buffer.concat([Buffer.of(0xd2), leaf.der, root.der]), trusting(changes))).toBe('likely');
  });

  it.each([
    ['another authority', { ca: [theirs] }],
    ['an authority of time stamps', { ca: [theirs], tsa: [ours] }],
    ['more authorities than are looked for', { ca: [ours, ...Array.from({ length: 64 }, () => theirs)] }],
  ] as const)('no others: %s', (_, changes) => {
    expect(prospectOf(jws, trusting(changes))).toBe('open');
  });

  it('no envelope that is longer than those of signatures are', () => {
    const padded = (length: number): Uint8Array => Buffer.concat([jws, Buffer.alloc(length - jws.length, ' ')]);
    expect(prospectOf(padded(64 * 1024), trusting({ ca: [ours] }))).toBe('likely');
    expect(prospectOf(padded(64 * 1024 + 1), trusting({ ca: [ours] }))).toBe('open');
  });

  it('none that spells the certificate in another way: it is looked at later', () => {
    const spelled = Buffer.from(Buffer.from(jws).toString('latin1').replaceAll('/', '\\/'), 'latin1');
    expect(prospectOf(spelled, trusting({ ca: [ours] }))).toBe('open');
  });
});
