import type { Source } from '@signet/oci';
import type { SingleFlight } from '../cache/single-flight.ts';
import type { Judge } from '../judge/judge.ts';
import type { Claims } from './claims.ts';
import type { ContentCache } from './content-cache.ts';
import type { Manifests } from './manifests.ts';
import type { Target } from './upstreams.ts';

/** What all pulls share. */
export interface Pulling {
  readonly judge: Judge;
  readonly manifests: Manifests;
  readonly claims: Claims;
  /** Repositories whose indexes are being looked through for a blob. */
  readonly searching: SingleFlight<void>;
  /** A repository, for blobs: apart from what is judged, so that slow transfers keep no verdict waiting. */
  readonly openBlobs: (target: Target) => Source;
  readonly cache?: ContentCache;
}
