import { digestOf } from '@signet/oci';
import type { Check, Envelope, Finding } from '@signet/verifier';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sigstoreVerifyFormat } from '../../../packages/verifier/src/formats/sigstore.ts';
import {
  type BundleChanges,
  bundleOf,
  envelopeOf,
  signBytes,
  statementOf,
  type TestKeyKind,
  testKey,
} from '../signatures.ts';

const image = digestOf(Buffer.from('image'));
const other = digestOf(Buffer.from('other'));
const [alice, bob, mallory] = [testKey(), testKey('rsa'), testKey()];
const trust = { keys: [alice.publicKey, bob.publicKey] };

const only = ([finding]: readonly Finding[]): Finding => finding ?? expect.fail('no finding');
const verifyBytes = async (bytes: Uint8Array, changes: Partial<Envelope> = {}, digest = image): Promise<Finding> =>
  only(await sigstoreVerifyFormat.verify(envelopeOf('sigstore', bytes, changes), { digest }, trust));
const verifyBundle = (changes: BundleChanges = {}, statement: unknown = statementOf(image), key = alice) =>
  verifyBytes(bundleOf(statement, key, changes));
const failed = ({ checks }: Finding): readonly string[] =>
  checks.filter(({ result }) => result === 'fail').map(({ name, code }) => `${name} ${code}`);
const resultOf = ({ checks }: Finding, name: Check['name']) => checks.findLast((check) => check.name === name);

describe('a bundle that is right', () => {
  it.each<[TestKeyKind, string | null]>([
    ['p256', 'sha256'],
    ['p384', 'sha256'],
    ['p384', 'sha384'],
    ['p521', 'sha256'],
    ['p521', 'sha512'],
    ['rsa', 'sha256'],
    ['ed25519', null],
  ])('%s with %s is proven', async (kind, hash) => {
    const key = testKey(kind, hash);
    const annotations = {
      'org.opencontainers.image.ref.name': 'r.example/app:1',
      'dev.signet.signed-at': '2026-11-23T09:00:00.120Z',
      env: 'prod',
    };
    const envelope = envelopeOf('sigstore', bundleOf(statementOf(image, annotations), key));
    const trusted = { keys: [mallory.publicKey, key.publicKey] };
    const finding = only(await sigstoreVerifyFormat.verify(envelope, { digest: image }, trusted));
    expect(failed(finding)).toEqual([]);
    expect(finding.proven).toEqual({
      identity: { kind: 'key', keyId: key.publicKey.id },
      subject: image,
      signedReference: 'r.example/app:1',
      claimedAtMs: Date.parse('2026-11-23T09:00:00.120Z'),
      annotations,
    });
    expect(finding.claims.keyId).toBe(key.publicKey.id);
  });

  it.each<[string, BundleChanges]>([
    ['a wrong hint', { hint: mallory.publicKey.hint }],
    ['an odd hint', { hint: 'some key' }],
    ['no hint', { material: { publicKey: {} } }],
    ['empty lists', { material: { publicKey: {}, tlogEntries: [] } }],
    [
      'another spelling of the version',
      { bundle: { mediaType: 'application/vnd.dev.sigstore.bundle+json;version=0.3' } },
    ],
  ])('%s changes nothing', async (_, changes) => {
    expect((await verifyBundle(changes)).proven?.identity).toEqual({ kind: 'key', keyId: alice.publicKey.id });
  });

  it('says that log entries were not looked at', async () => {
    expect(resultOf(await verifyBundle(), 'transparency')).toMatchObject({ result: 'skip', code: 'NOT_ASKED' });
  });

  it('takes a statement over several images, and the annotations of the one that is asked', async () => {
    const [one] = statementOf(other, { env: 'dev' }).subject as object[];
    const [two] = statementOf(image, { env: 'prod' }).subject as object[];
    const finding = await verifyBundle({}, statementOf(image, {}, { subject: [one, two] }));
    expect(finding.proven?.annotations).toEqual({ env: 'prod' });
  });

  it('takes a sha512 digest', async () => {
    const digest = digestOf(Buffer.from('image'), 'sha512');
    expect((await verifyBytes(bundleOf(statementOf(digest), alice), {}, digest)).proven?.subject).toBe(digest);
  });

  it('takes a claimed time that is none for no time', async () => {
    const finding = await verifyBundle({}, statementOf(image, { 'dev.signet.signed-at': 'yesterday' }));
    expect(finding.proven?.claimedAtMs).toBeUndefined();
  });
});

describe('a bundle with one thing wrong', () => {
  const twice = { signatures: [{ sig: 'AA==' }, { sig: 'AA==' }] };
  it.each<[string, string, () => Promise<Finding>]>([
    ['not JSON', 'integrity ENVELOPE_MALFORMED', () => verifyBytes(Buffer.from('junk'))],
    ['an unknown member', 'integrity ENVELOPE_MALFORMED', () => verifyBundle({ bundle: { extra: 1 } })],
    [
      'a member twice',
      'integrity ENVELOPE_MALFORMED',
      () =>
        verifyBytes(
          Buffer.from(
            bundleOf(statementOf(image), alice).toString().replace('{"mediaType"', '{"mediaType":"x","mediaType"'),
          ),
        ),
    ],
    [
      'a later version',
      'integrity ENVELOPE_UNSUPPORTED',
      () => verifyBundle({ bundle: { mediaType: 'application/vnd.dev.sigstore.bundle.v0.4+json' } }),
    ],
    ['two signatures', 'integrity SIGNATURE_COUNT', () => verifyBundle({ dsse: twice })],
    ['no signature', 'integrity SIGNATURE_COUNT', () => verifyBundle({ dsse: { signatures: [] } })],
    [
      'a certificate',
      'authenticity CERTIFICATE_NOT_KEY',
      () => verifyBundle({ material: { certificate: { rawBytes: 'MAA=' } } }),
    ],
    ['a key that is not trusted', 'authenticity KEY_NOT_TRUSTED', () => verifyBundle({}, statementOf(image), mallory)],
    [
      'a trusted hint, another key',
      'integrity SIGNATURE_INVALID',
      () => verifyBundle({ hint: alice.publicKey.hint }, statementOf(image), mallory),
    ],
    [
      'another payload than was signed',
      'integrity SIGNATURE_INVALID',
      () =>
        verifyBundle(
          { dsse: { payload: Buffer.from(JSON.stringify(statementOf(other))).toString('base64') } },
          statementOf(image),
        ),
    ],
    [
      'another payload type than was signed',
      'integrity SIGNATURE_INVALID',
      () => verifyBundle({ dsse: { payloadType: 'text/plain' } }),
    ],
    ['no in-toto payload', 'payload PAYLOAD_TYPE', () => verifyBundle({ payloadType: 'application/json' })],
    ['a payload that is no statement', 'payload PAYLOAD_MALFORMED', () => verifyBundle({}, 'junk')],
    [
      'another _type',
      'payload PAYLOAD_MALFORMED',
      () => verifyBundle({}, statementOf(image, {}, { _type: 'https://example.com/x' })),
    ],
    [
      'an attestation',
      'payload NOT_A_SIGNATURE',
      () => verifyBundle({}, statementOf(image, {}, { predicateType: 'https://slsa.dev/provenance/v1' })),
    ],
    ['another image', 'subject SUBJECT_MISMATCH', () => verifyBundle({}, statementOf(other))],
    [
      "another image in the manifest's subject",
      'subject SUBJECT_MISMATCH',
      () => verifyBytes(bundleOf(statementOf(image), alice), { manifestSubject: other }),
    ],
    [
      'a digest under a name that is not its algorithm',
      'subject SUBJECT_MISMATCH',
      () => verifyBundle({}, statementOf(image, {}, { subject: [{ digest: { md5: image.slice(7) } }] })),
    ],
  ])('%s: %s', async (_, wanted, make) => {
    const finding = await make();
    expect(failed(finding)).toEqual([wanted]);
    expect(finding.proven).toBeUndefined();
  });

  it('an image that signs bytes instead of a statement', async () => {
    const message = {
      messageDigest: { algorithm: 'SHA2_256', digest: Buffer.from(image.slice(7), 'hex').toString('base64') },
      signature: signBytes(alice, Buffer.from('image')).toString('base64'),
    };
    const bundle = {
      mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
      verificationMaterial: { publicKey: {} },
      messageSignature: message,
    };
    expect(failed(await verifyBytes(Buffer.from(JSON.stringify(bundle))))).toEqual(['payload NOT_A_SIGNATURE']);
  });

  it('an attestation by a key that is not trusted is told as such', async () => {
    const finding = await verifyBundle(
      {},
      statementOf(image, {}, { predicateType: 'https://spdx.dev/Document' }),
      mallory,
    );
    expect(failed(finding)).toEqual(['authenticity KEY_NOT_TRUSTED', 'payload NOT_A_SIGNATURE']);
  });

  it('the signature altered in any byte', async () => {
    const good = JSON.parse(bundleOf(statementOf(image), alice).toString());
    const sig = Buffer.from(good.dsseEnvelope.signatures[0].sig, 'base64');
    for (const at of sig.keys()) {
      const bad = Buffer.from(sig);
      bad[at] = (bad[at] ?? 0) ^ 1;
      const finding = await verifyBundle({ dsse: { signatures: [{ sig: bad.toString('base64') }] } });
      expect(finding.proven).toBeUndefined();
    }
  });
});

describe('whatever comes', () => {
  it('nothing is thrown and nothing proven', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.uint8Array(),
          fc.json().map((text) => Buffer.from(text)),
        ),
        async (bytes) => {
          const finding = await verifyBytes(bytes);
          expect(finding.proven).toBeUndefined();
          expect(finding.keyChecks).toBe(0);
          expect(sigstoreVerifyFormat.prospect(envelopeOf('sigstore', bytes), trust)).toBe('none');
        },
      ),
    );
  });

  it('a good bundle with a piece cut out or changed never proves another thing', async () => {
    const good = bundleOf(statementOf(image), alice);
    await fc.assert(
      fc.asyncProperty(fc.nat(good.length - 1), fc.nat(255), async (at, value) => {
        const bytes = Buffer.from(good);
        bytes[at] = value;
        const { proven } = await verifyBytes(bytes);
        if (proven !== undefined) expect(proven).toEqual((await verifyBytes(good)).proven);
      }),
    );
  });
});

describe('hints', () => {
  const prospect = (changes: BundleChanges) =>
    sigstoreVerifyFormat.prospect(envelopeOf('sigstore', bundleOf(statementOf(image), alice, changes)), trust);
  it('order the checks', () => {
    expect(prospect({})).toBe('likely');
    expect(prospect({ hint: mallory.publicKey.hint })).toBe('unlikely');
    expect(prospect({ material: { publicKey: {} } })).toBe('open');
  });
});

describe('recognise', () => {
  it.each([
    [undefined, true],
    ['', true],
    ['application/vnd.oci.empty.v1+json', true],
    ['application/vnd.dev.sigstore.bundle.v0.3+json', true],
    ['application/vnd.dev.sigstore.bundle+json;version=0.2', true],
    ['application/vnd.cncf.notary.signature', false],
  ])('%s: %s', (artifactType, wanted) => {
    expect(
      sigstoreVerifyFormat.recognise({
        mediaType: 'x/y',
        digest: image,
        size: 1,
        ...(artifactType === undefined ? {} : { artifactType }),
      }),
    ).toBe(wanted);
  });
});

describe('what a bundle claims', () => {
  it.each<[string, BundleChanges, Record<string, unknown>]>([
    ['hint', { hint: 'h'.repeat(1_000_000) }, {}],
    ['predicate type', {}, { predicateType: 't'.repeat(1_000_000) }],
  ])('does not make the report as large as it is: %s', async (_, changes, statement) => {
    const finding = await verifyBundle(changes, statementOf(image, {}, statement), mallory);
    expect(JSON.stringify(finding).length).toBeLessThan(5_000);
  });
});
