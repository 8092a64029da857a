import type { Digest } from '@signet/oci';
import {
  type Decision,
  durationText,
  type ReportCode,
  type Ruling,
  type TagCatalogue,
  type TagFacts,
  type TrustedAnswer,
} from '@signet/verifier';
import {
  type Content,
  compareItems,
  type Entry,
  type Item,
  type Revocation,
  type Revocations,
  timeOf,
} from '../catalogue/content.ts';
import { timeText } from '../catalogue/encode.ts';
import { itemAheadMs } from '../catalogue/limits.ts';
import type { Bound } from '../state/trusted-state.ts';
import { judgeEntry } from '../statements/judge.ts';
import { type FileTimes, lateness } from './lateness.ts';
import { itemOfReceipt, type Receipt } from './receipt.ts';
import { type Refusal, refusing } from './refusal.ts';

/** All that an answer about one tag rests on. */
export interface TagCase {
  readonly collection: string;
  readonly tag: string;
  /** Of `REPO:TAG@DIGEST`. */
  readonly digest?: Digest;
  /** What the chosen file says of this tag and others; or why that could not be read. */
  readonly content: Content | Refusal;
  /** What was seen of the tag before. */
  readonly bound?: Bound;
  /** Of the chosen file, and of what was seen before. */
  readonly revoked: Revocations;
  readonly receipt?: Receipt;
  readonly ruling: Ruling;
  readonly catalogue: TagCatalogue;
  readonly nowMs: number;
  /** What is known of the file. */
  readonly facts: TagFacts;
}

/** The answer, and what of the file is worth to be remembered: the tag's item, where it is proven. */
export interface JudgedTag {
  readonly answer: TrustedAnswer;
  readonly seen?: Item;
}

/** What a tag is, and what it was. */
interface Line {
  readonly item: Item;
  /** What the tag named before, greatest first. */
  readonly earlier: readonly Entry[];
  /** The file says it: else it is what was seen before. */
  readonly isOfFile: boolean;
  /** Of an entry that was seen before, the file that vouched for it. */
  readonly vouched?: FileTimes;
}

/**
 * What a tag names: the item of the file, never less than was seen before, not revoked, and proven by statements that meet the rule. Pure but
 * for the checks of signatures. Rule: signed-tags.md 4.1, steps 6, 7 and 9; 6 "superseded".
 */
export async function judgeTag(asked: TagCase): Promise<JudgedTag> {
  const line = lineOf(asked);
  if ('code' in line) return { answer: refusing(line, asked.facts) };
  const facts = factsOf(asked, line);
  const { item } = line;
  const missed = asked.receipt === undefined ? undefined : receiptMissed(item, asked.receipt);
  if (missed !== undefined) return { answer: refusing(missed, facts) };
  if (item.kind === 'removal')
    return {
      answer: refusing(notSigned(asked, item.atMs), facts),
      ...(line.isOfFile && item.atMs > 0 ? { seen: item } : {}),
    };
  if (asked.digest !== undefined && asked.digest !== item.entry.digest)
    return await judgeEarlier(asked, { ...line, current: item.entry, facts });
  const judged = await judgeListed(item.entry, asked);
  const answer = 'kind' in judged ? refusing(judged, facts) : trusted(item.entry, judged, facts);
  return { answer, ...(line.isOfFile && answer.kind === 'trusted' ? { seen: item } : {}) };
}

/** The tag by the file, or by what was seen where that is more. */
function lineOf({ content, bound, catalogue, tag, nowMs }: TagCase): Line | Refusal {
  const own = 'code' in content ? undefined : ownLine(content, tag, nowMs + itemAheadMs);
  if (own !== undefined && (bound === undefined || compareItems(own.item, bound.item) >= 0)) return own;
  const unread = 'code' in content ? content : undefined;
  if (bound === undefined) return unread ?? rollback(tag, 0);
  const lower = unread ?? rollback(tag, timeOf(bound.item));
  if (own !== undefined && catalogue.onRollback === 'deny') return lower;
  // That it was removed denies, whoever says less by now.
  if (bound.item.kind === 'removal') return { item: bound.item, earlier: [], isOfFile: false };
  const inTime = bound.vouched.filter((times) => isInTime(times, catalogue, nowMs));
  const [vouched] = inTime.toSorted((a, b) => b.expiresMs - a.expiresMs);
  if (vouched === undefined) return lower;
  const { entry } = bound.item;
  const before = own?.item.kind === 'entry' ? [own.item.entry, ...own.earlier] : [];
  const earlier = before.filter(({ digest }) => digest !== entry.digest);
  return { item: bound.item, earlier, isOfFile: false, vouched };
}

/** Nothing from the future exists. Rule: signed-tags.md 3.2 */
function ownLine({ tags, floorMs }: Content, tag: string, latestMs: number): Line {
  const { entries, removedMs = floorMs } = tags.get(tag) ?? { entries: [] };
  const [entry, ...earlier] = entries.filter(({ atMs }) => atMs <= latestMs);
  if (entry !== undefined) return { item: { kind: 'entry', entry }, earlier, isOfFile: true };
  return { item: { kind: 'removal', atMs: removedMs <= latestMs ? removedMs : 0 }, earlier, isOfFile: true };
}

function isInTime(times: FileTimes, catalogue: TagCatalogue, nowMs: number): boolean {
  const late = lateness(times, catalogue, nowMs);
  return late === 'none' || late === 'grace';
}

/** Step 6, revocations, and step 7. */
async function judgeListed(entry: Entry, asked: TagCase): Promise<Decision | Refusal> {
  const revocation = asked.revoked.get(entry.digest);
  if (revocation !== undefined) return revokedRefusal(entry.digest, revocation);
  const decision = await judgeEntry(entry, asked);
  const { verdict } = decision;
  if (verdict === 'verified') return decision;
  // There are statements always: what is none of a trusted signer's is not even looked at by the decision.
  const code = isTold(decision.code) ? decision.code : 'NOT_TRUSTED';
  return { kind: verdict, code, message: unproven(entry, asked.tag, decision), digest: entry.digest, decision, remedy };
}

function isTold(code: ReportCode): code is Exclude<ReportCode, 'VERIFIED' | 'NO_SIGNATURE'> {
  return code !== 'VERIFIED' && code !== 'NO_SIGNATURE';
}

const remedy =
  'let signers that the policy trusts sign the tag anew and publish it; a signer that has left the policy counts no more, and no earlier entry takes his place';

/**
 * `REPO:TAG@DIGEST` of what the tag named until not long ago. How long ago says the entry that took its place, which therefore has to be
 * proven as well.
 */
async function judgeEarlier(
  asked: TagCase,
  { current, earlier, facts, isOfFile }: Line & { readonly current: Entry; readonly facts: TagFacts },
): Promise<JudgedTag> {
  const line = [current, ...earlier];
  const at = line.findIndex(({ digest }) => digest === asked.digest);
  const [entry, successor] = [line[at], line[at - 1]];
  const { supersededMs } = asked.catalogue;
  if (
    entry === undefined ||
    successor === undefined ||
    successor.atMs < asked.nowMs - supersededMs ||
    supersededMs === 0
  )
    return { answer: refusing(notCurrent(asked, current), facts) };
  const [judged, next] = await Promise.all([judgeListed(entry, asked), judgeEntry(successor, asked)]);
  if ('kind' in judged) return { answer: refusing(judged, facts) };
  if (next.verdict !== 'verified') return { answer: refusing(notCurrent(asked, current), facts) };
  const seen = successor === current && isOfFile ? { seen: { kind: 'entry', entry: current } as const } : {};
  return { answer: trusted(entry, judged, { ...facts, superseded: true, atMs: entry.atMs }), ...seen };
}

function factsOf(asked: TagCase, { item, isOfFile, vouched }: Line): TagFacts {
  const { facts, bound, receipt, content, catalogue, nowMs } = asked;
  const isKnown = bound !== undefined || receipt !== undefined;
  const atMs = timeOf(item);
  return {
    ...facts,
    ...(isOfFile || 'code' in content ? {} : { staleSource: true }),
    ...(vouched === undefined ? {} : { source: 'cache', ...vouched }),
    ...(vouched !== undefined && lateness(vouched, catalogue, nowMs) === 'grace' ? { expired: 'grace' } : {}),
    ...(atMs === 0 ? {} : { atMs }),
    ...(isKnown ? {} : { cold: true }),
  };
}

function trusted({ digest, mediaType, size }: Entry, decision: Decision, facts: TagFacts): TrustedAnswer {
  return { kind: 'trusted', digest, descriptor: { mediaType, digest, size }, decision, facts };
}

function receiptMissed(item: Item, receipt: Receipt): Refusal | undefined {
  if (compareItems(item, itemOfReceipt(receipt)) >= 0) return undefined;
  return {
    kind: 'denied',
    code: 'RECEIPT_NOT_REACHED',
    message: `the receipt says that ${receipt.tag} was ${receipt.digest} at ${timeText(receipt.atMs)}: the catalogue is not there yet, or was set back`,
    remedy: 'wait for the registry to show what was published (--wait), or ask the one that it was published to',
  };
}

function notSigned({ tag }: TagCase, atMs: number): Refusal {
  return {
    kind: 'denied',
    code: 'TAG_NOT_SIGNED',
    message:
      atMs === 0
        ? `the catalogue has no tag ${tag}`
        : `the catalogue has no tag ${tag}: removed at ${timeText(atMs)}, or not signed since`,
    remedy: 'sign and publish the tag (signet sign --publish); if that was done just now, wait for it (--wait)',
  };
}

function rollback(tag: string, atMs: number): Refusal {
  return {
    kind: 'denied',
    code: 'ROLLBACK',
    message: `the catalogue says less of ${tag} than was seen before, of ${timeText(atMs)}`,
    remedy:
      'publish the tag from a place that has seen the newest catalogue; sign anew what only signers vouch for who have left the policy',
  };
}

/** Why a revoked digest leads to nothing. */
export function revokedRefusal(digest: Digest, { reason }: Revocation): Refusal {
  return {
    kind: 'denied',
    code: 'DIGEST_REVOKED',
    message: `${digest} is revoked${reason === '' ? '' : `: ${reason}`}`,
    remedy: 'build and sign the image anew: what is revoked stays so',
    digest,
  };
}

function notCurrent({ tag, digest, catalogue }: TagCase, current: Entry): Refusal {
  const { supersededMs } = catalogue;
  return {
    kind: 'denied',
    code: 'DIGEST_NOT_CURRENT',
    message: `${tag} is ${current.digest} since ${timeText(current.atMs)}, not ${digest}${
      supersededMs === 0 ? '' : `, nor what it was in the last ${durationText(supersededMs)}`
    }`,
    remedy:
      "deploy what the tag names now; the policy's `superseded` says how long what it named before may still be used",
    ...(digest === undefined ? {} : { digest }),
  };
}

function unproven({ digest, atMs }: Entry, tag: string, { sources }: Decision): string {
  const reasons = sources.map(({ source, reason }) => `${source}: ${reason}`).join('; ');
  return `the catalogue says that ${tag} is ${digest} since ${timeText(atMs)}, and its statements do not meet the rule${reasons === '' ? '' : ` (${reasons})`}`;
}
