import { digestOf } from '@signet/oci';
import type { Envelope, Finding } from '@signet/verifier';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cosignVerifyFormat } from '../../../packages/verifier/src/formats/cosign.ts';
import { envelopeOf, signBytes, simpleSigningOf, type TestKeyKind, testKey } from '../signatures.ts';

const image = digestOf(Buffer.from('image'));
const other = digestOf(Buffer.from('other'));
const [alice, mallory] = [testKey(), testKey()];
const annotation = 'dev.cosignproject.cosign/signature';

const envelope = (payload: unknown, key = alice, changes: Partial<Envelope> = {}): Envelope => {
  const bytes = Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload));
  return envelopeOf('cosign', bytes, {
    annotations: { [annotation]: signBytes(key, bytes).toString('base64') },
    ...changes,
  });
};
const verifyIt = async (what: Envelope, keys = [alice.publicKey]): Promise<Finding> =>
  only(await cosignVerifyFormat.verify(what, { digest: image }, { keys }));
function only([finding]: readonly Finding[]): Finding {
  return finding ?? expect.fail('no finding');
}
const failed = ({ checks }: Finding): readonly string[] =>
  checks.filter(({ result }) => result === 'fail').map(({ name, code }) => `${name} ${code}`);
const text = JSON.stringify(simpleSigningOf(image));

describe('a simple signing payload that is right', () => {
  it.each<TestKeyKind>(['p256', 'p384', 'p521', 'rsa', 'ed25519'])('%s is proven', async (kind) => {
    const key = testKey(kind);
    const finding = await verifyIt(envelope(simpleSigningOf(image, 'r.example/app:1', { env: 'prod', at: 5 }), key), [
      mallory.publicKey,
      key.publicKey,
    ]);
    expect(finding.proven).toEqual({
      identity: { kind: 'key', keyId: key.publicKey.id },
      subject: image,
      signedReference: 'r.example/app:1',
      annotations: { env: 'prod' },
    });
  });

  it.each([[null], [undefined], [{}]])('optional may be %s', async (optional) => {
    expect((await verifyIt(envelope({ ...simpleSigningOf(image), optional }))).proven?.annotations).toEqual({});
  });
});

describe('a payload with one thing wrong', () => {
  const changed = (part: string, by: string) => envelope(text.replace(part, by));
  it.each<[string, string, () => Envelope]>([
    [
      'no signature beside it',
      'integrity ENVELOPE_MALFORMED',
      () => envelope(simpleSigningOf(image), alice, { annotations: {} }),
    ],
    [
      'a signature that is no base64',
      'integrity ENVELOPE_MALFORMED',
      () => envelope(simpleSigningOf(image), alice, { annotations: { [annotation]: 'a b=' } }),
    ],
    ['a key that is not trusted', 'authenticity KEY_NOT_TRUSTED', () => envelope(simpleSigningOf(image), mallory)],
    [
      'the signature of other bytes',
      'authenticity KEY_NOT_TRUSTED',
      () => ({ ...envelope(simpleSigningOf(image)), bytes: Buffer.from(`${text} `) }),
    ],
    [
      'a certificate',
      'authenticity CERTIFICATE_NOT_KEY',
      () => ({
        ...envelope(text, mallory),
        annotations: { ...envelope(text, mallory).annotations, 'dev.sigstore.cosign/certificate': 'x' },
      }),
    ],
    ['no JSON', 'payload PAYLOAD_MALFORMED', () => envelope('junk')],
    [
      'another type',
      'payload PAYLOAD_MALFORMED',
      () => changed('cosign container image signature', 'atomic container signature'),
    ],
    [
      'an unknown member of critical',
      'payload PAYLOAD_MALFORMED',
      () => changed('{"identity"', '{"more":1,"identity"'),
    ],
    ['a member twice', 'payload PAYLOAD_MALFORMED', () => changed('{"critical"', '{"optional":null,"critical"')],
    [
      'the digest under a name in another case',
      'payload PAYLOAD_MALFORMED',
      () => changed('docker-manifest-digest', 'Docker-manifest-digest'),
    ],
    ['another image', 'subject SUBJECT_MISMATCH', () => envelope(simpleSigningOf(other))],
    [
      "another image in the manifest's subject",
      'subject SUBJECT_MISMATCH',
      () => envelope(text, alice, { ...envelope(text), manifestSubject: other }),
    ],
  ])('%s: %s', async (_, wanted, make) => {
    const finding = await verifyIt(make());
    expect(failed(finding)).toEqual([wanted]);
    expect(finding.proven).toBeUndefined();
  });
});

describe('whatever comes', () => {
  it('nothing is thrown and nothing proven', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array(), fc.base64String(), async (bytes, signature) => {
        const finding = await verifyIt(envelopeOf('cosign', bytes, { annotations: { [annotation]: signature } }));
        expect(finding.proven).toBeUndefined();
      }),
    );
  });
});

describe('where it is found', () => {
  it('under the tag of the digest', () => {
    expect(cosignVerifyFormat.tagsFor(image)).toEqual([`sha256-${image.slice(7)}.sig`]);
  });
});
