import {
  artifactTypeOf,
  type Descriptor,
  type Digest,
  isManifestMediaType,
  type Manifest,
  parseManifest,
  RegistryError,
  type Resolved,
  type Source,
} from '@signet/oci';
import { limitGap, toGap } from '../collect/gaps.ts';
import type { Gap } from '../evidence.ts';
import { formatPlatform } from '../platform.ts';

/** How a node hangs on the one above it. `tag`: found by a tag made from the digest (`sha256-<hex>.sig`), the older cosign way. */
export type TreeLink =
  | { readonly kind: 'root' }
  | { readonly kind: 'platform'; readonly platform: string }
  | { readonly kind: 'referrer' }
  | { readonly kind: 'tag'; readonly tag: string };

/** A manifest of the tree. Nothing here is verified: types and annotations are what their author wrote. */
export interface TreeNode {
  readonly link: TreeLink;
  readonly digest: Digest;
  readonly mediaType: string;
  readonly size: number;
  /** The manifest's own type (or its config's), not the listing's. */
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Layers of an image manifest: signatures where it holds such. */
  readonly layers?: number;
  readonly children: readonly TreeNode[];
}

/** What is attached to an image, as far as it could be read. Plain data: its JSON form is itself. */
export interface Tree {
  readonly root: TreeNode;
  readonly gaps: readonly Gap[];
}

/** Bounds of a tree; what lies beyond them is told as a gap. */
export interface TreeOptions {
  readonly maxNodes?: number;
  readonly maxDepth?: number;
  readonly concurrency?: number;
  readonly maxManifestBytes?: number;
  readonly signal?: AbortSignal;
}

/** Endings of the tags that cosign makes from a digest. Rule: wire-formats 6.1. */
const tagEndings = ['.sig', '.att', '.sbom'] as const;

/**
 * Everything that hangs on an image: the children of an index, referrers and their referrers, and what lies under the tags made from a
 * digest. What cannot be read is a gap, never an exception.
 */
export async function buildTree(source: Source, root: Resolved, options: TreeOptions = {}): Promise<Tree> {
  const walk: Walk = {
    source,
    gaps: [],
    seen: new Set([root.descriptor.digest]),
    room: { nodes: options.maxNodes ?? 1_000, inFlight: options.concurrency ?? 16, waiting: [] },
    maxDepth: options.maxDepth ?? 8,
    read: {
      maxBytes: options.maxManifestBytes ?? 4 * 1024 * 1024,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    },
  };
  const node = await toNode({ ...root, link: { kind: 'root' }, depth: 0 }, walk);
  return { root: node, gaps: walk.gaps };
}

interface Walk {
  readonly source: Source;
  readonly gaps: Gap[];
  readonly seen: Set<Digest>;
  readonly room: { nodes: number; inFlight: number; readonly waiting: (() => void)[] };
  readonly maxDepth: number;
  readonly read: { readonly maxBytes: number; readonly signal?: AbortSignal };
}

interface Place extends Resolved {
  readonly link: TreeLink;
  readonly depth: number;
}

async function toNode(place: Place, walk: Walk): Promise<TreeNode> {
  const { descriptor, link } = place;
  const manifest = readManifest(place, walk);
  const artifactType =
    manifest?.subject === undefined && manifest?.artifactType === undefined ? undefined : artifactTypeOf(manifest);
  return {
    link,
    digest: descriptor.digest,
    mediaType: descriptor.mediaType,
    size: descriptor.size,
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(manifest?.annotations === undefined ? {} : { annotations: manifest.annotations }),
    ...(manifest?.kind === 'manifest' ? { layers: manifest.layers.length } : {}),
    children: await childrenOf(place, manifest, walk),
  };
}

function readManifest({ bytes, descriptor }: Place, walk: Walk): Manifest | undefined {
  try {
    return parseManifest(bytes, descriptor.mediaType);
  } catch (error) {
    walk.gaps.push({ ...toGap('manifest', error), digest: descriptor.digest });
    return undefined;
  }
}

async function childrenOf(place: Place, manifest: Manifest | undefined, walk: Walk): Promise<readonly TreeNode[]> {
  if (place.depth >= walk.maxDepth) {
    walk.gaps.push(limitGap(`deeper than ${walk.maxDepth} levels: what lies below was not read`));
    return [];
  }
  const platforms =
    manifest?.kind === 'index' ? manifest.manifests.filter(({ mediaType }) => isManifestMediaType(mediaType)) : [];
  const tags = place.link.kind === 'root' || place.link.kind === 'platform' ? tagEndings : [];
  const [children, tagged, referrers] = await Promise.all([
    visitAll(
      platforms.map((child) => ({ child, link: platformLink(child) })),
      place,
      walk,
    ),
    Promise.all(tags.map((ending) => visitTag(`${place.descriptor.digest.replace(':', '-')}${ending}`, place, walk))),
    listReferrers(place.descriptor, walk).then((list) =>
      visitAll(
        list.map((child) => ({ child, link: { kind: 'referrer' } as const })),
        place,
        walk,
      ),
    ),
  ]);
  return [...children, ...referrers, ...tagged.flat()];
}

function platformLink({ platform }: Descriptor): TreeLink {
  return { kind: 'platform', platform: platform === undefined ? 'unknown' : formatPlatform(platform) };
}

async function listReferrers(subject: Descriptor, walk: Walk): Promise<readonly Descriptor[]> {
  const found: Descriptor[] = [];
  await withTurn(walk, async () => {
    for await (const page of walk.source.referrers(subject, walk.read))
      found.push(...page.descriptors.slice(0, walk.room.nodes + 1));
  }).catch((error: unknown) => walk.gaps.push({ ...toGap('referrers', error), digest: subject.digest }));
  return found;
}

type Child = { readonly child: Descriptor; readonly link: TreeLink };

async function visitAll(children: readonly Child[], parent: Place, walk: Walk): Promise<readonly TreeNode[]> {
  const nodes = await Promise.all(
    children.filter(({ child }) => enter(child.digest, walk)).map((each) => visit(each, parent, walk)),
  );
  return nodes.flat();
}

async function visit({ child, link }: Child, parent: Place, walk: Walk): Promise<readonly TreeNode[]> {
  try {
    const bytes = await withTurn(walk, () => walk.source.fetch(child, walk.read));
    return [await toNode({ descriptor: child, bytes, link, depth: parent.depth + 1 }, walk)];
  } catch (error) {
    walk.gaps.push({ ...toGap('manifest', error), digest: child.digest });
    return [];
  }
}

async function visitTag(tag: string, parent: Place, walk: Walk): Promise<readonly TreeNode[]> {
  try {
    const resolved = await withTurn(walk, () => walk.source.resolve(tag, walk.read));
    if (!enter(resolved.descriptor.digest, walk)) return [];
    return [await toNode({ ...resolved, link: { kind: 'tag', tag }, depth: parent.depth + 1 }, walk)];
  } catch (error) {
    const isAbsent = error instanceof RegistryError && error.code === 'NOT_FOUND';
    if (!isAbsent) walk.gaps.push(toGap('manifest', error));
    return [];
  }
}

/** Each manifest once, and no more than there is room for. */
function enter(digest: Digest, walk: Walk): boolean {
  if (walk.seen.has(digest)) return false;
  if (walk.room.nodes <= 1) {
    if (!walk.gaps.some(({ what }) => what === 'limit')) walk.gaps.push(limitGap('more manifests than are shown'));
    return false;
  }
  walk.seen.add(digest);
  walk.room.nodes -= 1;
  return true;
}

async function withTurn<T>(walk: Walk, task: () => Promise<T>): Promise<T> {
  const { room } = walk;
  if (room.inFlight > 0) room.inFlight -= 1;
  else await new Promise<void>((resolve) => room.waiting.push(resolve));
  try {
    return await task();
  } finally {
    const next = room.waiting.shift();
    if (next === undefined) room.inFlight += 1;
    else next();
  }
}
