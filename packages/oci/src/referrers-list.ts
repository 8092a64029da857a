import type { Descriptor } from './descriptor.ts';
import type { Digest } from './digest.ts';
import { RegistryError } from './errors.ts';
import { defaultLimits, type Limits } from './limits.ts';
import type { ReferrersOptions, Source } from './store.ts';
import { mayHaveType } from './store-rules.ts';

/** `artifactType` leaves out only what certainly has another type; `limits`: default {@link defaultLimits}. */
export interface ListReferrersOptions extends ReferrersOptions {
  readonly limits?: Limits;
}

/**
 * The whole referrers listing of a subject, each digest once. Where the referrers API answered, its list alone; else the fallback tag's.
 * Descriptors are hints: read the manifest before believing type or subject. Rule: wire-formats 2.3 and 2.5.
 * @throws {RegistryError} LIMIT_REACHED, and what {@link Source.referrers} throws when the list is not complete
 */
export async function listReferrers(
  source: Pick<Source, 'referrers'>,
  subject: Descriptor,
  options: ListReferrersOptions = {},
): Promise<readonly Descriptor[]> {
  const { limits = defaultLimits, ...asked } = options;
  const byApi = new Map<Digest, Descriptor>();
  const others = new Map<Digest, Descriptor>();
  let isByApi = false;
  for await (const page of source.referrers(subject, asked)) {
    isByApi ||= page.via === 'api';
    collect(page.via === 'api' ? byApi : others, page.descriptors, limits);
  }
  const listed = [...(isByApi ? byApi : others).values()];
  return listed.filter((descriptor) => mayHaveType(descriptor, options.artifactType));
}

function collect(into: Map<Digest, Descriptor>, descriptors: readonly Descriptor[], limits: Limits): void {
  for (const descriptor of descriptors) {
    if (into.has(descriptor.digest)) continue;
    if (into.size >= limits.maxReferrers)
      throw new RegistryError('LIMIT_REACHED', `more than ${limits.maxReferrers} referrers are listed`);
    into.set(descriptor.digest, descriptor);
  }
}
