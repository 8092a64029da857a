import { type Digest, parseReference, RegistryError, type Source } from '@signet/oci';
import {
  type Asked,
  collect,
  defaultFormats,
  defaultVerifyLimits,
  type Evidence,
  type Ruling,
  trustOf,
} from '@signet/verifier';
import type { Content } from '../catalogue/content.ts';
import type { Refusal } from './refusal.ts';

/** Tags of a whole catalogue that name this digest now, or did before. */
export function tagsNaming({ tags }: Content, digest: Digest): readonly string[] {
  return [...tags].flatMap(([tag, { entries }]) => (entries.some((entry) => entry.digest === digest) ? [tag] : []));
}

/** Tags that are looked up for one digest. Rule: signed-tags.md 6 "listed" */
export const maxNamedTags = 8;

/** Where statements on an image are looked for. */
export interface StatementsQuestion {
  readonly digest: Digest;
  readonly collection: string;
  readonly asked: Asked;
  readonly ruling: Ruling;
  /** The repository of the image. */
  readonly image: Source;
  readonly signal: AbortSignal;
}

/** Tags of the collection that trusted signers have said of the image, newest first; and what could not be read. */
export interface NamedTags {
  readonly tags: readonly string[];
  readonly gap?: Refusal;
}

/**
 * The tags that the statements on an image itself name: hints at where the catalogue is to be looked into, no more. Rule: signed-tags.md 6.
 */
export async function tagsNamedBy(question: StatementsQuestion): Promise<NamedTags> {
  const { digest, collection, ruling, image, signal } = question;
  const asked: Asked = { reference: question.asked.reference, digest };
  let evidence: Evidence | undefined;
  for await (evidence of collect(asked, { source: image, signal, formats, limits })) if (evidence.complete) break;
  const trust = trustOf(ruling);
  const findings = await Promise.all(
    (evidence?.envelopes ?? []).slice(0, maxStatements).map(async (envelope) => {
      const format = formats.find(({ name }) => name === envelope.format);
      return (await format?.verify(envelope, { digest }, trust)) ?? [];
    }),
  );
  const said = findings.flat().flatMap((finding) => finding.proven ?? []);
  const newestFirst = said.toSorted((a, b) => (b.claimedAtMs ?? 0) - (a.claimedAtMs ?? 0));
  const tags = new Set(newestFirst.flatMap(({ signedReference }) => tagIn(signedReference, collection)));
  const [gap] = evidence?.gaps ?? [];
  return {
    tags: [...tags].slice(0, maxNamedTags),
    ...(gap === undefined ? {} : { gap: { kind: 'undecided', code: 'INCOMPLETE', message: gap.message, gap } }),
  };
}

const formats = defaultFormats.filter(({ name }) => name !== 'cosign');
const maxStatements = 64;
const limits = { ...defaultVerifyLimits, maxFetches: 32, maxSignatures: maxStatements, maxChecks: maxStatements };

function tagIn(signedReference: string | undefined, collection: string): readonly string[] {
  if (signedReference === undefined) return [];
  try {
    const named = parseReference(signedReference);
    if (named.kind !== 'registry' || named.tag === undefined) return [];
    return `${named.registry}/${named.repository}` === collection ? [named.tag] : [];
  } catch (error) {
    if (error instanceof RegistryError) return []; // somebody's own text
    throw error;
  }
}
