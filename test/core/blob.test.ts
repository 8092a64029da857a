import { createHash, verify } from 'node:crypto';
import {
  type BlobForm,
  createSoftwareSigner,
  generateKey,
  type KeyKind,
  type PrivateKey,
  parseBundle,
  parseStatement,
  type SignatureScheme,
  type Signer,
  signBlob,
} from '@signet/core';
import { verifyBlob } from '@signet/verifier';
import { beforeAll, describe, expect, it } from 'vitest';

const blob = Buffer.from('the content of a file');
const changed = Buffer.from('the content of a file.');
const predicateType = 'https://example.com/review/v1';
const kinds: readonly KeyKind[] = ['ecdsa-p256', 'ecdsa-p384', 'ecdsa-p521', 'rsa', 'ed25519'];
const keys = new Map<KeyKind, PrivateKey>();
let other: PrivateKey;
beforeAll(async () => {
  for (const kind of kinds) keys.set(kind, await generateKey(kind));
  other = await generateKey('ecdsa-p256');
});

async function keyOf(kind: KeyKind): Promise<PrivateKey> {
  return keys.get(kind) ?? generateKey(kind);
}

async function sign(kind: KeyKind, form?: BlobForm, scheme?: SignatureScheme): Promise<Uint8Array> {
  const signer = createSoftwareSigner(await keyOf(kind));
  return signBlob({
    blob,
    signer,
    ...(form === undefined ? {} : { form }),
    ...(scheme === undefined ? {} : { scheme }),
  });
}

interface Asked {
  readonly kind: KeyKind;
  readonly of?: Uint8Array;
  readonly by?: PrivateKey;
  readonly predicateType?: string;
}

async function judge(evidence: 'bundle' | 'signature', bytes: Uint8Array, asked: Asked): Promise<string> {
  const { publicKey } = asked.by ?? (await keyOf(asked.kind));
  const wanted = asked.predicateType === undefined ? {} : { predicateType: asked.predicateType };
  return verifyBlob({ blob: asked.of ?? blob, evidence: { kind: evidence, bytes }, keys: [publicKey], ...wanted }).code;
}

describe.each(kinds)('a file signed with %s', (kind) => {
  it('as a bundle verifies, and not with another key or over another file', async () => {
    const bundle = await sign(kind);
    expect(await judge('bundle', bundle, { kind })).toBe('VERIFIED');
    expect(await judge('bundle', bundle, { kind, by: other })).not.toBe('VERIFIED');
    expect(await judge('bundle', bundle, { kind, of: changed })).not.toBe('VERIFIED');
    expect(await judge('bundle', bundle, { kind, predicateType })).toBe('PAYLOAD_TYPE');
  });

  it('as a statement verifies for what it attests, and not otherwise', async () => {
    const bundle = await sign(kind, { kind: 'statement', predicateType });
    expect(await judge('bundle', bundle, { kind, predicateType })).toBe('VERIFIED');
    expect(await judge('bundle', bundle, { kind })).toBe('NOT_A_SIGNATURE');
    expect(await judge('bundle', bundle, { kind, predicateType, by: other })).not.toBe('VERIFIED');
    expect(await judge('bundle', bundle, { kind, predicateType, of: changed })).toBe('SUBJECT_MISMATCH');
  });

  it('with a bare signature verifies, and not with another key or over another file', async () => {
    const signature = await sign(kind, { kind: 'signature' });
    expect(await judge('signature', signature, { kind })).toBe('VERIFIED');
    expect(await judge('signature', signature, { kind, by: other })).not.toBe('VERIFIED');
    expect(await judge('signature', signature, { kind, of: changed })).not.toBe('VERIFIED');
  });
});

describe('what is written', () => {
  it('is a bundle of version 0.3 with the hint, the digest and the signature, and no more', async () => {
    const { publicKey } = await keyOf('ecdsa-p256');
    const bundle = JSON.parse(Buffer.from(await sign('ecdsa-p256')).toString());
    expect(bundle).toEqual({
      mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
      verificationMaterial: { publicKey: { hint: publicKey.hint }, timestampVerificationData: {} },
      messageSignature: {
        messageDigest: { algorithm: 'SHA2_256', digest: createHash('sha256').update(blob).digest('base64') },
        signature: expect.any(String),
      },
    });
  });

  it.each([
    ['ecdsa-p384', undefined, 'SHA2_256', 32],
    ['ecdsa-p384', 'ECDSA_SHA384', 'SHA2_384', 48],
    ['ecdsa-p521', undefined, 'SHA2_256', 32],
    ['ecdsa-p521', 'ECDSA_SHA512', 'SHA2_512', 64],
    ['ed25519', undefined, 'SHA2_256', 32],
  ] as const)('%s with scheme %s names the digest %s', async (kind, scheme, algorithm, bytes) => {
    const { content } = parseBundle(await sign(kind, undefined, scheme));
    expect(content).toMatchObject({ kind: 'message', digest: { algorithm, value: { length: bytes } } });
  });

  it('is by Ed25519 over the file itself, not over its hash', async () => {
    const { publicKey } = await keyOf('ed25519');
    const signature = await sign('ed25519', { kind: 'signature' });
    expect(verify(null, blob, publicKey.keyObject, signature)).toBe(true);
  });

  it.each([
    ['ecdsa-p256', 'ECDSA_SHA384'],
    ['ecdsa-p384', 'ECDSA_SHA512'],
    ['rsa', 'RSA_PSS_SHA256'],
    ['ed25519', 'ED25519_PH'],
  ] as const)('%s does not sign with %s', async (kind, scheme) => {
    for (const form of [{ kind: 'bundle' }, { kind: 'signature' }, { kind: 'statement', predicateType }] as const)
      await expect(sign(kind, form, scheme)).rejects.toMatchObject({ code: 'ENVELOPE_UNSUPPORTED' });
  });

  it.each([{ kind: 'bundle' }, { kind: 'signature' }, { kind: 'statement', predicateType }] as const)(
    'is nothing when the signer is not who it says: $kind',
    async (form) => {
      const liar: Signer = { ...createSoftwareSigner(await keyOf('ecdsa-p256')), publicKey: other.publicKey };
      await expect(signBlob({ blob, signer: liar, form })).rejects.toMatchObject({
        name: 'EnvelopeError',
        code: 'SIGNATURE_SELF_CHECK',
      });
    },
  );
});

describe('a statement about a file', () => {
  async function statement(form: Omit<Extract<BlobForm, { kind: 'statement' }>, 'kind' | 'predicateType'>) {
    const { content } = parseBundle(await sign('ecdsa-p256', { kind: 'statement', predicateType, ...form }));
    return content.kind === 'dsse' ? Buffer.from(content.envelope.payload) : Buffer.from('');
  }

  it('names file, digest and what is attested', async () => {
    const bytes = await statement({ name: 'app.tar.gz', predicate: Buffer.from('{"result":"good"}') });
    expect(parseStatement(bytes)).toEqual({
      type: 'https://in-toto.io/Statement/v1',
      subject: [
        { name: 'app.tar.gz', digest: { sha256: createHash('sha256').update(blob).digest('hex') }, annotations: {} },
      ],
      predicateType,
      predicate: { result: 'good' },
    });
  });

  it('holds the predicate as it came: big numbers and white space too', async () => {
    const predicate = '{ "id": 12345678901234567890, "e": 1e2 }';
    expect((await statement({ predicate: Buffer.from(predicate) })).toString()).toContain(`"predicate":${predicate}}`);
  });

  it.each([
    ['no JSON', 'x'],
    ['no object', '[]'],
    ['null', 'null'],
    ['a member twice', '{"a":1,"a":2}'],
    ['something after it', '{}}'],
    ['a byte order mark', '\ufeff{}'],
    ['more than 2 MiB', `{"a":"${'x'.repeat(2 * 1024 * 1024)}"}`],
  ])('is refused with a predicate that is, or has, %s', async (_, predicate) => {
    await expect(statement({ predicate: Buffer.from(predicate) })).rejects.toMatchObject({ code: 'PAYLOAD_MALFORMED' });
  });

  it.each(['', 'half \ud800'])('is refused with the predicate type %j', async (type) => {
    const form = { kind: 'statement', predicateType: type } as const;
    await expect(sign('ecdsa-p256', form)).rejects.toMatchObject({ code: 'PAYLOAD_MALFORMED' });
  });

  it('with the longest predicate is still read by verifiers', async () => {
    const predicate = Buffer.from(`{"a":"${'x'.repeat(2 * 1024 * 1024 - 8)}"}`);
    const bundle = await sign('ecdsa-p256', { kind: 'statement', predicateType, predicate });
    expect(await judge('bundle', bundle, { kind: 'ecdsa-p256', predicateType })).toBe('VERIFIED');
  });
});
