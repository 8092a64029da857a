import { createMemoryStore, digestOf, emptyContent, emptyDescriptor, encodeManifest, type Resolved } from '@signet/oci';
import { type Operation, TagsError } from '@signet/signed-tags';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  encodeEntries,
  encodeEntry,
  isEntryOf,
  JOURNAL_TYPE,
  parseEntry,
  pushEntry,
} from '../../../packages/signed-tags/src/journal/entry.ts';
import { listJournal, readEntry, removeEntry } from '../../../packages/signed-tags/src/journal/journal.ts';
import { isUlid, newUlid, timeOfUlid, ulidsIn } from '../../../packages/signed-tags/src/journal/ulid.ts';
import { digestNamed } from '../catalogue-data.ts';

const collection = 'registry.example/shop/api';
const ulid = newUlid(Date.UTC(2026, 10, 23), () => 0.5);
const where = { collection, ulid };
const envelope = { mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json', bytes: Buffer.from('{}') };
const sign: Operation = {
  kind: 'sign',
  tag: 'v1',
  digest: digestNamed('a'),
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  size: 100,
  statements: [envelope],
};
const notices = [{ document: Buffer.from('a document'), signatures: [envelope] }];
const remove: Operation = { kind: 'remove', tag: 'v1', notices };
const revoke: Operation = { kind: 'revoke', digest: digestNamed('a'), notices };

/** An entry whose file is this. */
function entryWith(file: unknown): Resolved {
  const data = Buffer.from(typeof file === 'string' ? file : JSON.stringify(file));
  const layer = { mediaType: JOURNAL_TYPE, digest: digestOf(data), size: data.length, data };
  const annotations = { 'dev.signet.journal': ulid };
  return encodeManifest({ kind: 'manifest', artifactType: JOURNAL_TYPE, layers: [layer], annotations });
}

const fileOf = (changes: object) => ({ _type: JOURNAL_TYPE, collection, operations: [signJson({})], ...changes });
const signJson = (changes: object) => ({
  ...sign,
  statements: [{ mediaType: envelope.mediaType, data: 'e30=' }],
  ...changes,
});

function codeOf(entry: Resolved): string {
  try {
    parseEntry(entry, where);
    return 'taken';
  } catch (error) {
    if (error instanceof TagsError) return `${error.code}: ${error.message}`;
    throw error;
  }
}

describe('a journal entry', () => {
  it('is read as it was written', () => {
    const operations = [sign, remove, revoke];
    expect(parseEntry(encodeEntry(operations, collection, ulid), where)).toEqual(operations);
    expect(codeOf(entryWith(fileOf({})))).toBe('taken');
  });

  it('has other bytes than any other, though it says the same', () => {
    const other = encodeEntry(
      [sign],
      collection,
      newUlid(Date.UTC(2026, 10, 23), () => 0.6),
    );
    expect(other.descriptor.digest).not.toBe(encodeEntry([sign], collection, ulid).descriptor.digest);
    expect([isEntryOf(other, ulid), isEntryOf(encodeEntry([sign], collection, ulid), ulid)]).toEqual([false, true]);
  });

  it('is divided where it would be too large, and refused where that does not help', () => {
    const large = (bytes: number): Operation => ({
      ...sign,
      statements: [{ ...envelope, bytes: Buffer.alloc(bytes) }],
    });
    let count = 0;
    const next = () => newUlid(count++, () => 0.5);
    const entries = encodeEntries(Array(21).fill(large(5000)), collection, next);
    expect(entries.map(({ operations }) => operations.length)).toEqual([6, 5, 5, 5]);
    expect(new Set(entries.map((entry) => entry.ulid)).size).toBe(4);
    for (const { manifest } of entries) expect(manifest.bytes.length).toBeLessThanOrEqual(64 * 1024);
    expect(encodeEntries([], collection, next)).toEqual([]);
    const eight: Operation = { ...sign, statements: Array(8).fill({ ...envelope, bytes: Buffer.alloc(16_000) }) };
    expect(() => encodeEntries([eight], collection, next)).toThrow('at most 20 and 65536');
  });

  it.each<[string, unknown, string]>([
    ['of another collection', fileOf({ collection: 'registry.example/other' }), 'another collection'],
    ['of another type', fileOf({ _type: 'x' }), '_type'],
    ['with an unknown member', fileOf({ more: 1 }), 'more'],
    ['without operations', fileOf({ operations: [] }), 'operations'],
    ['with 21 operations', fileOf({ operations: Array(21).fill(signJson({})) }), 'operations'],
    ['of another kind', fileOf({ operations: [signJson({ kind: 'other' })] }), 'kind'],
    ['for no tag', fileOf({ operations: [signJson({ tag: 'a b' })] }), 'no tag'],
    ['for a reserved tag', fileOf({ operations: [signJson({ tag: 'signet-tags' })] }), 'reserved'],
    ['for no digest', fileOf({ operations: [signJson({ digest: 'x' })] }), 'digest'],
    ['with a time of its own', fileOf({ operations: [signJson({ at: '2026-11-23T09:00:00.120Z' })] }), 'at'],
    ['without statements', fileOf({ operations: [signJson({ statements: [] })] }), 'statements'],
    ['that is a list', [], 'journal entry'],
    ['with a key twice', '{"_type":1,"_type":2}', 'stands twice'],
    ['that is nested deeply', '['.repeat(10_000), 'nested deeper'],
    ['that is no JSON', 'junk', 'not JSON'],
  ])('%s is refused', (_, file, why) => {
    expect(codeOf(entryWith(file))).toMatch(/^CATALOGUE_MALFORMED/);
    expect(codeOf(entryWith(file))).toContain(why);
  });

  it('whose manifest is another thing is refused', () => {
    const { bytes } = encodeEntry([sign], collection, ulid);
    const manifest = JSON.parse(bytes.toString());
    const [layer] = manifest.layers;
    for (const changes of [
      { artifactType: 'a/b' },
      { annotations: {} },
      { layers: [{ ...layer, data: undefined }] },
      { layers: [{ ...layer, digest: digestNamed('other') }] },
      { layers: [{ ...layer, mediaType: 'a/b' }] },
      { layers: [] },
      { schemaVersion: 1 },
    ]) {
      const changed = Buffer.from(JSON.stringify({ ...manifest, ...changes }));
      const descriptor = { mediaType: manifest.mediaType, digest: digestOf(changed), size: changed.length };
      expect(codeOf({ bytes: changed, descriptor })).toMatch(/^CATALOGUE_MALFORMED/);
    }
  });

  it('is taken or refused, whatever is in it, and nothing else happens', () => {
    const { bytes, descriptor } = encodeEntry([sign, remove, revoke], collection, ulid);
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.uint8Array({ maxLength: 8 }), (at, put) => {
        codeOf({ bytes: Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at + put.length)]), descriptor });
        codeOf({ bytes: put, descriptor });
      }),
    );
    fc.assert(fc.property(fc.jsonValue(), (value) => void codeOf(entryWith(fileOf({ operations: [value] })))));
  });
});

describe('the journal of a repository', () => {
  it('is listed, read and removed', async () => {
    const store = createMemoryStore();
    expect(await listJournal(store)).toEqual([]);
    await pushEntry(store, { tag: `signet-tags.j.${ulid}`, manifest: encodeEntry([sign], collection, ulid) });
    await store.push(emptyContent, emptyDescriptor);
    const other = encodeManifest({ kind: 'manifest', artifactType: 'a/b' });
    for (const tag of ['v1', 'signet-tags', 'signet-tags.j.x', `signet-tags.h.${ulid}`]) await store.tag(other, tag);
    expect(await listJournal(store)).toEqual([ulid]);
    const entry = (await readEntry(store, ulid, { collection })) ?? expect.fail('it is there');
    expect(entry).toMatchObject({ kind: 'entry', operations: [sign] });
    expect(await removeEntry(store, entry)).toBe(true);
    expect(await listJournal(store)).toEqual([]);
    expect(await readEntry(store, ulid, { collection })).toBeUndefined();
    expect(await removeEntry(store, entry)).toBe(true);
  });
});

describe('a ULID', () => {
  it('tells its time, and is in the order of time', () => {
    const times = fc.integer({ min: 0, max: 2 ** 48 - 1 });
    const dice = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(times, times, dice, (one, other, random) => {
        const [first, second] = [newUlid(one, () => random), newUlid(other, () => random)];
        expect([isUlid(first), timeOfUlid(first)]).toEqual([true, one]);
        expect(first < second).toBe(one < other);
      }),
    );
  });

  it('is not any other text', () => {
    const text = newUlid(1, () => 0);
    for (const bad of [
      '',
      text.slice(1),
      `${text}0`,
      text.toLowerCase().replace(/0/g, 'o'),
      `8${text.slice(1)}`,
      `${text.slice(1)}I`,
    ])
      expect(isUlid(bad)).toBe(false);
    expect(ulidsIn(`${text},junk,,${text}`)).toEqual([text, text]);
  });
});
