import type { Receipt } from '../client/receipt.ts';
import { TagsError } from '../errors.ts';
import { type Operation, subjectOf } from '../journal/operation.ts';
import { isOpenTag } from '../reserved.ts';
import type { Authority } from './authority.ts';
import type { Base } from './base.ts';
import type { Judge } from './judge.ts';
import type { OperationOutcome, OperationResult } from './options.ts';
import { standing, type Work } from './work.ts';

/**
 * Operations that can never count are refused before anything is written: nobody whom the rule knows has signed them.
 * @throws {TagsError} OPERATION_REFUSED
 */
export async function refuseHopeless(
  operations: readonly Operation[],
  { authority, judge }: { readonly authority: Authority; readonly judge: Judge },
): Promise<void> {
  for (const operation of operations) {
    if (operation.kind !== 'revoke' && !isOpenTag(operation.tag))
      throw refused(`${JSON.stringify(operation.tag)} is no tag, or one that is reserved`);
    if (operation.kind === 'sign' && !(await judge.hasCounting(operation.tag, operation)))
      throw refused(
        `no statement says that ${authority.collection}:${operation.tag} is ${operation.digest}, by a signer whom the policy's rule for this tag knows and not of a later time than now`,
      );
    if (operation.kind !== 'sign' && !(await judge.hasCountingNotice(operation)))
      throw refused(`${subjectOf(operation)}: it is not signed by anybody whom the policy's rule knows`);
  }
}

/** What became of the own operations, by a base that holds all that can be held. */
export async function ownResults(
  operations: readonly Operation[],
  base: Base,
  { outcomes }: Work,
): Promise<readonly OperationResult[]> {
  const results: OperationResult[] = [];
  for (const operation of operations) {
    const outcome = outcomes.get(subjectOf(operation));
    if (outcome === undefined || outcome.kind === 'unmet') {
      results.push({ operation, outcome: 'waiting' });
      continue;
    }
    const atMs = outcome.kind === 'entry' ? outcome.entry.atMs : outcome.atMs;
    const isSuperseded = (await standing(base, operation, outcome)) > 0;
    results.push({ operation, atMs, outcome: isSuperseded ? 'superseded' : 'published' });
  }
  return results;
}

/** What a deploy can be held to: of signed tags, also of those that are something newer by now. */
export function receiptsOf(
  results: readonly OperationResult[],
  { collection, issuedMs }: { readonly collection: string; readonly issuedMs: number | undefined },
): readonly Receipt[] {
  return results.flatMap(({ operation, atMs }) => {
    if (operation.kind !== 'sign' || atMs === undefined || issuedMs === undefined) return [];
    return [{ collection, tag: operation.tag, digest: operation.digest, atMs, issuedMs }];
  });
}

const fromLeast: readonly OperationOutcome[] = ['recorded', 'waiting', 'superseded', 'published'];

/** The least that can be said of all. */
export function leastOf(results: readonly OperationResult[]): OperationOutcome {
  return fromLeast.find((outcome) => results.some((each) => each.outcome === outcome)) ?? 'published';
}

function refused(message: string): TagsError {
  return new TagsError('OPERATION_REFUSED', message);
}
