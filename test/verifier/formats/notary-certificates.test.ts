import { type Descriptor, digestOf } from '@signet/oci';
import { type Check, type Finding, isAccepted } from '@signet/verifier';
import { describe, expect, it } from 'vitest';
import { notaryVerifyFormat } from '../../../packages/verifier/src/formats/notary.ts';
import { basicConstraints, extendedKeyUsage, oids } from '../../support/certificate-der.ts';
import { type CertificateRequest, type MadeCertificate, makeCertificate } from '../../support/certificates.ts';
import { signNotaryJws } from '../../support/notary-signature.ts';
import { acmeTrust } from '../acme-trust.ts';
import { envelopeOf } from '../signatures.ts';

const nowMs = Date.UTC(2026, 10, 24);
const day = 86_400_000;
const image: Descriptor = {
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  digest: digestOf(Buffer.from('image')),
  size: 5,
};
const root = makeCertificate({ profile: 'ca', subject: 'C=US,ST=WA,O=Acme,CN=root' });
const authority = (request: CertificateRequest = {}): MadeCertificate =>
  makeCertificate({ profile: 'ca', subject: 'C=US,ST=WA,O=Acme,CN=authority', issuer: root, ...request });
const leaf = (request: CertificateRequest = {}): MadeCertificate =>
  makeCertificate({ subject: 'C=US,ST=WA,O=Acme,CN=signer', issuer: root, ...request });
const below = (issuer: MadeCertificate): readonly MadeCertificate[] => [leaf({ issuer }), issuer, root];
const belowTwo = (issuer: MadeCertificate): readonly MadeCertificate[] => {
  const lower = authority({ subject: 'C=US,ST=WA,O=Acme,CN=lower', issuer });
  return [leaf({ issuer: lower }), lower, issuer, root];
};
const namesake = makeCertificate({ profile: 'ca', subject: 'C=US,ST=WA,O=Acme,CN=root', key: 'ec-384' });

/** What is said of the signature of such a chain, whose root is trusted. */
async function judge(chain: readonly MadeCertificate[]): Promise<Finding> {
  const bytes = signNotaryJws({
    target: image,
    chain: chain.map(({ der }) => der),
    key: chain[0]?.privateKey ?? expect.unreachable('a certificate'),
  });
  const envelope = envelopeOf('notary', bytes, { mediaType: 'application/jose+json', annotations: {} });
  const source = acmeTrust([root], { identities: 'any', writtenIdentities: ['*'], atMs: nowMs });
  const subject = { digest: image.digest, descriptor: image };
  const [finding] = await notaryVerifyFormat.verify(envelope, subject, { keys: [], x509: [source] });
  return finding ?? expect.unreachable('a finding');
}

const broken: readonly (readonly [NonNullable<Check['certificate']>, readonly MadeCertificate[]])[] = [
  ['CHAIN_INCOMPLETE', [leaf()]],
  ['CHAIN_ORDER', [leaf(), authority(), root]],
  ['CHAIN_SELF_SIGNED', [root, leaf()]],
  ['CERTIFICATE_SIGNATURE', [leaf(), namesake]],
  ['CERTIFICATE_WEAK_HASH', [leaf({ signature: 'sha1' }), root]],
  ['CERTIFICATE_ALGORITHM', [leaf({ signature: 'sha224' }), root]],
  ['CERTIFICATE_KEY', [leaf({ key: 'rsa-2560' }), root]],
  ['CERTIFICATE_NOT_CA', below(authority({ extensions: [basicConstraints(false)] }))],
  ['CERTIFICATE_IS_CA', [leaf({ extensions: [basicConstraints(true)] }), root]],
  ['PATH_LENGTH', belowTwo(authority({ extensions: [basicConstraints(true, 0)] }))],
  ['KEY_USAGE', [leaf({ without: [oids.keyUsage] }), root]],
  ['EXTENDED_KEY_USAGE', [leaf({ extensions: [extendedKeyUsage(['1.3.6.1.5.5.7.3.1'])] }), root]],
];

describe('the rule of certificates that a signature breaks', () => {
  it.each(broken)('%s stands in the check, beside its own code', async (code, chain) => {
    const { checks } = await judge(chain);
    expect(checks).toMatchObject([{ name: 'integrity', result: 'fail', code: 'CERTIFICATE_RULE', certificate: code }]);
  });

  it.each([
    ['CERTIFICATE_EXPIRED', { fromMs: nowMs - 30 * day, toMs: nowMs - day }],
    ['CERTIFICATE_NOT_VALID_YET', { fromMs: nowMs + day }],
  ] as const)('%s stands in that of the time', async (code, validity) => {
    const { checks } = await judge([leaf(validity), root]);
    expect(checks.filter(({ certificate }) => certificate !== undefined)).toMatchObject([
      { name: 'timestamp', result: 'fail', code: 'CERTIFICATE_TIME', certificate: code },
    ]);
  });

  it('stands nowhere where none is broken, and nothing is noted', async () => {
    const finding = await judge(below(authority()));
    expect(isAccepted(finding)).toBe(true);
    expect(finding.checks.some((check) => 'certificate' in check || 'notes' in check)).toBe(false);
  });

  it('is noted where a specification asks for more than notation does', async () => {
    const finding = await judge(below(authority({ extensions: [basicConstraints(true, undefined, false)] })));
    expect(isAccepted(finding)).toBe(true);
    expect(finding.checks.flatMap(({ name, notes = [] }) => notes.map((note) => `${name}: ${note}`))).toEqual([
      expect.stringMatching(/^authenticity: the basic constraints of "CN=authority,.*" are not critical$/),
    ]);
  });
});
