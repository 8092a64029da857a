import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { keyId, parseKeys, type TrustKey } from '../../../packages/dct/src/metadata/keys.ts';
import { thrownCode } from '../code-of.ts';
import { realFiles } from '../real-files.ts';
import { certified, fileIn, inCertificates, makeKey, type TestKey } from '../trust-repository.ts';

const parsed = (keytype: string, publicBytes: Uint8Array): TrustKey | undefined => {
  const id = keyId(keytype, publicBytes);
  const keyval = { private: null, public: Buffer.from(publicBytes).toString('base64') };
  return parseKeys({ [id]: { keytype, keyval } }, 'a file').get(id);
};
const parsedKey = ({ id, json }: TestKey): TrustKey | undefined => parseKeys({ [id]: json }, 'a file').get(id);
const spkiOf = (key: TestKey): Buffer => createPublicKey(key.privateKey).export({ format: 'der', type: 'spki' });

describe('keys', () => {
  it.each(['ecdsa', 'ecdsa-p384', 'rsa', 'ed25519'] as const)('of type %s', (type) => {
    const key = makeKey('k', type);
    expect(parsedKey(key)).toMatchObject({
      id: key.id,
      canonicalId: key.id,
      key: { spki: spkiOf(key) },
      certificates: [],
    });
  });

  it.each(['ecdsa', 'rsa'] as const)(
    'of type %s in a certificate have the id of the bare key beside their own',
    async (type) => {
      const key = await certified(makeKey('k', type));
      expect(parsedKey(key)).toMatchObject({ id: key.id, canonicalId: makeKey('k', type).id, type: `${type}-x509` });
      expect(key.id).not.toBe(key.canonicalId);
    },
  );

  it('of the real programs have the ids that these print', () => {
    const { signed } = JSON.parse(fileIn(realFiles(), 'root').toString()) as {
      signed: { keys: Record<string, unknown> };
    };
    const keys = [...parseKeys(signed.keys, 'root').values()];
    expect(keys.map(({ id, canonicalId, type }) => [id.slice(0, 6), canonicalId.slice(0, 6), type])).toEqual([
      ['1fa266', 'f3dda8', 'ecdsa-x509'],
      ['5c0ad0', '5c0ad0', 'ed25519'],
      ['6d6896', '6d6896', 'ecdsa'],
      ['b57781', '195be3', 'ecdsa-x509'],
      ['cf887d', 'cf887d', 'ed25519'],
    ]);
  });

  it('by another id than their own are malformed', () => {
    const { json } = makeKey('k');
    expect(thrownCode(() => parseKeys({ [makeKey('other').id]: json }, 'a file'))).toBe('DCT_MALFORMED');
    expect(thrownCode(() => parseKeys({ [makeKey('k').id.toUpperCase()]: json }, 'a file'))).toBe('DCT_MALFORMED');
  });

  it('beyond 1,000, or of more than 64 KiB, are too many and too large', () => {
    const keys = Object.fromEntries(Array.from({ length: 1001 }, (_, index) => [`${index}`, {}]));
    expect(thrownCode(() => parseKeys(keys, 'a file'))).toBe('DCT_TOO_LARGE');
    expect(thrownCode(() => parsed('ecdsa', Buffer.alloc(65_537)))).toBe('DCT_TOO_LARGE');
  });
});

describe('keys that count for nothing', () => {
  const small = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'der', type: 'spki' });
  const koblitz = generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey.export({
    format: 'der',
    type: 'spki',
  });
  it.each([
    ['RSA of 1024 bits', 'rsa', small, /1024 bits/],
    ['another curve', 'ecdsa', koblitz, /secp256k1/],
    ['Ed25519 of small order', 'ed25519', Buffer.alloc(32), /small order/],
    ['Ed25519 of 31 bytes', 'ed25519', Buffer.alloc(31), /not readable/],
    ['Ed25519 in SPKI', 'ed25519', spkiOf(makeKey('k', 'ed25519')), /not readable/],
    ['RSA that is called ECDSA', 'ecdsa', spkiOf(makeKey('k', 'rsa')), /the key is rsa/],
    ['ECDSA that is called RSA', 'rsa', spkiOf(makeKey('k')), /the key is ecdsa-p256/],
    ['a type that is not known', 'ecdsa-sha2-nistp256', spkiOf(makeKey('k')), /not known/],
    ['no key', 'ecdsa', Buffer.from('no key'), /not readable/],
    ['nothing', 'rsa', Buffer.alloc(0), /not readable/],
    ['a bare key where a certificate is due', 'ecdsa-x509', spkiOf(makeKey('k')), /certificates in PEM/],
  ])('%s: the file is read, and the reason is kept', (_what, type, bytes, why) => {
    const key = parsed(type, bytes);
    expect(key?.key).toBeUndefined();
    expect(key?.unusable).toMatch(why);
  });

  it('certificates that are broken, too many, or not alone', async () => {
    const { certificate = '' } = await certified(makeKey('k'));
    for (const pem of [
      certificate.replace(/[A-Z]{8}/, 'AAAAAAAA'),
      certificate.slice(0, 100),
      certificate.repeat(9),
      `${certificate}-----BEGIN KEY-----\n-----END KEY-----\n`,
    ])
      expect(parsedKey(inCertificates(makeKey('k'), pem))?.unusable, pem).toBeDefined();
  });
});
