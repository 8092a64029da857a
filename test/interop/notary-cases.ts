import { der } from '../../packages/core/src/keys/der.ts';
import {
  basicConstraints,
  bitString,
  extendedKeyUsage,
  keyUsage,
  objectId,
  oids,
  sequence,
  type TestAttribute,
  type TestExtension,
  type TestName,
} from '../support/certificate-der.ts';
import {
  type CertificateRequest,
  type MadeCertificate,
  makeCertificate,
  makeChain,
  type TbsFields,
  testKey,
} from '../support/certificates.ts';

/** One signature that Signet and notation judge. */
export interface NotaryCase {
  readonly title: string;
  /** The chain as the envelope has it, the last one trusted. */
  readonly made: readonly MadeCertificate[];
  /** What is trusted; anybody by default. */
  readonly identity?: string;
  /** Part of what notation says. */
  readonly theirReason?: string;
  /** Where notation verifies and Signet does not: the sentence of the specification. */
  readonly differs?: string;
}

/** Chains that are whole, or break a rule. */
export function chainCases(): readonly NotaryCase[] {
  return [...wholeChains(), ...brokenChains(), ...brokenLeaves(), ...brokenAuthorities(), ...malformed()];
}

const ofLeaf = (leaf: CertificateRequest): readonly MadeCertificate[] => makeChain({ leaf }).all;
const ofCa = (ca: CertificateRequest): readonly MadeCertificate[] => makeChain({ intermediates: [ca] }).all;
const extended = (...extensions: readonly TestExtension[]): CertificateRequest => ({ extensions });

function wholeChains(): readonly NotaryCase[] {
  const unknown = { id: '1.2.3.4', isCritical: true, value: Buffer.of(5, 0) };
  return [
    { title: 'a leaf, an intermediate, a root', made: makeChain().all },
    { title: 'a leaf and a root', made: makeChain({ intermediates: [] }).all },
    { title: 'four intermediates', made: makeChain({ intermediates: [{}, {}, {}, {}] }).all },
    { title: 'a self-signed certificate', made: [makeCertificate()] },
    {
      title: 'path lengths that are just enough',
      made: makeChain({
        intermediates: [extended(basicConstraints(true, 0)), extended(basicConstraints(true, 1))],
        root: extended(basicConstraints(true, 2)),
      }).all,
    },
    { title: 'no constraints', made: ofLeaf({ without: [oids.basicConstraints] }) },
    { title: 'no extended usage', made: ofLeaf({ without: [oids.extendedKeyUsage] }) },
    {
      title: 'content commitment, too',
      made: ofLeaf(extended(keyUsage(['digitalSignature', 'contentCommitment']))),
    },
    { title: 'a usage of its own', made: ofLeaf(extended(extendedKeyUsage(['1.2.3.4']))) },
    { title: 'an unknown critical extension', made: ofLeaf(extended(unknown)) },
    { title: 'constraints that are not critical', made: ofCa(extended(basicConstraints(true, 0, false))) },
    {
      title: 'an explicit FALSE',
      made: ofLeaf(extended(raw(oids.basicConstraints, sequence(der(1, Uint8Array.of(0)))))),
    },
    { title: 'a root of Ed25519', made: makeChain({ root: { key: 'ed25519' } }).all },
    { title: 'an authority of P-521 with SHA-512', made: ofCa({ key: 'ec-521', signature: 'sha512' }) },
    {
      title: 'signatures by RSASSA-PSS',
      made: makeChain({
        root: { key: 'rsa-2048', signature: 'pss-sha256' },
        intermediates: [{ key: 'rsa-2048', signature: 'pss-sha384' }],
        leaf: { signature: 'pss-sha512' },
      }).all,
    },
    { title: 'a leaf of RSA 3072', made: ofLeaf({ key: 'rsa-3072' }) },
    { title: 'a leaf of P-384', made: ofLeaf({ key: 'ec-384' }) },
    { title: 'a leaf of P-521', made: ofLeaf({ key: 'ec-521' }) },
    { title: 'valid beyond 2050', made: ofLeaf({ toMs: Date.UTC(2120, 0, 1) }) },
    { title: 'a leaf that outlives its issuer', made: ofCa({ toMs: Date.UTC(2040, 0, 1) }) },
  ];
}

function brokenChains(): readonly NotaryCase[] {
  const { all } = makeChain();
  const [leaf, ca, root] = all as readonly [MadeCertificate, MadeCertificate, MadeCertificate];
  const stranger = makeCertificate({ profile: 'ca', subject: 'CN=stranger' });
  const namesake = makeCertificate({ profile: 'ca', subject: 'C=US,ST=WA,L=Seattle,O=Notary,CN=ca 1', key: 'ec-384' });
  const expired = { fromMs: Date.UTC(2020, 0, 1), toMs: Date.UTC(2021, 0, 1) };
  const early = { fromMs: Date.UTC(2045, 0, 1) };
  return [
    { title: 'no root', made: [leaf, ca], theirReason: 'root certificate' },
    { title: 'no intermediate', made: [leaf, root] },
    { title: 'the other way round', made: [root, ca, leaf] },
    { title: 'two in a wrong order', made: [ca, leaf, root] },
    { title: 'one twice', made: [leaf, ca, ca, root] },
    { title: 'the root twice', made: [leaf, ca, root, root] },
    { title: 'a stranger behind it', made: [leaf, ca, root, stranger] },
    { title: "another's root", made: [leaf, ca, stranger] },
    { title: 'a namesake as its root', made: [leaf, namesake] },
    { title: 'a self-signed leaf before a root', made: [makeCertificate(), root], theirReason: 'is not issued by' },
    { title: 'a leaf alone', made: [leaf] },
    { title: 'an authority alone', made: [makeCertificate({ profile: 'ca' })] },
    { title: 'a leaf that has expired', made: ofLeaf(expired), theirReason: 'expired at' },
    { title: 'an intermediate that has expired', made: ofCa(expired), theirReason: 'expired at' },
    { title: 'a leaf of the future', made: ofLeaf(early), theirReason: 'will be valid from' },
    {
      title: 'a path that is too long',
      made: makeChain({ intermediates: [{}, extended(basicConstraints(true, 0))] }).all,
      theirReason: 'path length',
    },
  ];
}

function brokenLeaves(): readonly NotaryCase[] {
  const bits = ['keyEncipherment', 'dataEncipherment', 'keyAgreement', 'keyCertSign', 'cRLSign'];
  const usages = ['serverAuth', 'clientAuth', 'emailProtection', 'timeStamping', 'ocspSigning'] as const;
  return [
    { title: 'a leaf that is an authority', made: ofLeaf(extended(basicConstraints(true))) },
    { title: 'a leaf without key usage', made: ofLeaf({ without: [oids.keyUsage] }), theirReason: 'key usage' },
    {
      title: 'a leaf with a key usage that is not critical',
      made: ofLeaf(extended(keyUsage(['digitalSignature'], false))),
      theirReason: 'critical',
    },
    { title: 'a leaf that may not sign', made: ofLeaf(extended(keyUsage(['contentCommitment']))) },
    ...[...bits, 'encipherOnly', 'decipherOnly'].map((bit) => ({
      title: `a leaf for ${bit}`,
      made: ofLeaf(extended(keyUsage(['digitalSignature', bit]))),
    })),
    ...usages.map((name) => ({
      title: `a leaf for ${name}`,
      made: ofLeaf(extended(extendedKeyUsage([oids.codeSigning, oids[name]]))),
    })),
    {
      title: 'a leaf for anything',
      made: ofLeaf(extended(extendedKeyUsage([oids.anyUsage]))),
      differs: 'NP, Certificate Requirements: the extended key usage must not hold anyExtendedKeyUsage',
    },
    ...(['rsa-1024', 'rsa-2560', 'ec-224', 'ed25519'] as const).map((key) => ({
      title: `a leaf of ${key}`,
      made: ofLeaf({ key }),
    })),
    { title: 'a leaf signed with SHA-1', made: ofLeaf({ signature: 'sha1' }), theirReason: 'SHA1' },
    {
      title: 'a leaf signed by RSA with SHA-1',
      made: makeChain({ intermediates: [{ key: 'rsa-2048' }], leaf: { signature: 'sha1' } }).all,
    },
    {
      title: 'a leaf signed by RSASSA-PSS with SHA-1',
      made: makeChain({ intermediates: [{ key: 'rsa-2048' }], leaf: { signature: 'pss-sha1' } }).all,
    },
    { title: 'a leaf with a signature of another', made: [makeForged(), ...makeChain().all.slice(1)] },
  ];
}

function brokenAuthorities(): readonly NotaryCase[] {
  return [
    { title: 'an authority without constraints', made: ofCa({ without: [oids.basicConstraints] }) },
    { title: 'an authority that is none', made: ofCa(extended(basicConstraints(false))) },
    { title: 'an authority without key usage', made: ofCa({ without: [oids.keyUsage] }), theirReason: 'key usage' },
    {
      title: 'an authority with a key usage that is not critical',
      made: ofCa(extended(keyUsage(['keyCertSign'], false))),
      theirReason: 'critical',
    },
    { title: 'an authority that may not sign certificates', made: ofCa(extended(keyUsage(['cRLSign']))) },
    { title: 'an authority signed with SHA-1', made: ofCa({ signature: 'sha1' }) },
    { title: 'a root signed with SHA-1', made: makeChain({ root: { signature: 'sha1' } }).all },
    {
      title: 'an authority of RSA 1024',
      made: ofCa({ key: 'rsa-1024' }),
      differs: 'wire-formats 8.7: the specification has no rule, Signet asks for RSA of 2048 bits',
    },
  ];
}

/** Certificates that are not written as DER and RFC 5280 have it. */
function malformed(): readonly NotaryCase[] {
  const yes = der(1, Uint8Array.of(0xff));
  const integer = (...bytes: readonly number[]): Uint8Array => der(2, Uint8Array.from(bytes));
  const utc = (text: string): Uint8Array => der(0x17, Buffer.from(text));
  const fine = utc('491231000000Z');
  const changed = (change: (fields: TbsFields) => Partial<TbsFields>): readonly MadeCertificate[] =>
    ofLeaf({ change: (fields) => ({ ...fields, ...change(fields) }) });
  const twice = ({ extensions }: TbsFields): Partial<TbsFields> => ({
    extensions: Buffer.concat([extensions, extensions]),
  });
  return [
    { title: 'constraints in a wrong order', made: ofCa(constraints(sequence(integer(0), yes))) },
    { title: 'a truth value of 1', made: ofCa(constraints(sequence(der(1, Uint8Array.of(1))))) },
    {
      title: 'bytes behind an extension',
      made: ofCa(constraints(Buffer.concat([sequence(yes), yes]))),
      differs: 'RFC 5280, 4.1.2.9: the value holds the DER encoding of one ASN.1 value, the one of the extension',
    },
    { title: 'a key usage in parts', made: ofLeaf(usage(der(0x23, bitString(Uint8Array.of(0x80))))) },
    { title: 'a key usage with bits behind its end', made: ofLeaf(usage(bitString(Uint8Array.of(0xff), 7))) },
    { title: 'a key usage of octets', made: ofLeaf(usage(der(4, Uint8Array.of(0x80)))) },
    {
      title: 'an extended usage that is a number',
      made: ofLeaf(extended(raw(oids.extendedKeyUsage, sequence(integer(1))))),
    },
    { title: 'a negative serial number', made: changed(() => ({ serial: integer(0x80) })) },
    { title: 'a serial number with a zero in front', made: changed(() => ({ serial: integer(0, 1) })) },
    {
      title: 'another algorithm inside than outside',
      made: changed(() => ({ algorithm: sequence(objectId('1.2.840.10045.4.3.3')) })),
    },
    { title: 'a 13th month', made: changed(() => ({ validity: sequence(utc('201301000000Z'), fine) })) },
    {
      title: 'a time without seconds',
      made: changed(() => ({ validity: sequence(utc('2001010000Z'), fine) })),
      differs: 'RFC 5280, 4.1.2.5.1: UTCTime values MUST include seconds, even where the number of seconds is zero',
    },
    {
      title: 'extensions twice',
      made: changed(twice),
      differs: 'RFC 5280, 4.1: TBSCertificate ends with one field of extensions',
    },
    { title: 'version 1', made: changed(() => ({ version: new Uint8Array(0) })) },
    {
      title: 'a text of UTF-8 that is none',
      made: ofLeaf({ subject: [[['CN', Buffer.of(0xff)]]] }),
    },
  ];
}

/** Subjects, and identities that they fit or do not. */
export function identityCases(): readonly NotaryCase[] {
  const usual: readonly (readonly TestAttribute[])[] = [[['C', 'US']], [['ST', 'WA']], [['O', 'Acme']]];
  const plain = 'C=US,ST=WA,O=Acme';
  const fits = (title: string, identity: string, more: TestName = []): NotaryCase => ({
    title: `identity: ${title}`,
    identity,
    made: makeChain({ leaf: { subject: typeof more === 'string' ? more : [...usual, ...more] } }).all,
  });
  return [
    fits('the same', plain),
    fits('in another order, with S', 'O=Acme,S=WA,C=US'),
    fits('with blanks', ' C = US , ST = WA , O = Acme '),
    fits('separated by ;', 'C=US;ST=WA;O=Acme'),
    fits('a part of the subject', plain, [[['CN', 'app']], [['L', 'Seattle']], [['STREET', 'Main']]]),
    fits('more than the subject', `${plain},CN=app`),
    fits('another value', `${plain},CN=app`, [[['CN', 'App']]]),
    fits('escaped characters', `${plain},CN=a\\, b\\+c\\"\\\\\\<\\>\\;`, [[['CN', 'a, b+c"\\<>;']]]),
    fits('characters that need no escape', `${plain},CN=a "b" <c>`, [[['CN', 'a "b" <c>']]]),
    fits('hex', `${plain},CN=Z\\C3\\BCrich`, [[['CN', 'Z\u00fcrich']]]),
    fits('an outer blank that is escaped', `${plain},CN=\\ a\\ `, [[['CN', ' a ']]]),
    fits('an outer blank that is not', `${plain},CN=a `, [[['CN', 'a ']]]),
    fits('a # in front', `${plain},CN=\\#1`, [[['CN', '#1']]]),
    fits('an = in a value', `${plain},CN=a=b`, [[['CN', 'a=b']]]),
    fits('=# in a value', plain, [[['CN', 'a=#b']]]),
    fits('an empty attribute', `${plain},CN=`),
    fits('an e-mail address', plain, [[['emailAddress', 'a@b.test', 22]]]),
    fits('a given name', plain, [[['2.5.4.42', 'Ann', 19]]]),
    fits('two units', plain, [[['OU', 'a']], [['OU', 'b']]]),
    fits('two common names, the last', `${plain},CN=b`, [[['CN', 'a']], [['CN', 'b']]]),
    fits('two common names, the first', `${plain},CN=a`, [[['CN', 'a']], [['CN', 'b']]]),
    fits('several attributes in one part', plain, [
      [
        ['CN', 'a'],
        ['OU', 'b'],
      ],
    ]),
    fits('a BMPString', `${plain},CN=Z\u00fc`, [[['CN', Buffer.from('005a00fc', 'hex'), 30]]]),
    fits('a T61String', `${plain},CN=Z\u00fc`, [[['CN', Buffer.from('Z\u00fc', 'latin1'), 20]]]),
    fits('an IA5String', `${plain},CN=a@b`, [[['CN', 'a@b', 22]]]),
    fits('a serial number and a postal code', `${plain},SERIALNUMBER=7,POSTALCODE=98101`, [
      [['SERIALNUMBER', '7', 19]],
      [['POSTALCODE', '98101']],
    ]),
    fits('a subject in another order', `${plain},CN=app,OU=web`, [
      [['OU', 'web']],
      [['CN', 'app']],
      [
        ['STREET', 'Main'],
        ['L', 'Seattle'],
      ],
    ]),
    fits('outer blanks and a # in the subject', plain, [[['L', '  x  ']], [['OU', '#a']], [['CN', ' ']]]),
    fits('two countries', plain, [[['C', 'DE']]]),
    fits('an empty common name', plain, [[['CN', '']]]),
    fits('two attributes without a name', plain, [
      [['2.5.4.12', 't*&']],
      [['2.5.4.42', Buffer.from('005a00fc', 'hex'), 30]],
    ]),
    fits('a subject without a state', plain, 'C=US,O=Acme,CN=app'),
  ];
}

function raw(id: string, value: Uint8Array): TestExtension {
  return { id, isCritical: true, value };
}

function constraints(value: Uint8Array): CertificateRequest {
  return extended(raw(oids.basicConstraints, value));
}

function usage(value: Uint8Array): CertificateRequest {
  return extended(raw(oids.keyUsage, value));
}

/** Named as the usual leaf's issuer names its children, signed by somebody else of that name. */
function makeForged(): MadeCertificate {
  const subject = 'C=US,ST=WA,L=Seattle,O=Notary,CN=ca 1';
  const other = makeCertificate({ profile: 'ca', subject, key: testKey('ec-256', 'forger') });
  return makeCertificate({ issuer: other });
}
