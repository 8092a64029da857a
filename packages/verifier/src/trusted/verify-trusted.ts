import { type Digest, type Resolved, unlessMissing } from '@signet/oci';
import { startClock } from '../clock.ts';
import { toGap } from '../collect/gaps.ts';
import { isAllowed } from '../decision/decide.ts';
import { type Refusal, refusalOf } from '../decision/refusal.ts';
import type { ReportCode, Verdict } from '../decision/verdict.ts';
import { verifyEachPlatform } from '../each-platform.ts';
import { type Asked, type Evidence, type Gap, noEvidence } from '../evidence.ts';
import type { Finding } from '../finding.ts';
import { verifyLimits } from '../limits.ts';
import { platformsOf } from '../platform.ts';
import type { Ruling } from '../policy/ruling.ts';
import { type Report, toReport } from '../report/report.ts';
import { examine, type Verifying } from '../verify-one.ts';
import type { TagFacts, TrustedAnswer } from './trusted-tags.ts';

/**
 * `tag: trusted`: a signed catalogue says which image is meant. The registry's own tag is asked beside it, for the image and for what it has
 * drifted to, and decides nothing. What is refused is refused whatever a catalogue says. Rule: signed-tags.md 4.1, step 9; design.md 6 `refuse`
 */
export async function verifyTrusted(asked: Asked, ruling: Ruling, using: Verifying): Promise<Report> {
  const clock = startClock(verifyLimits(using.limits).totalMs, using.signal);
  const end = new AbortController();
  const timed = { ...using, signal: clock.signal };
  try {
    const named = lookAtNamed(asked, { ...using, signal: AbortSignal.any([clock.signal, end.signal]) });
    const answer = await answerOf(asked, ruling, timed);
    const digest = answer.digest ?? asked.digest;
    const image = digest === undefined ? undefined : { digest, ...(await lookAt(digest, await named, timed)) };
    const drift = answer.kind === 'trusted' && image !== undefined ? driftOf(asked, await named, answer) : undefined;
    const seen = await examineImage(asked, ruling, { image, using: timed });
    const own = conclude({ asked, ruling, answer, image, seen, drift });
    return own.verdict === 'verified' ? await ofEachPlatform(own, { asked, ruling, image, using: timed }) : own;
  } finally {
    clock.stop();
    end.abort(); // what nobody waits for any more
  }
}

/** What came of a look for a manifest; neither: it is not there. */
interface Look {
  readonly resolved?: Resolved;
  readonly gap?: Gap;
}

/** The image that is meant. */
interface Image extends Look {
  readonly digest: Digest;
}

type Timed = Verifying & { readonly signal: AbortSignal };

/** What the registry has under the name that was asked. Never rejects. */
function lookAtNamed({ tag, digest }: Asked, { source, resolve, limits, signal }: Timed): Promise<Look> {
  const options = { signal, maxBytes: verifyLimits(limits).maxManifestBytes };
  if (tag === undefined) return look(source.resolve(digest ?? 'latest', options), signal);
  return look(resolve === undefined ? source.resolve(tag, options) : resolve(tag, source, options), signal);
}

/** The image itself: only where the name leads elsewhere is it asked for again. */
function lookAt(digest: Digest, named: Look, { source, limits, signal }: Timed): Promise<Look> {
  if (named.resolved?.descriptor.digest === digest) return Promise.resolve(named);
  return look(source.resolve(digest, { signal, maxBytes: verifyLimits(limits).maxManifestBytes }), signal);
}

async function look(reading: Promise<Resolved>, signal: AbortSignal): Promise<Look> {
  try {
    const resolved = await unlessMissing(reading);
    return resolved === undefined ? {} : { resolved };
  } catch (error) {
    return { gap: signal.aborted ? toGap('time', signal.reason) : toGap('manifest', error) };
  }
}

/** An answer, also of nobody: then nothing is known of a catalogue. */
type Answered =
  | TrustedAnswer
  | (Omit<Extract<TrustedAnswer, { kind: 'undecided' | 'denied' }>, 'facts'> & { readonly facts?: TagFacts });

/** Nothing answers in the place of a catalogue that cannot be asked. */
const nobodyAnswers: Answered = {
  kind: 'undecided',
  code: 'UNRESOLVED',
  message: 'the rule asks for a signed catalogue (tag: trusted), and none can be read here',
};

async function answerOf(asked: Asked, ruling: Ruling, { trusted, source, signal }: Timed): Promise<Answered> {
  if (trusted === undefined || ruling.rule?.catalogue === undefined) return nobodyAnswers;
  return await trusted.ask({ asked, ruling, source, signal });
}

/** What the tag names in the registry, where that is not the image. For what the tag named before it is no drift. */
function driftOf({ tag }: Asked, { resolved }: Look, { digest, facts }: Answered): Digest | undefined {
  const there = resolved?.descriptor.digest;
  return tag === undefined || facts?.superseded === true || there === digest ? undefined : there;
}

/** Whether anything has to be read of the image beside its manifest, or in it. */
function hasRefusals({ refuse }: Ruling): boolean {
  return refuse.digests.size > 0 || refuse.keyIds.size > 0;
}

/** What speaks against an image, and which image of an index is asked. */
interface Seen {
  readonly evidence: Evidence;
  readonly findings: readonly Finding[];
}

interface Around {
  readonly image: Image | undefined;
  readonly using: Timed;
}

/** As for an image that its rule exempts: no signature is looked for but those of refused keys. */
async function examineImage(asked: Asked, ruling: Ruling, { image, using }: Around): Promise<Seen> {
  const { resolved, gap, digest } = image ?? {};
  if (resolved === undefined || (asked.platform === undefined && !hasRefusals(ruling))) {
    const descriptor = resolved === undefined ? {} : { descriptor: resolved.descriptor };
    const isMeant = digest !== undefined && asked.platform === undefined;
    const subject = isMeant ? { subject: { digest, ...descriptor } } : {};
    return { evidence: noEvidence(asked, { ...subject, gaps: gap === undefined ? [] : [gap] }), findings: [] };
  }
  const { rule, ...others } = ruling;
  const exempt: Ruling =
    rule === undefined ? others : { ...others, rule: { ...rule, mode: 'skip', require: { kind: 'any', of: [] } } };
  const { habit: _, ...reading } = using;
  const { evidence, decision } = await examine(...asNamed(asked, exempt, { resolved, using: reading }));
  return { evidence: { ...evidence, asked }, findings: decision.findings };
}

/** The same question about an image that is at hand: nothing is resolved again. */
function asNamed(
  { digest: _, tag = 'latest', ...asked }: Asked,
  ruling: Ruling,
  { resolved, using }: { readonly resolved: Resolved; readonly using: Timed },
): [Asked, Ruling, Verifying] {
  return [{ ...asked, tag }, ruling, { ...using, resolve: async () => resolved }];
}

interface Concluding {
  readonly asked: Asked;
  readonly ruling: Ruling;
  readonly answer: Answered;
  readonly image: Image | undefined;
  readonly seen: Seen;
  readonly drift: Digest | undefined;
}

function conclude({ asked, ruling, answer, image, seen, drift }: Concluding): Report {
  const refusal = refusalFor({ asked, ruling, answer, seen });
  const [verdict, code] = verdictOf({ asked, ruling, answer, image, seen, refusal });
  const { decision, facts } = answer;
  const isAnswered = answer.kind !== 'trusted' && answer.code === code;
  const gaps = answer.kind === 'trusted' || answer.gap === undefined ? [] : [answer.gap];
  return toReport({
    ruling,
    evidence: { ...seen.evidence, gaps: [...gaps, ...seen.evidence.gaps] },
    decision: {
      verdict,
      code,
      allowed: isAllowed(ruling, verdict, refusal),
      sources: decision?.sources ?? [],
      findings: [...(decision?.findings ?? []), ...(code === 'REFUSED_KEY' ? seen.findings : [])],
    },
    catalogued: {
      ...(facts === undefined ? {} : { facts: { ...facts, ...(drift === undefined ? {} : { drift }) } }),
      ...(isAnswered ? { message: answer.message } : {}),
      ...(isAnswered && answer.remedy !== undefined ? { remedy: answer.remedy } : {}),
    },
  });
}

/** By the digests that are meant, by what is in the image or around it, by who signed it or said so. */
function refusalFor({ asked, ruling, answer, seen }: Omit<Concluding, 'image' | 'drift'>): Refusal {
  if (answer.kind !== 'trusted' && answer.code === 'REFUSED_KEY') return 'key';
  const isRefused = [asked.digest, answer.digest].some(
    (digest) => digest !== undefined && ruling.refuse.digests.has(digest),
  );
  return isRefused ? 'digest' : refusalOf(ruling.refuse, seen.evidence, seen.findings);
}

/** The first line that holds. */
function verdictOf({
  asked,
  ruling,
  answer,
  image,
  seen,
  refusal,
}: Omit<Concluding, 'drift'> & { readonly refusal: Refusal }): readonly [Verdict, ReportCode] {
  if (refusal === 'digest') return ['denied', 'REFUSED_DIGEST'];
  if (refusal === 'key') return ['denied', 'REFUSED_KEY'];
  if (answer.kind !== 'trusted') return [answer.kind, answer.code];
  if (image?.resolved === undefined && image?.gap === undefined) return ['undecided', 'IMAGE_NOT_REPLICATED'];
  if (seen.evidence.subject === undefined) return ['undecided', 'UNRESOLVED']; // no such platform, or its index could not be read
  const isUnread = image?.resolved === undefined && isEach(asked, ruling);
  return refusal === 'unknown' || isUnread ? ['undecided', 'INCOMPLETE'] : ['verified', 'VERIFIED'];
}

function isEach({ platform }: Asked, { rule }: Ruling): boolean {
  return rule?.platforms === 'each' && platform === undefined;
}

/** `platforms: each`: the catalogue names the index, and each image in it has to satisfy the rule by itself. */
async function ofEachPlatform(
  own: Report,
  { asked, ruling, image, using }: Around & { readonly asked: Asked; readonly ruling: Ruling },
): Promise<Report> {
  const { rule } = ruling;
  const resolved = image?.resolved;
  if (rule === undefined || resolved === undefined || !isEach(asked, ruling)) return own;
  if ((platformsOf(resolved) ?? []).length === 0) return own;
  // An image of an index is named by no tag: the index that the tag names holds it.
  const { catalogue: _, ...others } = rule;
  const each = await verifyEachPlatform(
    ...asNamed(asked, { ...ruling, rule: { ...others, tag: 'any' } }, { resolved, using }),
  );
  const facts = own.catalogue === undefined ? {} : { catalogue: own.catalogue };
  return each.verdict === 'verified' ? { ...each, ...facts, tag: 'trusted' } : { ...each, ...facts };
}
