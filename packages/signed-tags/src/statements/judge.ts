import { type Digest, digestOf, parseRegistryReference } from '@signet/oci';
import {
  type Asked,
  type Decision,
  decide,
  defaultFormats,
  type Evidence,
  type Finding,
  formatNames,
  isAccepted,
  isKeyOf,
  type Requirement,
  type Ruling,
  signerId,
  signersMeet,
  sourcesOf,
  trustOf,
} from '@signet/verifier';
import type { Entry, TagStatement } from '../catalogue/content.ts';
import { itemAheadMs, maxStatements } from '../catalogue/limits.ts';

/** The tag that statements are about, and what they are held against. */
export interface TagQuestion {
  /** `REGISTRY/REPOSITORY`, folded. */
  readonly collection: string;
  readonly tag: string;
  /** The rule that the policy has for this tag, and what it refuses. */
  readonly ruling: Ruling;
}

/**
 * Whether the statements of an entry meet the rule: those that name this tag of this collection and this digest, and were made at the entry's
 * time or later. Pure but for the checks of signatures. Rule: signed-tags.md 4.1, step 7.
 * @throws {RegistryError} REFERENCE_INVALID where the collection is none
 */
export async function judgeEntry(entry: Entry, question: TagQuestion): Promise<Decision> {
  const findings = await findingsOf(entry, question);
  return decideSince(entry.atMs, { findings, digest: entry.digest, question });
}

/**
 * The greatest time for which the statements that are not older meet the rule; undefined where all together do not. So one of two thieves cannot
 * make an old digest new, and adding any statement never makes it older. Rule: signed-tags.md 3.2 "at".
 */
export async function timeOfStatements(
  said: Pick<Entry, 'digest' | 'statements'>,
  question: TagQuestion,
): Promise<number | undefined> {
  const findings = await findingsOf(said, question);
  const times = new Set(findings.flatMap(({ proven }) => proven?.claimedAtMs ?? []));
  return [...times]
    .toSorted((a, b) => b - a)
    .find((atMs) => decideSince(atMs, { findings, digest: said.digest, question }).verdict === 'verified');
}

/** A statement that counts for a rule, alone or with others. */
export interface CountingStatement {
  readonly statement: TagStatement;
  /** One word for who made it, and in which format. */
  readonly signer: string;
  /** When, as it says: milliseconds since 1970 UTC. */
  readonly atMs: number;
}

/** Those of the statements that name this tag of this collection and this digest, by signers whom the rule trusts and the policy does not refuse. */
export async function countingStatements(
  said: Pick<Entry, 'digest' | 'statements'>,
  question: TagQuestion,
): Promise<readonly CountingStatement[]> {
  const { rule, refuse } = question.ruling;
  if (rule === undefined) return [];
  const findings = await findingsOf(said, question);
  const judged = decideSince(Number.NEGATIVE_INFINITY, { findings, digest: said.digest, question }).findings;
  const byOrigin = new Map(said.statements.map((statement) => [digestOf(statement.bytes), statement]));
  const anybody = sourcesOf(rule.require).map((source) => ({ ...source, threshold: 1 }));
  const require: Requirement = { kind: 'any', of: anybody.map((source) => ({ kind: 'source', source })) };
  return judged.filter(isAccepted).flatMap(({ proven, origin, format }) => {
    const [statement, atMs] = [byOrigin.get(origin), proven?.claimedAtMs];
    const name = formatNames.find((each) => each === format);
    if (statement === undefined || atMs === undefined || proven === undefined || name === undefined) return [];
    const { identity } = proven;
    const isRefused = isKeyOf(identity, refuse.keyIds);
    if (isRefused || !signersMeet(require, [{ identity, format: name }])) return [];
    return [{ statement, atMs, signer: `${format} ${signerId(identity)}` }];
  });
}

/**
 * The entry that statements come to: its time, and of each signer the newest statement that counts then, at most eight. Undefined where they do
 * not meet the rule. Rule: signed-tags.md 3.2 "at", "Order of two items".
 */
export async function entryOfStatements(said: Omit<Entry, 'atMs'>, question: TagQuestion): Promise<Entry | undefined> {
  const newest = new Map<string, CountingStatement>();
  for (const each of await countingStatements(said, question)) {
    const known = newest.get(each.signer);
    if (known === undefined || isNewer(each, known)) newest.set(each.signer, each);
  }
  const all = [...newest.values()].toSorted((a, b) => (isNewer(a, b) ? -1 : 1));
  const atMs = await timeOfStatements({ ...said, statements: all.map(({ statement }) => statement) }, question);
  if (atMs === undefined) return undefined;
  const counting = all.filter((each) => each.atMs >= atMs).map(({ statement }) => statement);
  return { ...said, atMs, statements: await asFewAsAllowed({ ...said, atMs, statements: counting }, question) };
}

/** Of the same time in one order, whoever asks. */
function isNewer(one: CountingStatement, other: CountingStatement): boolean {
  if (one.atMs !== other.atMs) return one.atMs > other.atMs;
  return digestOf(one.statement.bytes) < digestOf(other.statement.bytes);
}

/** The oldest that the rule can do without go first. */
async function asFewAsAllowed(entry: Entry, question: TagQuestion): Promise<readonly TagStatement[]> {
  let kept = entry.statements;
  for (const statement of entry.statements.toReversed()) {
    if (kept.length <= maxStatements) break;
    const fewer = kept.filter((each) => each !== statement);
    if ((await judgeEntry({ ...entry, statements: fewer }, question)).verdict === 'verified') kept = fewer;
  }
  return kept.slice(0, maxStatements);
}

/** Statements are bundles: the times of the older cosign form lie outside of what is signed, and certificates end before statements do. Rule: signed-tags.md 1 */
const formats = defaultFormats.filter(({ name }) => name === 'sigstore');

/** How far a claimed time may be from a proven one, milliseconds. Rule: signed-tags.md 3.1 "Claimed times" */
const maxDriftMs = 10 * 60_000;

/** What each statement shows; without those that nothing can be read from, or whose time is not to be believed. */
async function findingsOf(
  { digest, statements }: Pick<Entry, 'digest' | 'statements'>,
  { ruling }: TagQuestion,
): Promise<readonly Finding[]> {
  const findings = await Promise.all(statements.map((statement) => findingOf(statement, digest, ruling)));
  return findings.flat().filter((finding) => isDated(finding, ruling.atMs));
}

async function findingOf(
  { mediaType, bytes }: TagStatement,
  digest: Digest,
  ruling: Ruling,
): Promise<readonly Finding[]> {
  const origin = digestOf(bytes);
  const format = formats.find((each) => each.recogniseLayer({ mediaType, digest: origin, size: bytes.length }));
  if (format === undefined) return [];
  const envelope = { format: format.name, foundIn: 'blob', origin, mediaType, bytes, annotations: {} } as const;
  return format.verify(envelope, { digest }, trustOf(ruling));
}

/** One from the future does not exist: it must not stand in the way of those beside it. Rule: signed-tags.md 3.2 */
function isDated({ proven }: Finding, nowMs: number): boolean {
  const { claimedAtMs, verifiedAtMs = claimedAtMs } = proven ?? {};
  if (claimedAtMs === undefined || verifiedAtMs === undefined || claimedAtMs > nowMs + itemAheadMs) return false;
  return Math.abs(claimedAtMs - verifiedAtMs) <= maxDriftMs;
}

interface Saying {
  readonly findings: readonly Finding[];
  readonly digest: Digest;
  readonly question: TagQuestion;
}

/** The policy's own decision, about these statements alone. */
function decideSince(sinceMs: number, { findings, digest, question }: Saying): Decision {
  const { collection, tag, ruling } = question;
  const { rule, ...others } = ruling;
  // A statement has to name the tag, whatever the rule asks of signatures of images.
  const bound: Ruling = rule === undefined ? others : { ...others, rule: { ...rule, tag: 'bound' } };
  const { registry, repository } = parseRegistryReference(collection);
  const asked: Asked = {
    reference: `${collection}:${tag}@${digest}`,
    tag,
    digest,
    name: { repository: collection, tag },
    image: { registry, repository },
  };
  // Whether an image of an index is refused is told where the index itself is read.
  const subject = { digest, children: [] };
  const evidence: Evidence = { asked, subject, envelopes: [], gaps: [], skipped: [], skippedTotal: 0, complete: true };
  const counting = findings.filter(({ proven }) => (proven?.claimedAtMs ?? Number.NEGATIVE_INFINITY) >= sinceMs);
  return decide(bound, evidence, counting);
}
