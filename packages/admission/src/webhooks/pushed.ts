import { type Digest, isDigest, parseRegistryReference, RegistryError } from '@signet/oci';
import { nameOf } from '../cache/tags.ts';
import type { RegistryEvent } from './event.ts';

/** `registry/repository` in its one spelling; undefined for what is none. */
export function repositoryOf({ registry, repository }: RegistryEvent): string | undefined {
  try {
    const reference = parseRegistryReference(`${registry}/${repository}`);
    const isWhole = reference.tag === undefined && reference.digest === undefined;
    return isWhole ? nameOf(reference) : undefined;
  } catch (error) {
    if (error instanceof RegistryError) return undefined;
    throw error;
  }
}

/** The image that a tag of signatures is about: `sha256-HEX`, `sha256-HEX.sig`. Rule: distribution-spec 1.1 "Referrers Tag Schema"; cosign */
export function subjectByTag(tag: string): Digest | undefined {
  const [, algorithm, hex] = /^(sha256|sha512)-([0-9a-f]+)(?:\.[a-z]+)?$/.exec(tag) ?? [];
  const digest = `${algorithm}:${hex}`;
  return isDigest(digest) ? digest : undefined;
}
