import { type Digest, digestOf, type RegistryReference, type Source } from '@signet/oci';
import { type CountingStatement, countingStatements, type TagStatement } from '@signet/signed-tags';
import { collect, defaultFormats, defaultVerifyLimits, type Evidence, toAsked } from '@signet/verifier';
import { CliError } from '../errors.ts';
import type { Collection } from './collection.ts';

/** No other form is a statement. Rule: signed-tags.md 1 */
const formats = defaultFormats.filter(({ name }) => name === 'sigstore');

/** Where statements are looked for, and for which tag. */
export interface StatementsOf {
  readonly source: Source;
  readonly repository: RegistryReference;
  readonly digest: Digest;
  readonly tag: string;
  readonly collection: Collection;
  readonly signal: AbortSignal;
}

/**
 * The statements that lie on an image and say that the tag is it, by signers whom the rule knows.
 * @throws {CliError} SIGNATURES_UNREAD where not all could be read
 */
export async function statementsOnImage(about: StatementsOf): Promise<readonly CountingStatement[]> {
  const { source, repository, digest, signal } = about;
  const { tag: _, ...untagged } = repository;
  const options = { source, formats, limits: defaultVerifyLimits, signal };
  let last: Evidence | undefined;
  for await (const evidence of collect(toAsked({ ...untagged, digest }), options)) last = evidence;
  signal.throwIfAborted();
  const [gap] = last?.gaps ?? [];
  if (last === undefined || gap !== undefined)
    throw new CliError(
      'SIGNATURES_UNREAD',
      `not all signatures of ${digest} could be read: ${gap?.message ?? 'nothing came'}`,
    );
  const statements = last.envelopes.map(({ mediaType, bytes }): TagStatement => ({ mediaType, bytes }));
  return await countingFor(statements, about);
}

/** Those that count for the tag, alone or with others. */
export async function countingFor(
  statements: readonly TagStatement[],
  { digest, tag, collection }: Pick<StatementsOf, 'digest' | 'tag' | 'collection'>,
): Promise<readonly CountingStatement[]> {
  const question = { collection: collection.name, tag, ruling: collection.rulingOfTag(tag) };
  return await countingStatements({ digest, statements: distinct(statements) }, question);
}

function distinct(statements: readonly TagStatement[]): readonly TagStatement[] {
  return [...new Map(statements.map((each) => [digestOf(each.bytes), each])).values()];
}
