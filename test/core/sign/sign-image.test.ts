import {
  cosignFormat,
  cosignTag,
  createSoftwareSigner,
  EnvelopeError,
  type PrivateKey,
  parseBundle,
  parseStatement,
  type Signer,
  type SignResult,
  signFormat,
  signFormatNames,
  signImage,
} from '@signet/core';
import {
  digestOf,
  encodeManifest,
  openLayout,
  parseReference,
  RegistryError,
  type Resolved,
  type Store,
} from '@signet/oci';
import { beforeAll, describe, expect, it } from 'vitest';
import { tempDir } from '../../support/temp.ts';
import { countSignatures, imageNamed, indexOf, newKey, optionsFor, signedAtMs, storeOf } from './world.ts';

const image = imageNamed('one');
const { digest } = image.descriptor;
let key: PrivateKey;
let other: PrivateKey;
beforeAll(async () => {
  [key, other] = await Promise.all([newKey(), newKey()]);
});

async function signOne(...args: Parameters<typeof optionsFor>): Promise<SignResult> {
  const [result, ...more] = await signImage(optionsFor(...args));
  if (result === undefined || more.length > 0) throw new EnvelopeError('SIGNATURE_COUNT', 'not one result');
  return result;
}

/** The annotations that were signed, read back from the store. */
async function signedAnnotations(store: Store, result: SignResult): Promise<Readonly<Record<string, string>>> {
  if (result.outcome === 'dry-run') throw new EnvelopeError('SIGNATURE_COUNT', 'nothing was stored');
  const manifest = JSON.parse(Buffer.from((await store.resolve(result.signatureManifest)).bytes).toString());
  expect(manifest.subject.digest).toBe(result.digest);
  const { content } = parseBundle(await store.fetch(manifest.layers[0]));
  if (content.kind !== 'dsse') throw new EnvelopeError('ENVELOPE_UNSUPPORTED', 'no statement');
  const [subject] = parseStatement(content.envelope.payload).subject;
  expect(subject?.digest).toEqual({ sha256: result.digest.slice('sha256:'.length) });
  return subject?.annotations ?? {};
}

describe('what is signed', () => {
  it('by tag: the digest that the tag names, bound to that tag', async () => {
    const store = await storeOf(image);
    const result = await signOne(store, key, { annotations: { env: 'prod' } });
    expect(result).toMatchObject({
      outcome: 'new',
      stored: 'scan',
      digest,
      mediaType: image.descriptor.mediaType,
      signedReference: 'r.example/team/web:v1',
    });
    expect(await signedAnnotations(store, result)).toEqual({
      env: 'prod',
      'dev.signet.signed-at': '2026-11-23T09:00:00.120Z',
      'org.opencontainers.image.ref.name': 'r.example/team/web:v1',
    });
  });

  it.each([
    ['by tag and digest: the same', `r.example/team/web:v1@${digest}`, {}, 'r.example/team/web:v1'],
    ['by digest alone: no tag', `r.example/team/web@${digest}`, {}, undefined],
    ['with noTag: no tag', 'r.example/team/web:v1', { noTag: true }, undefined],
    ['under the name that is given', 'r.example/team/web:v1', { signedReference: 'm.example/w:9' }, 'm.example/w:9'],
    [
      'a digest under the name that is given',
      `r.example/x@${digest}`,
      { signedReference: 'm.example/w:9' },
      'm.example/w:9',
    ],
    ['the name folded', 'web:v1', {}, 'docker.io/library/web:v1'],
  ])('%s', async (_, reference, changes, wanted) => {
    const store = await storeOf(image);
    const result = await signOne(store, key, { ...changes, reference: parseReference(reference) });
    expect(result.signedReference).toBe(wanted);
    expect((await signedAnnotations(store, result))['org.opencontainers.image.ref.name']).toBe(wanted);
  });

  it('without tag and digest: latest', async () => {
    const store = await storeOf(image);
    const reference = parseReference('r.example/team/web');
    await expect(signOne(store, key, { reference })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await store.tag(image, 'latest');
    expect((await signOne(store, key, { reference })).signedReference).toBe('r.example/team/web:latest');
  });

  it.each(['m.example/w', `m.example/w:9@${digest}`, 'm.example/W:9'])('refuses to sign the name %s', async (name) => {
    await expect(signOne(await storeOf(image), key, { signedReference: name })).rejects.toMatchObject({
      code: 'REFERENCE_INVALID',
    });
  });

  it('refuses a name to sign together with leaving it out', async () => {
    const changes = { signedReference: 'm.example/w:9', noTag: true };
    await expect(signOne(await storeOf(image), key, changes)).rejects.toMatchObject({ code: 'ANNOTATION_INVALID' });
  });

  it('a sha512 digest as it was asked for', async () => {
    const store = await storeOf(image);
    const long = digestOf(image.bytes, 'sha512');
    const result = await signOne(store, key, { reference: parseReference(`r.example/team/web:v1@${long}`) });
    expect(result.digest).toBe(long);
  });

  it('an image of a layout on disk, in the layout', async () => {
    const dir = tempDir();
    const store = await openLayout(dir, { create: true });
    await store.tag(image, 'v1');
    const result = await signOne(store, key, { reference: parseReference(`oci:${dir}:v1`) });
    expect(result).toMatchObject({ outcome: 'new', stored: 'scan' });
    expect(result.signedReference).toBeUndefined();
    expect(await countSignatures(store, image.descriptor)).toBe(1);
    expect(await signOne(store, key, { reference: parseReference(`oci:${dir}@${digest}`) })).toMatchObject({
      outcome: 'already-there',
    });
  });

  it("in cosign's older form: under the .sig tag, with the tag in docker-reference", async () => {
    const store = await storeOf(image);
    const result = await signOne(store, key, { format: cosignFormat });
    const sig = await store.resolve(cosignTag(digest));
    expect(result).toMatchObject({ outcome: 'new', stored: 'sig', signatureManifest: sig.descriptor.digest });
    expect(Buffer.from(result.payload.bytes).toString()).toContain('"docker-reference":"r.example/team/web:v1"');
  });
});

it('has every format by its name', () => {
  expect(signFormatNames.map((name) => signFormat(name).name)).toEqual(['sigstore', 'cosign']);
});

describe('a tag that names something else', () => {
  const moved = imageNamed('moved');

  it('is refused when the digest that is given differs, and nothing is stored', async () => {
    const store = await storeOf(image, moved);
    const reference = parseReference(`r.example/team/web:v1@${moved.descriptor.digest}`);
    await expect(signOne(store, key, { reference })).rejects.toMatchObject({ code: 'SUBJECT_CHANGED' });
    expect(await countSignatures(store, moved.descriptor)).toBe(0);
    expect(await countSignatures(store, image.descriptor)).toBe(0);
  });

  it('while the key signs is refused, and nothing is stored', async () => {
    const store = await storeOf(image);
    const slow: Signer = {
      ...createSoftwareSigner(key),
      sign: async (...args) => {
        await store.tag(moved, 'v1');
        return createSoftwareSigner(key).sign(...args);
      },
    };
    await expect(signOne(store, key, { signer: slow })).rejects.toMatchObject({ code: 'SUBJECT_CHANGED' });
    expect(await countSignatures(store, image.descriptor)).toBe(0);
  });

  it('while the signature is stored is refused too', async () => {
    const store = await storeOf(image);
    await expect(signOne(movedAfterPush(store, moved), key)).rejects.toMatchObject({ code: 'SUBJECT_CHANGED' });
    expect(await countSignatures(store, image.descriptor)).toBe(1);
  });

  it('does not matter to who signs a digest', async () => {
    const store = await storeOf(image);
    const reference = parseReference(`r.example/team/web@${digest}`);
    expect(await signOne(movedAfterPush(store, moved), key, { reference })).toMatchObject({ outcome: 'new', digest });
  });

  it('or nothing at all, is refused when it is gone for good, and not when it is for a moment', async () => {
    const goneFor = (times: number, store: Store): Store => {
      let resolved = 0;
      return {
        ...store,
        async resolve(name, options) {
          if (name === 'v1') resolved += 1;
          if (name === 'v1' && resolved > 1 && resolved <= 1 + times) throw new RegistryError('NOT_FOUND', 'gone');
          return store.resolve(name, options);
        },
      };
    };
    await expect(signOne(goneFor(99, await storeOf(image)), key)).rejects.toMatchObject({ code: 'SUBJECT_CHANGED' });
    expect(await signOne(goneFor(2, await storeOf(image)), key)).toMatchObject({ outcome: 'new' });
  });
});

function movedAfterPush(store: Store, to: Resolved): Store {
  return {
    ...store,
    async push(content, as, options) {
      const pushed = await store.push(content, as, options);
      if (pushed.referrers !== undefined) await store.tag(to, 'v1');
      return pushed;
    },
  };
}

describe.each(signFormatNames)('the same signature twice (%s)', (name) => {
  const format = signFormat(name);
  const later = { format, signedAtMs: signedAtMs + 60_000 };

  async function signedTwice(changes: Partial<Parameters<typeof optionsFor>[2]>, by?: PrivateKey) {
    const store = await storeOf(image);
    const first = await signOne(store, key, { format });
    return [first, await signOne(store, by ?? key, { ...later, ...changes })] as const;
  }

  it('is stored once', async () => {
    const [first, second] = await signedTwice({});
    expect(second).toMatchObject({ outcome: 'already-there' });
    expect(second).toHaveProperty('signatureManifest', Object(first).signatureManifest);
  });

  it.each([
    ['with force', { force: true }],
    ['with another annotation', { annotations: { more: 'said' } }],
    ['without the tag', { noTag: true }],
  ])('%s is another', async (_, changes) => {
    expect((await signedTwice(changes))[1].outcome).toBe('new');
  });

  it('of another key is another', async () => {
    expect((await signedTwice({}, other))[1].outcome).toBe('new');
  });
});

describe('with recursive', () => {
  const [one, two, three] = [imageNamed('1'), imageNamed('2'), imageNamed('3')];
  const inner = indexOf(two, three);
  const outer = indexOf(one, inner, one);
  const all = [outer, one, inner, two, three];

  it('signs the index with the tag and each child once without', async () => {
    const store = await storeOf(outer, one, two, three, inner);
    const results = await signImage(optionsFor(store, key, { recursive: true }));
    expect(results.map((each) => each.digest)).toEqual(all.map(({ descriptor }) => descriptor.digest));
    expect(results.map((each) => each.signedReference)).toEqual(['r.example/team/web:v1', ...Array(4).fill(undefined)]);
    for (const { descriptor } of all) expect(await countSignatures(store, descriptor)).toBe(1);
  });

  it('alone signs children', async () => {
    const store = await storeOf(outer, one, two, three, inner);
    expect(await signImage(optionsFor(store, key))).toHaveLength(1);
    expect(await countSignatures(store, one.descriptor)).toBe(0);
  });

  it('signs nothing when a child is not there', async () => {
    const store = await storeOf(outer, one, two, inner);
    await expect(signImage(optionsFor(store, key, { recursive: true }))).rejects.toMatchObject({ code: 'NOT_FOUND' });
    for (const { descriptor } of all) expect(await countSignatures(store, descriptor)).toBe(0);
  });

  it('leaves the index unsigned when a child could not be signed', async () => {
    const store = await storeOf(outer, one, two, three, inner);
    const failing: Store = {
      ...store,
      async push(content, as, options) {
        if (
          Buffer.from(content).includes(
            `"subject":{"mediaType":"${three.descriptor.mediaType}","digest":"${three.descriptor.digest}`,
          )
        )
          throw new RegistryError('FORBIDDEN', 'not this one');
        return store.push(content, as, options);
      },
    };
    await expect(signImage(optionsFor(failing, key, { recursive: true }))).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect(await countSignatures(store, outer.descriptor)).toBe(0);
  });

  it('refuses a child that is no manifest', async () => {
    const blob = Buffer.from('blob');
    const odd = encodeManifest({
      kind: 'index',
      manifests: [{ mediaType: 'text/plain', digest: digestOf(blob), size: blob.length }],
    });
    const store = await storeOf(odd);
    await expect(signImage(optionsFor(store, key, { recursive: true }))).rejects.toMatchObject({
      code: 'ENVELOPE_UNSUPPORTED',
    });
    expect(await signImage(optionsFor(store, key))).toHaveLength(1);
  });

  it.each([
    [8, 'resolves'],
    [9, 'rejects'],
  ] as const)('with indexes nested %i deep %s', async (depth, how) => {
    const chain = [imageNamed('leaf')];
    for (let n = 0; n < depth; n += 1) chain.unshift(indexOf(chain[0] ?? image));
    const [top, ...below] = chain;
    const results = signImage(optionsFor(await storeOf(top ?? image, ...below), key, { recursive: true }));
    if (how === 'resolves') expect(await results).toHaveLength(depth + 1);
    else await expect(results).rejects.toMatchObject({ code: 'LIMIT_REACHED' });
  });
});

describe('with dryRun', () => {
  it('tells payloads, and neither signs nor stores', async () => {
    const store = await storeOf(image);
    const unused: Signer = {
      ...createSoftwareSigner(key),
      sign: () => Promise.reject(new EnvelopeError('SIGNATURE_SELF_CHECK', 'the key was used')),
    };
    const result = await signOne(store, key, { signer: unused, dryRun: true });
    expect(result).toMatchObject({ outcome: 'dry-run', digest });
    expect(parseStatement(result.payload.bytes).subject[0]?.digest).toEqual({ sha256: digest.slice(7) });
    expect(await countSignatures(store, image.descriptor)).toBe(0);
  });
});

describe('what cannot be stored or verified', () => {
  it.each(signFormatNames)('a signature of another key than the signer says (%s) is not stored', async (name) => {
    const store = await storeOf(image);
    const liar: Signer = { ...createSoftwareSigner(key), publicKey: other.publicKey };
    await expect(signOne(store, key, { format: signFormat(name), signer: liar })).rejects.toMatchObject({
      code: 'SIGNATURE_SELF_CHECK',
    });
    expect(await countSignatures(store, image.descriptor)).toBe(0);
    await expect(store.resolve(cosignTag(digest))).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('fails when the store does not list what was pushed', async () => {
    const store = await storeOf(image);
    const silent: Store = {
      ...store,
      async *referrers() {
        yield { via: 'api', descriptors: [] };
      },
    };
    await expect(signOne(silent, key)).rejects.toMatchObject({ code: 'SIGNATURE_NOT_STORED' });
  });

  it('fails when other bytes come back', async () => {
    const store = await storeOf(image);
    const lying: Store = {
      ...store,
      fetch: async (target, options) => {
        const bytes = await store.fetch(target, options);
        return target.mediaType.includes('sigstore') ? bytes.fill(0x20, 0, 1) : bytes;
      },
    };
    await expect(signOne(lying, key)).rejects.toMatchObject({ code: 'SIGNATURE_NOT_STORED' });
  });

  it('stops when it is told to', async () => {
    const signal = AbortSignal.abort();
    await expect(signOne(await storeOf(image), key, { signal })).rejects.toMatchObject({ code: 'ABORTED' });
  });
});
