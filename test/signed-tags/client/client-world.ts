import { createSoftwareSigner, generateKey, type Pace, type Signer, sigstoreFormat } from '@signet/core';
import { createMemoryStore, type Digest, digestOf, MEDIA_TYPE_MANIFEST, parseReference, type Store } from '@signet/oci';
import {
  type Content,
  createTrustedTags,
  type Entry,
  encodeCatalogue,
  encodeShard,
  HEAD_TAG,
  memoryPlaces,
  type Revocations,
  splitContent,
  type TagState,
  type TagStatement,
  type TrustedTagsOptions,
} from '@signet/signed-tags';
import {
  type Asked,
  noRefusals,
  type Requirement,
  type Ruling,
  type TagCatalogue,
  type TrustedAnswer,
  type TrustedTags,
  toAsked,
} from '@signet/verifier';
import { expect } from 'vitest';
import { describeShard, encodeHead, pushParts } from '../../../packages/signed-tags/src/head/encode-head.ts';
import { signFile } from '../../../packages/signed-tags/src/head/sign-file.ts';

export const collection = 'registry.example/shop/api';
/** The hour from which all times of the tests count. */
const startMs = Date.UTC(2026, 10, 23, 9);
export const hour = 3_600_000;

/** A time, hours after the start. */
export function at(hours: number): number {
  return startMs + hours * hour;
}

export type Name = 'alice' | 'bob' | 'mallory' | 'publisher' | 'successor';
const names: readonly Name[] = ['alice', 'bob', 'mallory', 'publisher', 'successor'];
const keys = new Map(await Promise.all(names.map(async (name) => [name, await generateKey('ecdsa-p256')] as const)));

/** Whoever has this key. */
export function source(name: Name): Requirement {
  return { kind: 'source', source: { name, keys: [keyOf(name).publicKey] } };
}

export function anyOf(...of: readonly Name[]): Requirement {
  return { kind: 'any', of: of.map(source) };
}

export function signerOf(name: Name): Signer {
  return createSoftwareSigner(keyOf(name));
}

export function keyIdOf(name: Name): string {
  return keyOf(name).publicKey.id;
}

function keyOf(name: Name) {
  return keys.get(name) ?? expect.fail(`no key ${name}`);
}

/** The manifest of an image with this name. */
export function image(name: string): { readonly bytes: Uint8Array; readonly digest: Digest } {
  const bytes = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MEDIA_TYPE_MANIFEST,
      config: { mediaType: 'application/vnd.oci.empty.v1+json', digest: digestOf(Buffer.from('{}')), size: 2 },
      layers: [],
      annotations: { name },
    }),
  );
  return { bytes, digest: digestOf(bytes) };
}

export interface Said {
  readonly by?: Name;
  readonly at: number;
  /** Of what the statement names, where that is not what it stands for. */
  readonly digest?: Digest;
  readonly reference?: string;
}

/** A statement that the tag is the image. */
export async function statement(tag: string, name: string, said: Said): Promise<TagStatement> {
  const { by = 'alice', digest = image(name).digest, reference = `${collection}:${tag}` } = said;
  const payload = sigstoreFormat.payload({
    subject: { mediaType: MEDIA_TYPE_MANIFEST, digest, size: image(name).bytes.length },
    signedAtMs: said.at,
    annotations: {},
    signedReference: reference,
  });
  const artifact = await sigstoreFormat.seal(payload, signerOf(by));
  return { mediaType: artifact.envelopeMediaType, bytes: artifact.envelope };
}

/** What a catalogue says of a tag: the image since `atMs`, by these statements (by default alice's, of that time). */
export async function entry(tag: string, name: string, atMs: number, ...said: readonly Said[]): Promise<Entry> {
  const all = said.length === 0 ? [{ at: atMs }] : said;
  return {
    digest: image(name).digest,
    mediaType: MEDIA_TYPE_MANIFEST,
    size: image(name).bytes.length,
    atMs,
    statements: await Promise.all(all.map((each) => statement(tag, name, each))),
  };
}

/** A catalogue that is published: what is not said is the usual. */
export interface Published {
  readonly issued: number;
  readonly expires?: number;
  readonly tags?: Readonly<Record<string, TagState>>;
  readonly floorMs?: number;
  readonly revoked?: Revocations;
  readonly by?: readonly Name[];
  readonly collection?: string;
  /** In so many shards: 2 to the power of it. */
  readonly bits?: number;
  /** Shards are named, and not there. */
  readonly withoutShards?: boolean;
}

/** Puts a catalogue where `signet-tags` is, as a publisher does. */
export async function publish(store: Store, published: Published): Promise<void> {
  const {
    issued,
    expires = issued + 72 * hour,
    tags = {},
    floorMs = 0,
    revoked = new Map(),
    by = ['publisher'],
  } = published;
  const name = published.collection ?? collection;
  const content: Content = { floorMs, tags: new Map(Object.entries(tags)) };
  const { bits } = published;
  const shards =
    bits === undefined
      ? []
      : splitContent(content, bits).map((part, index) => encodeShard({ collection: name, bits, index, content: part }));
  const file = encodeCatalogue({
    collection: name,
    issuedMs: issued,
    expiresMs: expires,
    revoked,
    tags:
      bits === undefined
        ? { kind: 'whole', content }
        : { kind: 'sharded', bits, digests: shards.map((shard) => digestOf(shard)) },
  });
  const signed = await signFile(file, by.map(signerOf));
  await pushParts(store, { ...signed, shards: published.withoutShards === true ? [] : shards });
  await store.tag(encodeHead({ ...signed, shards: shards.map(describeShard), merged: [] }), HEAD_TAG);
}

/** A policy's catalogue with what a test changes. */
export function catalogue(changes: Partial<TagCatalogue> = {}): TagCatalogue {
  return {
    name: 'shop',
    collections: { name: 'registry.example/shop', isTree: true },
    mirrors: [],
    signedBy: source('publisher'),
    maxAgeMs: 72 * hour,
    graceAfterExpiryMs: 0,
    onRollback: 'useTrusted',
    supersededMs: 0,
    digestReferences: 'listed',
    freshness: { mode: 'online' },
    ...changes,
  };
}

/** How one asks: at a time, by a policy. */
export interface How {
  readonly now: number;
  readonly catalogue?: Partial<TagCatalogue>;
  readonly require?: Requirement;
  readonly refuse?: Partial<Ruling['refuse']>;
  readonly source?: Store;
  readonly signal?: AbortSignal;
}

/** The ruling of a policy at a time. */
export function rulingOf({ now, catalogue: changes, require = source('alice'), refuse = {} }: How): Ruling {
  return {
    rule: {
      name: 'shop',
      mode: 'enforce',
      require,
      tag: 'trusted',
      catalogue: catalogue(changes),
      annotations: {},
    },
    fallback: 'deny',
    refuse: { ...noRefusals, ...refuse },
    atMs: now,
  };
}

/** Somebody who asks and remembers; a registry in memory, unless a test says otherwise. */
export interface Client {
  readonly store: Store;
  readonly tags: TrustedTags;
  readonly ask: (reference: string, how: How) => Promise<TrustedAnswer>;
}

export function newClient(store: Store, options: TrustedTagsOptions = {}): Client {
  const tags = createTrustedTags({ placeOf: memoryPlaces(), pace: quietPace(), ...options });
  return {
    store,
    tags,
    ask: (reference, how) =>
      tags.ask({
        asked: askedOf(reference),
        ruling: rulingOf(how),
        source: how.source ?? store,
        signal: how.signal ?? new AbortController().signal,
      }),
  };
}

/** `:v1` and `@DIGEST` are of the collection. */
export function askedOf(reference: string): Asked {
  return toAsked(parseReference(/^[:@]/.test(reference) ? collection + reference : reference));
}

/** A registry with the images of these names. */
export async function newStore(...images: readonly string[]): Promise<Store> {
  const store = createMemoryStore();
  for (const name of images) {
    const { bytes, digest } = image(name);
    const empty = Buffer.from('{}');
    await store.push(empty, { mediaType: 'application/vnd.oci.empty.v1+json', digest: digestOf(empty), size: 2 });
    await store.push(bytes, { mediaType: MEDIA_TYPE_MANIFEST, digest, size: bytes.length });
  }
  return store;
}

/** Short waits take no time; a bound on all the time does not come. */
export function quietPace(): Pace {
  return {
    clock: () => 0,
    random: () => 0.5,
    wait: (ms, signal) =>
      ms < 20_000
        ? Promise.resolve()
        : new Promise((_, reject) => signal?.addEventListener('abort', () => reject(new Error('over')))),
  };
}

/** What is told of an answer in one line: its digest by the image's name, or its code. */
export function told(answer: TrustedAnswer, ...images: readonly string[]): string {
  if (answer.kind !== 'trusted') return `${answer.kind} ${answer.code}`;
  return images.find((name) => image(name).digest === answer.digest) ?? answer.digest;
}
