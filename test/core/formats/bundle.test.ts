import { readFileSync } from 'node:fs';
import { MAX_SIGNATURE_BYTES, parseBundle } from '@signet/core';
import { describe, expect, it } from 'vitest';
import { haveShared, shared } from '../../support/shared.ts';
import { bundle, codeOf, dsse, encode, entry, type Json, message } from './decoder-samples.ts';

const read = (value: unknown): string => codeOf(() => parseBundle(encode(value)));
const without = (object: Json, name: string): Json =>
  Object.fromEntries(Object.entries(object).filter(([key]) => key !== name));
const certificate = { rawBytes: Buffer.from('der').toString('base64') };
const withMaterial = (material: Json): Json => bundle({ verificationMaterial: { publicKey: {}, ...material } });
const inMaterial = (material: Json): Json => bundle({ verificationMaterial: material });
const withDsse = (changes: Json): Json => bundle({ dsseEnvelope: { ...dsse, ...changes } });
const withMessage = (changes: Json): Json => ({
  ...without(bundle(), 'dsseEnvelope'),
  messageSignature: { ...message, ...changes },
});
const withEntry = (changes: Json): Json => withMaterial({ tlogEntries: [entry(changes)] });
const old = (version: string, changes: Json = {}): Json =>
  bundle({ mediaType: `application/vnd.dev.sigstore.bundle+json;version=${version}`, ...changes });

describe('a bundle', () => {
  it('is read into its parts', () => {
    expect(parseBundle(encode(bundle()))).toEqual({
      version: '0.3',
      key: { kind: 'publicKey', hint: 'a hint' },
      content: {
        kind: 'dsse',
        envelope: {
          payloadType: 'application/vnd.in-toto+json',
          payload: Buffer.from('{}'),
          signature: Buffer.from('signature'),
        },
      },
      tlogEntries: [],
      timestamps: [],
    });
  });

  it.each<[string, Json, string]>([
    ['with a message signature', withMessage({}), 'read'],
    ['with a message signature without digest', withMessage({ messageDigest: undefined }), 'read'],
    ['with both', bundle({ messageSignature: message }), 'ENVELOPE_MALFORMED'],
    ['with neither', without(bundle(), 'dsseEnvelope'), 'ENVELOPE_MALFORMED'],
    ['with null for the other', bundle({ messageSignature: null }), 'read'],
    ['with an unknown member', bundle({ more: 1 }), 'ENVELOPE_MALFORMED'],
    ['with an unknown member that is null', bundle({ more: null }), 'ENVELOPE_MALFORMED'],
    ['with a member named __proto__', JSON.parse('{"__proto__":{},"mediaType":"x"}'), 'ENVELOPE_MALFORMED'],
    ['without mediaType', without(bundle(), 'mediaType'), 'ENVELOPE_MALFORMED'],
    ['with mediaType in snake_case', { ...without(bundle(), 'mediaType'), media_type: bundle().mediaType }, 'read'],
    ['with mediaType in both spellings', bundle({ media_type: bundle().mediaType }), 'ENVELOPE_MALFORMED'],
    ['with mediaType in upper case', { ...without(bundle(), 'mediaType'), MediaType: 'x' }, 'ENVELOPE_MALFORMED'],
    ['of version 0.3, the longer name', old('0.3'), 'read'],
    ['of version 0.2', old('0.2'), 'read'],
    ['of version 0.1', old('0.1'), 'read'],
    ['of version 0.4', old('0.4'), 'ENVELOPE_UNSUPPORTED'],
    ['of a version named like a method', bundle({ mediaType: 'toString' }), 'ENVELOPE_UNSUPPORTED'],
    ['of cosign 2', { base64Signature: 'x', cert: '' }, 'ENVELOPE_UNSUPPORTED'],
  ])('%s: %3$s', (_, value, wanted) => {
    expect(read(value)).toBe(wanted);
  });

  it.each([
    ['no JSON', '{'],
    ['a list', '[]'],
    ['null', 'null'],
    ['with something after it', `${JSON.stringify(bundle())}x`],
    ['with a member twice', '{"mediaType":"a","mediaType":"b"}'],
    ['with a byte order mark', `\ufeff${JSON.stringify(bundle())}`],
    ['nested deeper than 64', `{"a":${'['.repeat(64)}${']'.repeat(64)}}`],
  ])('is refused that is %s', (_, text) => {
    expect(read(text)).toBe('ENVELOPE_MALFORMED');
  });

  it('is refused that is not UTF-8', () => {
    const bytes = encode(bundle());
    bytes[bytes.length - 2] = 0xff;
    expect(codeOf(() => parseBundle(bytes))).toBe('ENVELOPE_MALFORMED');
  });

  it('is read up to its bound, and not a byte beyond', () => {
    const bytes = encode(bundle());
    expect(codeOf(() => parseBundle(bytes, { maxBytes: bytes.length }))).toBe('read');
    expect(codeOf(() => parseBundle(bytes, { maxBytes: bytes.length - 1 }))).toBe('ENVELOPE_MALFORMED');
    const padded = Buffer.concat([bytes, Buffer.alloc(MAX_SIGNATURE_BYTES - bytes.length, ' ')]);
    expect(codeOf(() => parseBundle(padded))).toBe('read');
    expect(codeOf(() => parseBundle(Buffer.concat([padded, Buffer.from(' ')])))).toBe('ENVELOPE_MALFORMED');
  });
});

describe('the envelope', () => {
  const [signature] = dsse.signatures as Json[];
  it.each<[string, Json, string]>([
    ['without payloadType', { payloadType: '' }, 'ENVELOPE_MALFORMED'],
    ['with an empty payload', { payload: '' }, 'read'],
    ['without payload', { payload: undefined }, 'ENVELOPE_MALFORMED'],
    ['with a payload that is a number', { payload: 1 }, 'ENVELOPE_MALFORMED'],
    ['without signatures', { signatures: undefined }, 'SIGNATURE_COUNT'],
    ['with no signature', { signatures: [] }, 'SIGNATURE_COUNT'],
    ['with two signatures', { signatures: [signature, signature] }, 'SIGNATURE_COUNT'],
    ['with signatures that are no list', { signatures: signature }, 'ENVELOPE_MALFORMED'],
    ['with an empty signature', { signatures: [{ sig: '' }] }, 'ENVELOPE_MALFORMED'],
    ['with a keyid', { signatures: [{ ...signature, keyid: 'k' }] }, 'read'],
    ['with a keyid that is a number', { signatures: [{ ...signature, keyid: 1 }] }, 'ENVELOPE_MALFORMED'],
    ['with more in the signature', { signatures: [{ ...signature, more: 1 }] }, 'ENVELOPE_MALFORMED'],
    ['with payload_type', { payloadType: undefined, payload_type: 'x' }, 'read'],
    ['with more', { more: 1 }, 'ENVELOPE_MALFORMED'],
  ])('%s: %3$s', (_, changes, wanted) => {
    expect(read(withDsse(changes))).toBe(wanted);
  });

  it.each([
    ['standard', '+/+/'],
    ['standard, padded', '+/8='],
    ['standard, not padded', '+/8'],
    ['URL-safe', '-_-_'],
    ['URL-safe, padded', '-_8='],
  ])('takes base64: %s', (_, payload) => {
    expect(read(withDsse({ payload }))).toBe('read');
  });

  it.each([
    ['of two alphabets', '+_+_'],
    ['with a space', 'AAA A'],
    ['with a line end', 'AAAA\n'],
    ['with stray bits', 'AAB='],
    ['of impossible length', 'AAAAA'],
    ['with too much padding', 'AAA=='],
    ['with padding alone', '='],
    ['with padding inside', 'AA==AAAA'],
  ])('refuses base64 %s', (_, payload) => {
    expect(read(withDsse({ payload }))).toBe('ENVELOPE_MALFORMED');
  });
});

describe('a message signature', () => {
  const digest = (algorithm: unknown, bytes: number): Json => ({
    messageDigest: { algorithm, digest: Buffer.alloc(bytes).toString('base64') },
  });
  it.each<[string, Json, string]>([
    ['with SHA2_384', digest('SHA2_384', 48), 'read'],
    ['with SHA2_512 by number', digest(3, 64), 'read'],
    ['with a digest of another length', digest('SHA2_256', 48), 'ENVELOPE_MALFORMED'],
    ['with a hash nobody takes', digest('SHA1', 20), 'ENVELOPE_UNSUPPORTED'],
    ['with the unspecified hash', digest(0, 32), 'ENVELOPE_UNSUPPORTED'],
    ['without signature', { signature: undefined }, 'ENVELOPE_MALFORMED'],
    ['with an empty signature', { signature: '' }, 'ENVELOPE_MALFORMED'],
    ['with more', { more: 1 }, 'ENVELOPE_MALFORMED'],
  ])('%s: %3$s', (_, changes, wanted) => {
    expect(read(withMessage(changes))).toBe(wanted);
  });
});

describe('the key material', () => {
  const chain = (count: number): Json => ({ certificates: Array(count).fill(certificate) });
  it.each<[string, Json, string]>([
    ['without a hint', inMaterial({ publicKey: {} }), 'read'],
    ['with a certificate', inMaterial({ certificate }), 'read'],
    ['with key and certificate', inMaterial({ publicKey: {}, certificate }), 'ENVELOPE_MALFORMED'],
    ['with neither', inMaterial({}), 'ENVELOPE_MALFORMED'],
    ['that is missing', without(bundle(), 'verificationMaterial'), 'ENVELOPE_MALFORMED'],
    ['with a hint that is a number', inMaterial({ publicKey: { hint: 1 } }), 'ENVELOPE_MALFORMED'],
    ['with an empty certificate', inMaterial({ certificate: { rawBytes: '' } }), 'ENVELOPE_MALFORMED'],
    ['with a chain in version 0.3', inMaterial({ x509CertificateChain: chain(1) }), 'ENVELOPE_MALFORMED'],
    ['with a chain in 0.2', old('0.2', { verificationMaterial: { x509CertificateChain: chain(1) } }), 'read'],
    ['with 10 certificates', old('0.2', { verificationMaterial: { x509CertificateChain: chain(10) } }), 'read'],
    ['with 11', old('0.2', { verificationMaterial: { x509CertificateChain: chain(11) } }), 'ENVELOPE_MALFORMED'],
    ['with none', old('0.2', { verificationMaterial: { x509CertificateChain: chain(0) } }), 'ENVELOPE_MALFORMED'],
  ])('%s: %3$s', (_, value, wanted) => {
    expect(read(value)).toBe(wanted);
  });

  it('has certificates of at most 64 KiB', () => {
    const of = (bytes: number): Json =>
      inMaterial({ certificate: { rawBytes: Buffer.alloc(bytes).toString('base64') } });
    expect(read(of(64 * 1024))).toBe('read');
    expect(read(of(64 * 1024 + 1))).toBe('ENVELOPE_MALFORMED');
  });

  it('has at most 32 timestamps', () => {
    const of = (count: number): Json => {
      const rfc3161Timestamps = Array(count).fill({ signedTimestamp: 'AAAA' });
      return withMaterial({ timestampVerificationData: { rfc3161Timestamps } });
    };
    expect(parseBundle(encode(of(32))).timestamps).toHaveLength(32);
    expect(read(of(33))).toBe('ENVELOPE_MALFORMED');
  });
});

describe('log entries', () => {
  it('are read, big numbers exactly', () => {
    const [read] = parseBundle(encode(withEntry({ logIndex: '9223372036854775807' }))).tlogEntries;
    expect(read).toMatchObject({
      logIndex: 9_223_372_036_854_775_807n,
      kind: 'dsse',
      kindVersion: '0.0.1',
      integratedTime: 1_750_000_000n,
      inclusionProof: { logIndex: 11n, treeSize: 20n, checkpoint: 'a note' },
    });
  });

  it.each<[string, Json, string]>([
    ['with an index that is a number', { logIndex: 12 }, 'read'],
    ['with an index beyond int64', { logIndex: '9223372036854775808' }, 'ENVELOPE_MALFORMED'],
    ['with a negative index', { logIndex: '-1' }, 'ENVELOPE_MALFORMED'],
    ['with an index that JSON cannot hold', { logIndex: 2 ** 53 }, 'ENVELOPE_MALFORMED'],
    ['with a broken index', { logIndex: 1.5 }, 'ENVELOPE_MALFORMED'],
    ['with a leading zero', { logIndex: '012' }, 'ENVELOPE_MALFORMED'],
    ['with an exponent', { logIndex: '1e1' }, 'ENVELOPE_MALFORMED'],
    ['without proof', { inclusionProof: undefined }, 'ENVELOPE_MALFORMED'],
    ['with more', { more: 1 }, 'ENVELOPE_MALFORMED'],
    ['with 64 hashes', { inclusionProof: { hashes: Array(64).fill('AAAA') } }, 'read'],
    ['with 65 hashes', { inclusionProof: { hashes: Array(65).fill('AAAA') } }, 'ENVELOPE_MALFORMED'],
  ])('%s: %3$s', (_, changes, wanted) => {
    expect(read(withEntry(changes))).toBe(wanted);
  });

  it('of version 0.1 need a promise, of later ones a proof', () => {
    const inclusionPromise = { signedEntryTimestamp: 'AAAA' };
    const of = (version: string, changes: Json): string =>
      read(old(version, { verificationMaterial: { publicKey: {}, tlogEntries: [entry(changes)] } }));
    expect(of('0.1', { inclusionPromise, inclusionProof: undefined })).toBe('read');
    expect(of('0.1', {})).toBe('ENVELOPE_MALFORMED');
    expect(of('0.2', { inclusionPromise, inclusionProof: undefined })).toBe('ENVELOPE_MALFORMED');
  });

  it('are at most 32, and none twice', () => {
    const of = (count: number): string =>
      read(withMaterial({ tlogEntries: Array.from({ length: count }, (_, n) => entry({ logIndex: n })) }));
    expect(of(32)).toBe('read');
    expect(of(33)).toBe('ENVELOPE_MALFORMED');
    expect(read(withMaterial({ tlogEntries: [entry(), entry({ logIndex: 12 })] }))).toBe('ENVELOPE_MALFORMED');
    const other = entry({ logId: { keyId: 'AAAA' } });
    expect(read(withMaterial({ tlogEntries: [entry(), other] }))).toBe('read');
  });
});

/** Whether a certificate is a root is seen where certificates are read. */
const needCertificates: readonly string[] = ['bundle-with-root-cert_fail'];
const vectors = 'vectors/sigstore-bundle-verify';
interface Case {
  readonly name: string;
  readonly bundle: string;
  readonly expect: 'verified' | 'denied';
  readonly failsAt?: string;
}

describe.skipIf(!haveShared(vectors))('the bundles of the conformance suite', () => {
  const { cases } = haveShared(vectors)
    ? (JSON.parse(readFileSync(shared(`${vectors}/index.json`), 'utf8')) as { cases: readonly Case[] })
    : { cases: [] };

  it('that verify are read, and of the others those that are no bundles are refused', () => {
    expect(cases.length).toBeGreaterThan(60);
    for (const { name, bundle: path, expect: outcome, failsAt } of cases) {
      const code = codeOf(() => parseBundle(readFileSync(shared(`${vectors}/${path}`))));
      if (outcome === 'verified') expect(code, name).toBe('read');
      else if (failsAt === 'parse' && !needCertificates.includes(name)) expect(code, name).not.toBe('read');
    }
  });
});
