import { type Digest, digestAlgorithm, digestOf, type Reference, RegistryError, type Resolved } from '@signet/oci';
import { EnvelopeError } from '../errors.ts';
import type { SignatureStore } from '../format.ts';

/** Where images and signatures lie. `tag`: the tag that was resolved. */
export interface Place extends Omit<SignatureStore, 'subject'> {
  readonly tag?: string;
}

/** How often a tag that is said to be gone is asked for again: docker-registry says so for a moment while it is overwritten. */
const triesForGone = 3;

/**
 * The manifest that the reference names; by its tag where it has one, which must then name the reference's digest. One request.
 * @throws {EnvelopeError} SUBJECT_CHANGED; {RegistryError} what the store throws
 */
export async function resolvePlace(
  reference: Reference,
  place: Place,
): Promise<{ readonly resolved: Resolved; readonly tag?: string }> {
  const { digest } = reference;
  const tag = reference.tag ?? (digest === undefined ? 'latest' : undefined);
  const resolved = await place.store.resolve(tag ?? digest ?? 'latest', optionsOf(place));
  if (tag === undefined || digest === undefined) return { resolved, ...(tag === undefined ? {} : { tag }) };
  const named = digestOf(resolved.bytes, digestAlgorithm(digest));
  if (named !== digest) throw changed(tag, `${named}, not ${digest}`);
  return { resolved: { ...resolved, descriptor: { ...resolved.descriptor, digest } }, tag };
}

/**
 * Asks for the tag again. Without a tag there is nothing that could have moved.
 * @throws {EnvelopeError} SUBJECT_CHANGED; {RegistryError} what the store throws
 */
export async function checkUnmoved(signed: Digest, place: Place): Promise<void> {
  const { tag } = place;
  if (tag === undefined) return;
  const now = await resolveAgain(tag, place);
  if (now === undefined) throw changed(tag, `nothing any more; ${signed} was to be signed`);
  const named = digestOf(now.bytes, digestAlgorithm(signed));
  if (named !== signed) throw changed(tag, `${named} now; ${signed} was to be signed`);
}

async function resolveAgain(tag: string, place: Place): Promise<Resolved | undefined> {
  for (let count = 1; ; count += 1) {
    try {
      return await place.store.resolve(tag, optionsOf(place));
    } catch (error) {
      if (!(error instanceof RegistryError && error.code === 'NOT_FOUND')) throw error;
      if (count === triesForGone) return undefined;
      await place.pace.wait(20 * count + 30 * place.pace.random(), place.signal);
    }
  }
}

function changed(tag: string, what: string): EnvelopeError {
  return new EnvelopeError('SUBJECT_CHANGED', `the tag ${tag} names ${what}`);
}

function optionsOf({ signal }: Place): { readonly signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}
