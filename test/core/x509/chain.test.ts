import {
  type ChainCode,
  type ChainUse,
  chainNotes,
  checkChain,
  checkValidAt,
  checkValidWithin,
  readChain,
} from '@signet/core/x509';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { basicConstraints, extendedKeyUsage, keyUsage, oids } from '../../support/certificate-der.ts';
import {
  type CertificateRequest,
  type ChainRequest,
  type MadeChain,
  makeCertificate,
  makeChain,
  type TestKeyKind,
  testKey,
} from '../../support/certificates.ts';

const check = (ders: readonly Uint8Array[], use: ChainUse = 'codeSigning') => checkChain(readChain(ders), use);
const ofLeaf = (leaf: CertificateRequest) => check(makeChain({ leaf }).ders);
const ofCa = (ca: CertificateRequest) => check(makeChain({ intermediates: [ca] }).ders);
const ofRoot = (root: CertificateRequest) => check(makeChain({ root }).ders);
const ofTsa = (leaf: CertificateRequest, more: ChainRequest = {}) =>
  check(makeChain({ ...more, leaf: { profile: 'tsa', ...leaf } }).ders, 'timeStamping');

describe('a chain of the Notary Project', () => {
  it.each<[string, () => MadeChain]>([
    ['a leaf, an intermediate and a root', () => makeChain()],
    ['a leaf and a root', () => makeChain({ intermediates: [] })],
    ['four intermediates', () => makeChain({ intermediates: [{}, {}, {}, {}] })],
    [
      'path lengths that are just enough',
      () =>
        makeChain({
          intermediates: [{ extensions: [basicConstraints(true, 0)] }, { extensions: [basicConstraints(true, 1)] }],
          root: { extensions: [basicConstraints(true, 2)] },
        }),
    ],
    [
      'a leaf without constraints and extended key usage',
      () => makeChain({ leaf: { without: [oids.basicConstraints, oids.extendedKeyUsage] } }),
    ],
    [
      'a leaf for content commitment, too',
      () => makeChain({ leaf: { extensions: [keyUsage(['digitalSignature', 'contentCommitment'])] } }),
    ],
    ['a usage of its own', () => makeChain({ leaf: { extensions: [extendedKeyUsage(['1.2.3.4'])] } })],
    [
      'constraints that are not critical',
      () => makeChain({ intermediates: [{ extensions: [basicConstraints(true, 0, false)] }] }),
    ],
    [
      'an unknown critical extension',
      () => makeChain({ leaf: { extensions: [{ id: '1.2.3.4', isCritical: true, value: Buffer.of(5, 0) }] } }),
    ],
    [
      'authorities with other keys and hashes',
      () =>
        makeChain({
          root: { key: 'ed25519' },
          intermediates: [{ key: 'ec-521', signature: 'sha512' }, { key: 'rsa-2048' }],
        }),
    ],
    [
      'signatures by RSASSA-PSS',
      () =>
        makeChain({
          root: { key: 'rsa-2048', signature: 'pss-sha256' },
          intermediates: [{ key: 'rsa-2048', signature: 'pss-sha384' }],
          leaf: { signature: 'pss-sha512' },
        }),
    ],
  ])('may be %s', (_, make) => {
    expect(check(make().ders)).toBeUndefined();
  });

  it('may be one certificate, self-signed, that is no authority', () => {
    expect(check([makeCertificate().der])).toBeUndefined();
    expect(check([makeCertificate({ profile: 'ca' }).der])).toMatchObject({ code: 'CERTIFICATE_IS_CA' });
    expect(check([makeChain().leaf.der])).toMatchObject({ code: 'CHAIN_INCOMPLETE' });
  });

  it.each<TestKeyKind>(['rsa-2048', 'rsa-3072', 'rsa-4096', 'ec-256', 'ec-384', 'ec-521'])(
    'signs by a key of %s',
    (key) => {
      expect(ofLeaf({ key })).toBeUndefined();
    },
  );

  it.each<[TestKeyKind, string]>([
    ['rsa-1024', 'rsa 1024'],
    ['rsa-2560', 'rsa 2560'],
    ['rsa-pss-2048', 'rsa-pss 2048'],
    ['ec-224', 'ec secp224r1'],
    ['ec-k256', 'ec secp256k1'],
    ['ed25519', 'ed25519'],
  ])('does not sign by a key of %s', (key, text) => {
    expect(ofLeaf({ key })).toEqual({
      code: 'CERTIFICATE_KEY',
      message: `the key of "CN=leaf,O=Notary,L=Seattle,ST=WA,C=US" is of a kind, size or form that does not sign (${text})`,
    });
  });
});

describe('a chain that breaks one rule', () => {
  const whole = makeChain();
  const [leaf, ca, root] = whole.ders as readonly [Uint8Array, Uint8Array, Uint8Array];
  const stranger = makeChain({ root: { subject: 'CN=stranger' } });
  const namesake = makeCertificate({ profile: 'ca', subject: 'C=US,ST=WA,L=Seattle,O=Notary,CN=ca 1', key: 'ec-384' });

  it.each<[string, readonly Uint8Array[], ChainCode, string]>([
    ['without its root', [leaf, ca], 'CHAIN_INCOMPLETE', '"CN=ca 1,O=Notary,L=Seattle,ST=WA,C=US", is not self-signed'],
    ['without its intermediate', [leaf, root], 'CHAIN_ORDER', 'CN=leaf'],
    ['the other way round', [root, ca, leaf], 'CHAIN_SELF_SIGNED', 'CN=root'],
    ['with two in a wrong order', [ca, leaf, root], 'CHAIN_ORDER', 'CN=ca 1'],
    ['with one twice', [leaf, ca, ca, root], 'CHAIN_ORDER', 'CN=ca 1'],
    ['with its root twice', [leaf, ca, root, root], 'CHAIN_SELF_SIGNED', 'CN=root'],
    ['with a stranger behind it', [leaf, ca, root, stranger.root.der], 'CHAIN_SELF_SIGNED', 'CN=root'],
    ['with a stranger within it', [leaf, stranger.root.der, ca, root], 'CHAIN_SELF_SIGNED', 'CN=stranger'],
    ["with another's root", [leaf, ca, stranger.root.der], 'CHAIN_ORDER', '"CN=stranger"'],
    ['with a namesake as its root', [leaf, namesake.der], 'CERTIFICATE_SIGNATURE', 'is not signed by "CN=ca 1'],
    ['with a self-signed leaf', [makeCertificate().der, root], 'CHAIN_SELF_SIGNED', '"CN=leaf'],
  ])('%s', (_, ders, code, text) => {
    expect(check(ders)).toMatchObject({ code, message: expect.stringContaining(text) });
  });

  it('none at all', () => {
    expect(checkChain([], 'codeSigning')).toMatchObject({ code: 'CHAIN_INCOMPLETE' });
  });

  it('a root whose own signature is wrong', () => {
    const issuer = makeCertificate({ profile: 'ca', subject: 'CN=wrong', key: testKey('ec-256', 'another') });
    const bad = makeCertificate({ profile: 'ca', subject: 'CN=wrong', issuer });
    const child = makeCertificate({ issuer: bad });
    expect(check([child.der, bad.der])).toMatchObject({
      code: 'CERTIFICATE_SIGNATURE',
      message: 'the root, "CN=wrong", is not signed by its own key',
    });
  });

  it.each<[string, CertificateRequest, ChainCode, string]>([
    ['is an authority', { extensions: [basicConstraints(true)] }, 'CERTIFICATE_IS_CA', 'that of an authority'],
    ['has no key usage', { without: [oids.keyUsage] }, 'KEY_USAGE', 'is missing'],
    [
      'has one that is not critical',
      { extensions: [keyUsage(['digitalSignature'], false)] },
      'KEY_USAGE',
      'not critical',
    ],
    ['has one without signatures', { extensions: [keyUsage(['contentCommitment'])] }, 'KEY_USAGE', 'digitalSignature'],
    ...[
      'keyEncipherment',
      'dataEncipherment',
      'keyAgreement',
      'keyCertSign',
      'cRLSign',
      'encipherOnly',
      'decipherOnly',
    ].map((bit): [string, CertificateRequest, ChainCode, string] => [
      `may be used for ${bit}`,
      { extensions: [keyUsage(['digitalSignature', bit])] },
      'KEY_USAGE',
      `holds ${bit}`,
    ]),
    ...(['serverAuth', 'clientAuth', 'emailProtection', 'timeStamping', 'ocspSigning'] as const).map(
      (name): [string, CertificateRequest, ChainCode, string] => [
        `serves ${name}, too`,
        { extensions: [extendedKeyUsage([oids.codeSigning, oids[name]])] },
        'EXTENDED_KEY_USAGE',
        `holds ${name}`,
      ],
    ),
    [
      'serves anything',
      { extensions: [extendedKeyUsage([oids.anyUsage])] },
      'EXTENDED_KEY_USAGE',
      'anyExtendedKeyUsage',
    ],
  ])('a leaf that %s', (_, request, code, text) => {
    expect(ofLeaf(request)).toMatchObject({ code, message: expect.stringContaining(text) });
  });

  it.each<[string, CertificateRequest, ChainCode, string]>([
    ['has no constraints', { without: [oids.basicConstraints] }, 'CERTIFICATE_NOT_CA', "no authority's"],
    ['is no authority', { extensions: [basicConstraints(false)] }, 'CERTIFICATE_NOT_CA', "no authority's"],
    ['has no key usage', { without: [oids.keyUsage] }, 'KEY_USAGE', 'is missing'],
    ['has one that is not critical', { extensions: [keyUsage(['keyCertSign'], false)] }, 'KEY_USAGE', 'not critical'],
    ['may not sign certificates', { extensions: [keyUsage(['cRLSign'])] }, 'KEY_USAGE', 'keyCertSign'],
    ['has a key of RSA 1024', { key: 'rsa-1024' }, 'CERTIFICATE_KEY', 'is too weak (rsa 1024)'],
    ['has a key of P-224', { key: 'ec-224' }, 'CERTIFICATE_KEY', 'is too weak (ec secp224r1)'],
  ])('an intermediate that, and a root that, %s', (_, request, code, text) => {
    const expected = { code, message: expect.stringContaining(text) };
    expect(ofCa(request)).toMatchObject(expected);
    expect(ofRoot(request)).toMatchObject(expected);
  });

  it('a path that is longer than an authority allows', () => {
    const chain = makeChain({
      intermediates: [{}, { extensions: [basicConstraints(true, 0)] }],
    });
    expect(check(chain.ders)).toEqual({
      code: 'PATH_LENGTH',
      message: 'the certificate "CN=ca 2,O=Notary,L=Seattle,ST=WA,C=US" allows 0 authorities below it, there are 1',
    });
    expect(ofRoot({ extensions: [basicConstraints(true, 0)] })).toMatchObject({ code: 'PATH_LENGTH' });
    expect(ofRoot({ extensions: [basicConstraints(true, 1)] })).toBeUndefined();
  });

  it.each<[string, CertificateRequest, ChainCode]>([
    ['ECDSA with SHA-1', { signature: 'sha1' }, 'CERTIFICATE_WEAK_HASH'],
    ['ECDSA with SHA-224', { signature: 'sha224' }, 'CERTIFICATE_ALGORITHM'],
  ])('a leaf, an intermediate or a root signed by %s', (_, request, code) => {
    for (const outcome of [ofLeaf(request), ofCa(request), ofRoot(request)]) expect(outcome).toMatchObject({ code });
  });

  it.each<[NonNullable<CertificateRequest['signature']>, ChainCode]>([
    ['md5', 'CERTIFICATE_WEAK_HASH'],
    ['sha1', 'CERTIFICATE_WEAK_HASH'],
    ['pss-sha1', 'CERTIFICATE_WEAK_HASH'],
    ['pss-default', 'CERTIFICATE_WEAK_HASH'],
    ['sha224', 'CERTIFICATE_ALGORITHM'],
    ['pss-sha224', 'CERTIFICATE_ALGORITHM'],
  ])('a leaf signed by RSA with %s', (signature, code) => {
    const withHash = (hash: CertificateRequest['signature']) =>
      check(
        makeChain({ intermediates: [{ key: 'rsa-2048' }], leaf: hash === undefined ? {} : { signature: hash } }).ders,
      );
    expect(withHash(undefined)).toBeUndefined();
    expect(withHash(signature)).toMatchObject({ code });
  });
});

describe('a chain that signs time stamps', () => {
  const stamping = [oids.timeStamping];

  it.each<[string, CertificateRequest]>([
    ['as is usual', {}],
    ['with a key usage that is not critical', { extensions: [keyUsage(['digitalSignature'], false)] }],
    ['with a key of RSA 2560, which signs no images', { key: 'rsa-2560' }],
    ['with an Edwards key', { key: 'ed25519' }],
  ])('is fine %s', (_, request) => {
    expect(ofTsa(request)).toBeUndefined();
  });

  it('is fine with an authority whose key usage is not critical', () => {
    expect(ofTsa({}, { intermediates: [{ extensions: [keyUsage(['keyCertSign'], false)] }] })).toBeUndefined();
  });

  it.each<[string, CertificateRequest, ChainCode, string]>([
    ['without extended key usage', { without: [oids.extendedKeyUsage] }, 'EXTENDED_KEY_USAGE', 'is missing'],
    [
      'with one that is not critical',
      { extensions: [extendedKeyUsage(stamping)] },
      'EXTENDED_KEY_USAGE',
      'not critical',
    ],
    [
      'that signs code, too',
      { extensions: [extendedKeyUsage([...stamping, oids.codeSigning], true)] },
      'EXTENDED_KEY_USAGE',
      'alone',
    ],
    [
      'that signs code alone',
      { extensions: [extendedKeyUsage([oids.codeSigning], true)] },
      'EXTENDED_KEY_USAGE',
      'alone',
    ],
    ['for no use at all', { extensions: [extendedKeyUsage([], true)] }, 'EXTENDED_KEY_USAGE', 'alone'],
    [
      'that may sign certificates',
      { extensions: [keyUsage(['digitalSignature', 'keyCertSign'])] },
      'KEY_USAGE',
      'holds',
    ],
    ['without key usage', { without: [oids.keyUsage] }, 'KEY_USAGE', 'is missing'],
    ['that is an authority', { extensions: [basicConstraints(true)] }, 'CERTIFICATE_IS_CA', 'authority'],
    ['with a key of RSA 1024', { key: 'rsa-1024' }, 'CERTIFICATE_KEY', 'too weak'],
  ])('is not one %s', (_, request, code, text) => {
    expect(ofTsa(request)).toMatchObject({ code, message: expect.stringContaining(text) });
  });

  it('is not one that signs code, and the other way round', () => {
    expect(check(makeChain().ders, 'timeStamping')).toMatchObject({ code: 'EXTENDED_KEY_USAGE' });
    expect(ofLeaf({ profile: 'tsa' })).toMatchObject({ code: 'EXTENDED_KEY_USAGE' });
    expect(ofLeaf({ profile: 'ocsp' })).toMatchObject({ code: 'EXTENDED_KEY_USAGE' });
  });
});

describe('what is told of a chain', () => {
  it('are the constraints of authorities that are not critical', () => {
    const { ders } = makeChain({ intermediates: [{ extensions: [basicConstraints(true, 0, false)] }] });
    expect(check(ders)).toBeUndefined();
    expect(chainNotes(readChain(ders))).toEqual([
      'the basic constraints of "CN=ca 1,O=Notary,L=Seattle,ST=WA,C=US" are not critical',
    ]);
    const leaf = makeChain({ leaf: { extensions: [basicConstraints(false, undefined, false)] } });
    expect(chainNotes(readChain(leaf.ders))).toEqual([]);
  });
});

describe('the time of a chain', () => {
  const [from, to] = [Date.UTC(2026, 0, 1), Date.UTC(2026, 11, 31)];
  const chain = readChain(makeChain({ leaf: { fromMs: from, toMs: to } }).ders);

  it('has both its ends', () => {
    expect(checkValidAt(chain, from)).toBeUndefined();
    expect(checkValidAt(chain, to)).toBeUndefined();
    expect(checkValidAt(chain, from - 1)).toMatchObject({ code: 'CERTIFICATE_NOT_VALID_YET' });
    expect(checkValidAt(chain, to + 1)).toEqual({
      code: 'CERTIFICATE_EXPIRED',
      message: 'the certificate "CN=leaf,O=Notary,L=Seattle,ST=WA,C=US" had expired',
    });
  });

  it('is that of every certificate: none need lie within another', () => {
    const short = readChain(makeChain({ root: { fromMs: from, toMs: from } }).ders);
    expect(checkValidAt(short, from)).toBeUndefined();
    expect(checkValidAt(short, to)).toMatchObject({ message: expect.stringContaining('CN=root') });
  });

  it('holds a span whole, or not', () => {
    expect(checkValidWithin(chain, from, to)).toBeUndefined();
    expect(checkValidWithin(chain, from - 1000, to)).toMatchObject({ code: 'CERTIFICATE_NOT_VALID_YET' });
    expect(checkValidWithin(chain, from, to + 1000)).toMatchObject({ code: 'CERTIFICATE_EXPIRED' });
  });

  it('holds no time that is none', () => {
    expect(checkValidAt(chain, Number.NaN)).toBeDefined();
    expect(checkValidWithin(chain, from, Number.NaN)).toMatchObject({ code: 'CERTIFICATE_EXPIRED' });
  });
});

describe('chains by chance', () => {
  const pool = [
    ...makeChain({ intermediates: [{}, {}] }).ders,
    ...makeChain({ root: { subject: 'CN=other' } }).ders,
    makeCertificate().der,
    makeCertificate({ profile: 'tsa' }).der,
  ];
  const wholes = [pool.slice(0, 4), pool.slice(4, 7), [pool[7] as Uint8Array]].map((each) => each.join('|'));

  it('are whole where they are one that was made, and in no other order', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pool), { minLength: 1, maxLength: 5 }), (ders) => {
        expect(check(ders) === undefined).toBe(wholes.includes(ders.join('|')));
      }),
      { numRuns: 300 },
    );
    for (const ders of [pool.slice(0, 4), pool.slice(4, 7)]) expect(check(ders)).toBeUndefined();
  });
});
