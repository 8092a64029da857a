import { type Descriptor, type Digest, isIndexMediaType, type Resolved } from '@signet/oci';
import type { Asked, Evidence, Subject } from '../evidence.ts';
import { childFor, childrenOf, parsePlatformName } from '../platform.ts';
import { readListing } from './collect-listing.ts';
import { readTag } from './collect-manifest.ts';
import type { Collecting, CollectOptions, TagResolver } from './collecting.ts';
import { toGap } from './gaps.ts';
import { Gathering } from './gathering.ts';

/**
 * All I/O of a verification. Evidence as it arrives, cumulative (but for what is spent); the last is `complete`. Everything that can run
 * side by side starts at once: a tag is resolved, then (by digest: at once) listing, the formats' tags and the image's manifest are asked
 * for together (but see `isSparing`); manifests and payloads of candidates are read only when the consumer asks for more after what the listing itself held.
 * Who has enough stops iterating: what is on its way is then left to itself. Never throws. Rule: design.md 3, 7, 8.
 */
export async function* collect(asked: Asked, using: CollectOptions): AsyncGenerator<Evidence, void, void> {
  const gathering = new Gathering(asked, using);
  const signal = using.signal ?? new AbortController().signal;
  const collecting = { ...using, gathering, signal };
  const onAbort = () => gathering.notify();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    if (asked.digest !== undefined && asked.platform === undefined) {
      const { digest } = asked;
      startReading(digest, collecting, () => gathering.run('resolve', () => readImage(digest, collecting)));
    } else {
      gathering.run('resolve', () => resolveImage(asked, collecting));
    }
    yield* whileReading(collecting);
    if (signal.aborted) gathering.addGap(toGap('time', signal.reason));
    yield gathering.snapshot(true);
  } finally {
    gathering.end();
    signal.removeEventListener('abort', onAbort);
  }
}

async function* whileReading({ gathering, signal }: Collecting): AsyncGenerator<Evidence, void, void> {
  while (!signal.aborted) {
    if (gathering.isNews) yield gathering.snapshot(false);
    if (gathering.isNews) continue;
    gathering.wantsMore();
    gathering.startReads();
    if (gathering.isIdle) return;
    await gathering.change();
  }
}

/** By tag, or the child of an index: what is asked is known only after the first answer. */
async function resolveImage(asked: Asked, collecting: Collecting): Promise<void> {
  const { source, gathering } = collecting;
  const resolve: TagResolver = collecting.resolve ?? ((tag, from, options) => from.resolve(tag, options));
  const resolved =
    asked.digest === undefined
      ? await resolve(asked.tag ?? 'latest', source, readOptions(collecting))
      : await source.resolve(asked.digest, readOptions(collecting));
  const descriptor = imageOf(asked, resolved);
  if (typeof descriptor === 'string') {
    gathering.addGap({ what: 'resolve', code: 'PLATFORM_NOT_FOUND', message: descriptor });
    return;
  }
  startReading(descriptor.digest, collecting);
  const { digest } = descriptor;
  const isChild = digest !== resolved.descriptor.digest;
  gathering.subject = {
    digest,
    descriptor,
    ...(isChild ? { index: resolved.descriptor.digest } : {}),
    ...childrenWanted(resolved, collecting),
  };
}

/** What is asked of what the reference names, or why that is not there. */
function imageOf({ platform, allowNoIndex }: Asked, resolved: Resolved): Descriptor | string {
  const { descriptor } = resolved;
  if (platform === undefined || (allowNoIndex === true && !isIndexMediaType(descriptor.mediaType))) return descriptor;
  return childFor(resolved, parsePlatformName(platform));
}

/** By digest the image's own manifest is read beside its signatures: an unknown digest is not an unsigned image. */
async function readImage(digest: string, collecting: Collecting): Promise<void> {
  const resolved = await collecting.source.resolve(digest, readOptions(collecting));
  const { descriptor } = resolved;
  collecting.gathering.subject = { digest: descriptor.digest, descriptor, ...childrenWanted(resolved, collecting) };
  collecting.gathering.isNews = collecting.gathering.isNews || collecting.wantsChildren === true;
}

/** Who asks for one platform pulls through the index: what is refused of the index is refused of each platform. */
function childrenWanted(resolved: Resolved, { wantsChildren = false }: Collecting): Pick<Subject, 'children'> {
  const children = wantsChildren ? childrenOf(resolved) : undefined;
  return children === undefined ? {} : { children };
}

/** `startBeside`: what else is asked for beside the listing and the formats' tags. */
function startReading(digest: Digest, collecting: Collecting, startBeside: () => void = () => undefined): void {
  const { gathering, formats, isSparing = false } = collecting;
  const startOthers = () => {
    if (gathering.isEnded) return;
    startBeside();
    for (const format of formats) {
      for (const tag of format.tagsFor(digest)) gathering.run('manifest', () => readTag(tag, digest, collecting));
    }
  };
  gathering.subject = { digest };
  // A listing has ended only after all that it held was looked at.
  if (formats.length > 0)
    gathering.run('referrers', () => readListing(digest, collecting).finally(isSparing ? startOthers : undefined));
  if (!isSparing || formats.length === 0) startOthers();
}

function readOptions({ signal, limits }: Collecting) {
  return { signal, maxBytes: limits.maxManifestBytes };
}
