import { createNotaryFormat, createSoftwareSigner, parsePrivateKey } from '@signet/core';
import { readCertificate } from '@signet/core/x509';
import { type Descriptor, digestOf } from '@signet/oci';
import { type Envelope, type Finding, isAccepted, levelActions } from '@signet/verifier';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { notaryVerifyFormat } from '../../../packages/verifier/src/formats/notary.ts';
import type { NamedX509Trust } from '../../../packages/verifier/src/trust.ts';
import { type CertificateRequest, type MadeCertificate, makeCertificate } from '../../support/certificates.ts';
import { type NotarySignatureRequest, signNotaryJws } from '../../support/notary-signature.ts';
import { randomRuns } from '../../support/random-runs.ts';
import { acmeTrust } from '../acme-trust.ts';
import { envelopeOf } from '../signatures.ts';

const nowMs = Date.UTC(2026, 10, 24);
const day = 86_400_000;
const prefix = 'io.cncf.notary';
const image: Descriptor = {
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  digest: digestOf(Buffer.from('image')),
  size: 5,
};
const name = 'C=US,ST=WA,O=Acme,CN=signer';
const root = makeCertificate({ profile: 'ca', subject: 'C=US,ST=WA,O=Acme,CN=root' });
const stranger = makeCertificate({ profile: 'ca', subject: 'C=US,ST=WA,O=Other,CN=root' });
const leaf = (request: CertificateRequest = {}): MadeCertificate =>
  makeCertificate({ subject: name, issuer: root, ...request });
const chain = [leaf(), root];

const trust: NamedX509Trust = acmeTrust([root]);

const jws = (bytes: Uint8Array): Envelope =>
  envelopeOf('notary', bytes, { mediaType: 'application/jose+json', annotations: {} });

type Signing = Partial<Omit<NotarySignatureRequest, 'chain'>> & { readonly by?: readonly MadeCertificate[] };

function signed({ by = chain, ...request }: Signing = {}): Uint8Array {
  const key = by[0]?.privateKey ?? expect.fail('a certificate');
  return signNotaryJws({ target: image, chain: by.map(({ der }) => der), key, ...request });
}

async function judge(
  bytes: Uint8Array,
  { changes = {}, subject = { digest: image.digest, descriptor: image } }: JudgeOptions = {},
): Promise<Finding> {
  const [finding] = await notaryVerifyFormat.verify(jws(bytes), subject, {
    keys: [],
    x509: [{ ...trust, ...changes }],
  });
  return finding ?? expect.fail('no finding');
}
interface JudgeOptions {
  readonly changes?: Partial<NamedX509Trust>;
  readonly subject?: Parameters<typeof notaryVerifyFormat.verify>[1];
}

/** What keeps it from counting. */
const misses = ({ checks }: Finding): readonly string[] =>
  checks.filter(({ result }) => result === 'fail' || result === 'unknown').map((each) => `${each.name} ${each.code}`);
const warnings = ({ checks }: Finding): readonly string[] =>
  checks.filter(({ result }) => result === 'warn').map(({ name, code }) => `${name} ${code}`);

const at = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;
const ending = (ms: number): Signing => ({
  attributes: { [`${prefix}.expiry`]: at(ms) },
  critical: [`${prefix}.expiry`],
});
const byAuthority = (ms: number, more: Signing = {}): Signing => ({
  ...more,
  attributes: {
    [`${prefix}.signingScheme`]: 'notary.x509.signingAuthority',
    [`${prefix}.authenticSigningTime`]: at(ms),
    [`${prefix}.signingTime`]: undefined,
  },
  critical: [`${prefix}.authenticSigningTime`],
});
const authority = { signingAuthority: trust.ca, ca: [] };
const ended = [leaf({ fromMs: nowMs - 30 * day, toMs: nowMs - day }), root];
const revocable = [leaf({ crlUrls: ['http://127.0.0.1:9/a.crl'] }), root];
const plugin = { [`${prefix}.verificationPlugin`]: 'com.example.plugin' };

describe('a signature that is right', () => {
  it('is proven, with signer, digest and annotations', async () => {
    const finding = await judge(signed());
    expect(misses(finding)).toEqual([]);
    expect(isAccepted(finding)).toBe(true);
    expect(finding.proven).toMatchObject({
      identity: { kind: 'x509', source: 'acme', subject: expect.stringContaining('CN=signer') },
      subject: image.digest,
      annotations: {},
    });
  });

  it.each<[string, Signing, JudgeOptions]>([
    ['whose end is to come', ending(nowMs + day), {}],
    ['by an authority of signers', byAuthority(nowMs - day), { changes: authority }],
    [
      'by an authority, while a certificate was valid that has ended',
      byAuthority(nowMs - 2 * day, { by: ended }),
      { changes: authority },
    ],
    [
      'by anybody who is certified',
      { by: [leaf({ subject: 'C=FR,ST=X,O=Y,CN=z' }), root] },
      { changes: { identities: 'any' } },
    ],
    [
      'by a certificate that is trusted itself',
      {},
      { changes: { ca: [readCertificate(chain[0]?.der ?? expect.fail())] } },
    ],
    ['with another attribute that nobody has to know', { attributes: { 'com.example.more': 1 } }, {}],
    [
      'of an image whose manifest was not read',
      { target: { ...image, size: 6 } },
      { subject: { digest: image.digest } },
    ],
    [
      'by a certificate that could be revoked, where nobody asks',
      { by: revocable },
      { changes: { revocation: 'skip' } },
    ],
  ])('%s counts', async (_, request, options) => {
    const finding = await judge(signed(request), options);
    expect(misses(finding)).toEqual([]);
    expect(warnings(finding)).toEqual([]);
    expect(isAccepted(finding)).toBe(true);
  });
});

/** Each wrong in one thing; by which check it does not count, and which action lets it. */
const wrong: readonly (readonly [
  string,
  string,
  Signing,
  JudgeOptions,
  keyof typeof levelActions.strict | undefined,
])[] = [
  [
    'by another authority',
    'authenticity CERTIFICATE_NOT_TRUSTED',
    { by: [leaf({ issuer: stranger }), stranger] },
    {},
    'authenticity',
  ],
  [
    'by another name',
    'authenticity IDENTITY_NOT_TRUSTED',
    { by: [leaf({ subject: 'C=US,ST=WA,O=Other,CN=signer' }), root] },
    {},
    'authenticity',
  ],
  [
    'by an authority of signers that is none here',
    'authenticity CERTIFICATE_NOT_TRUSTED',
    byAuthority(nowMs - day),
    {},
    'authenticity',
  ],
  [
    'by an authority that is one of signers alone',
    'authenticity CERTIFICATE_NOT_TRUSTED',
    {},
    { changes: authority },
    'authenticity',
  ],
  ['that has ended', 'expiry SIGNATURE_EXPIRED', ending(nowMs - day), {}, 'expiry'],
  ['that ends now', 'expiry SIGNATURE_EXPIRED', ending(nowMs), {}, 'expiry'],
  ['by a certificate that has ended', 'timestamp CERTIFICATE_TIME', { by: ended }, {}, 'authenticTimestamp'],
  [
    'by a certificate that has not begun',
    'timestamp CERTIFICATE_TIME',
    { by: [leaf({ fromMs: nowMs + day }), root] },
    {},
    'authenticTimestamp',
  ],
  [
    'by an authority after a certificate ended',
    'timestamp CERTIFICATE_TIME',
    byAuthority(nowMs - day / 2, { by: ended }),
    { changes: authority },
    'authenticTimestamp',
  ],
  [
    'without a time stamp where one is asked for',
    'timestamp TIMESTAMP_MISSING',
    {},
    { changes: { tsa: trust.ca } },
    'authenticTimestamp',
  ],
  [
    'by a certificate of which somebody can say that it was revoked',
    'revocation REVOCATION_UNKNOWN',
    { by: revocable },
    {},
    'revocation',
  ],
  [
    'that a plugin has to verify',
    'plugin PLUGIN_NEEDED',
    { attributes: plugin, critical: Object.keys(plugin) },
    {},
    undefined,
  ],
  [
    'of another digest',
    'subject SUBJECT_MISMATCH',
    { target: { ...image, digest: digestOf(Buffer.from('other')) } },
    {},
    undefined,
  ],
  ['of another size', 'subject SUBJECT_MISMATCH', { target: { ...image, size: 6 } }, {}, undefined],
  [
    'of another type',
    'subject SUBJECT_MISMATCH',
    { target: { ...image, mediaType: 'application/x.y' } },
    {},
    undefined,
  ],
  [
    'with an attribute that nobody may ignore',
    'integrity ATTRIBUTE_UNKNOWN',
    { attributes: { 'com.example.must': 1 }, critical: ['com.example.must'] },
    {},
    undefined,
  ],
  ['without its root', 'integrity CERTIFICATE_RULE', { by: chain.slice(0, 1) }, {}, undefined],
  [
    'by a certificate that is no signer',
    'integrity CERTIFICATE_RULE',
    { by: [leaf({ without: ['2.5.29.15'] }), root] },
    {},
    undefined,
  ],
  [
    'by another key than that of the certificate',
    'integrity SIGNATURE_INVALID',
    { key: leaf({ subject: 'CN=else' }).privateKey },
    {},
    undefined,
  ],
];

describe('a signature with one thing wrong', () => {
  it.each(wrong)('%s does not count: %s', async (_, miss, request, options) => {
    const finding = await judge(signed(request), options);
    expect(misses(finding)).toEqual([miss]);
    expect(isAccepted(finding)).toBe(false);
  });

  it.each(wrong)(
    "%s: where only that is logged, %s is a warning; integrity, subject and plugins are nobody's choice",
    async (_, miss, request, options, action) => {
      const logged = Object.fromEntries(Object.keys(levelActions.strict).map((key) => [key, 'log']));
      const all = await judge(signed(request), { ...options, changes: { ...options.changes, ...logged } });
      expect([misses(all), warnings(all)]).toEqual(action === undefined ? [[miss], []] : [[], [miss]]);
      expect(isAccepted(all)).toBe(action !== undefined);
      if (action === undefined) return;
      const others = { ...logged, [action]: 'enforce' };
      expect(misses(await judge(signed(request), { ...options, changes: { ...options.changes, ...others } }))).toEqual([
        miss,
      ]);
    },
  );
});

it('is held against each source, and says which', async () => {
  const other = { ...trust, name: 'other', ca: [readCertificate(stranger.der)] };
  const x509 = [other, trust];
  const findings = await notaryVerifyFormat.verify(jws(signed()), { digest: image.digest }, { keys: [], x509 });
  expect(findings.map(misses)).toEqual([['authenticity CERTIFICATE_NOT_TRUSTED'], []]);
  expect(findings.map(({ proven }) => proven?.identity)).toMatchObject([undefined, { source: 'acme' }]);
});

describe('bytes that somebody has changed', () => {
  const signer = async () => {
    const [own] = chain;
    const key = await parsePrivateKey(Buffer.from(own?.keyPem ?? ''));
    return createSoftwareSigner(
      key,
      chain.map(({ der }) => der),
    );
  };
  const sealed = async (form: 'jws' | 'cose'): Promise<Envelope> => {
    const format = createNotaryFormat({ form });
    const payload = format.payload({ subject: image, signedAtMs: nowMs, annotations: {} });
    const { envelope, envelopeMediaType } = await format.seal(payload, await signer());
    return envelopeOf('notary', envelope, { mediaType: envelopeMediaType, annotations: {} });
  };

  it.each(['jws', 'cose'] as const)('%s: count for nothing new, and nothing is thrown', async (form) => {
    const whole = await sealed(form);
    const subject = { digest: image.digest, descriptor: image };
    const verify = (bytes: Uint8Array) =>
      notaryVerifyFormat.verify({ ...whole, bytes }, subject, { keys: [], x509: [trust] });
    const [sound] = await verify(whole.bytes);
    expect(sound !== undefined && isAccepted(sound)).toBe(true);
    const place = fc.nat(whole.bytes.length - 1);
    const edits = fc.array(
      fc.oneof(
        fc.record({ at: place, remove: fc.nat(3), insert: fc.uint8Array({ maxLength: 3 }) }),
        fc.record({ at: place, remove: fc.nat(400), insert: fc.constant(new Uint8Array(0)) }),
      ),
      { minLength: 1, maxLength: 3 },
    );
    await fc.assert(
      fc.asyncProperty(edits, async (all) => {
        const bytes = all.reduce(
          (now, { at: from, remove, insert }) =>
            Buffer.concat([now.subarray(0, from), insert, now.subarray(from + remove)]),
          Buffer.from(whole.bytes),
        );
        const findings = await verify(bytes);
        expect(findings.length).toBe(1);
        // What nobody signs may differ; what is proven is the same then.
        for (const finding of findings) if (isAccepted(finding)) expect(finding.proven).toEqual(sound?.proven);
      }),
      { numRuns: randomRuns(600) },
    );
  });

  it.each([
    ['nothing', ''],
    ['a brace', '{'],
    ['no envelope', '{}'],
    ['null', 'null'],
    ['COSE of nothing', '\xd2\x84'],
    ['a deep list', `\xd2${'\x81'.repeat(100_000)}`],
    ['a deep object', '{"payload":'.repeat(50_000)],
    ['a list of four billion', '\xd2\x9a\xff\xff\xff\xff'],
    ['a text of many exabytes', '\xd2\x84\x5b\x7f\xff\xff\xff\xff\xff\xff\xff'],
  ])('%s is malformed', async (_, text) => {
    for (const mediaType of ['application/jose+json', 'application/cose']) {
      const envelope = envelopeOf('notary', Buffer.from(text, 'latin1'), { mediaType, annotations: {} });
      const findings = await notaryVerifyFormat.verify(envelope, { digest: image.digest }, { keys: [], x509: [trust] });
      expect(findings.map(misses)).toEqual([[expect.stringMatching(/^integrity ENVELOPE_/)]]);
    }
  });
});
