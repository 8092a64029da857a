import type { Digest } from '@signet/oci';
import { type Entry, judgeEntry, type TagStatement } from '@signet/signed-tags';
import { type Decision, type Finding, identityText, isAccepted, type ReportCode, type Verdict } from '@signet/verifier';
import type { Collection } from './collection.ts';

/** What a tag names or named, and who says so. Times in milliseconds since 1970 UTC. */
export interface ToldEntry {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly size: number;
  readonly atMs: number;
  /** Whether its statements meet the rule now. */
  readonly verdict: Verdict;
  readonly code: ReportCode;
  /** Sources of the policy whose signers have signed it. */
  readonly sources: readonly string[];
  readonly statements: readonly ToldStatement[];
}

/** One statement. */
export interface ToldStatement {
  /** Who signed it, where that is proven. */
  readonly signer?: string;
  /** Of a key, whole. */
  readonly keyId?: string;
  readonly signedAtMs?: number;
  /** Whether it counts by the rule. */
  readonly counts: boolean;
  /** Bytes of the envelope. */
  readonly size: number;
}

/** An entry of a tag, judged by the policy of today. */
export async function tellEntry(entry: Entry, tag: string, collection: Collection): Promise<ToldEntry> {
  const question = { collection: collection.name, tag, ruling: collection.rulingOfTag(tag) };
  const decision = await judgeEntry(entry, question);
  const { digest, mediaType, size, atMs } = entry;
  return {
    digest,
    mediaType,
    size,
    atMs,
    verdict: decision.verdict,
    code: decision.code,
    sources: decision.sources.filter(({ answer }) => answer === 'yes').map(({ source }) => source),
    statements: await Promise.all(
      entry.statements.map(async (statement) => tellStatement(statement, decision, await judgeAlone(statement))),
    ),
  };

  /** What is proven of one statement, also where it is too old to count. */
  async function judgeAlone(statement: TagStatement): Promise<Decision> {
    return await judgeEntry({ ...entry, atMs: 0, statements: [statement] }, question);
  }
}

function tellStatement({ bytes }: TagStatement, whole: Decision, alone: Decision): ToldStatement {
  const [finding] = alone.findings;
  const { identity, claimedAtMs } = finding?.proven ?? {};
  return {
    ...(identity === undefined ? {} : { signer: identityText(identity) }),
    ...(identity?.kind === 'key' ? { keyId: identity.keyId } : {}),
    ...(claimedAtMs === undefined ? {} : { signedAtMs: claimedAtMs }),
    counts: finding !== undefined && whole.findings.some((each) => isSame(each, finding) && isAccepted(each)),
    size: bytes.length,
  };
}

function isSame(one: Finding, other: Finding): boolean {
  return one.origin === other.origin;
}
