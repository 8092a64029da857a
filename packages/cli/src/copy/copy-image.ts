import {
  type CopyEvent,
  type CopyResult,
  copy,
  formatReference,
  type Reference,
  RegistryError,
  type Resolved,
  type Source,
  type Store,
} from '@signet/oci';
import type { Connection } from '../connect.ts';
import type { Io } from '../io.ts';
import type { OutputFlags } from '../options/output.ts';
import type { RegistryFlags } from '../options/registry.ts';
import type { Progress } from '../progress.ts';

/** Where the catalogue of signed tags lies. Named here, as @signet/signed-tags is not loaded for other copies. */
export const catalogueTag = 'signet-tags';

/** What `signet copy` is told. */
export interface CopyFlags extends RegistryFlags, OutputFlags {
  readonly referrers: boolean;
  readonly allowReplacedSignatures?: boolean;
  readonly allTags?: boolean;
}

/** How it is done, for all images of a call. */
export interface Ways {
  readonly flags: CopyFlags;
  readonly io: Io;
  readonly connection: Connection;
  readonly progress: Progress;
}

/** Copies an image with what refers to it; under the catalogue's own tag, the catalogue. @throws {RegistryError}; as {@link carryCatalogue} */
export async function copyBetween(source: Reference, destination: Reference, ways: Ways): Promise<CopyResult> {
  const { flags, io, connection, progress } = ways;
  const from = await connection.open(source);
  const root = await from.resolve(source.digest ?? source.tag ?? 'latest', { signal: io.signal });
  if (destination.digest !== undefined && destination.digest !== root.descriptor.digest) {
    const message = `the source is ${root.descriptor.digest}, which ${formatReference(destination)} cannot name`;
    throw new RegistryError('REFERENCE_INVALID', message);
  }
  const to = await connection.open(destination, { create: true });
  if (destination.tag === catalogueTag) return await copyCatalogue({ from, to, root }, { source, destination }, ways);
  const mountFrom = mountableFrom(source, destination);
  return copy(from, to, root, {
    referrers: flags.referrers,
    allowReplacedSignatures: flags.allowReplacedSignatures === true,
    signal: io.signal,
    onProgress: (event) => tell(event, progress),
    ...(destination.tag === undefined ? {} : { tag: destination.tag }),
    ...(flags.concurrency === undefined ? {} : { concurrency: flags.concurrency }),
    ...(mountFrom === undefined ? {} : { mountFrom }),
  });
}

/** By what both ends say themselves: a copy knows no policy. @throws as {@link carryCatalogue} */
async function copyCatalogue(
  { from, to, root }: { readonly from: Source; readonly to: Store; readonly root: Resolved },
  { source, destination }: { readonly source: Reference; readonly destination: Reference },
  { io, flags, progress }: Ways,
): Promise<CopyResult> {
  const { carryCatalogue } = await import('@signet/signed-tags');
  const mountFrom = mountableFrom(source, destination);
  const { copied, outcome } = await carryCatalogue({
    // What was resolved, whatever its tag names by now.
    from: { ...from, resolve: async (name, options) => (name === catalogueTag ? root : from.resolve(name, options)) },
    to,
    now: () => Date.now(),
    signal: io.signal,
    copying: {
      onProgress: (event) => tell(event, progress),
      ...(flags.concurrency === undefined ? {} : { concurrency: flags.concurrency }),
      ...(mountFrom === undefined ? {} : { mountFrom }),
    },
  });
  if (copied === undefined) throw new TypeError('nothing was copied');
  return { ...copied, tags: outcome === 'carried' ? [catalogueTag] : [] };
}

/** The source's repository, where both are of one registry. */
function mountableFrom(source: Reference, destination: Reference): string | undefined {
  if (source.kind !== 'registry' || destination.kind !== 'registry') return undefined;
  return source.registry === destination.registry && source.repository !== destination.repository
    ? source.repository
    : undefined;
}

function tell(event: CopyEvent, progress: Progress): void {
  const { digest, size } = event.descriptor;
  if (event.kind === 'started') progress.update(`copying ${digest.slice(0, 19)} (${size} bytes)`);
  else if (event.kind === 'ignored') progress.note(`left out ${digest}: ${event.reason}`);
  else if (event.kind === 'tagged' || event.kind === 'kept-tag') progress.note(`${event.kind} ${event.tag} ${digest}`);
  else progress.note(`${event.kind} ${digest} (${size} bytes)`);
}
