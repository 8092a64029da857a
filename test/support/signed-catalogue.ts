import { type Signer, sigstoreFormat } from '@signet/core';
import { type Descriptor, digestOf, type Store } from '@signet/oci';
import { type Entry, encodeCatalogue, encodeShard, HEAD_TAG, splitContent, type TagState } from '@signet/signed-tags';
import { describeShard, encodeHead, pushParts } from '../../packages/signed-tags/src/head/encode-head.ts';
import { signFile } from '../../packages/signed-tags/src/head/sign-file.ts';

/** What a tag is, and what it was before, each with when it was signed, milliseconds since 1970 UTC. */
export type TagHistory = readonly (readonly [image: Pick<Descriptor, 'digest' | 'mediaType' | 'size'>, atMs: number])[];

/** A catalogue that is published. */
export interface PublishedCatalogue {
  /** `HOST/PATH`. */
  readonly collection: string;
  readonly publisher: Signer;
  /** Of all statements. */
  readonly signer: Signer;
  /** Milliseconds since 1970 UTC. */
  readonly issuedMs: number;
  /** Default: 72 hours later. */
  readonly expiresMs?: number;
  /** The newest first. */
  readonly tags: Readonly<Record<string, TagHistory>>;
  /** In so many shards: 2 to the power of it. Default: in the file itself. */
  readonly bits?: number;
}

/** Puts a catalogue where `signet-tags` is, as a publisher does. */
export async function publishCatalogue(store: Store, published: PublishedCatalogue): Promise<void> {
  const { collection, publisher, issuedMs, expiresMs = issuedMs + 72 * 3_600_000 } = published;
  const tags = new Map<string, TagState>();
  for (const [tag, history] of Object.entries(published.tags))
    tags.set(tag, {
      entries: await Promise.all(history.map(([image, atMs]) => entryOf(tag, image, { ...published, atMs }))),
    });
  const content = { floorMs: 0, tags };
  const { bits } = published;
  const shards =
    bits === undefined
      ? []
      : splitContent(content, bits).map((part, index) => encodeShard({ collection, bits, index, content: part }));
  const file = encodeCatalogue({
    collection,
    issuedMs,
    expiresMs,
    revoked: new Map(),
    tags:
      bits === undefined
        ? { kind: 'whole', content }
        : { kind: 'sharded', bits, digests: shards.map((shard) => digestOf(shard)) },
  });
  const signed = await signFile(file, [publisher]);
  await pushParts(store, { ...signed, shards });
  await store.tag(encodeHead({ ...signed, shards: shards.map(describeShard), merged: [] }), HEAD_TAG);
}

async function entryOf(
  tag: string,
  image: TagHistory[number][0],
  { collection, signer, atMs }: Pick<PublishedCatalogue, 'collection' | 'signer'> & { readonly atMs: number },
): Promise<Entry> {
  const { digest, mediaType, size } = image;
  const payload = sigstoreFormat.payload({
    subject: image,
    signedAtMs: atMs,
    annotations: {},
    signedReference: `${collection}:${tag}`,
  });
  const { envelope, envelopeMediaType } = await sigstoreFormat.seal(payload, signer);
  return { digest, mediaType, size, atMs, statements: [{ mediaType: envelopeMediaType, bytes: envelope }] };
}
