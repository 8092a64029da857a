import { defaultPace } from '@signet/core';
import type { Digest } from '@signet/oci';
import type { BlobSigner } from '@signet/verifier';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Content, TagState } from '../catalogue/content.ts';
import { TagsError } from '../errors.ts';
import { indexOf, readBase } from './base.ts';
import type { WriterOptions } from './options.ts';
import { nothingKnown } from './recollection.ts';

/** A catalogue as it lies in the registry, its signature verified; its entries are not judged. */
export interface View {
  readonly catalogue: Catalogue;
  readonly signers: readonly BlobSigner[];
  /** Of the manifest, and of the catalogue file. */
  readonly manifest: Digest;
  readonly file: Digest;
  /** The tags that were asked for, or all; those of a shard that was read have its floor, the greatest of several. */
  readonly content: Content;
}

/**
 * Reads what a catalogue says of some tags (their shards alone), or of all: for listings, and for who is about to sign and has to know what a tag
 * is and was.
 * @throws {TagsError} HEAD_MISSING where there is none that is trusted; {RegistryError} what the store throws
 */
export async function viewCatalogue(
  options: Pick<WriterOptions, 'store' | 'authority' | 'pace' | 'now' | 'signal'>,
  tags?: readonly string[],
): Promise<View> {
  const { pace = defaultPace } = options;
  const base = await readBase({ ...options, pace, isExpected: true, recollection: nothingKnown, shards: new Map() });
  const { head, catalogue, signers, refusal, bits } = base;
  if (head === undefined || catalogue === undefined || signers === undefined)
    throw new TagsError('HEAD_MISSING', refusal ?? 'there is no catalogue');
  const indices = tags === undefined ? Array(2 ** bits).keys() : new Set(tags.map((tag) => indexOf(tag, bits)));
  const states = new Map<string, TagState>();
  let floorMs = 0;
  for (const index of indices) {
    const part = await base.part(index);
    floorMs = Math.max(floorMs, part.floorMs);
    for (const [tag, state] of part.tags) if (tags === undefined || tags.includes(tag)) states.set(tag, state);
  }
  const manifest = head.resolved.descriptor.digest;
  return { catalogue, signers, manifest, file: head.fileDigest, content: { floorMs, tags: states } };
}
