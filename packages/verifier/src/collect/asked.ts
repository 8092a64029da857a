import {
  formatReference,
  parseRegistryReference,
  type Reference,
  RegistryError,
  type RegistryReference,
} from '@signet/oci';
import type { Asked, SignedName } from '../evidence.ts';
import { foldHost } from '../policy/match/fold-host.ts';
import type { Rename } from '../policy/policy.ts';
import { renamed } from '../policy/rename.ts';

/** What may be said beside the reference. */
export interface AskOptions {
  /** `os/arch[/variant]`. */
  readonly platform?: string;
  /** An image that is no index is taken as it is: an input's platform chooses from an index, and says nothing of an image alone. Default: undecided. */
  readonly allowNoIndex?: boolean;
  /** `REGISTRY/REPO[:TAG]`: what a signed reference must name; for layouts on disk, and for mirrors. Without a tag the asked one counts. */
  readonly signedReference?: string;
  /** The policy's: a mirror's images were signed by another name. Not for what `signedReference` says. Default: none. */
  readonly renames?: readonly Rename[];
}

/** The question in plain data. @throws {RegistryError} REFERENCE_INVALID for a `signedReference` that is none, or has a digest */
export function toAsked(reference: Reference, options: AskOptions = {}): Asked {
  const { tag, digest } = reference;
  const name = nameOf(reference, options.signedReference);
  return {
    reference: formatReference(reference),
    ...(tag === undefined && digest === undefined ? { tag: 'latest' } : {}),
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
    ...(options.platform === undefined ? {} : { platform: options.platform }),
    ...(options.allowNoIndex === true ? { allowNoIndex: true } : {}),
    ...(name === undefined
      ? {}
      : { name: options.signedReference === undefined ? renamed(name, options.renames ?? []) : name }),
    ...(reference.kind === 'registry' ? { image: imageOf(reference) } : {}),
  };
}

function nameOf(reference: Reference, signedReference: string | undefined): SignedName | undefined {
  const named = signedReference === undefined ? reference : parseName(signedReference);
  if (named.kind !== 'registry') return undefined;
  const tag = named.tag ?? askedTag(reference);
  return { repository: `${named.registry}/${named.repository}`, ...(tag === undefined ? {} : { tag }) };
}

/** The tags of a layout are its own: they say nothing about a registry's. */
function askedTag({ kind, tag, digest }: Reference): string | undefined {
  if (kind !== 'registry') return undefined;
  return tag ?? (digest === undefined ? 'latest' : undefined);
}

/** What is signed names a tag; which image it is, the signature itself says. */
function parseName(signedReference: string): Reference {
  const named = parseRegistryReference(signedReference);
  if (named.digest === undefined) return named;
  const shown = JSON.stringify(signedReference.slice(0, 200));
  throw new RegistryError('REFERENCE_INVALID', `what a signature must name has no digest: ${shown}`);
}

function imageOf({ registry, repository }: RegistryReference) {
  return { registry: foldHost(registry), repository };
}
