import { randomBytes } from 'node:crypto';
import {
  maxTokenBytes,
  nonceText,
  readTimestampResponse,
  timestampRequest,
  type VerifiedTimestamp,
  verifyTimestamp,
} from '@signet/core/timestamp';
import { readCertificate } from '@signet/core/x509';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { type CertificateRequest, type MadeCertificate, makeCertificate } from '../../support/certificates.ts';
import { opensslStamp, type TsaOptions } from '../../support/openssl-tsa.ts';
import { randomRuns } from '../../support/random-runs.ts';

const signature = Buffer.from('a signature');
const root = makeCertificate({ profile: 'ca', subject: 'CN=tsa root' });
const between = makeCertificate({ profile: 'ca', subject: 'CN=tsa between', issuer: root });
const stranger = makeCertificate({ profile: 'ca', subject: 'CN=stranger' });
const signerOf = (request: CertificateRequest = {}): MadeCertificate =>
  makeCertificate({ profile: 'tsa', subject: 'CN=tsa', issuer: root, ...request });
const signer = signerOf();

async function tokenBy(
  options: Partial<TsaOptions> = {},
  {
    hash = 'sha256',
    of = signature,
    nonce = randomBytes(8),
  }: { hash?: string; of?: Uint8Array; nonce?: Uint8Array } = {},
): Promise<Uint8Array> {
  const reply = await opensslStamp(timestampRequest({ signature: of, hash, nonce }), { signer, ...options });
  const read = readTimestampResponse(reply);
  return 'token' in read ? read.token : expect.fail(read.problem);
}

const verify = (token: Uint8Array, anchors: readonly MadeCertificate[] = [root], of: Uint8Array = signature) =>
  verifyTimestamp(token, { signature: of, anchors: anchors.map(({ der }) => readCertificate(der)) });
const good = (token: Uint8Array, ...more: readonly MadeCertificate[]): VerifiedTimestamp => {
  const result = verify(token, [root, ...more]);
  return 'problem' in result ? expect.fail(result.problem) : result;
};
const problem = (token: Uint8Array, anchors?: readonly MadeCertificate[]): string => {
  const result = verify(token, anchors);
  return 'problem' in result ? result.problem : expect.fail('it counts');
};

describe("openssl's time stamps", () => {
  it('tell time, authority and nonce', async () => {
    const nonce = Buffer.from('00ff010203040506', 'hex');
    const beforeMs = Math.floor(Date.now() / 1000) * 1000;
    const stamp = good(await tokenBy({}, { nonce }));
    expect(stamp.genTimeMs).toBeGreaterThanOrEqual(beforeMs);
    expect(stamp.genTimeMs).toBeLessThanOrEqual(Date.now());
    expect(stamp).toMatchObject({ accuracyMs: 0, policy: '1.2.3.4.1', nonce: nonceText(nonce) });
    expect(stamp.chain.map(({ thumbprint }) => thumbprint)).toEqual(
      [signer, root].map(({ der }) => readCertificate(der).thumbprint),
    );
  });

  it.each(['ec-256', 'ec-384', 'ec-521', 'rsa-2048', 'rsa-3072', 'rsa-4096'] as const)('by a key %s', async (key) => {
    for (const digest of ['sha256', 'sha384', 'sha512'])
      expect(good(await tokenBy({ signer: signerOf({ key }), digest })).accuracyMs).toBe(0);
  });

  it.each(['sha256', 'sha384', 'sha512'])('with an imprint by %s, and names of certificates by it', async (hash) => {
    expect(good(await tokenBy({ nameDigest: hash }, { hash })).policy).toBe('1.2.3.4.1');
  });

  it('with a chain, whatever else is in it, and in whatever order', async () => {
    const own = signerOf({ issuer: between });
    expect(good(await tokenBy({ signer: own, others: [stranger, root, between] })).chain).toHaveLength(3);
    expect(good(await tokenBy({ signer: own, others: [between] })).chain).toHaveLength(3);
  });

  it('say how exact they are; of one policy it is a second where they do not', async () => {
    const exact = await tokenBy({ accuracy: 'secs:1, millisecs:500, microsecs:100' });
    expect(good(exact).accuracyMs).toBe(1501);
    expect(good(await tokenBy({ policy: '0.4.0.2023.1.1' })).accuracyMs).toBe(1000);
    expect(good(await tokenBy({ policy: '0.4.0.2023.1.1', accuracy: 'millisecs:2' })).accuracyMs).toBe(2);
  });

  it('say fractions of a second', async () => {
    const stamp = good(await tokenBy({ more: ['clock_precision_digits = 3'] }));
    expect(stamp.genTimeMs).toBeGreaterThan(Date.now() - 60_000);
  });

  it.each<[string, () => Promise<string>, string]>([
    [
      'about something else',
      async () => problem(await tokenBy({}, { of: Buffer.from('other') })),
      'not about this signature',
    ],
    [
      'of an authority that nobody trusts',
      async () => problem(await tokenBy(), [stranger]),
      'no authority that is trusted',
    ],
    [
      'without its chain',
      async () => problem(await tokenBy({ signer: signerOf({ issuer: between }) })),
      'no authority',
    ],
    [
      'that names its certificate by SHA-1',
      async () => problem(await tokenBy({ nameDigest: 'sha1' })),
      'signing-certificate-v2',
    ],
    ['signed with SHA-1', async () => problem(await tokenBy({ digest: 'sha1' })), 'hashed by an algorithm'],
    [
      'by a certificate that had ended',
      async () => problem(await tokenBy({ signer: signerOf({ toMs: Date.UTC(2021, 0, 1) }) })),
      'had expired',
    ],
    [
      'by a certificate that has not begun',
      async () => problem(await tokenBy({ signer: signerOf({ fromMs: Date.UTC(2048, 0, 1) }) })),
      'not valid yet',
    ],
    [
      'by a root that had ended',
      async () => {
        const old = makeCertificate({ profile: 'ca', subject: 'CN=old', toMs: Date.UTC(2021, 0, 1) });
        return problem(await tokenBy({ signer: signerOf({ issuer: old }) }), [old]);
      },
      'had expired',
    ],
    [
      'by a chain that is signed with SHA-1',
      async () => problem(await tokenBy({ signer: signerOf({ signature: 'sha1' }) })),
      'SHA-1',
    ],
  ])('%s do not count', async (_, ask, why) => {
    expect(await ask()).toContain(why);
  });
});

describe('bytes that are no token', () => {
  let token: Uint8Array = new Uint8Array();
  beforeAll(async () => {
    token = await tokenBy({ others: [root] });
  });

  it.each<[string, (token: Uint8Array) => Uint8Array]>([
    ['nothing', () => new Uint8Array()],
    ['cut short', (bytes) => bytes.subarray(0, -1)],
    ['with more behind them', (bytes) => Buffer.concat([bytes, Uint8Array.of(0)])],
    [
      'of indefinite length',
      (bytes) => Buffer.concat([Uint8Array.of(0x30, 0x80), bytes.subarray(4), Uint8Array.of(0, 0)]),
    ],
    ['too long', () => Buffer.alloc(maxTokenBytes + 1, 0x30)],
    ['deep', () => deep(40)],
    ['a certificate', () => root.der],
  ])('%s: a problem', (_, change) => {
    expect(verify(change(token))).toEqual({ problem: expect.any(String) });
  });

  it('changed in any byte never say another time', () => {
    const genTimeMs = good(token).genTimeMs;
    const anchors = [readCertificate(root.der)];
    for (let at = 0; at < token.length; at += 1) {
      const changed = Buffer.from(token);
      changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
      const result = verifyTimestamp(changed, { signature, anchors });
      if (!('problem' in result)) expect(result.genTimeMs).toBe(genTimeMs);
    }
  });

  it('at random are never a time', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => 'problem' in verify(bytes)),
      { numRuns: randomRuns(500) },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => 'problem' in readTimestampResponse(bytes)),
      { numRuns: randomRuns(500) },
    );
  });
});

function deep(levels: number): Uint8Array {
  let bytes: Uint8Array = Uint8Array.of(0x05, 0);
  for (let at = 0; at < levels; at += 1) bytes = Buffer.concat([Uint8Array.of(0x30, bytes.length), bytes]);
  return bytes;
}

describe('an answer', () => {
  it('that refuses says why', async () => {
    const asked = timestampRequest({ signature, hash: 'sha256', nonce: randomBytes(8) });
    const reply = await opensslStamp(asked, { signer, more: ['digests = sha512'] });
    expect(readTimestampResponse(reply)).toEqual({
      problem: expect.stringMatching(/refuses \(status 2: it does not know the hash/),
    });
  });

  it('to nonsense refuses', async () => {
    const reply = await opensslStamp(Buffer.from('3000', 'hex'), { signer });
    expect(readTimestampResponse(reply)).toEqual({ problem: expect.stringContaining('refuses') });
  });

  it('is asked for by hashes of keys alone', () => {
    expect(() => timestampRequest({ signature, hash: 'sha1', nonce: randomBytes(8) })).toThrow(RangeError);
  });
});
