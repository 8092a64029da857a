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
import { type Report, type Ruling, toAsked, toGap, undecidedBy, verifyAsked } from '@signet/verifier';
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
  /** Undefined where what the tag names could not be read. */
  readonly digest?: Digest;
  readonly adoption: Adoption;
  readonly report: Report;
}

/** Tags that are judged at the same time. */
const sideBySide = 8;

/**
 * Judges what the tags of a repository name now, by the rule that the policy has for each, as if it asked for no signed tag. In the order of their
 * names; one that cannot be read is undecided, and keeps nobody from the others. `held`: what the catalogue says that is there already.
 * @throws {RegistryError} where the tags cannot be listed
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
    const adoptable = await judgeTag(tag, source, { collection, held, signal });
    if (adoptable !== undefined) judged.push(adoptable);
  });
  return judged.toSorted((a, b) => (a.tag < b.tag ? -1 : 1));
}

/** Undefined for one that went meanwhile. */
async function judgeTag(
  tag: string,
  source: Source,
  { collection, held, signal }: Parameters<typeof judgeTags>[1],
): Promise<AdoptableTag | undefined> {
  const ruling = withoutTag(collection.rulingOfTag(tag));
  const named: RegistryReference = { ...collection.repository, tag };
  try {
    const found = await unlessMissing(source.resolve(tag, { signal }));
    if (found === undefined) return undefined;
    const { digest } = found.descriptor;
    const report = await verifyAsked(toAsked({ ...named, digest }), ruling, { source, signal });
    return { tag, digest, adoption: adoptionOf({ tag, digest }, report, held), report };
  } catch (error) {
    if (!(error instanceof RegistryError) || signal.aborted) throw error;
    return { tag, adoption: 'undecided', report: undecidedBy(toAsked(named), ruling, toGap('resolve', error)) };
  }
}

/** A tag that the catalogue has ever said something of is not the registry's to change: who can push could move it back. */
function adoptionOf(
  { tag, digest }: Required<Pick<AdoptableTag, 'tag' | 'digest'>>,
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
  return judged.flatMap(({ tag, digest, adoption }) =>
    adoption === 'accepted' && digest !== undefined ? [formatReference({ ...repository, tag, digest })] : [],
  );
}
