import { formatReference, parseRegistryReference, type Reference } from '@signet/oci';
import type { Asked, SignedName } from '../evidence.ts';

/** What may be said beside the reference. */
export interface AskOptions {
  /** `os/arch[/variant]`. */
  readonly platform?: string;
  /** `REGISTRY/REPO[:TAG]`: what a signed reference must name; for layouts on disk, and for mirrors. */
  readonly signedReference?: string;
}

/** The question in plain data. @throws {RegistryError} REFERENCE_INVALID for a `signedReference` that is none */
export function toAsked(reference: Reference, options: AskOptions = {}): Asked {
  const { tag, digest } = reference;
  const name = nameOf(reference, options.signedReference);
  return {
    reference: formatReference(reference),
    ...(tag === undefined && digest === undefined ? { tag: 'latest' } : {}),
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
    ...(options.platform === undefined ? {} : { platform: options.platform }),
    ...(name === undefined ? {} : { name }),
  };
}

function nameOf(reference: Reference, signedReference: string | undefined): SignedName | undefined {
  const named = signedReference === undefined ? reference : parseRegistryReference(signedReference);
  if (named.kind !== 'registry') return undefined;
  const tag = named.tag ?? (named.digest === undefined && signedReference === undefined ? 'latest' : undefined);
  return { repository: `${named.registry}/${named.repository}`, ...(tag === undefined ? {} : { tag }) };
}
