import { digestOf, MEDIA_TYPE_MANIFEST, type Resolved } from '@signet/oci';
import { publisherOf, type Seen, type StoredFile, type TagsState } from '@signet/signed-tags';
import type { BlobSigner } from '@signet/verifier';
import fc from 'fast-check';
import { digestNamed, entry } from '../catalogue-data.ts';

/** A signer with this name. */
export function signerNamed(name: string): BlobSigner {
  return { identity: { kind: 'key', keyId: digestNamed(name).slice('sha256:'.length) }, format: 'sigstore' };
}

/** The publisher that signs with keys of these names. */
export function publisherNamed(...names: readonly string[]): string {
  return publisherOf(names.map(signerNamed));
}

export const collection = 'registry.example/shop/api';

const times = fc.integer({ min: 1, max: 9 });
const allSigners = [['one'], ['two'], ['one', 'two']];
const publisherIds = fc.constantFrom(...allSigners).map((names) => publisherNamed(...names));
const mapOf = <K, V>(keys: fc.Arbitrary<K>, values: fc.Arbitrary<V>, maxLength = 3) =>
  fc.array(fc.tuple(keys, values), { maxLength }).map((pairs) => new Map(pairs));

const statements = fc.uniqueArray(fc.constantFrom('s', 't', 'u'), { minLength: 1, maxLength: 2 });
const entries = fc
  .tuple(fc.constantFrom('a', 'b', 'c'), times, statements)
  .map(([name, at, texts]) => entry(name, at, texts));
const vouched = mapOf(
  publisherIds,
  fc.tuple(times, times).map(([issuedMs, life]) => ({ issuedMs, expiresMs: issuedMs + life })),
);
const seen: fc.Arbitrary<Seen> = fc
  .tuple(fc.option(fc.tuple(entries, vouched)), mapOf(publisherIds, times))
  .map(([held, removed]) =>
    held === null ? { vouched: new Map(), removed } : { entry: held[0], vouched: held[1], removed },
  );
const files: fc.Arbitrary<StoredFile> = fc
  .record({
    file: fc.constantFrom('file', 'fork'),
    signature: fc.constantFrom('one', 'two'),
    issuedMs: times,
    shards: fc.subarray(['x', 'y', 'z']),
    manifest: fc.option(fc.constantFrom('manifest', 'with other annotations')),
  })
  .map(({ file, signature, issuedMs, shards, manifest }) => ({
    file: Buffer.from(`${file} ${issuedMs}`),
    signatures: [{ mediaType: 'application/json', bytes: Buffer.from(signature) }],
    issuedMs,
    ...(manifest === null ? {} : { manifest: manifestOf(manifest) }),
    shards: new Map(shards.map((name) => [digestNamed(name), Buffer.from(name)])),
  }));
const revocations = fc
  .tuple(times, fc.constantFrom('', 'leaked', 'line\nbreak'), fc.uniqueArray(publisherIds, { minLength: 1 }))
  .map(([atMs, reason, by]) => ({ atMs, reason, by: new Set(by) }));

function manifestOf(text: string): Resolved {
  const bytes = Buffer.from(text);
  return { descriptor: { mediaType: MEDIA_TYPE_MANIFEST, digest: digestOf(bytes), size: bytes.length }, bytes };
}

/** States of one collection, as they come about. */
export const states: fc.Arbitrary<TagsState> = fc
  .record({
    newest: fc.option(files),
    issued: fc.tuple(times, times, times),
    seen: mapOf(fc.constantFrom('1', '2', '__proto__', 'constructor'), seen),
    revoked: mapOf(fc.constantFrom('a', 'b').map(digestNamed), revocations),
  })
  .map(({ newest, issued, ...others }) => ({
    collection,
    ...(newest === null ? {} : { newest }),
    publishers: new Map(
      allSigners.map((names, at) => [
        publisherNamed(...names),
        { signers: names.map(signerNamed), issuedMs: issued[at] ?? 1 },
      ]),
    ),
    ...others,
  }));

/** As values that can be compared: what is a map has no order. */
export function plainState(value: unknown): unknown {
  if (value instanceof Map)
    return [...value].map(([key, each]) => [key, plainState(each)] as const).toSorted(([a], [b]) => (a < b ? -1 : 1));
  if (value instanceof Set) return [...value].toSorted();
  if (value instanceof Uint8Array) return Buffer.from(value).toString('latin1');
  if (Array.isArray(value)) return value.map(plainState);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plainState(each)]));
}
