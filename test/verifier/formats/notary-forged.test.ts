import { createHmac, createPublicKey, sign } from 'node:crypto';
import { parseIdentity, readCertificate } from '@signet/core/x509';
import { type Descriptor, digestOf } from '@signet/oci';
import { type Finding, isAccepted, levelActions } from '@signet/verifier';
import { Tagged } from 'cborg';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { notaryVerifyFormat } from '../../../packages/verifier/src/formats/notary.ts';
import type { NamedX509Trust } from '../../../packages/verifier/src/trust.ts';
import { type CertificateRequest, type MadeCertificate, makeCertificate } from '../../support/certificates.ts';
import { type NotaryCoseRequest, signNotaryCose } from '../../support/notary-cose.ts';
import { type NotarySignatureRequest, signNotaryJws } from '../../support/notary-signature.ts';
import { randomRuns } from '../../support/random-runs.ts';
import { acmeTrust } from '../acme-trust.ts';
import { envelopeOf } from '../signatures.ts';

const image: Descriptor = {
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  digest: digestOf(Buffer.from('image')),
  size: 5,
};
const prefix = 'io.cncf.notary';
const root = makeCertificate({ profile: 'ca', subject: 'C=US,ST=WA,O=Acme,CN=root' });
const leaf = (request: CertificateRequest = {}): MadeCertificate =>
  makeCertificate({ subject: 'C=US,ST=WA,O=Acme,CN=signer', issuer: root, ...request });
const own = leaf();
/** Of somebody whom nobody trusts, with the same names. */
const falseRoot = makeCertificate({ profile: 'ca', subject: 'C=US,ST=WA,O=Acme,CN=root', key: 'ec-384' });
const thief = leaf({ issuer: falseRoot, key: makeCertificate({ subject: 'CN=thief' }).privateKey });
const ders = (...chain: readonly MadeCertificate[]) => chain.map(({ der }) => der);

const strict: NamedX509Trust = acmeTrust([root], {
  identities: [parseIdentity('C=US,ST=WA,O=Acme,CN=signer')],
  writtenIdentities: ['x509.subject:C=US,ST=WA,O=Acme,CN=signer'],
});
/** Lets through all but what breaks integrity or says nothing of the image. */
const audit: NamedX509Trust = { ...strict, ...levelActions.audit };

async function judge(bytes: Uint8Array, form: 'jws' | 'cose', trust: NamedX509Trust = strict): Promise<Finding> {
  const mediaType = form === 'jws' ? 'application/jose+json' : 'application/cose';
  const envelope = envelopeOf('notary', bytes, { mediaType, annotations: {} });
  const subject = { digest: image.digest, descriptor: image };
  const [finding] = await notaryVerifyFormat.verify(envelope, subject, { keys: [], x509: [trust] });
  return finding ?? expect.fail('no finding');
}

/** Why it does not count, under the level that lets through the most: at any other it does not either. */
async function refusalOf(bytes: Uint8Array, form: 'jws' | 'cose'): Promise<string> {
  for (const trust of [strict, audit]) expect(isAccepted(await judge(bytes, form, trust))).toBe(false);
  const { checks, proven } = await judge(bytes, form, audit);
  expect(proven).toBeUndefined();
  return checks
    .filter(({ result }) => result === 'fail')
    .map(({ code, message }) => `${code}: ${message}`)
    .join('; ');
}

type Members = Record<string, unknown>;
type Head = Members & { readonly alg?: string; readonly crit?: readonly string[] };

const jws = (request: Partial<NotarySignatureRequest> = {}): Uint8Array =>
  signNotaryJws({ target: image, chain: ders(own, root), key: own.privateKey, ...request });
const parsed = (bytes: Uint8Array): Record<string, string> & { header: Members } =>
  JSON.parse(Buffer.from(bytes).toString());
const base64url = (text: string): string => Buffer.from(text).toString('base64url');

/** A JWS whose protected header and payload are these texts, signed for real by P-256. */
function resigned(change: { head?: (head: Head) => Head; headText?: string; payload?: string; members?: Members }) {
  const whole = parsed(jws());
  const said = JSON.parse(Buffer.from(whole.protected ?? '', 'base64url').toString()) as Head;
  const head = base64url(change.headText ?? JSON.stringify(change.head?.(said) ?? said));
  const payload = change.payload === undefined ? (whole.payload ?? '') : base64url(change.payload);
  const signature = sign('sha256', Buffer.from(`${head}.${payload}`), {
    key: own.privateKey,
    dsaEncoding: 'ieee-p1363',
  }).toString('base64url');
  return Buffer.from(JSON.stringify({ ...whole, protected: head, payload, signature, ...change.members }));
}

describe('a JWS that is right', () => {
  it('counts, also signed anew by these tests', async () => {
    for (const bytes of [jws(), resigned({})]) expect(isAccepted(await judge(bytes, 'jws'))).toBe(true);
  });
});

describe('a JWS without the signer’s signature', () => {
  const publicKey = createPublicKey(own.privateKey);
  const secrets: readonly (readonly [string, string | Uint8Array])[] = [
    ['the PEM of the certificate', own.pem],
    ['the DER of the certificate', own.der],
    ['the PEM of the public key', publicKey.export({ format: 'pem', type: 'spki' })],
    ['the DER of the public key', publicKey.export({ format: 'der', type: 'spki' })],
    ['the point of the public key', publicKey.export({ format: 'der', type: 'spki' }).subarray(-65)],
    ['nothing', ''],
  ];
  it.each(secrets)('HS256 keyed by %s', async (_, secret) => {
    for (const alg of ['HS256', 'ES256']) {
      const whole = parsed(resigned({ head: (head) => ({ ...head, alg }) }));
      const text = `${whole.protected}.${whole.payload}`;
      const signature = createHmac('sha256', secret).update(text).digest('base64url');
      const why = alg === 'ES256' ? 'SIGNATURE_INVALID' : 'ENVELOPE_UNSUPPORTED: the algorithm "HS256"';
      expect(await refusalOf(Buffer.from(JSON.stringify({ ...whole, signature })), 'jws')).toContain(why);
    }
  });

  it.each(['none', 'None', 'NONE', '', 'RS256', 'ES256K', 'EdDSA', 'HS512', 'es256'])('alg %j', async (alg) => {
    for (const signature of [{}, { signature: '' }, { signature: 'AA' }]) {
      const why = await refusalOf(resigned({ head: (head) => ({ ...head, alg }), members: signature }), 'jws');
      expect(why).toMatch(/^ENVELOPE_/);
    }
  });

  it.each(['ES384', 'ES512', 'PS256', 'PS384', 'PS512'])(
    'alg %s, of another key than that of the leaf',
    async (alg) => {
      expect(await refusalOf(resigned({ head: (head) => ({ ...head, alg }) }), 'jws')).toContain('SIGNATURE_INVALID');
    },
  );

  it.each([
    ['zeros', Buffer.alloc(64)],
    ['one and one', Buffer.concat([Buffer.alloc(31), Buffer.of(1), Buffer.alloc(31), Buffer.of(1)])],
    [
      'the order of the curve',
      Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551'.repeat(2), 'hex'),
    ],
    ['DER', sign('sha256', Buffer.from('x'), own.privateKey)],
    ['96 bytes', Buffer.alloc(96, 1)],
  ])('a signature of %s', async (_, bytes) => {
    const members = { signature: bytes.toString('base64url') };
    expect(await refusalOf(resigned({ members }), 'jws')).toContain('SIGNATURE_INVALID');
    const cose = Buffer.from(signNotaryCose({ target: image, chain: ders(own, root), key: own.privateKey }));
    const forged = Buffer.concat([cose.subarray(0, -66), Buffer.of(0x58, bytes.length), bytes]);
    expect(await refusalOf(forged, 'cose')).toContain('SIGNATURE_INVALID');
  });

  it.each<[string, Head]>([
    ['a key of its own', { jwk: createPublicKey(thief.privateKey).export({ format: 'jwk' }) }],
    ['an address of keys', { jku: 'http://127.0.0.1:9/keys', x5u: 'http://127.0.0.1:9/chain' }],
    ['certificates of its own', { x5c: ders(thief, falseRoot).map((der) => Buffer.from(der).toString('base64')) }],
  ])('%s in the protected header does not stand in for the leaf', async (_, more) => {
    const bytes = jws({ key: thief.privateKey, attributes: more });
    expect(await refusalOf(bytes, 'jws')).toContain('SIGNATURE_INVALID');
  });

  it('a chain of somebody else with the trusted root behind it, or before it', async () => {
    const forged = (...chain: readonly MadeCertificate[]) => jws({ chain: ders(...chain), key: thief.privateKey });
    expect(await refusalOf(forged(thief, root), 'jws')).toMatch(/^CERTIFICATE_RULE: .* not signed by/);
    expect(await refusalOf(forged(thief, falseRoot, root), 'jws')).toMatch(/^CERTIFICATE_RULE/);
    expect(await refusalOf(forged(thief, root, falseRoot), 'jws')).toMatch(/^CERTIFICATE_RULE/);
    expect(await refusalOf(forged(own, root), 'jws')).toContain('SIGNATURE_INVALID');
    const { checks } = await judge(forged(thief, falseRoot), 'jws');
    expect(checks.filter(({ result }) => result === 'fail').map(({ code }) => code)).toEqual([
      'CERTIFICATE_NOT_TRUSTED',
    ]);
  });

  it('by an authority that two others certify in turn: there is no root', async () => {
    const [one, two] = ['one', 'two'].map((name) =>
      makeCertificate({ profile: 'ca', subject: `C=US,ST=WA,O=Acme,CN=${name}` }),
    );
    if (one === undefined || two === undefined) return expect.fail();
    const crossed = (subject: MadeCertificate, by: MadeCertificate, name: string) =>
      makeCertificate({ profile: 'ca', subject: `C=US,ST=WA,O=Acme,CN=${name}`, key: subject.privateKey, issuer: by });
    const [oneByTwo, twoByOne] = [crossed(one, two, 'one'), crossed(two, one, 'two')];
    const signer = leaf({ issuer: one });
    const bytes = (...chain: readonly MadeCertificate[]) =>
      jws({ chain: ders(signer, ...chain), key: signer.privateKey });
    expect(await refusalOf(bytes(oneByTwo, twoByOne), 'jws')).toContain('the root is missing');
    expect(await refusalOf(bytes(oneByTwo, twoByOne, oneByTwo, twoByOne), 'jws')).toContain('the root is missing');
    expect(isAccepted(await judge(bytes(oneByTwo, two), 'jws', { ...strict, ca: [readCertificate(two.der)] }))).toBe(
      true,
    );
  });
});

describe('a JWS that is signed, and says something in two ways', () => {
  const good = JSON.stringify({ targetArtifact: { digest: image.digest, mediaType: image.mediaType, size: 5 } });
  const evil = good.replace(image.digest, digestOf(Buffer.from('evil')));

  it.each<[string, Parameters<typeof resigned>[0], string]>([
    [
      'critical without being there',
      { head: (head) => ({ ...head, crit: [...(head.crit ?? []), 'exp'] }) },
      'is critical, but not there',
    ],
    [
      'critical, and there unprotected alone',
      {
        head: (head) => ({ ...head, crit: [...(head.crit ?? []), `${prefix}.signingAgent`] }),
        members: { header: { ...parsed(jws()).header, [`${prefix}.signingAgent`]: 'x' } },
      },
      'is critical, but not there',
    ],
    [
      'critical by a name of all objects',
      { head: (head) => ({ ...head, crit: [...(head.crit ?? []), 'constructor'] }) },
      'is critical, but not there',
    ],
    [
      'critical, b64',
      { head: (head) => ({ ...head, b64: false, crit: [...(head.crit ?? []), 'b64'] }) },
      'ATTRIBUTE_UNKNOWN',
    ],
    [
      'critical, alg',
      { head: (head) => ({ ...head, crit: [...(head.crit ?? []), 'alg'] }) },
      'is critical, but not there',
    ],
    ['no crit', { head: ({ crit: _, ...head }) => head }, 'the list of critical headers is empty'],
    [
      'crit of a text',
      { head: (head) => ({ ...head, crit: `${prefix}.signingScheme` as never }) },
      'crit is not a list',
    ],
    [
      'the scheme unprotected',
      {
        head: ({ [`${prefix}.signingScheme`]: _, ...head }) => ({ ...head, crit: [`${prefix}.signingTime`] }),
        members: { header: { ...parsed(jws()).header, [`${prefix}.signingScheme`]: 'notary.x509' } },
      },
      'ENVELOPE_MALFORMED',
    ],
    [
      'the algorithm unprotected',
      { head: ({ alg: _, ...head }) => head, members: { header: { ...parsed(jws()).header, alg: 'ES256' } } },
      'ENVELOPE_UNSUPPORTED: the algorithm undefined',
    ],
    [
      'certificates protected alone',
      { head: (head) => ({ ...head, x5c: parsed(jws()).header.x5c }), members: { header: {} } },
      'the envelope has no certificate',
    ],
    ['several signatures', { members: { signatures: [{}] } }, 'unknown member "signatures"'],
    ['no protected header', { members: { protected: '' } }, 'envelope.protected is not base64url'],
    ['two algorithms', { headText: '{"alg":"none","alg":"ES256"}' }, 'the key "alg" stands twice'],
    ['two algorithms, one escaped', { headText: '{"al\\u0067":"none","alg":"ES256"}' }, 'the key "alg" stands twice'],
    ['two artifacts', { payload: `${evil.slice(0, -1)},${good.slice(1)}` }, 'PAYLOAD_MALFORMED'],
    [
      'two digests',
      { payload: good.replace('"digest"', `"digest":"${digestOf(Buffer.from('evil'))}","digest"`) },
      'PAYLOAD_MALFORMED',
    ],
    ['an artifact in another case', { payload: evil.replace('targetArtifact', 'TargetArtifact') }, 'PAYLOAD_MALFORMED'],
    ['the artifact as a prototype', { payload: `{"__proto__":${good}}` }, 'PAYLOAD_MALFORMED'],
    ['a payload behind a byte order mark', { payload: `\ufeff${good}` }, 'PAYLOAD_MALFORMED'],
    ['a payload with more behind it', { payload: `${good} {}` }, 'PAYLOAD_MALFORMED'],
    ['a deep payload', { payload: `${'['.repeat(50_000)}${']'.repeat(50_000)}` }, 'PAYLOAD_MALFORMED'],
    [
      'a deep header',
      { headText: `{"alg":"ES256","x":${'['.repeat(50_000)}${']'.repeat(50_000)}}` },
      'ENVELOPE_MALFORMED',
    ],
    ['another artifact', { payload: evil }, 'SUBJECT_MISMATCH'],
    [
      'a digest in upper case',
      { payload: good.replace(/[0-9a-f]{64}/, (hex) => hex.toUpperCase()) },
      'PAYLOAD_MALFORMED',
    ],
    [
      '101 headers',
      { head: (head) => ({ ...head, ...Object.fromEntries(Array.from({ length: 101 }, (_, at) => [`x${at}`, 1])) }) },
      'more than 100 protected headers',
    ],
    [
      'a list of 100 000 critical names',
      { head: (head) => ({ ...head, crit: Array(100_000).fill('x') }) },
      'items, at most 100',
    ],
    [
      'the day 31 of February',
      { head: (head) => ({ ...head, [`${prefix}.signingTime`]: '2026-02-31T00:00:00Z' }) },
      'is no time',
    ],
    ['a time that is a number', { head: (head) => ({ ...head, [`${prefix}.signingTime`]: 1 }) }, 'is no time'],
    [
      'an expiry in the year 10000',
      {
        head: (head) => ({
          ...head,
          crit: [...(head.crit ?? []), `${prefix}.expiry`],
          [`${prefix}.expiry`]: '10000-01-01T00:00:00Z',
        }),
      },
      'is no time',
    ],
  ])('%s', async (_, change, why) => {
    expect(await refusalOf(resigned(change), 'jws')).toContain(why);
  });

  it('annotations by the names of all objects are annotations, and nothing else', async () => {
    const annotations = '{"__proto__":"a","constructor":"b","dev.signet.signed-at":"no time","toString":"c"}';
    const payload = good.replace('"size":5', `"size":5,"annotations":${annotations}`);
    const { proven } = await judge(resigned({ payload }), 'jws');
    expect(Object.entries(proven?.annotations ?? {})).toEqual(Object.entries(JSON.parse(annotations)));
    expect(proven?.signedReference).toBeUndefined();
    expect(Object.getPrototypeOf(proven?.annotations)).toBe(Object.prototype);
  });
});

describe('COSE that is signed, and not made as it has to be', () => {
  const cose = (request: Partial<NotaryCoseRequest> = {}): Uint8Array =>
    signNotaryCose({ target: image, chain: ders(own, root), key: own.privateKey, ...request });
  const hex = (text: string): Uint8Array => Buffer.from(text, 'hex');
  const labelled = (...labels: readonly (readonly [unknown, unknown])[]) => ({ labels: new Map(labels) });
  const scheme = `${prefix}.signingScheme`;

  it('counts where it is right', async () => {
    expect(isAccepted(await judge(cose(), 'cose'))).toBe(true);
    expect(isAccepted(await judge(cose(labelled(['com.example.more', 1])), 'cose'))).toBe(true);
  });

  it.each<[string, Partial<NotaryCoseRequest>, string]>([
    ['no tag', { tag: hex('') }, 'not tagged as COSE_Sign1'],
    ['the tag of COSE_Mac0', { tag: hex('d1') }, 'ENVELOPE_MALFORMED'],
    ['the tag of COSE_Sign', { tag: hex('d862') }, 'ENVELOPE_MALFORMED'],
    ['its tag twice', { tag: hex('d2d2') }, 'not a list of four'],
    ['its tag in two bytes', { tag: hex('d812') }, 'ENVELOPE_MALFORMED'],
    ['its tag within that of CBOR', { tag: hex('d9d9f7d2') }, 'ENVELOPE_MALFORMED'],
    ['an indefinite map', { openBytes: hex('bfff') }, 'an indefinite length'],
    ['a map of a thousand million', { openBytes: hex('ba3b9aca00') }, 'ends too early'],
    [
      'a map of 20 000',
      { openBytes: Buffer.concat([hex('b94e20'), Buffer.alloc(40_000, 0)]) },
      'more than 10000 items',
    ],
    ['an unprotected map with a label twice', { openBytes: hex('a221802180') }, 'ENVELOPE_MALFORMED'],
    ['an empty list of certificates', { openBytes: hex('a1182180') }, 'the envelope has no certificate'],
    ['a small label in two bytes', { openBytes: hex('a1180480') }, 'ENVELOPE_MALFORMED'],
    ['a label that is a list', { openBytes: hex('a18080') }, 'a label that is neither text nor a number'],
    ['a label that is a half float', { openBytes: hex('a1f93c0080') }, 'ENVELOPE_MALFORMED'],
    ['an undefined value', { openBytes: hex('a118f7f7') }, 'ENVELOPE_MALFORMED'],
    ['a break', { openBytes: hex('ff') }, 'an indefinite length, or a head that is not allowed'],
    ['nothing protected', { head: hex('a0') }, 'the algorithm is none of the six'],
    ['no algorithm', labelled([1, undefined]), 'the algorithm is none of the six'],
    [
      'the algorithm unprotected',
      { ...labelled([1, undefined]), open: new Map([[1, -7]]) },
      'the algorithm is none of the six',
    ],
    ['EdDSA', labelled([1, -8]), 'the algorithm is none of the six'],
    ['an HMAC', labelled([1, 5]), 'the algorithm is none of the six'],
    ['the algorithm in text', labelled([1, 'ES256']), 'the algorithm is none of the six'],
    ['RSASSA-PSS, with a key of P-256', labelled([1, -37]), 'SIGNATURE_INVALID'],
    ['ES384, with a key of P-256', labelled([1, -35]), 'SIGNATURE_INVALID'],
    ['a critical header that is not there', labelled([2, [scheme, 'exp']]), 'is critical, but not there'],
    [
      'a critical header that is there unprotected',
      { ...labelled([2, [scheme, 'x']]), open: new Map([['x', 1]]) },
      'is critical, but not there',
    ],
    ['the certificates critical', labelled([2, [scheme, 33]]), '33 is critical, but not there'],
    ['a critical number that nobody knows', labelled([2, [scheme, 99]], [99, 1]), 'ATTRIBUTE_UNKNOWN'],
    [
      'a critical list within the critical list',
      labelled([2, [scheme, [scheme]]]),
      'the list of critical headers is none',
    ],
    ['one critical twice', labelled([2, [scheme, scheme]]), 'names one twice'],
    ['certificates protected, too', labelled([33, ders(own, root)]), 'the header 33 is both protected and not'],
    [
      'the scheme unprotected',
      { ...labelled([scheme, undefined], [2, [`${prefix}.expiry`]]), open: new Map([[scheme, 'notary.x509']]) },
      'is critical, but not there',
    ],
    ['a number where the scheme is', labelled([scheme, 1]), 'the signing scheme is 1'],
    ['a content type by number', labelled([3, 0]), 'the content type is 0'],
    [
      'a time under the tag of texts',
      labelled([`${prefix}.signingTime`, new Tagged(0, '2026-01-01T00:00:00Z')]),
      'ENVELOPE_MALFORMED',
    ],
    ['a protected header in an indefinite map', { head: hex('bf0126ff') }, 'an indefinite length'],
    ['a protected header with more behind it', { head: hex('a0a0') }, 'the protected header: '],
    ['an algorithm that is not in its shortest form', { head: hex('a1013806') }, 'the protected header: '],
    ['an algorithm with two labels', { head: hex('a2012601382f') }, 'the protected header: '],
    [
      'a deep header',
      { head: Buffer.concat([hex('a163626967'), Buffer.alloc(60_000, 0x81), hex('00')]) },
      'nested deeper than 16 levels',
    ],
    ['a text that is no UTF-8', { head: hex('a161ff01') }, 'ENVELOPE_'],
    ['a payload that is no JSON', { payload: hex('00') }, 'PAYLOAD_MALFORMED'],
  ])('%s', async (_, request, why) => {
    expect(await refusalOf(cose(request), 'cose')).toContain(why);
  });

  it.each([Number.MAX_SAFE_INTEGER, 8_640_000_000_000, 253_402_300_800, 0, -1, Number.MIN_SAFE_INTEGER])(
    'times of %s seconds are told, and nothing is thrown',
    async (seconds) => {
      const time = new Tagged(1, seconds);
      const claimed = await judge(cose(labelled([`${prefix}.signingTime`, time])), 'cose');
      expect(isAccepted(claimed)).toBe(true);
      expect(claimed.proven?.verifiedAtMs).toBeUndefined();
      const authority = labelled(
        [scheme, 'notary.x509.signingAuthority'],
        [`${prefix}.signingTime`, undefined],
        [`${prefix}.authenticSigningTime`, time],
        [2, [scheme, `${prefix}.authenticSigningTime`]],
      );
      const finding = await judge(cose(authority), 'cose', { ...strict, signingAuthority: strict.ca, ca: [] });
      expect(finding.checks.filter(({ result }) => result === 'fail').map(({ code }) => code)).toEqual([
        'CERTIFICATE_TIME',
      ]);
      const ending = labelled(
        [`${prefix}.expiry`, time],
        [2, [scheme, `${prefix}.expiry`]],
        [`${prefix}.signingTime`, new Tagged(1, Number.MIN_SAFE_INTEGER + 1)],
      );
      await judge(cose(ending), 'cose');
    },
  );

  it('the one form under the type of the other', async () => {
    expect(await refusalOf(cose(), 'jws')).toContain('ENVELOPE_MALFORMED');
    expect(await refusalOf(jws(), 'cose')).toContain('ENVELOPE_MALFORMED');
  });
});

describe('certificates without measure', () => {
  const by = (...chain: readonly (Uint8Array | MadeCertificate)[]) =>
    jws({ chain: chain.map((each) => (each instanceof Uint8Array ? each : each.der)) });
  const name = (count: number, text = 'x') => [
    ...(['C=US', 'ST=WA', 'O=Acme'] as const).map((part) => [part.split('=') as [string, string]]),
    ...Array.from({ length: count }, () => [['OU', text] as const]),
  ];
  const issued = (request: CertificateRequest): Uint8Array => leaf({ key: own.privateKey, ...request }).der;

  it.each<[string, () => Uint8Array, string]>([
    ['a chain of 1000', () => by(...Array(1000).fill(own)), 'has 1000 items, at most 100'],
    ['a chain of 11', () => by(...Array(11).fill(own)), '11 certificates, at most 10'],
    ['a certificate of 1 MB', () => by(Buffer.alloc(1024 * 1024, 0x30), root), 'a certificate of 1048576 bytes'],
    ['a name of 10 000 parts', () => by(issued({ subject: name(10_000) }), root), 'a certificate of'],
    ['a name of 3000 parts', () => by(issued({ subject: name(3000) }), root), 'CERTIFICATE_RULE'],
    ['a name of 60 000 bytes', () => by(issued({ subject: name(1, 'x'.repeat(60_000)) }), leaf()), 'CERTIFICATE_RULE'],
    [
      'a certificate within nothing but lists',
      () => by(Buffer.concat([Buffer.from('3082ffff', 'hex'), Buffer.alloc(60_000, 0x30)]), root),
      'CERTIFICATE_RULE',
    ],
    ['nothing of a certificate', () => by(Buffer.from('3000', 'hex'), root), 'CERTIFICATE_RULE'],
    [
      'the same certificate in every place',
      () => by(own, own, own, own, own, own, own, own, own, own),
      'CERTIFICATE_RULE',
    ],
  ])('%s is refused, soon', async (_, make, why) => {
    const bytes = make();
    const started = performance.now();
    expect(await refusalOf(bytes, 'jws')).toContain(why);
    expect(performance.now() - started).toBeLessThan(3000);
  });
});

describe('names that look like a trusted one', () => {
  const attribute = (type: string, value: string | Uint8Array, tag?: number) =>
    [[type, value, ...(tag === undefined ? [] : [tag])]] as never;
  const usual = [attribute('C', 'US'), attribute('ST', 'WA')];
  const signedBy = async (subject: CertificateRequest['subject'], identity: string) => {
    const signer = leaf({ ...(subject === undefined ? {} : { subject }), key: own.privateKey });
    const finding = await judge(jws({ chain: ders(signer, root) }), 'jws', {
      ...strict,
      identities: [parseIdentity(identity)],
    });
    expect(isAccepted(finding)).toBe(!finding.checks.some(({ code }) => code === 'IDENTITY_NOT_TRUSTED'));
    return isAccepted(finding);
  };
  const asked = 'C=US,ST=WA,O=Café,CN=signer';
  const cn = attribute('CN', 'signer');

  it.each<[string, CertificateRequest['subject'], boolean]>([
    ['itself', [...usual, attribute('O', 'Caf\u00e9'), cn], true],
    ['in another order', [cn, attribute('O', 'Caf\u00e9'), ...usual], true],
    ['in an older kind of text', [...usual, attribute('O', Buffer.from('Caf\u00e9', 'latin1'), 20), cn], true],
    ['in a text of two bytes', [...usual, attribute('O', Buffer.from('Caf\u00e9', 'utf16le').swap16(), 30), cn], true],
    ['with the accent apart', [...usual, attribute('O', 'Cafe\u0301'), cn], false],
    ['in upper case', [...usual, attribute('O', 'CAF\u00c9'), cn], false],
    ['with a zero behind', [...usual, attribute('O', 'Caf\u00e9\0'), cn], false],
    ['with a zero and another behind', [...usual, attribute('O', 'Caf\u00e9\0Other'), cn], false],
    ['with a space before', [...usual, attribute('O', ' Caf\u00e9'), cn], false],
    ['with nothing that is seen within', [...usual, attribute('O', 'Ca\u200bf\u00e9'), cn], false],
    ['with a letter of another alphabet', [...usual, attribute('O', '\u0421af\u00e9'), cn], false],
    [
      'with the separator in a value',
      [...usual, attribute('O', 'Other'), attribute('CN', 'signer,O=Caf\u00e9')],
      false,
    ],
    ['with a second organisation', [...usual, attribute('O', 'Caf\u00e9'), attribute('O', 'Other'), cn], false],
    [
      'with a second organisation in one part',
      [...usual, [...attribute('O', 'Caf\u00e9'), ...attribute('O', 'Other')], cn] as never,
      false,
    ],
    [
      'with the organisation as an attribute of another number',
      [...usual, attribute('2.5.4.100', 'Caf\u00e9'), cn],
      false,
    ],
    ['without a common name', [...usual, attribute('O', 'Caf\u00e9')], false],
    [
      'with another common name behind it',
      [...usual, attribute('O', 'Caf\u00e9'), cn, attribute('CN', 'other')],
      false,
    ],
  ])('%s', async (_, subject, isTrusted) => {
    expect(await signedBy(subject, asked)).toBe(isTrusted);
  });
});

describe('a chain in which a byte was changed', () => {
  it('is never accepted, and nothing is thrown', async () => {
    const chain = ders(own, root);
    const change = fc.record({
      which: fc.nat(1),
      at: fc.nat(Math.min(...chain.map(({ length }) => length)) - 1),
      to: fc.nat(255),
      remove: fc.constantFrom(0, 0, 0, 1, 2),
    });
    await fc.assert(
      fc.asyncProperty(
        change,
        fc.constantFrom('jws' as const, 'cose' as const),
        async ({ which, at, to, remove }, form) => {
          const changed = chain.map((der, index) => {
            const bytes = Buffer.from(der);
            if (index === which) bytes[at] = to;
            return index === which
              ? Buffer.concat([bytes.subarray(0, at + 1), bytes.subarray(at + 1 + remove)])
              : bytes;
          });
          const isSame = changed.every((bytes, index) => bytes.equals(chain[index] ?? Buffer.alloc(0)));
          const key = own.privateKey;
          const bytes =
            form === 'jws' ? jws({ chain: changed }) : signNotaryCose({ target: image, chain: changed, key });
          expect(isAccepted(await judge(bytes, form))).toBe(isSame);
        },
      ),
      { numRuns: randomRuns(1500) },
    );
  });
});
