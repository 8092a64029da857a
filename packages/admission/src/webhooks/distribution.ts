import { isManifestMediaType } from '@signet/oci';
import * as v from 'valibot';
import { notValid } from '../kubernetes/admission-request.ts';
import { type RegistryEvent, targetOf } from './event.ts';

const text: v.GenericSchema<string> = v.pipe(v.string(), v.maxLength(1024));

const envelope: v.GenericSchema<unknown, { readonly events: readonly unknown[] }> = v.object({
  events: v.array(v.unknown()),
});

interface DistributionEvent {
  readonly action: 'push' | 'delete';
  readonly target: {
    readonly repository: string;
    readonly mediaType?: string;
    readonly url?: string;
    readonly tag?: string;
    readonly digest?: string;
  };
  readonly request?: { readonly host?: string };
}

const schema: v.GenericSchema<unknown, DistributionEvent> = v.object({
  action: v.picklist(['push', 'delete']),
  target: v.object({
    repository: text,
    mediaType: v.exactOptional(text),
    url: v.exactOptional(v.pipe(v.string(), v.maxLength(4096))),
    tag: v.exactOptional(text),
    digest: v.exactOptional(text),
  }),
  request: v.exactOptional(v.object({ host: v.exactOptional(text) })),
});

/**
 * The notifications of one delivery of CNCF Distribution. Pulls, layers and what cannot be read of a delivery are passed over: it would come
 * again and again, and hold up all others.
 * Rule: CNCF Distribution, "Work with notifications"
 * @throws {AdmissionError} REQUEST_INVALID for what is no delivery at all
 */
export function distributionEvents(body: unknown): readonly RegistryEvent[] {
  const parsed = v.safeParse(envelope, body);
  if (!parsed.success) throw notValid(parsed.issues[0]);
  return parsed.output.events.flatMap((each) => {
    const event = v.safeParse(schema, each);
    return event.success ? eventOf(event.output) : [];
  });
}

function eventOf({ action, target, request }: DistributionEvent): readonly RegistryEvent[] {
  const { repository, mediaType, url, tag, digest } = target;
  // Behind a proxy the URL has the name that clients use, the request that of the proxy's.
  const registry = hostOf(url) ?? request?.host ?? '';
  const isOther = mediaType !== undefined && mediaType !== '' && !isManifestMediaType(mediaType);
  if (registry === '' || isOther) return [];
  return [{ action, registry, repository, ...targetOf(tag, digest) }];
}

function hostOf(url: string | undefined): string | undefined {
  const host = url === undefined ? undefined : URL.parse(url)?.host;
  return host === '' ? undefined : host;
}
