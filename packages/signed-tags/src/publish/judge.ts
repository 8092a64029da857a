import { type Digest, digestOf } from '@signet/oci';
import type { Entry, Revocation, TagStatement } from '../catalogue/content.ts';
import type { Operation } from '../journal/operation.ts';
import { countingStatements, entryOfStatements, judgeEntry, type TagQuestion } from '../statements/judge.ts';
import {
  hasCountingNotice,
  judgeRevocation,
  type Notice,
  REMOVAL_TYPE,
  REVOCATION_TYPE,
  timeOfRemoval,
} from '../statements/notice.ts';
import type { Authority } from './authority.ts';

/** The policy's answers of one run: the same question is worked out once, however many rounds ask it. */
export interface Judge {
  /** Whether any of the statements counts for the tag's rule, be it with others. */
  hasCounting(tag: string, said: Pick<Entry, 'digest' | 'statements'>): Promise<boolean>;
  /** What statements come to for a tag; undefined where they do not meet its rule. */
  entryOf(tag: string, said: Omit<Entry, 'atMs'>): Promise<Entry | undefined>;
  meetsRule(tag: string, entry: Entry): Promise<boolean>;
  /** Whether anybody who counts for the rule has signed the removal or revocation. */
  hasCountingNotice(operation: Exclude<Operation, { kind: 'sign' }>): Promise<boolean>;
  removalOf(tag: string, notices: readonly Notice[]): Promise<number | undefined>;
  revocationOf(digest: Digest, notices: readonly Notice[]): Promise<Revocation | undefined>;
}

/** `nowMs`: milliseconds since 1970 UTC, whatever the authority's rulings say. */
export function createJudge(authority: Authority, nowMs: number): Judge {
  const { collection } = authority;
  const question = (tag: string): TagQuestion => ({
    collection,
    tag,
    ruling: { ...authority.rulingOfTag(tag), atMs: nowMs },
  });
  const once = rememberedBy();
  return {
    hasCounting: (tag, said) =>
      once(['counting', tag, said.digest, ...said.statements.map(nameOf)], async () => {
        return (await countingStatements(said, question(tag))).length > 0;
      }),
    entryOf: (tag, said) =>
      once(['entry', tag, said.digest, said.mediaType, said.size, ...said.statements.map(nameOf)], () =>
        entryOfStatements(said, question(tag)),
      ),
    meetsRule: (tag, entry) =>
      once(['meets', tag, entry.digest, entry.atMs, ...entry.statements.map(nameOf)], async () => {
        const { verdict } = await judgeEntry(entry, question(tag));
        return verdict === 'verified';
      }),
    hasCountingNotice: (operation) =>
      operation.kind === 'remove'
        ? hasCountingNotice(operation.notices, {
            predicateType: REMOVAL_TYPE,
            ruling: authority.rulingOfTag(operation.tag),
          })
        : hasCountingNotice(operation.notices, {
            predicateType: REVOCATION_TYPE,
            ruling: authority.rulingOfDigest(operation.digest),
          }),
    removalOf: (tag, notices) =>
      once(['removal', tag, ...notices.flatMap(namesOf)], () => timeOfRemoval(notices, question(tag))),
    revocationOf: (digest, notices) =>
      once(['revocation', digest, ...notices.flatMap(namesOf)], () =>
        judgeRevocation(notices, {
          collection,
          digest,
          ruling: { ...authority.rulingOfDigest(digest), atMs: nowMs },
        }),
      ),
  };
}

function rememberedBy(): <T>(key: readonly unknown[], work: () => Promise<T>) => Promise<T> {
  const known = new Map<string, unknown>();
  return async <T>(key: readonly unknown[], work: () => Promise<T>) => {
    const name = JSON.stringify(key);
    if (!known.has(name)) known.set(name, await work());
    return known.get(name) as T;
  };
}

function nameOf({ mediaType, bytes }: TagStatement): string {
  return `${mediaType} ${digestOf(bytes)}`;
}

function namesOf({ document, signatures }: Notice): readonly string[] {
  return [digestOf(document), ...signatures.map(nameOf)];
}
