import { type Digest, isDigest, isTag } from '@signet/oci';

/** Registries whose notifications are understood. */
export const webhookSources = ['acr', 'distribution', 'harbor'] as const;
export type WebhookSource = (typeof webhookSources)[number];

/** What a registry says has happened in one of its repositories. A hint: nothing of it is believed, the registry is asked. */
export interface RegistryEvent {
  readonly action: 'push' | 'delete';
  /** `host[:port]`, as the registry knows itself. */
  readonly registry: string;
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: Digest;
}

/** Tag and digest as an event has them; some registries write the digest into the tag where there is none. */
export function targetOf(tag: string | undefined, digest: string | undefined): Pick<RegistryEvent, 'tag' | 'digest'> {
  const given = [digest, tag].find((text) => text !== undefined && isDigest(text));
  return {
    ...(tag !== undefined && isTag(tag) ? { tag } : {}),
    ...(given !== undefined && isDigest(given) ? { digest: given } : {}),
  };
}
