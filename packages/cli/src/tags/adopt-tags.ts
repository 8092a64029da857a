import {
  type Digest,
  forEachSideBySide,
  formatReference,
  RegistryError,
  type RegistryReference,
  type Source,
  unlessMissing,
} from '@signet/oci';
import { isOpenTag } from '@signet/signed-tags';
import { type Report, type Ruling, toAsked, verifyAsked } from '@signet/verifier';
import { namesSignatures } from '../audit/walk.ts';
import type { Collection } from './collection.ts';

/** A tag of the registry, and whether its image is one that the rule accepts, the tag left aside. */
export interface AdoptableTag {
  readonly tag: string;
  readonly digest: Digest;
  readonly isAccepted: boolean;
  readonly report: Report;
}

/** Tags that are judged at the same time. */
const sideBySide = 8;

/**
 * Judges what the tags of a repository name now, by the rule that the policy has for each, as if it asked for no signed tag. In the order of their
 * names. @throws {RegistryError} where the tags cannot be listed, or one of them not be read
 */
export async function judgeTags(
  source: Source,
  collection: Collection,
  signal: AbortSignal,
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
    judged.push({ tag, digest, isAccepted: report.verdict === 'verified', report });
  });
  return judged.toSorted((a, b) => (a.tag < b.tag ? -1 : 1));
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
    .filter(({ isAccepted }) => isAccepted)
    .map(({ tag, digest }) => formatReference({ ...repository, tag, digest }));
}
