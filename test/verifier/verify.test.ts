import { ANNOTATION_ENVELOPE } from '@signet/core';
import {
  createMemoryStore,
  type Descriptor,
  digestOf,
  MEDIA_TYPE_CONFIG,
  MEDIA_TYPE_EMPTY,
  MEDIA_TYPE_INDEX,
  MEDIA_TYPE_MANIFEST,
  parseReference,
  type Resolved,
  type Store,
  toDescriptorJson,
} from '@signet/oci';
import { type KeyRuleOptions, ruleForKeys, type Verification, verify } from '@signet/verifier';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  bundleMediaType,
  bundleOf,
  signBytes,
  simpleSigningOf,
  statementOf,
  type TestKey,
  testKey,
} from './signatures.ts';

const [alice, bob, mallory] = [testKey('p256'), testKey('ed25519'), testKey('p256')];
const tag = parseReference('r.example/app:1');

let store: Store;
let image: Resolved;

beforeEach(async () => {
  store = createMemoryStore();
  image = await pushImage('image', '1');
});

async function pushBlob(text: string | Uint8Array, mediaType: string): Promise<Descriptor> {
  const bytes = Buffer.from(text);
  const descriptor = { mediaType, digest: digestOf(bytes), size: bytes.length };
  await store.push(bytes, descriptor);
  return descriptor;
}

async function pushManifest(members: object, name?: string, mediaType = MEDIA_TYPE_MANIFEST): Promise<Resolved> {
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, ...members }));
  const resolved = { bytes, descriptor: { mediaType, digest: digestOf(bytes), size: bytes.length } };
  await store.push(bytes, resolved.descriptor);
  if (name !== undefined) await store.tag(resolved, name);
  return resolved;
}

async function pushImage(text: string, name?: string): Promise<Resolved> {
  const config = await pushBlob(JSON.stringify({ architecture: 'amd64', os: 'linux', note: text }), MEDIA_TYPE_CONFIG);
  return pushManifest({ config, layers: [] }, name);
}

interface AttachOptions {
  readonly embed?: boolean;
  readonly manifestSubject?: Descriptor;
}

async function attach(
  bundle: Uint8Array,
  subject = image.descriptor,
  { embed = false, manifestSubject = subject }: AttachOptions = {},
): Promise<Resolved> {
  const layer = await pushBlob(bundle, bundleMediaType);
  return pushManifest({
    artifactType: bundleMediaType,
    config: toDescriptorJson(await pushBlob('{}', MEDIA_TYPE_EMPTY)),
    layers: [toDescriptorJson(layer)],
    subject: toDescriptorJson(manifestSubject),
    ...(embed ? { annotations: { [ANNOTATION_ENVELOPE]: Buffer.from(bundle).toString('base64') } } : {}),
  });
}

const signedBy = (key: TestKey, annotations: Record<string, string> = {}, subject = image.descriptor) =>
  bundleOf(statementOf(subject.digest, annotations), key);

const ask = (options: Partial<KeyRuleOptions> = {}, reference = tag, changes: Partial<Verification> = {}) =>
  verify(reference, {
    rule: ruleForKeys({ keys: [alice.publicKey], ...options }),
    source: store,
    atMs: 1_790_000_000_000,
    ...changes,
  });

/** cosign's older form: one manifest under a tag, a layer for each signature. */
async function attachSimple(keys: readonly TestKey[], optional: unknown = null): Promise<void> {
  const layers = await Promise.all(
    keys.map(async (key, at) => {
      const bytes = Buffer.from(
        JSON.stringify(simpleSigningOf(image.descriptor.digest, 'r.example/app', optional ?? { at: `${at}` })),
      );
      const layer = await pushBlob(bytes, 'application/vnd.dev.cosign.simplesigning.v1+json');
      return {
        ...layer,
        annotations: { 'dev.cosignproject.cosign/signature': signBytes(key, bytes).toString('base64') },
      };
    }),
  );
  await pushManifest(
    { config: await pushBlob('{}', MEDIA_TYPE_CONFIG), layers },
    `${image.descriptor.digest.replace(':', '-')}.sig`,
  );
}

describe('verify', () => {
  it('unsigned, then signed by another, then by a trusted key', async () => {
    expect(await ask()).toMatchObject({
      verdict: 'denied',
      code: 'NO_SIGNATURE',
      allowed: false,
      digest: image.descriptor.digest,
    });
    await attach(signedBy(mallory));
    const wrong = await ask();
    expect(wrong).toMatchObject({ verdict: 'denied', code: 'NOT_TRUSTED' });
    expect(wrong.summary).toBe(
      `signed by key ${mallory.publicKey.id.slice(0, 12)} (as it says); you trust key ${alice.publicKey.id.slice(0, 12)}`,
    );
    await attach(signedBy(alice));
    expect(await ask()).toMatchObject({
      verdict: 'verified',
      allowed: true,
      tag: 'digest-only',
      mediaType: MEDIA_TYPE_MANIFEST,
    });
  });

  it.each([true, false])('embedded in the listing: %s', async (embed) => {
    await attach(signedBy(alice), image.descriptor, { embed });
    expect((await ask()).findings).toMatchObject([
      { foundIn: embed ? 'listing' : 'blob', proven: { subject: image.descriptor.digest } },
    ]);
  });

  it('an envelope embedded in the listing must name the digest itself', async () => {
    const moved = await pushImage('moved', '1');
    await attach(signedBy(alice, {}, image.descriptor), moved.descriptor, { embed: true });
    expect(await ask()).toMatchObject({ verdict: 'denied', code: 'NOT_TRUSTED', digest: moved.descriptor.digest });
  });

  it('junk around a good one does not hide it', async () => {
    await attach(Buffer.from('junk'));
    await attach(Buffer.from('more junk'), image.descriptor, { embed: true });
    await attach(signedBy(mallory), image.descriptor, { embed: true });
    await attach(bundleOf(statementOf(image.descriptor.digest), mallory, { hint: alice.publicKey.hint }));
    await attach(signedBy(alice));
    expect((await ask()).verdict).toBe('verified');
  });

  it("cosign's older form", async () => {
    await attachSimple([mallory, alice, mallory]);
    expect((await ask()).verdict).toBe('verified');
    expect(await ask({ keys: [bob.publicKey] })).toMatchObject({ verdict: 'denied', code: 'NOT_TRUSTED' });
  });

  it('1,000 signatures of the older form with a limit of 100: the newest are tried, and it is said that not all were', async () => {
    await attachSimple([...Array.from({ length: 999 }, () => mallory), alice]);
    expect((await ask()).verdict).toBe('verified');
    expect(await ask({ keys: [bob.publicKey] })).toMatchObject({
      verdict: 'undecided',
      gaps: [{ code: 'LIMIT_REACHED' }],
    });
    expect(await ask({ keys: [bob.publicKey] }, tag, { limits: { maxSignatures: 1_000 } })).toMatchObject({
      verdict: 'denied',
    });
  });

  it('an attestation is not a signature', async () => {
    await attach(
      bundleOf(statementOf(image.descriptor.digest, {}, { predicateType: 'https://slsa.dev/provenance/v1' }), alice),
    );
    const report = await ask();
    expect(report).toMatchObject({ verdict: 'denied', code: 'NO_SIGNATURE' });
    expect(report.summary).toContain('attest');
  });

  it('a signature whose manifest names another subject', async () => {
    const other = await pushImage('other');
    await attach(signedBy(alice), image.descriptor, { manifestSubject: other.descriptor });
    expect(await ask()).toMatchObject({ verdict: 'denied', code: 'NO_SIGNATURE' });
  });

  it('two of two keys, in different formats', async () => {
    const both = { keys: [alice.publicKey, bob.publicKey], atLeast: 2 };
    await attach(signedBy(alice));
    await attach(signedBy(alice, { again: '1' }));
    expect(await ask(both)).toMatchObject({ verdict: 'denied', code: 'NOT_TRUSTED' });
    await attachSimple([bob]);
    expect((await ask(both)).verdict).toBe('verified');
  });

  it('annotations', async () => {
    await attach(signedBy(alice, { env: 'dev' }));
    expect(await ask({ annotations: { env: 'prod' } })).toMatchObject({
      verdict: 'denied',
      code: 'ANNOTATION_MISMATCH',
      summary: 'annotation "env" must be "prod": it says "dev"',
    });
    await attachSimple([alice], { env: 'prod' });
    expect((await ask({ annotations: { env: 'prod' } })).verdict).toBe('verified');
  });
});

describe('verify: bound tags', () => {
  const named = (reference: string) => attach(signedBy(alice, { 'org.opencontainers.image.ref.name': reference }));
  const bound = { tagBound: true };

  it('the tag moved to another signed image: denied, with both names', async () => {
    await named('r.example/app:1');
    expect(await ask(bound)).toMatchObject({ verdict: 'verified', tag: 'bound' });
    await store.tag(image, '2');
    expect(await ask(bound, parseReference('r.example/app:2'))).toMatchObject({
      verdict: 'denied',
      code: 'TAG_MISMATCH',
      summary: 'signed for r.example/app:1, asked r.example/app:2',
    });
  });

  it('a signature for each tag: each is found behind the other', async () => {
    await named('r.example/app:1');
    await named('r.example/app:2');
    await store.tag(image, '2');
    for (const name of ['1', '2'])
      expect(await ask(bound, parseReference(`r.example/app:${name}`))).toMatchObject({
        verdict: 'verified',
        tag: 'bound',
      });
  });

  it('by tag and digest the tag is compared; by digest the repository alone', async () => {
    await named('r.example/app:1');
    const { digest } = image.descriptor;
    expect(await ask(bound, parseReference(`r.example/app:1@${digest}`))).toMatchObject({
      verdict: 'verified',
      tag: 'bound',
    });
    expect(await ask(bound, parseReference(`r.example/app:3@${digest}`))).toMatchObject({ code: 'TAG_MISMATCH' });
    expect(await ask(bound, parseReference(`r.example/app@${digest}`))).toMatchObject({
      verdict: 'verified',
      tag: 'repository-only',
    });
    expect(await ask(bound, parseReference(`r.example/other@${digest}`))).toMatchObject({ code: 'TAG_MISMATCH' });
  });

  it('a layout or a mirror says what to compare with', async () => {
    await named('r.example/app:1');
    const layout = parseReference('oci:./dir:1');
    expect((await ask(bound, layout)).remedy).toContain('--signed-reference');
    expect(await ask(bound, layout, { signedReference: 'r.example/app:1' })).toMatchObject({
      verdict: 'verified',
      tag: 'bound',
    });
    expect(await ask(bound, layout, { signedReference: 'r.example/app:2' })).toMatchObject({ code: 'TAG_MISMATCH' });
    expect(await ask(bound, parseReference('mirror.example/app:1'))).toMatchObject({ code: 'TAG_MISMATCH' });
    await expect(ask(bound, layout, { signedReference: 'not a reference' })).rejects.toMatchObject({
      code: 'REFERENCE_INVALID',
    });
  });

  it("folds docker.io's names on both sides", async () => {
    await named('index.docker.io/library/app:1');
    expect(await ask(bound, parseReference('app:1'))).toMatchObject({ verdict: 'verified', tag: 'bound' });
  });

  it("cosign's older form without a tag is not bound", async () => {
    await attachSimple([alice]);
    expect(await ask(bound)).toMatchObject({
      code: 'TAG_MISMATCH',
      summary: 'signed for r.example/app, asked r.example/app:1',
    });
    expect(await ask(bound, parseReference(`r.example/app@${image.descriptor.digest}`))).toMatchObject({
      verdict: 'verified',
      tag: 'repository-only',
    });
  });
});

describe('verify: indexes', () => {
  const platforms = async () => {
    const arm = await pushImage('arm');
    const manifests = [
      { ...toDescriptorJson(image.descriptor), platform: { os: 'linux', architecture: 'amd64' } },
      { ...toDescriptorJson(arm.descriptor), platform: { os: 'linux', architecture: 'arm64' } },
    ];
    return pushManifest({ manifests }, 'multi', MEDIA_TYPE_INDEX);
  };
  const multi = parseReference('r.example/app:multi');

  it('the signature of the index covers the index, not its children', async () => {
    const index = await platforms();
    await attach(signedBy(alice, {}, index.descriptor), index.descriptor);
    expect(await ask({}, multi)).toMatchObject({ verdict: 'verified', digest: index.descriptor.digest });
    expect(await ask({}, multi, { platform: 'linux/amd64' })).toMatchObject({
      verdict: 'denied',
      digest: image.descriptor.digest,
    });
    expect(await ask({}, tag)).toMatchObject({ verdict: 'denied' });
  });

  it("a child's signature does not verify the index", async () => {
    await platforms();
    await attach(signedBy(alice));
    expect(await ask({}, multi)).toMatchObject({ verdict: 'denied', code: 'NO_SIGNATURE' });
    expect(await ask({}, multi, { platform: 'linux/amd64' })).toMatchObject({
      verdict: 'verified',
      digest: image.descriptor.digest,
      platform: 'linux/amd64',
    });
    expect(await ask({}, multi, { platform: 'linux/arm64' })).toMatchObject({ verdict: 'denied' });
  });
});
