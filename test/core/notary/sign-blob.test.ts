import { createHash, type KeyObject, X509Certificate } from 'node:crypto';
import {
  createSoftwareSigner,
  envelopeKeyOf,
  type NotaryBlob,
  parseNotaryEnvelope,
  privateKeyFrom,
  publicKeyFrom,
  type SignedNotaryBlob,
  type Signer,
  signNotaryBlob,
  verifyNotarySignature,
} from '@signet/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeCertificate } from '../../support/certificates.ts';
import { type NotationKey, notationKeys } from '../../support/notation.ts';

const signedAtMs = Date.UTC(2026, 11, 1, 12, 30, 15, 500);
const content = Buffer.from('what is signed');
const hashes: Readonly<Record<NotationKey, string>> = {
  'ec-256': 'sha256',
  'ec-384': 'sha384',
  'ec-521': 'sha512',
  'rsa-2048': 'sha256',
  'rsa-3072': 'sha384',
  'rsa-4096': 'sha512',
};

function signerOf(key: KeyObject, der: Uint8Array): Signer {
  return { ...createSoftwareSigner(privateKeyFrom(key)), chain: [der] };
}

function signer(kind: NotationKey): Signer {
  const { privateKey, der } = makeCertificate({ key: kind });
  return signerOf(privateKey, der);
}

async function* piecesOf(...parts: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* parts;
}

function sign(by: Signer, more: Partial<NotaryBlob> = {}, form: 'jws' | 'cose' = 'jws'): Promise<SignedNotaryBlob> {
  return signNotaryBlob({ pieces: piecesOf(content), signedAtMs, ...more }, envelopeKeyOf(by), { form });
}

const payloadText = ({ envelope }: SignedNotaryBlob, form: 'jws' | 'cose' = 'jws'): string =>
  Buffer.from(parseNotaryEnvelope(envelope, form).payload).toString('utf8');

describe.each(Object.keys(notationKeys) as readonly NotationKey[])('a file signed by a key %s', (kind) => {
  it.each(['jws', 'cose'] as const)('%s: says what notation says, byte by byte', async (form) => {
    const by = signer(kind);
    const signed = await sign(by, {}, form);
    const digest = `${hashes[kind]}:${createHash(hashes[kind]).update(content).digest('hex')}`;
    expect(signed).toMatchObject({ digest, size: content.length, mediaType: 'application/octet-stream' });
    const [type, size] = ['"mediaType":"application/octet-stream"', `"size":${content.length}`];
    const members = form === 'jws' ? [`"digest":"${digest}"`, type, size] : [type, `"digest":"${digest}"`, size];
    expect(payloadText(signed, form)).toBe(`{"targetArtifact":{${members.join(',')}}}`);
    const envelope = parseNotaryEnvelope(signed.envelope, form);
    expect(envelope.attributes).toMatchObject({ scheme: 'notary.x509', signingTimeMs: signedAtMs - 500 });
    const leaf = new X509Certificate(envelope.certificates[0] ?? new Uint8Array());
    expect(verifyNotarySignature(publicKeyFrom(leaf.publicKey), envelope)).toBe(true);
  });
});

describe('signNotaryBlob', () => {
  it('writes user metadata sorted, and the media type as it is given', async () => {
    const signed = await sign(signer('ec-256'), { mediaType: 'text/plain', userMetadata: { b: '2', a: '1' } });
    expect(payloadText(signed)).toMatch(/^\{"targetArtifact":\{"annotations":\{"a":"1","b":"2"\},"digest":/);
    expect(payloadText(signed)).toContain('"mediaType":"text/plain"');
  });

  it('says the same however the file comes', async () => {
    const by = signer('ec-384');
    const whole = await sign(by);
    await fc.assert(
      fc.asyncProperty(fc.nat(content.length), async (at) => {
        const signed = await sign(by, { pieces: piecesOf(content.subarray(0, at), content.subarray(at)) });
        expect(payloadText(signed)).toBe(payloadText(whole));
      }),
      { numRuns: 20 },
    );
  });

  it.each([
    ['a name of the Notary Project', { 'io.cncf.notary.x': '1' }, 'io.cncf.notary'],
    ['a name of Signet', { 'dev.signet.signed-at': '1' }, 'reserved for Signet'],
    ['no name', { '': '1' }, 'an empty key'],
    ['half a character', { a: '\ud800' }, 'not Unicode text'],
  ])('refuses user metadata with %s', async (_, userMetadata, message) => {
    const refused = expect.objectContaining({ code: 'ANNOTATION_INVALID', message: expect.stringContaining(message) });
    await expect(sign(signer('ec-256'), { userMetadata })).rejects.toEqual(refused);
  });

  it.each(['application/octet-stream', 'text/plain; charset=utf-8', 'a/b;c="d e"', 'application/vnd.x+json'])(
    'takes the media type %s',
    async (mediaType) => expect(await sign(signer('ec-256'), { mediaType })).toMatchObject({ mediaType }),
  );

  it.each([
    '',
    'text',
    '/plain',
    'text/',
    'text/plain;',
    'text/plain; charset',
    'text/pl ain',
    'a/b\n',
    `a/${'b'.repeat(2000)}`,
  ])(
    'refuses %j for a media type',
    async (mediaType) =>
      await expect(sign(signer('ec-256'), { mediaType })).rejects.toMatchObject({ code: 'MEDIA_TYPE_INVALID' }),
  );

  it('refuses a key that signs nothing in the Notary Project, and one without certificates', async () => {
    const { privateKey, der } = makeCertificate({ key: 'ed25519' });
    expect(() => envelopeKeyOf(signerOf(privateKey, der))).toThrow('needs a key of P-256');
    expect(() => envelopeKeyOf({ ...signer('ec-256'), chain: [] })).toThrow('needs the certificates');
  });

  it('gives nothing where the certificate is not that of the key', async () => {
    const other = makeCertificate({ key: 'ec-256', subject: 'C=US,ST=WA,O=Other,CN=other' });
    await expect(sign({ ...signer('ec-256'), chain: [other.der] })).rejects.toMatchObject({
      code: 'SIGNATURE_SELF_CHECK',
    });
  });

  it('gives nothing where the file cannot be read to its end', async () => {
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield content;
      throw new Error('the disk is gone');
    }
    await expect(sign(signer('ec-256'), { pieces: broken() })).rejects.toThrow('the disk is gone');
  });
});
