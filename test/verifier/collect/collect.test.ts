import { ANNOTATION_ENVELOPE } from '@signet/core';
import {
  type Descriptor,
  type Digest,
  digestOf,
  MEDIA_TYPE_INDEX,
  MEDIA_TYPE_MANIFEST,
  parseReference,
  RegistryError,
} from '@signet/oci';
import { collect, defaultVerifyLimits, type Evidence, toAsked, type Verification, verify } from '@signet/verifier';
import { beforeEach, describe, expect, it } from 'vitest';
import { rule, source as trusted } from '../evidence-data.ts';
import { createExampleFormat, exampleBytes, exampleType } from '../example-format.ts';
import { addBlob, addSignatureManifest, createFakeSource, type FakeSource } from '../fake-source.ts';

const image = digestOf(Buffer.from('image'));
const byDigest = parseReference(`r.example/app@${image}`);
const byTag = parseReference('r.example/app:1');
const alice = rule({ kind: 'any', of: [trusted('alice')] });

let source: FakeSource;
let format: ReturnType<typeof createExampleFormat>;

beforeEach(() => {
  source = createFakeSource();
  format = createExampleFormat();
  addBlob(source, Buffer.from('image'));
  source.tagged.set('1', {
    bytes: Buffer.from('image'),
    descriptor: { mediaType: MEDIA_TYPE_MANIFEST, digest: image, size: 5 },
  });
});

const ask = (reference = byDigest, changes: Partial<Verification> = {}) =>
  verify(reference, { rule: alice, source, formats: [format], atMs: 0, ...changes });

const good = exampleBytes({ signer: 'alice', subject: image });
const from = (signer: string, nonce = 0) => exampleBytes({ signer, subject: image, nonce });

/** A listing entry of our type; `embedded` in its annotation. */
function entry(
  descriptor: Descriptor,
  embedded?: Uint8Array,
  artifactType: string | undefined = exampleType,
): Descriptor {
  return {
    ...descriptor,
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(embedded === undefined
      ? {}
      : { annotations: { [ANNOTATION_ENVELOPE]: Buffer.from(embedded).toString('base64') } }),
  };
}

const list = (...descriptors: readonly Descriptor[]) => {
  source.pages = [{ via: 'api', descriptors }];
};

const attach = (envelope: Uint8Array, subject: Digest | undefined = image) =>
  addSignatureManifest(source, [envelope], { subject });

describe('verify: what is asked', () => {
  it('by digest: listing, tags of the formats and image side by side, and nothing after an embedded signature', async () => {
    list(entry(attach(good), good));
    expect((await ask()).verdict).toBe('verified');
    expect(source.requests.toSorted()).toEqual(
      [`referrers ${image}`, `resolve ${image}`, `resolve ${image.replace(':', '-')}.example`].toSorted(),
    );
  });

  it('by tag: the tag first, then listing and tags of the formats', async () => {
    list(entry(attach(good), good));
    const report = await ask(byTag);
    expect(report).toMatchObject({ verdict: 'verified', digest: image, mediaType: MEDIA_TYPE_MANIFEST });
    expect(source.requests[0]).toBe('resolve 1');
    expect(source.requests).toHaveLength(3);
  });

  it('does not wait for what it does not need', async () => {
    list(entry(attach(good), good));
    source.before = (request) => (request.startsWith('resolve') ? new Promise<never>(() => undefined) : undefined);
    expect((await ask()).verdict).toBe('verified');
  });

  it('leaves no rejection behind when it has enough', async () => {
    list(entry(attach(good), good));
    let fail: (error: Error) => void = () => undefined;
    source.before = (request) =>
      request.startsWith('resolve') ? new Promise<void>((_, reject) => (fail = reject)) : undefined;
    expect((await ask()).verdict).toBe('verified');
    fail(new RegistryError('UNREACHABLE', 'too late'));
    await new Promise((resolve) => setImmediate(resolve));
  });

  it('reads the manifest and its blob where nothing is embedded', async () => {
    list(entry(attach(good)));
    expect((await ask()).findings.map(({ foundIn }) => foundIn)).toEqual(['blob']);
  });

  it("takes a layer's data instead of its blob", async () => {
    list(entry(addSignatureManifest(source, [good], { subject: image, data: true, stored: false })));
    expect((await ask()).findings.map(({ foundIn }) => foundIn)).toEqual(['manifest']);
  });

  it('reads manifest and blob after an embedded copy that does not verify', async () => {
    list(entry(attach(good), Buffer.from('junk')));
    const report = await ask();
    expect(report.verdict).toBe('verified');
    expect(report.findings.map(({ foundIn }) => foundIn).toSorted()).toEqual(['blob', 'listing']);
  });

  it('checks the same bytes once', async () => {
    list(entry(attach(from('mallory')), from('mallory')));
    expect((await ask()).verdict).toBe('denied');
    expect(format.verified).toHaveLength(1);
  });

  it('finds signatures under the tag of a format', async () => {
    const manifest = addSignatureManifest(source, [from('mallory'), good], {});
    const bytes = source.blobs.get(manifest.digest) ?? Buffer.alloc(0);
    source.tagged.set(`${image.replace(':', '-')}.example`, { descriptor: manifest, bytes });
    expect((await ask()).verdict).toBe('verified');
  });

  it('resolves a tag with the resolver that it is handed', async () => {
    list(entry(attach(good), good));
    const resolve = async () => ({
      bytes: Buffer.from('image'),
      descriptor: { mediaType: MEDIA_TYPE_MANIFEST, digest: image, size: 5 },
    });
    expect((await ask(parseReference('r.example/app:from-the-catalogue'), { resolve })).verdict).toBe('verified');
  });
});

describe('verify: what a listing says', () => {
  it.each([undefined, '', exampleType])('artifactType %o does not exclude', async (type) => {
    const descriptor = attach(good);
    list({ ...descriptor, ...(type === undefined ? {} : { artifactType: type }) });
    expect((await ask()).verdict).toBe('verified');
  });

  it.each([
    ['application/vnd.cncf.notary.signature', 'FOREIGN_FORMAT'],
    ['application/spdx+json', 'OTHER_TYPE'],
  ])('%s is passed over, and said to be', async (type, code) => {
    list(entry(attach(good), good, type));
    expect(await ask()).toMatchObject({
      verdict: 'denied',
      code: 'NO_SIGNATURE',
      skippedTotal: 1,
      skipped: [{ code }],
    });
  });

  it.each<[string, string, () => Descriptor]>([
    ['another subject', 'SUBJECT_MISMATCH', () => attach(good, digestOf(Buffer.from('other')))],
    ['no subject', 'SUBJECT_MISSING', () => addSignatureManifest(source, [good], {})],
    [
      'a manifest that is gone',
      'REFERRER_GONE',
      () => ({ mediaType: MEDIA_TYPE_MANIFEST, digest: digestOf(Buffer.from('gone')), size: 4 }),
    ],
    [
      'a manifest that is none',
      'MANIFEST_INVALID',
      () => addBlob(source, Buffer.from('{"schemaVersion":1}')).descriptor,
    ],
    [
      'no envelope in it',
      'NO_ENVELOPE',
      () => addSignatureManifest(source, [good], { subject: image, layerType: 'text/plain' }),
    ],
  ])('%s: passed over with %s, and the good one behind it still counts', async (_, code, bad) => {
    list(entry(bad()));
    expect(await ask()).toMatchObject({ verdict: 'denied', code: 'NO_SIGNATURE', skipped: [{ code }] });
    list(entry(bad()), entry(attach(good)));
    expect(await ask()).toMatchObject({ verdict: 'verified' });
  });

  it('an index as a referrer is passed over', async () => {
    const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: MEDIA_TYPE_INDEX, manifests: [] }));
    list(entry(addBlob(source, bytes, MEDIA_TYPE_INDEX).descriptor));
    expect(await ask()).toMatchObject({ verdict: 'denied', skipped: [{ code: 'MANIFEST_INVALID' }] });
  });

  it('entries that come twice are read once', async () => {
    const twice = entry(attach(from('mallory')));
    source.pages = [
      { via: 'tag', descriptors: [twice, twice] },
      { via: 'api', descriptors: [twice] },
    ];
    await ask();
    expect(source.requests.filter((each) => each === `fetch ${twice.digest}`)).toHaveLength(1);
  });
});

describe('verify: gaps', () => {
  const broken = (prefix: string, code: ConstructorParameters<typeof RegistryError>[0]) => {
    source.before = (request) => {
      if (request.startsWith(prefix)) throw new RegistryError(code, `${prefix}: broken`);
    };
  };

  it.each(['UNAUTHORIZED', 'FORBIDDEN', 'SERVER_ERROR', 'UNREACHABLE', 'LIMIT_REACHED'] as const)(
    'a listing that fails with %s: undecided',
    async (code) => {
      broken('referrers', code);
      expect(await ask()).toMatchObject({
        verdict: 'undecided',
        code: 'INCOMPLETE',
        gaps: [{ what: 'referrers', code }],
      });
    },
  );

  it('pages that came before the listing failed count for a yes', async () => {
    list(entry(attach(from('mallory'))));
    source.listingError = new RegistryError('UNREACHABLE', 'page 2 is lost');
    expect(await ask()).toMatchObject({ verdict: 'undecided', code: 'INCOMPLETE' });
    list(entry(attach(good)));
    expect(await ask()).toMatchObject({ verdict: 'verified' });
  });

  it('a manifest or a blob that cannot be read: undecided; another good signature: verified', async () => {
    const bad = attach(from('mallory'));
    for (const prefix of [`fetch ${bad.digest}`, `fetch ${digestOf(from('mallory'))}`]) {
      broken(prefix, 'SERVER_ERROR');
      list(entry(bad));
      expect(await ask()).toMatchObject({ verdict: 'undecided', code: 'INCOMPLETE' });
      list(entry(bad), entry(attach(good)));
      expect(await ask()).toMatchObject({ verdict: 'verified' });
    }
  });

  it('a tag of a format that cannot be read: undecided', async () => {
    broken(`resolve ${image.replace(':', '-')}`, 'FORBIDDEN');
    expect(await ask()).toMatchObject({
      verdict: 'undecided',
      code: 'INCOMPLETE',
      gaps: [{ what: 'manifest', code: 'FORBIDDEN' }],
    });
  });

  it('an unknown tag, an unknown digest: UNRESOLVED; a known digest without a signature: NO_SIGNATURE', async () => {
    expect(await ask(parseReference('r.example/app:2'))).toMatchObject({
      verdict: 'undecided',
      code: 'UNRESOLVED',
      gaps: [{ code: 'NOT_FOUND' }],
    });
    const unknown = parseReference(`r.example/app@${digestOf(Buffer.from('unknown'))}`);
    const report = await ask(unknown);
    expect(report).toMatchObject({ verdict: 'undecided', code: 'UNRESOLVED' });
    expect(report.digest).toBeUndefined();
    expect(await ask()).toMatchObject({ verdict: 'denied', code: 'NO_SIGNATURE', digest: image });
  });

  it('no answer in time: undecided, and what hangs is broken off', async () => {
    let broke = false;
    source.before = (request, signal) =>
      request.startsWith('referrers')
        ? new Promise<void>((_, reject) =>
            signal?.addEventListener('abort', () => {
              broke = true;
              reject(new RegistryError('ABORTED', 'aborted'));
            }),
          )
        : undefined;
    expect(await ask(byDigest, { limits: { totalMs: 20 } })).toMatchObject({
      verdict: 'undecided',
      gaps: [{ what: 'time', code: 'TIMEOUT' }],
    });
    expect(broke).toBe(true);
  });

  it("the caller's signal ends it: undecided", async () => {
    const controller = new AbortController();
    source.before = (request) => {
      if (!request.startsWith('referrers')) return undefined;
      controller.abort();
      return new Promise<never>(() => undefined);
    };
    expect(await ask(byDigest, { signal: controller.signal })).toMatchObject({
      verdict: 'undecided',
      gaps: [{ code: 'ABORTED' }],
    });
    expect(await ask(byDigest, { signal: AbortSignal.abort() })).toMatchObject({ verdict: 'undecided' });
  });

  it('an error of another class is a gap, not an exception', async () => {
    source.before = (request) => {
      if (request.startsWith('referrers')) throw new TypeError('a defect');
    };
    expect(await ask()).toMatchObject({ verdict: 'undecided', gaps: [{ what: 'referrers', code: 'FAILED' }] });
  });
});

describe('verify: limits', () => {
  it('a good signature among 1,000 by other keys is found, wherever it stands', async () => {
    const others = Array.from({ length: 1_000 }, (_, at) => entry(attach(from('mallory', at))));
    for (const place of [0, 500, 1_000]) {
      format.verified.length = 0;
      list(...others.slice(0, place), entry(attach(good)), ...others.slice(place));
      expect((await ask()).verdict).toBe('verified');
      expect(format.verified).toHaveLength(1);
    }
  });

  it('a good embedded signature among 10,000 junk entries is found with one check', async () => {
    const junk = Array.from({ length: 10_000 }, (_, at) =>
      entry({ mediaType: MEDIA_TYPE_MANIFEST, digest: digestOf(Buffer.from(`${at}`)), size: 9 }, from('mallory', at)),
    );
    list(...junk, entry(attach(good), good));
    expect((await ask()).verdict).toBe('verified');
    expect(format.verified).toHaveLength(1);
    expect(source.requests.filter((each) => each.startsWith('fetch'))).toEqual([]);
  });

  it('more signatures than may be checked: undecided, and it says so', async () => {
    list(...Array.from({ length: 6 }, (_, at) => entry(attach(from('mallory', at)))));
    const report = await ask(byDigest, { limits: { maxSignatures: 5 } });
    expect(report).toMatchObject({
      verdict: 'undecided',
      code: 'INCOMPLETE',
      gaps: [{ what: 'limit', code: 'LIMIT_REACHED' }],
    });
    expect(report.remedy).toContain('--max-signatures');
    expect(await ask(byDigest, { limits: { maxSignatures: 6 } })).toMatchObject({
      verdict: 'denied',
      code: 'NOT_TRUSTED',
    });
  });

  it('envelopes without a signature to try do not count', async () => {
    const junk = Array.from({ length: 20 }, (_, at) => entry(attach(Buffer.from(`junk ${at}`))));
    list(...junk, entry(attach(exampleBytes({ signer: 'unnamed', subject: image }))));
    expect(await ask(byDigest, { limits: { maxSignatures: 2 } })).toMatchObject({ verdict: 'denied' });
  });

  it.each([
    ['maxFetches', { maxFetches: 3 }],
    ['maxTotalBytes', { maxTotalBytes: 300 }],
    ['maxEnvelopeBytes', { maxEnvelopeBytes: 10 }],
  ])('%s reached: undecided', async (_, limits) => {
    list(...Array.from({ length: 10 }, (_, at) => entry(attach(from('mallory', at)))));
    expect(await ask()).toMatchObject({ verdict: 'denied' });
    expect(await ask(byDigest, { limits })).toMatchObject({ verdict: 'undecided', code: 'INCOMPLETE' });
  });

  it('a limit that is none is refused before any request', async () => {
    await expect(ask(byDigest, { limits: { maxSignatures: 0 } })).rejects.toMatchObject({ code: 'LIMIT_INVALID' });
    expect(source.requests).toEqual([]);
  });

  it('keeps the first hundred of 10,000 that are passed over, and counts all', async () => {
    list(
      ...Array.from({ length: 10_000 }, (_, at) =>
        entry(
          { mediaType: MEDIA_TYPE_MANIFEST, digest: digestOf(Buffer.from(`${at}`)), size: 9 },
          undefined,
          `x/\u001b[31m${at}`,
        ),
      ),
    );
    const report = await ask();
    expect(report).toMatchObject({ verdict: 'denied', skippedTotal: 10_000 });
    expect(report.skipped).toHaveLength(100);
  });

  it('reads no more at once than it may', async () => {
    let now = 0;
    let most = 0;
    source.before = async (request) => {
      if (!request.startsWith('fetch')) return;
      now += 1;
      most = Math.max(most, now);
      await new Promise((resolve) => setImmediate(resolve));
      now -= 1;
    };
    list(...Array.from({ length: 50 }, (_, at) => entry(attach(from('mallory', at)))));
    await ask(byDigest, { limits: { concurrency: 4 } });
    expect(most).toBe(4);
  });
});

describe('collect', () => {
  it('is cumulative, and complete only at its end', async () => {
    list(entry(attach(from('mallory', 1)), from('mallory', 1)), entry(attach(from('mallory', 2))));
    const all: Evidence[] = [];
    for await (const evidence of collect(toAsked(byDigest), { source, formats: [format], limits: defaultVerifyLimits }))
      all.push(evidence);
    expect(all.length).toBeGreaterThan(1);
    for (const [at, later] of all.entries()) {
      for (const earlier of all.slice(0, at))
        expect(later.envelopes.slice(0, earlier.envelopes.length)).toEqual(earlier.envelopes);
      expect(later.complete).toBe(at === all.length - 1);
    }
  });
});

describe('verify: platforms', () => {
  const child = digestOf(Buffer.from('child'));
  const index = (...platforms: readonly (readonly [string, string, string?])[]) => {
    const manifests = platforms.map(([os, architecture, variant], at) => ({
      mediaType: MEDIA_TYPE_MANIFEST,
      digest: at === 0 ? child : digestOf(Buffer.from(`${at}`)),
      size: 5,
      platform: { os, architecture, ...(variant === undefined ? {} : { variant }) },
    }));
    const resolved = addBlob(
      source,
      Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: MEDIA_TYPE_INDEX, manifests })),
      MEDIA_TYPE_INDEX,
    );
    source.tagged.set('multi', resolved);
    return resolved.descriptor.digest;
  };
  const multi = parseReference('r.example/app:multi');

  it('asks for the child', async () => {
    index(['linux', 'arm64'], ['linux', 'amd64']);
    const report = await ask(multi, { platform: 'linux/arm64/v8' });
    expect(report).toMatchObject({ code: 'NO_SIGNATURE', digest: child, platform: 'linux/arm64/v8' });
    expect(source.requests).toContain(`referrers ${child}`);
  });

  it('without a platform the index itself is asked, never its children', async () => {
    const digest = index(['linux', 'arm64']);
    expect(await ask(multi)).toMatchObject({ code: 'NO_SIGNATURE', digest });
    expect(source.requests).not.toContain(`referrers ${child}`);
  });

  it.each([
    ['a platform that is not there', 'linux/s390x'],
    ['two that fit', 'linux/arm'],
  ])('%s: undecided', async (_, platform) => {
    index(['linux', 'arm', 'v7'], ['linux', 'arm', 'v6']);
    expect(await ask(multi, { platform })).toMatchObject({
      code: 'UNRESOLVED',
      gaps: [{ code: 'PLATFORM_NOT_FOUND' }],
    });
  });

  it('no index: undecided', async () => {
    expect(await ask(byTag, { platform: 'linux/amd64' })).toMatchObject({
      code: 'UNRESOLVED',
      gaps: [{ code: 'PLATFORM_NOT_FOUND' }],
    });
  });

  it('no index, where an input names the platform: the image itself is asked; of an index still the child', async () => {
    const asked = { platform: 'linux/arm64', allowNoIndex: true };
    const [plain, wished] = [await ask(byTag), await ask(byTag, asked)];
    expect(wished).toMatchObject({ code: plain.code, digest: plain.digest, gaps: [] });
    index(['linux', 'arm64']);
    expect(await ask(multi, asked)).toMatchObject({ digest: child });
    expect(await ask(multi, { ...asked, platform: 'linux/s390x' })).toMatchObject({ code: 'UNRESOLVED' });
  });

  it.each(['linux', 'linux/', '/amd64', 'a/b/c/d', 'Linux/AMD64'])('%s is no platform', async (platform) => {
    await expect(ask(multi, { platform })).rejects.toMatchObject({ code: 'PLATFORM_INVALID' });
  });
});

describe('verify: modes', () => {
  it('skip reads nothing and says so', async () => {
    expect(await ask(byTag, { rule: { ...alice, mode: 'skip' } })).toMatchObject({
      verdict: 'undecided',
      code: 'NOT_CHECKED',
      allowed: true,
    });
    expect(source.requests).toEqual([]);
  });
});
