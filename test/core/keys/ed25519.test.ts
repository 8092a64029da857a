import { createHash, randomBytes } from 'node:crypto';
import { Point, verifyAsync } from '@noble/ed25519';
import { createSoftwareSigner, generateKey, type PublicKey, publicKeyFrom, verifySignature } from '@signet/core';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ed25519Unchecked, keyCode, sampleKey } from './key-samples.ts';

const P = 2n ** 255n - 19n;
const L = 2n ** 252n + 27742317777372353535851937790883648493n;
/** The eight points of small order, and their encodings that are not canonical. Rule: RFC 8032, 5.1.3. */
const SMALL_ORDER = [
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0000000000000000000000000000000000000000000000000000000000000080',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
];
const NOT_CANONICAL = [
  '0100000000000000000000000000000000000000000000000000000000000080',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
];

describe('an Ed25519 key when it is loaded', () => {
  it.each(SMALL_ORDER)('small order is refused: %s', async (hex) => {
    expect(await keyCode(() => publicKeyFrom(ed25519Unchecked(hex)))).toBe('KEY_WEAK');
  });

  it.each(NOT_CANONICAL)('an encoding that is not canonical is refused: %s', async (hex) => {
    expect(await keyCode(() => publicKeyFrom(ed25519Unchecked(hex)))).toBe('KEY_MALFORMED');
  });

  it('y + p is refused for a y below 19 that is on the curve', async () => {
    const canonical = encode(3n); // y = 3 is on the curve
    expect(await keyCode(() => publicKeyFrom(ed25519Unchecked(canonical)))).toBe('fine');
    expect(await keyCode(() => publicKeyFrom(ed25519Unchecked(encode(3n + P))))).toBe('KEY_MALFORMED');
  });

  it('a y that is not on the curve is refused', async () => {
    expect(await keyCode(() => publicKeyFrom(ed25519Unchecked(encode(2n))))).toBe('KEY_MALFORMED');
  });
});

describe('pure Ed25519', () => {
  it('agrees with noble, strict, on signatures and on their damaged twins', async () => {
    const signer = createSoftwareSigner(await sampleKey('ed25519'));
    const damage = fc.record({ message: fc.uint8Array({ maxLength: 64 }), at: fc.nat(63), flip: fc.nat(255) });
    await fc.assert(
      fc.asyncProperty(damage, async ({ message, at, flip }) => {
        const signature = Buffer.from(await signer.sign(message, 'ED25519'));
        signature[at] = (signature[at] ?? 0) ^ flip;
        expect(ours(signer.publicKey, message, signature)).toBe(flip === 0);
        expect(await nobles(signer.publicKey, message, signature)).toBe(flip === 0);
      }),
      { numRuns: 60 },
    );
  });

  it('S + L and other S of L or more are refused, by noble too', async () => {
    const { publicKey, message, signature } = await signedSample();
    expect(ours(publicKey, message, signature)).toBe(true);
    for (const times of [1n, 2n, 7n]) {
      const high = withScalar(signature, scalarOf(signature) + times * L);
      expect(ours(publicKey, message, high)).toBe(false);
      expect(await nobles(publicKey, message, high)).toBe(false);
    }
    expect(ours(publicKey, message, withScalar(signature, L))).toBe(false);
  });

  it.each([...SMALL_ORDER, ...NOT_CANONICAL])('R = %s with S = 0 is refused, by noble too', async (hex) => {
    const { publicKey, message } = await signedSample();
    const signature = Buffer.concat([Buffer.from(hex, 'hex'), Buffer.alloc(32)]);
    expect(ours(publicKey, message, signature)).toBe(false);
    expect(await nobles(publicKey, message, signature)).toBe(false);
  });

  it.each(SMALL_ORDER)('A = %s with R of small order and S = 0 is refused, by noble too', async (hex) => {
    const keyObject = ed25519Unchecked(hex); // past the check at loading, to see what stands behind it
    const spki = keyObject.export({ format: 'der', type: 'spki' });
    const unchecked: PublicKey = { kind: 'ed25519', spki, id: '', hint: '', keyObject };
    const signature = Buffer.concat([Buffer.from(SMALL_ORDER[0] ?? '', 'hex'), Buffer.alloc(32)]);
    for (let byte = 0; byte < 32; byte++) {
      expect(ours(unchecked, Buffer.from([byte]), signature)).toBe(false);
      expect(await nobles(unchecked, Buffer.from([byte]), signature)).toBe(false);
    }
  });

  it.each([0, 63, 65, 128])('a signature of %i bytes is refused', async (length) => {
    const { publicKey, message } = await signedSample();
    expect(ours(publicKey, message, randomBytes(length))).toBe(false);
  });
});

describe('Ed25519ph', () => {
  /** Rule: RFC 8032, 7.3 "TEST abc". */
  const vector = {
    publicKey: 'ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf',
    message: Buffer.from('abc'),
    signature: Buffer.from(
      '98a70222f0b8121aa9d30f813d683f809e462b469c7ff87639499bb94e6dae4131f85042463c2a355a2003d062adf5aaa10b8c61e636062aaad11c2a26083406',
      'hex',
    ),
  };

  it("verifies the RFC's vector, and only as prehash", () => {
    const key = publicKeyFrom(ed25519Unchecked(vector.publicKey));
    expect(verifySignature(key, 'ED25519_PH', vector.message, vector.signature, 'der')).toBe(true);
    expect(verifySignature(key, 'ED25519', vector.message, vector.signature, 'der')).toBe(false);
    expect(verifySignature(key, 'ED25519_PH', Buffer.from('abd'), vector.signature, 'der')).toBe(false);
    const high = withScalar(vector.signature, scalarOf(vector.signature) + L);
    expect(verifySignature(key, 'ED25519_PH', vector.message, high, 'der')).toBe(false);
  });

  it('verifies signatures made by the definition, and no damaged ones', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 64 }), fc.nat(511), async (message, bit) => {
        const { key, signature } = await prehashSigned(message);
        expect(verifySignature(key, 'ED25519_PH', message, signature, 'der')).toBe(true);
        expect(verifySignature(key, 'ED25519', message, signature, 'der')).toBe(false);
        const damaged = Buffer.from(signature);
        damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(verifySignature(key, 'ED25519_PH', message, damaged, 'der')).toBe(false);
      }),
      { numRuns: 8 },
    );
  });

  it('a pure signature is no prehash signature', async () => {
    const { publicKey, message, signature } = await signedSample();
    expect(verifySignature(publicKey, 'ED25519_PH', message, signature, 'der')).toBe(false);
  });
});

async function signedSample(): Promise<{ publicKey: PublicKey; message: Buffer; signature: Uint8Array }> {
  const signer = createSoftwareSigner(await sampleKey('ed25519'));
  const message = Buffer.from('a message');
  return { publicKey: signer.publicKey, message, signature: await signer.sign(message, 'ED25519') };
}

function ours(key: PublicKey, message: Uint8Array, signature: Uint8Array): boolean {
  return verifySignature(key, 'ED25519', message, signature, 'der');
}

async function nobles(key: PublicKey, message: Uint8Array, signature: Uint8Array): Promise<boolean> {
  return verifyAsync(signature, message, key.spki.subarray(12), { zip215: false });
}

/** Signs by RFC 8032, 5.1.6 with dom2(1, ''), on noble's points: the product has no such thing. */
async function prehashSigned(message: Uint8Array): Promise<{ key: PublicKey; signature: Uint8Array }> {
  const key = await generateKey('ed25519');
  const seed = Buffer.from(key.keyObject.export({ format: 'jwk' }).d ?? '', 'base64url');
  const expanded = sha512(seed);
  const scalarBytes = expanded.subarray(0, 32);
  scalarBytes[0] = (scalarBytes[0] ?? 0) & 248;
  scalarBytes[31] = ((scalarBytes[31] ?? 0) & 127) | 64;
  const a = little(scalarBytes) % L;
  const dom2 = Buffer.from('SigEd25519 no Ed25519 collisions\x01\x00', 'latin1');
  const hashed = sha512(message);
  const r = little(sha512(Buffer.concat([dom2, expanded.subarray(32), hashed]))) % L;
  const R = Buffer.from(Point.BASE.multiply(r).toBytes());
  const k = little(sha512(Buffer.concat([dom2, R, key.publicKey.spki.subarray(12), hashed]))) % L;
  const s = Buffer.from(encode((r + k * a) % L), 'hex');
  return { key: key.publicKey, signature: Buffer.concat([R, s]) };
}

function sha512(bytes: Uint8Array): Buffer {
  return createHash('sha512').update(bytes).digest();
}

function scalarOf(signature: Uint8Array): bigint {
  return little(signature.subarray(32));
}

function withScalar(signature: Uint8Array, scalar: bigint): Uint8Array {
  return Buffer.concat([signature.subarray(0, 32), Buffer.from(encode(scalar), 'hex')]);
}

function little(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);
}

function encode(value: bigint): string {
  return Buffer.from(value.toString(16).padStart(64, '0'), 'hex').reverse().toString('hex');
}
