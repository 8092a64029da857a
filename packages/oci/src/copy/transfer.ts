import { giveUp } from '../closable.ts';
import { type Descriptor, toPlainDescriptor } from '../descriptor.ts';
import type { Digest } from '../digest.ts';
import { type Manifest, parseManifest, partsOf } from '../manifest.ts';
import { isManifestMediaType } from '../media-types.ts';
import type { Resolved } from '../store.ts';
import { type CopyRun, embeddedContent, readManifest } from './run.ts';
import { forEachSideBySide } from './side-by-side.ts';

/** Up to this size a blob is read whole, so that it is known to be right before anything is sent. */
const wholeBytes = 1024 * 1024;

/** Moves manifests with all that they need, each thing once. */
export interface Transfer {
  /** `isComplete`: the destination has the manifest, and finds it by its subject; then only an index's children are looked at. */
  manifest(manifest: Resolved, isComplete: boolean): Promise<void>;
  has(digest: Digest): boolean;
  /** Manifests that were moved, or were there, since the last call. */
  takeMoved(): readonly Descriptor[];
}

export function createTransfer(run: CopyRun): Transfer {
  const manifests = new Map<Digest, Promise<void>>();
  const blobs = new Map<Digest, Promise<void>>();
  let moved: Descriptor[] = [];

  const moveManifest = (resolved: Resolved, isComplete: boolean, depth: number): Promise<void> =>
    once(manifests, resolved.descriptor.digest, async () => {
      run.budget.checkDepth(depth);
      const descriptor = toPlainDescriptor(resolved.descriptor);
      const manifest = parseManifest(resolved.bytes, descriptor.mediaType);
      run.tally.tell({ kind: 'started', descriptor });
      await moveParts(manifest, isComplete, depth);
      if (!isComplete)
        await run.request(() => run.destination.push(resolved.bytes, descriptor, { signal: run.signal }));
      run.tally.tell({ kind: isComplete ? 'skipped' : 'copied', descriptor });
      moved.push(descriptor);
    });

  const moveParts = (manifest: Manifest, isComplete: boolean, depth: number): Promise<void> =>
    forEachSideBySide(partsOf(manifest), run.width, async (part) => {
      if (manifest.kind === 'index' && isManifestMediaType(part.mediaType)) await moveChild(part, depth + 1);
      else if (!isComplete) await once(blobs, part.digest, () => moveBlob(run, part));
    });

  const moveChild = async (child: Descriptor, depth: number): Promise<void> => {
    const known = manifests.get(child.digest);
    if (known !== undefined) return await known;
    const bytes = await run.request(() => readManifest(run, child));
    const isThere = await run.request(() => run.destination.exists(child, { signal: run.signal }));
    await moveManifest({ descriptor: child, bytes }, isThere, depth);
  };

  return {
    manifest: (resolved, isComplete) => moveManifest(resolved, isComplete, 0),
    has: (digest) => manifests.has(digest),
    takeMoved() {
      const taken = moved;
      moved = [];
      return taken;
    },
  };
}

async function moveBlob(run: CopyRun, blob: Descriptor): Promise<void> {
  const descriptor = toPlainDescriptor(blob);
  const { destination, tally, signal } = run;
  if (await run.request(() => destination.exists(descriptor, { signal })))
    return tally.tell({ kind: 'skipped', descriptor });
  // Layers that are had from elsewhere by their authors' rule. Rule: image-spec 1.1, layer.md "Non-Distributable Layers".
  if (isForeign(blob) && !(await run.request(() => run.source.exists(descriptor, { signal }))))
    return tally.tell({ kind: 'skipped', descriptor });
  const from = run.options.mountFrom;
  if (from !== undefined && (await run.request(() => destination.mount(descriptor, from, { signal }))))
    return tally.tell({ kind: 'mounted', descriptor });
  tally.tell({ kind: 'started', descriptor });
  await run.request(() => sendBlob(run, blob));
  tally.tell({ kind: 'copied', descriptor });
}

async function sendBlob(run: CopyRun, blob: Descriptor): Promise<void> {
  const descriptor = toPlainDescriptor(blob);
  const { source, destination, signal } = run;
  if (blob.size > wholeBytes) {
    const content = await source.open(descriptor, { signal });
    try {
      return await destination.pushStream(content, descriptor, { signal });
    } finally {
      await giveUp(content);
    }
  }
  const content = embeddedContent(blob) ?? (await source.fetch(descriptor, { signal, maxBytes: wholeBytes }));
  await destination.push(content, descriptor, { signal });
}

/** What was begun for this digest, or `work`, begun now. */
function once(begun: Map<Digest, Promise<void>>, digest: Digest, work: () => Promise<void>): Promise<void> {
  const known = begun.get(digest);
  if (known !== undefined) return known;
  const started = work();
  begun.set(digest, started);
  return started;
}

function isForeign(blob: Descriptor): boolean {
  return (blob.urls?.length ?? 0) > 0 && /foreign|nondistributable/.test(blob.mediaType);
}
