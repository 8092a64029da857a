import { defaultLimits, digestOf, MEDIA_TYPE_MANIFEST } from '@signet/oci';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  emptyFallbackIndex,
  encodeFallbackIndex,
  type FallbackEntry,
  type FallbackIndex,
  parseFallbackIndex,
  toFallbackEntry,
} from '../../../packages/oci/src/remote/fallback-index.ts';
import { thrownCode } from '../code-of.ts';

const mebibyte = 1024 * 1024;
const entry = (name: string, annotations: Readonly<Record<string, string>> = {}): FallbackEntry =>
  toFallbackEntry({
    mediaType: MEDIA_TYPE_MANIFEST,
    digest: digestOf(Buffer.from(name)),
    size: 1,
    artifactType: 'application/x.test',
    annotations: { name, ...annotations },
  });
const index = (entries: readonly FallbackEntry[]): FallbackIndex => ({ ...emptyFallbackIndex, entries });
const written = (entries: readonly FallbackEntry[]): FallbackIndex =>
  parseFallbackIndex(encodeFallbackIndex(index(entries)));
const annotationsOf = ({ json }: FallbackEntry): Record<string, unknown> => ({ ...(json.annotations as object) });

describe('a fallback index', () => {
  it('is written back with every member that we do not know', () => {
    const text = JSON.stringify({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.index.v1+json',
      manifests: [{ ...entry('a').json, 'x-unknown': [1, { y: null }], platform: { os: 'linux' } }],
      'org.unknown': { deep: true },
    });
    const read = parseFallbackIndex(Buffer.from(text));
    expect(JSON.parse(Buffer.from(encodeFallbackIndex(read)).toString())).toEqual(JSON.parse(text));
  });

  it('may have no entries, as null too', () => {
    for (const manifests of ['[]', 'null'])
      expect(parseFallbackIndex(Buffer.from(`{"schemaVersion":2,"manifests":${manifests}}`)).entries).toEqual([]);
    expect(parseFallbackIndex(Buffer.from('{}')).entries).toEqual([]);
  });

  it.each([
    ['not JSON', 'JSON_INVALID'],
    ['[]', 'MANIFEST_INVALID'],
    ['{"manifests":{}}', 'MANIFEST_INVALID'],
    ['{"manifests":[1]}', 'MANIFEST_INVALID'],
    ['{"manifests":[{}]}', 'MANIFEST_INVALID'],
    ['{"manifests":[{"digest":1}]}', 'MANIFEST_INVALID'],
    ['{"manifests":[],"manifests":[]}', 'JSON_INVALID'],
  ])('that is broken is not ours to overwrite: %s', (text, code) => {
    expect(thrownCode(() => parseFallbackIndex(Buffer.from(text)))).toBe(code);
  });

  it('of any bytes is an index or an error of ours', () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => typeof thrownCode(() => parseFallbackIndex(bytes)) === 'string'));
    fc.assert(
      fc.property(fc.json(), (text) => typeof thrownCode(() => parseFallbackIndex(Buffer.from(text))) === 'string'),
    );
  });
});

describe('the size of a fallback index', () => {
  const large = 'x'.repeat(8000);

  it('up to 1 MiB keeps everything', () => {
    const entries = Array.from({ length: 100 }, (_, n) => entry(`e${n}`, { envelope: large }));
    expect(written(entries)).toEqual(index(entries));
  });

  it('over 1 MiB drops large annotations, the oldest first, and only as many as it takes', () => {
    const entries = Array.from({ length: 200 }, (_, n) => entry(`e${n}`, { envelope: large, small: 'kept' }));
    const bytes = encodeFallbackIndex(index(entries));
    expect(bytes.length).toBeLessThanOrEqual(mebibyte);
    // One more would have fitted no longer.
    expect(bytes.length).toBeGreaterThan(mebibyte - 2 * large.length);
    const read = parseFallbackIndex(bytes).entries;
    expect(read.map(({ digest }) => digest)).toEqual(entries.map(({ digest }) => digest));
    const hasLarge = read.map((each) => 'envelope' in annotationsOf(each));
    const first = hasLarge.indexOf(true);
    expect(first).toBeGreaterThan(0);
    expect(hasLarge.slice(first).every(Boolean)).toBe(true);
    expect(hasLarge.slice(0, first).some(Boolean)).toBe(false);
    for (const [at, each] of read.entries())
      expect(annotationsOf(each)).toMatchObject({ name: `e${at}`, small: 'kept' });
  });

  it('over 1 MiB without large annotations stays as it is, up to 4 MiB', () => {
    const entries = Array.from({ length: 4000 }, (_, n) => entry(`e${n}`, { small: 'y'.repeat(400) }));
    expect(written(entries)).toEqual(index(entries));
    const tooMany = Array.from({ length: 6000 }, (_, n) => entry(`e${n}`, { small: 'y'.repeat(800) }));
    expect(thrownCode(() => encodeFallbackIndex(index(tooMany)))).toBe('LIMIT_REACHED');
  });

  it('of more entries than a listing may have is a limit', () => {
    const bare = ({ digest }: FallbackEntry): FallbackEntry => ({ digest, json: { digest } });
    const entries = Array.from({ length: defaultLimits.maxReferrers + 1 }, (_, n) => bare(entry(`e${n}`)));
    expect(thrownCode(() => encodeFallbackIndex(index(entries.slice(1))))).toBe('returned');
    expect(thrownCode(() => encodeFallbackIndex(index(entries)))).toBe('LIMIT_REACHED');
  });

  it('never costs an entry, its digest, its type or a small annotation, whatever the sizes are', () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 60_000 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(sizes, (lengths) => {
        const entries = lengths.map((length, n) => entry(`e${n}`, { envelope: 'z'.repeat(length) }));
        const read = written(entries).entries;
        expect(read.map(({ digest }) => digest)).toEqual(entries.map(({ digest }) => digest));
        for (const [n, { json }] of read.entries()) {
          const { annotations, ...others } = json;
          const { annotations: before, ...othersBefore } = entries[n]?.json ?? {};
          expect(others).toEqual(othersBefore);
          expect(annotations).toMatchObject({ name: `e${n}` });
          if ((lengths[n] ?? 0) <= 1024) expect(annotations).toEqual(before);
        }
      }),
      { numRuns: 50 },
    );
  });
});
