import {
  type Catalogue,
  encodeCatalogue,
  encodeShard,
  parseCatalogue,
  parseShard,
  TagsError,
} from '@signet/signed-tags';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contents, contentWith, digestNamed, entry } from '../catalogue-data.ts';

const issuedMs = Date.UTC(2026, 10, 23, 9, 0, 5);
const catalogue: Catalogue = {
  collection: 'registry.example/shop/api',
  issuedMs,
  expiresMs: issuedMs + 72 * 3_600_000,
  prev: digestNamed('before'),
  revoked: new Map([[digestNamed('bad'), { atMs: issuedMs - 1, reason: 'stolen key' }]]),
  tags: {
    kind: 'whole',
    content: contentWith(
      { 'v2.3.1': { entries: [entry('b', 20), entry('a', 10)] }, 'v2.3.0': { removedMs: 15, entries: [] } },
      5,
    ),
  },
};

/** The file as an object that can be changed. */
function fileOf(changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return { ...JSON.parse(Buffer.from(encodeCatalogue(catalogue)).toString()), ...changes };
}

function codeOf(bytes: Uint8Array, parse: (bytes: Uint8Array) => unknown = parseCatalogue): string {
  try {
    parse(bytes);
    return 'taken';
  } catch (error) {
    if (error instanceof TagsError) return `${error.code}: ${error.message}`;
    throw error;
  }
}

const taken = (file: unknown): string => codeOf(Buffer.from(JSON.stringify(file)));

describe('a catalogue file', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(contents, (content) => {
        const written: Catalogue = { ...catalogue, tags: { kind: 'whole', content } };
        const bytes = encodeCatalogue(written);
        expect(parseCatalogue(bytes)).toEqual(written);
        expect(encodeCatalogue(parseCatalogue(bytes))).toEqual(bytes);
        const shard = { collection: 'r.example/a', bits: 4, index: 3, content };
        expect(parseShard(encodeShard(shard))).toEqual(shard);
      }),
    );
  });

  it('has the form of the specification', () => {
    expect(fileOf()).toMatchObject({
      _type: 'application/vnd.signet.catalogue.v1+json',
      collection: 'registry.example/shop/api',
      issued: '2026-11-23T09:00:05.000Z',
      expires: '2026-11-26T09:00:05.000Z',
      floor: '1970-01-01T00:00:00.005Z',
      tags: {
        'v2.3.1': { digest: digestNamed('b'), at: '1970-01-01T00:00:00.020Z', was: [{ digest: digestNamed('a') }] },
      },
      removed: { 'v2.3.0': '1970-01-01T00:00:00.015Z' },
    });
  });

  it('may be in shards', () => {
    const digests = ['0', '1'].map(digestNamed);
    const sharded: Catalogue = { ...catalogue, tags: { kind: 'sharded', bits: 1, digests } };
    expect(parseCatalogue(encodeCatalogue(sharded))).toEqual(sharded);
  });

  const tag = (changes: object) => ({ tags: { t: { ...Object.values(fileOf().tags as object)[0], ...changes } } });
  it.each<[string, unknown, string]>([
    ['an unknown member', fileOf({ more: 1 }), 'more'],
    ['another type', fileOf({ _type: 'x' }), '_type'],
    ['a time in another form', fileOf({ issued: '2026-11-23T09:00:05Z' }), 'issued'],
    ['a time at the beginning of 1970', fileOf({ issued: '1970-01-01T00:00:00.000Z' }), 'issued'],
    ['a day that is none', fileOf({ issued: '2026-02-30T09:00:05.000Z' }), 'issued'],
    ['an end before the beginning', fileOf({ expires: '2026-11-22T09:00:05.000Z' }), 'expires before'],
    ['a life of 31 days', fileOf({ expires: '2026-12-24T09:00:05.000Z' }), '30 days'],
    ['a digest that is none', fileOf({ prev: 'sha256:00' }), 'prev'],
    ['neither tags nor shards', fileOf({ tags: undefined }), 'either tags or shards'],
    ['tags and shards', fileOf({ shards: { bits: 1, digests: [digestNamed('0'), digestNamed('1')] } }), 'either tags'],
    [
      'too few shards',
      {
        ...fileOf({ tags: undefined, removed: undefined, floor: undefined }),
        shards: { bits: 2, digests: [digestNamed('0')] },
      },
      '1 shards',
    ],
    ['tags in a list', fileOf({ tags: [] }), 'an object'],
    ['a name that is no tag', fileOf({ tags: { 'a b': {} } }), '"a b" is not a tag'],
    ['an entry without statements', fileOf(tag({ statements: [] })), 'statements'],
    [
      'an entry with nine statements',
      fileOf(tag({ statements: Array(9).fill({ mediaType: 'a/b', data: 'YQ==' }) })),
      'statements',
    ],
    ['a statement that is not base64', fileOf(tag({ statements: [{ mediaType: 'a/b', data: '%' }] })), 'base64'],
    [
      'a statement of more than 16 KiB',
      fileOf(tag({ statements: [{ mediaType: 'a/b', data: Buffer.alloc(16_385).toString('base64') }] })),
      'statements',
    ],
    ['an unknown member of an entry', fileOf(tag({ more: 1 })), 'more'],
    ['a size below nothing', fileOf(tag({ size: -1 })), 'size'],
    ['an earlier entry that is later', fileOf(tag({ at: '1970-01-01T00:00:00.009Z' })), 'not in order'],
    ['an earlier entry of the same digest', fileOf(tag({ digest: digestNamed('a') })), 'twice'],
    [
      'an entry before its removal',
      fileOf({ removed: { 'v2.3.1': '1970-01-01T00:00:00.010Z' } }),
      'not later than its removal',
    ],
    [
      'a revocation of no digest',
      fileOf({ revoked: { x: { at: '2026-11-23T09:00:05.000Z', reason: '' } } }),
      'not a digest',
    ],
    [
      'a reason of 81 bytes',
      fileOf({ revoked: { [digestNamed('x')]: { at: '2026-11-23T09:00:05.000Z', reason: 'x'.repeat(81) } } }),
      'reason',
    ],
    [
      '1,001 revocations',
      fileOf({ revoked: Object.fromEntries(Array.from({ length: 1001 }, (_, at) => [digestNamed(`${at}`), {}])) }),
      '1001 digests',
    ],
    ['a list', [], 'the catalogue'],
    ['nothing', null, 'the catalogue'],
  ])('with %s is refused', (_, file, why) => {
    expect(taken(file)).toContain('CATALOGUE_MALFORMED');
    expect(taken(file)).toContain(why);
  });

  it.each<[string, Uint8Array, string]>([
    ['more than 512 KiB', Buffer.alloc(512 * 1024 + 1, ' '), 'CATALOGUE_TOO_LARGE'],
    ['a key twice', Buffer.from('{"_type":1,"_type":2}'), 'stands twice'],
    ['depth 10,000', Buffer.from('['.repeat(10_000)), 'nested deeper'],
    ['bytes that are no text', Buffer.from([0xff]), 'not UTF-8'],
    ['half a file', encodeCatalogue(catalogue).subarray(0, 100), 'not JSON'],
  ])('of %s is refused', (_, bytes, why) => {
    expect(codeOf(bytes)).toContain(why);
  });

  it('is taken or refused, whatever is in it, and nothing else happens', () => {
    const bytes = encodeCatalogue(catalogue);
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.uint8Array({ maxLength: 8 }), (at, put) => {
        codeOf(Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at + put.length)]));
        codeOf(put);
        codeOf(put, parseShard);
      }),
    );
    fc.assert(fc.property(fc.jsonValue(), (value) => void taken(fileOf({ tags: { t: value }, revoked: value }))));
  });

  it('names tags that JavaScript has a meaning for', () => {
    const content = contentWith({}, 0);
    const tags = new Map(['__proto__', 'constructor', 'toString'].map((name) => [name, { entries: [entry('a', 1)] }]));
    const written: Catalogue = { ...catalogue, tags: { kind: 'whole', content: { ...content, tags } } };
    const read = parseCatalogue(encodeCatalogue(written)).tags;
    expect(read.kind === 'whole' && [...read.content.tags.keys()].sort()).toEqual([
      '__proto__',
      'constructor',
      'toString',
    ]);
  });

  it('of a shard has an index below their number', () => {
    const shard = { collection: 'r.example/a', bits: 2, index: 4, content: contentWith({}) };
    expect(codeOf(encodeShard(shard), parseShard)).toContain('index 4 of 4');
  });
});
