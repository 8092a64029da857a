import {
  type Digest,
  forEachSideBySide,
  formatReference,
  RegistryError,
  type RegistryReference,
  type Source,
  unlessMissing,
} from '@signet/oci';
import { type Content, isOpenTag, itemOf } from '@signet/signed-tags';
import { type Report, type Ruling, toAsked, verifyAsked } from '@signet/verifier';
import { namesSignatures } from '../audit/walk.ts';
import type { Collection } from './collection.ts';

/**
 * What is to become of a tag of the registry. `accepted`: its image is one that the rule accepts, the tag left aside; `there`: the catalogue says the same
 * already; `differs`: it says something else, which the registry's word does not change.
 */
export type Adoption = 'accepted' | 'there' | 'differs' | 'denied' | 'undecided';

/** A tag of the registry, and what its image is by the rule. */
export interface AdoptableTag {
  readonly tag: string;
  readonly digest: Digest;
  readonly adoption: Adoption;
  readonly report: Report;
}

/** Tags that are judged at the same time. */
const sideBySide = 8;

/**
 * Judges what the tags of a repository name now, by the rule that the policy has for each, as if it asked for no signed tag. In the order of their
 * names. `held`: what the catalogue says that is there already. @throws {RegistryError} where the tags cannot be listed, or one of them not be read
 */
export async function judgeTags(
  source: Source,
  {
    collection,
    held,
    signal,
  }: { readonly collection: Collection; readonly held: Content | undefined; readonly signal: AbortSignal },
): Promise<readonly AdoptableTag[]> {
  const tags: string[] = [];
  try {
    for await (const tag of source.tags({ signal })) if (isOpenTag(tag) && !namesSignatures(tag)) tags.push(tag);
  } catch (error) {
    if (!(error instanceof RegistryError) || error.code !== 'NOT_FOUND') throw error; // a repository without anything
  }
  const judged: AdoptableTag[] = [];
  await forEachSideBySide(tags, sideBySide, async (tag) => {
    const found = await unlessMissing(source.resolve(tag, { signal }));
    if (found === undefined) return; // it went meanwhile
    const { digest } = found.descriptor;
    const reference: RegistryReference = { ...collection.repository, tag, digest };
    const report = await verifyAsked(toAsked(reference), withoutTag(collection.rulingOfTag(tag)), { source, signal });
    judged.push({ tag, digest, adoption: adoptionOf({ tag, digest }, report, held), report });
  });
  return judged.toSorted((a, b) => (a.tag < b.tag ? -1 : 1));
}

/** A tag that the catalogue has ever said something of is not the registry's to change: who can push could move it back. */
function adoptionOf(
  { tag, digest }: Pick<AdoptableTag, 'tag' | 'digest'>,
  { verdict }: Report,
  held: Content | undefined,
): Adoption {
  if (held?.tags.has(tag) === true) {
    const item = itemOf(held, tag);
    return item.kind === 'entry' && item.entry.digest === digest ? 'there' : 'differs';
  }
  return verdict === 'verified' ? 'accepted' : verdict;
}

/** The rule asks who signed the image, and not for which tag. */
function withoutTag(ruling: Ruling): Ruling {
  if (ruling.rule === undefined) return ruling;
  const { catalogue: _, ...rule } = ruling.rule;
  return { ...ruling, rule: { ...rule, tag: 'any' } };
}

/** What is to be signed, as references: `REPOSITORY:TAG@DIGEST`. */
export function referencesOf(judged: readonly AdoptableTag[], { repository }: Collection): readonly string[] {
  return judged
    .filter(({ adoption }) => adoption === 'accepted')
    .map(({ tag, digest }) => formatReference({ ...repository, tag, digest }));
}
