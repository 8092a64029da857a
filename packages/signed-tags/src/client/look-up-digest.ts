import type { Digest } from '@signet/oci';
import { type TrustedAnswer, verifyAsked } from '@signet/verifier';
import type { TrustedFile } from '../state/trusted-state.ts';
import { revokedRefusal } from './judge-tag.ts';
import { type Looked, type Looking, lookUpTag } from './look-up-tag.ts';
import { tagsNamedBy, tagsNaming } from './named-tags.ts';
import { type Refusal, refusing } from './refusal.ts';

/**
 * A reference by digest alone: it has to be what some tag names now (or, with `superseded`, named until not long ago), unless the policy lets
 * any signed one pass. Rule: signed-tags.md 6 `digestReferences`
 */
export async function lookUpDigest(file: TrustedFile, digest: Digest, looking: Looking): Promise<Looked> {
  const revocation = looking.revoked.get(digest);
  const nothingSeen = { file, seen: new Map() };
  if (revocation !== undefined)
    return { ...nothingSeen, answer: refusing(revokedRefusal(digest, revocation), looking.facts) };
  if (looking.catalogue.digestReferences === 'any')
    return { ...nothingSeen, answer: await judgeSignatures(digest, looking) };
  return await lookUpListed(file, digest, looking);
}

/** Any signature of the image for this collection that meets the rule. */
async function judgeSignatures(digest: Digest, looking: Looking): Promise<TrustedAnswer> {
  const { ruling, collection, image, signal, facts, asked } = looking;
  const { rule, ...others } = ruling;
  const report = await verifyAsked(
    {
      reference: asked.reference,
      digest,
      name: { repository: collection },
      ...(asked.image && { image: asked.image }),
    },
    rule === undefined ? others : { ...others, rule: { ...rule, tag: 'bound' } },
    { source: image, signal },
  );
  const { verdict, code, allowed, sources, findings, summary, remedy, gaps } = report;
  const decision = { verdict, code, allowed, sources, findings };
  if (verdict === 'verified') return { kind: 'trusted', digest, decision, facts };
  const [gap] = gaps;
  return {
    kind: verdict,
    code: code === 'VERIFIED' ? 'NOT_TRUSTED' : code,
    message: summary,
    ...(remedy === undefined ? {} : { remedy }),
    ...(gap === undefined ? {} : { gap }),
    digest,
    decision,
    facts,
  };
}

async function lookUpListed(file: TrustedFile, digest: Digest, looking: Looking): Promise<Looked> {
  const { tags } = file.catalogue;
  const inFile = tags.kind === 'whole' ? tagsNaming(tags.content, digest) : [];
  const near = await lookUpEach([...new Set([...inFile, ...looking.state.tagsOf(digest)])], { file, digest, looking });
  if (near.found !== undefined || tags.kind === 'whole') return near.found ?? notListed(near, digest, looking);
  const named = await tagsNamedBy({ ...looking, digest });
  const far = await lookUpEach(named.tags, { file: near.file, digest, looking });
  if (far.found !== undefined) return far.found;
  const all = { ...far, refused: [...near.refused, ...far.refused] };
  if (named.gap === undefined) return notListed(all, digest, looking);
  return { file: far.file, seen: far.seen, answer: refusing(named.gap, looking.facts) };
}

interface LookedAtAll {
  readonly found?: Looked;
  readonly file: TrustedFile;
  readonly seen: Looked['seen'];
  readonly refused: readonly TrustedAnswer[];
}

/** More are not looked at: a digest that so many tags name and none proves is none to go by. */
const maxTags = 64;

/** One after the other, until one is trusted. */
async function lookUpEach(
  tags: readonly string[],
  { digest, looking, ...from }: { readonly file: TrustedFile; readonly digest: Digest; readonly looking: Looking },
): Promise<LookedAtAll> {
  let { file } = from;
  const refused: TrustedAnswer[] = [];
  let seen: Looked['seen'] = new Map();
  for (const tag of tags.slice(0, maxTags)) {
    const looked = await lookUpTag(file, { tag, digest }, looking);
    ({ file } = looked);
    seen = new Map([...seen, ...looked.seen]);
    if (looked.answer.kind === 'trusted') return { found: { ...looked, seen }, file, seen, refused };
    refused.push(looked.answer);
  }
  return { file, seen, refused };
}

/** What kept a tag that names it from being proven tells more than that it is not listed. */
function notListed({ file, seen, refused }: LookedAtAll, digest: Digest, { facts, collection }: Looking): Looked {
  const telling = refused.find(({ kind }) => kind === 'undecided') ?? refused.find((each) => !isElsewhere(each));
  if (telling !== undefined) return { file, seen, answer: telling };
  const refusal: Refusal = {
    kind: 'denied',
    code: 'DIGEST_NOT_LISTED',
    message: `no tag of ${collection} names ${digest} now`,
    remedy: "name the tag as well (REPO:TAG@DIGEST), or see the policy's `digestReferences` and `superseded`",
    digest,
  };
  return { file, seen, answer: refusing(refusal, facts) };
}

function isElsewhere(answer: TrustedAnswer): boolean {
  return answer.kind === 'denied' && (answer.code === 'DIGEST_NOT_CURRENT' || answer.code === 'TAG_NOT_SIGNED');
}
