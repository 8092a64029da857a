import { type Descriptor, digestOf } from '@signet/oci';
import { type Finding, isAccepted } from '@signet/verifier';
import { describe, expect, it } from 'vitest';
import { signerId } from '../../../packages/verifier/src/finding.ts';
import { notaryVerifyFormat } from '../../../packages/verifier/src/formats/notary.ts';
import type { NamedX509Trust } from '../../../packages/verifier/src/trust.ts';
import { isSignedByKeyOf, twinOf } from '../../support/certificate-twin.ts';
import { type CertificateRequest, type MadeCertificate, makeCertificate } from '../../support/certificates.ts';
import { type NotarySignatureRequest, signNotaryJws } from '../../support/notary-signature.ts';
import { acmeTrust } from '../acme-trust.ts';
import { envelopeOf } from '../signatures.ts';

const image: Descriptor = {
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  digest: digestOf(Buffer.from('image')),
  size: 5,
};
const root = makeCertificate({ profile: 'ca', subject: 'C=US,ST=WA,O=Acme,CN=root' });
const between = makeCertificate({ profile: 'ca', subject: 'C=US,ST=WA,O=Acme,CN=between', issuer: root });
const leaf = (request: CertificateRequest = {}): MadeCertificate =>
  makeCertificate({ subject: 'C=US,ST=WA,O=Acme,CN=signer', issuer: between, ...request });

/** A source that trusts this certificate, whichever of the chain it is. */
const trusting = (...anchors: readonly MadeCertificate[]): NamedX509Trust => acmeTrust(anchors);

type Signing = Pick<NotarySignatureRequest, 'attributes' | 'critical'>;

const judge = (trust: NamedX509Trust, ...chain: readonly MadeCertificate[]): Promise<Finding> =>
  judgeBy(trust, {}, ...chain);

async function judgeBy(
  trust: NamedX509Trust,
  signing: Signing,
  ...chain: readonly MadeCertificate[]
): Promise<Finding> {
  const key = chain[0]?.privateKey ?? expect.fail('a certificate');
  const bytes = signNotaryJws({ target: image, chain: chain.map(({ der }) => der), key, ...signing });
  const envelope = envelopeOf('notary', bytes, { mediaType: 'application/jose+json', annotations: {} });
  const subject = { digest: image.digest, descriptor: image };
  const [finding] = await notaryVerifyFormat.verify(envelope, subject, { keys: [], x509: [trust] });
  return finding ?? expect.fail('no finding');
}

/** The different signers of findings that count. */
function signersOf(findings: readonly Finding[]): number {
  const accepted = findings.filter(isAccepted);
  expect(accepted.length).toBe(findings.length);
  return new Set(accepted.flatMap(({ proven }) => (proven === undefined ? [] : [signerId(proven.identity)]))).size;
}

describe('when a signature ends', () => {
  const trust = trusting(root);
  const day = 86_400_000;
  const endOf = async (changes: Partial<NamedX509Trust>, request: CertificateRequest, signing: Signing = {}) =>
    (await judgeBy({ ...trust, ...changes }, signing, leaf(request), between, root)).proven?.endsAtMs;
  const ending = (ms: number): Signing => ({
    attributes: { 'io.cncf.notary.expiry': `${new Date(ms).toISOString().slice(0, 19)}Z` },
    critical: ['io.cncf.notary.expiry'],
  });

  it('with the first of its certificates, or by itself', async () => {
    const toMs = trust.atMs + day;
    expect(await endOf({}, { toMs })).toBe(toMs + 1);
    expect(await endOf({}, { toMs }, ending(toMs - 1000))).toBe(toMs - 1000);
    expect(await endOf({ expiry: 'log' }, { toMs }, ending(toMs - 1000))).toBe(toMs + 1);
  });

  it('not at all where its end is only logged, or past', async () => {
    const toMs = trust.atMs - day;
    expect(await endOf({ authenticTimestamp: 'log', expiry: 'log' }, { toMs }, ending(toMs))).toBeUndefined();
    expect(await endOf({ authenticTimestamp: 'log' }, {}, ending(trust.atMs + day))).toBe(trust.atMs + day);
  });
});

describe('how many signers there are', () => {
  it('one, whose chain ends with the root in either spelling of its signature', async () => {
    const twin = twinOf(root);
    expect(Buffer.from(twin.der).equals(root.der)).toBe(false);
    expect([isSignedByKeyOf(root, root), isSignedByKeyOf(twin, root)]).toEqual([true, true]);
    const own = leaf();
    const trust = trusting(between);
    expect(signersOf([await judge(trust, own, between, root), await judge(trust, own, between, twin)])).toBe(1);
  });

  it('one, with a leaf in either spelling, or a second certificate of the same name', async () => {
    const own = leaf();
    const trust = trusting(root);
    const findings = [own, twinOf(own), leaf({ serial: 7n })].map((each) => judge(trust, each, between, root));
    expect(signersOf(await Promise.all(findings))).toBe(1);
  });

  it('one, whichever certificate of the chain is the one that is trusted', async () => {
    const own = leaf();
    const findings = [root, between, own].map((anchor) => judge(trusting(anchor), own, between, root));
    expect(signersOf(await Promise.all(findings))).toBe(1);
  });

  it('two of two names, and two of one name under two roots', async () => {
    const other = makeCertificate({ profile: 'ca', subject: 'C=US,ST=WA,O=Acme,CN=other' });
    const trust = trusting(root, other);
    const first = judge(trust, leaf(), between, root);
    const second = judge(trust, leaf({ subject: 'C=US,ST=WA,O=Acme,CN=second' }), between, root);
    expect(signersOf([await first, await second])).toBe(2);
    expect(signersOf([await first, await judge(trust, leaf({ issuer: other }), other)])).toBe(2);
  });

  it('an authority’s second spelling is trusted by nobody: what is trusted is compared byte by byte', async () => {
    const { checks } = await judge(trusting(between), leaf(), twinOf(between), root);
    expect(checks.filter(({ result }) => result === 'fail').map(({ code }) => code)).toEqual([
      'CERTIFICATE_NOT_TRUSTED',
    ]);
  });
});
