// Not in npm run check: thousands of signatures.

import { randomBytes } from 'node:crypto';
import { ANNOTATION_ENVELOPE } from '@signet/core';
import { type Descriptor, digestOf, MEDIA_TYPE_MANIFEST, parseReference, RegistryError } from '@signet/oci';
import { defaultVerifyLimits, ruleForKeys, type VerifyLimits, verify } from '@signet/verifier';
import { beforeEach, describe, expect, it } from 'vitest';
import { addBlob, addSignatureManifest, createFakeSource, type FakeSource } from './fake-source.ts';
import { bundleMediaType, bundleOf, signBytes, simpleSigningOf, statementOf, testKey } from './signatures.ts';

const [alice, mallory] = [testKey(), testKey()];
const image = digestOf(Buffer.from('image'));
const good = bundleOf(statementOf(image), alice);
let source: FakeSource;

beforeEach(() => {
  source = createFakeSource();
  addBlob(source, Buffer.from('image'));
});

const ask = (limits: Partial<VerifyLimits> = {}) =>
  verify(parseReference(`r.example/app@${image}`), {
    rule: ruleForKeys({ keys: [alice.publicKey] }),
    source,
    limits,
    atMs: 0,
  });

/** A bundle over the asked digest that nobody signed: well-formed in all, and no two alike. */
function junk(hint: string | undefined): Buffer {
  const parts = [randomBytes(32), randomBytes(32)].map((part) => Buffer.concat([Buffer.from([2, 33, 0]), part]));
  const sig = Buffer.concat([Buffer.from([0x30, 70]), ...parts]).toString('base64');
  return Buffer.from(unsigned(hint).replace(placeholder, sig));
}

const placeholder = 'where the signature belongs';
const templates = new Map<string | undefined, string>();

/** Made once for each hint: thousands of them would take longer to sign than to judge. */
function unsigned(hint: string | undefined): string {
  const known = templates.get(hint);
  if (known !== undefined) return known;
  const material = { publicKey: hint === undefined ? {} : { hint } };
  const dsse = { signatures: [{ sig: placeholder }] };
  const made = bundleOf(statementOf(image), mallory, { material, dsse }).toString();
  templates.set(hint, made);
  return made;
}

const many = (count: number, hint?: string) => Array.from({ length: count }, () => junk(hint));

/** Entries of a listing that hold their envelope; a thousand a page. */
function listEmbedded(envelopes: readonly Buffer[]): void {
  const descriptors = envelopes.map((bytes): Descriptor => {
    const [digest, size] = [digestOf(Buffer.concat([Buffer.from('manifest of '), bytes])), 9];
    const annotations = { [ANNOTATION_ENVELOPE]: bytes.toString('base64') };
    return { mediaType: MEDIA_TYPE_MANIFEST, artifactType: bundleMediaType, digest, size, annotations };
  });
  listPages(descriptors);
}

/** Entries whose manifests have to be read, the envelope in each manifest or (`data: false`) in a blob. */
function listManifests(envelopes: readonly Buffer[], data = true): void {
  const manifestOf = (bytes: Buffer) =>
    addSignatureManifest(source, [bytes], { subject: image, layerType: bundleMediaType, data });
  listPages(envelopes.map((bytes) => ({ ...manifestOf(bytes), artifactType: bundleMediaType })));
}

function listPages(descriptors: readonly Descriptor[]): void {
  const pages = Math.ceil(descriptors.length / 1_000);
  source.pages = Array.from({ length: pages }, (_, at) => ({
    via: 'api',
    descriptors: descriptors.slice(at * 1_000, (at + 1) * 1_000),
  }));
}

describe('10,000 pieces of junk and a good signature behind them', () => {
  it.each([
    ['that name our key', alice.publicKey.hint, 10_001],
    ['that name another', mallory.publicKey.hint, 1],
    ['that name none', undefined, 1],
  ])('%s, in the listing: verified', async (_, hint, tried) => {
    listEmbedded([...many(10_000, hint), good]);
    const report = await ask();
    expect(report).toMatchObject({ verdict: 'verified', findingsTotal: tried });
    expect(source.requests.filter((each) => each.startsWith('fetch')).length).toBeLessThan(1_000);
  });

  it.each([
    ['that name our key', alice.publicKey.hint],
    ['that name none', undefined],
  ])('%s, each in a manifest of its own: verified', async (_, hint) => {
    listManifests([...many(10_000, hint), good]);
    expect(await ask()).toMatchObject({ verdict: 'verified' });
  });
});

describe('junk that a good signature stands among', () => {
  it('is not kept: a small room suffices', async () => {
    listEmbedded([...many(3_000, alice.publicKey.hint), good]);
    expect(await ask({ maxTotalBytes: 1_000_000 })).toMatchObject({ verdict: 'verified' });
  });

  it('that names another key or none takes up no room either', async () => {
    listEmbedded([...many(1_000, mallory.publicKey.hint), ...many(1_000), good]);
    expect(await ask({ maxTotalBytes: 1_000_000 })).toMatchObject({ verdict: 'verified', findingsTotal: 1 });
  });

  it('cannot come many in one manifest', async () => {
    const crowd = addSignatureManifest(source, many(900, alice.publicKey.hint), {
      subject: image,
      layerType: bundleMediaType,
      data: true,
    });
    source.pages = [{ via: 'api', descriptors: [crowd] }];
    expect(await ask()).toMatchObject({
      verdict: 'undecided',
      findingsTotal: 1,
      gaps: [{ what: 'limit', message: '900 signatures in one manifest (at most 1)' }],
    });
  });

  it('is read once where many manifests hold the same', async () => {
    const same = junk(alice.publicKey.hint);
    const descriptors = Array.from({ length: 50 }, (_, at) =>
      addSignatureManifest(source, [same], {
        subject: image,
        layerType: bundleMediaType,
        layerAnnotations: { nonce: `${at}` },
      }),
    );
    source.pages = [{ via: 'api', descriptors }];
    expect(await ask()).toMatchObject({ verdict: 'denied', findingsTotal: 1 });
    expect(source.requests.filter((each) => each === `fetch ${digestOf(same)}`)).toHaveLength(1);
  });

  it('that declares a wrong size for the good blob does not hide it', async () => {
    const layer = { mediaType: bundleMediaType, digest: digestOf(good), size: good.length + 1 };
    const subject = { mediaType: MEDIA_TYPE_MANIFEST, digest: image, size: 1 };
    const config = { mediaType: 'application/vnd.oci.empty.v1+json', digest: digestOf(Buffer.from('{}')), size: 2 };
    const wrong = Buffer.from(
      JSON.stringify({ schemaVersion: 2, mediaType: MEDIA_TYPE_MANIFEST, config, layers: [layer], subject }),
    );
    const right = addSignatureManifest(source, [good], { subject: image, layerType: bundleMediaType });
    const { descriptor } = addBlob(source, wrong);
    source.before = (request) => {
      if (request !== `fetch ${layer.digest}` || source.requests.filter((each) => each === request).length > 1) return;
      throw new RegistryError('SIZE_MISMATCH', 'not as declared');
    };
    source.pages = [{ via: 'api', descriptors: [descriptor, right] }];
    expect(await ask()).toMatchObject({ verdict: 'verified' });
  });

  it('of megabytes waits until what is small was read', async () => {
    const large = Array.from({ length: 200 }, (_, at) => Buffer.alloc(100_000, `${at} `));
    listManifests([...large, good], false);
    expect(await ask()).toMatchObject({ verdict: 'verified' });
    const read = new Set(large.map((bytes) => `fetch ${digestOf(bytes)}`));
    expect(source.requests.filter((each) => read.has(each)).length).toBeLessThan(3 * defaultVerifyLimits.concurrency);
  });

  it('as referrers does not hide the older form under its tag', async () => {
    const { manifest, tag } = olderForm();
    source.tagged.set(tag, manifest);
    listEmbedded(many(500));
    const report = await ask();
    expect(report).toMatchObject({ verdict: 'verified', findings: [{ format: 'cosign' }] });
  });
});

describe('many trusted keys', () => {
  const others = Array.from({ length: 50 }, () => testKey());
  const rule = ruleForKeys({ keys: [...others, alice].map(({ publicKey }) => publicKey) });
  const askMany = () => verify(parseReference(`r.example/app@${image}`), { rule, source, atMs: 0 });

  it('do not make junk dearer that names one of them', async () => {
    listEmbedded([...many(3_000, others[0]?.publicKey.hint), good]);
    expect(await askMany()).toMatchObject({ verdict: 'verified', findingsTotal: 3_001 });
  });

  it('a signature that names the wrong one of them is found all the same, and told once', async () => {
    const wrong = others[0]?.publicKey.hint ?? '';
    listEmbedded([...many(3, wrong), bundleOf(statementOf(image), alice, { hint: wrong })]);
    const report = await askMany();
    expect(report).toMatchObject({ verdict: 'verified', findingsTotal: 5 });
    listEmbedded(many(3, wrong));
    expect(await askMany()).toMatchObject({ verdict: 'denied', code: 'NOT_TRUSTED', findingsTotal: 3 });
  });
});

describe('what junk can do', () => {
  it('all of it checked and none good: denied, and the report stays small', async () => {
    listEmbedded(many(2_000, alice.publicKey.hint));
    const report = await ask();
    expect(report).toMatchObject({ verdict: 'denied', code: 'NOT_TRUSTED', findingsTotal: 2_000 });
    expect(report.findings).toHaveLength(100);
  });

  it.each<[string, () => void, Partial<VerifyLimits>]>([
    [
      'a good signature that names no key among more than may be tried',
      () => listEmbedded([...many(100), bundleOf(statementOf(image), alice, { material: { publicKey: {} } })]),
      {},
    ],
    [
      'more that name our key than may be checked, the good one last',
      () => listEmbedded([...many(50, alice.publicKey.hint), good]),
      { maxChecks: 50 },
    ],
    [
      'more manifests than may be read, the good one last',
      () => listManifests([...many(50, alice.publicKey.hint), good]),
      { maxFetches: 50 },
    ],
  ])('%s: undecided, which is no yes', async (_, list, limits) => {
    list();
    expect(await ask(limits)).toMatchObject({
      verdict: 'undecided',
      code: 'INCOMPLETE',
      gaps: [{ what: 'limit', code: 'LIMIT_REACHED' }],
    });
  });

  it('the time that is up ends the checks too', async () => {
    listEmbedded(many(2_000, alice.publicKey.hint));
    const controller = new AbortController();
    source.before = (request) => {
      if (request.startsWith('referrers')) setImmediate(() => controller.abort());
    };
    const { rule, atMs } = { rule: ruleForKeys({ keys: [alice.publicKey] }), atMs: 0 };
    const { signal } = controller;
    const report = await verify(parseReference(`r.example/app@${image}`), { rule, source, atMs, signal });
    expect(report).toMatchObject({ verdict: 'undecided', gaps: [{ what: 'time', code: 'ABORTED' }] });
    expect(report.findingsTotal).toBeLessThan(1_000);
  });
});

/** A good signature of cosign's older form, to be put under its tag. */
function olderForm() {
  const payload = Buffer.from(JSON.stringify(simpleSigningOf(image)));
  const annotations = { 'dev.cosignproject.cosign/signature': signBytes(alice, payload).toString('base64') };
  const layerType = 'application/vnd.dev.cosign.simplesigning.v1+json';
  const descriptor = addSignatureManifest(source, [payload], { layerType, layerAnnotations: annotations });
  const bytes = source.blobs.get(descriptor.digest) ?? Buffer.alloc(0);
  return { manifest: { descriptor, bytes }, tag: `${image.replace(':', '-')}.sig` };
}
