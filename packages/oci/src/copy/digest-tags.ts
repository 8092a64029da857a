import type { Descriptor } from '../descriptor.ts';
import { type Digest, digestAlgorithm, digestHex } from '../digest.ts';
import { RegistryError } from '../errors.ts';
import { parseManifest, partsOf } from '../manifest.ts';
import type { Resolved } from '../store.ts';
import { unlessMissing } from '../unless-missing.ts';
import type { CopyRun } from './run.ts';

const suffixes = ['sig', 'att', 'sbom'] as const;
/** Manifests whose digest tags are asked for one by one; for more, the list of all tags is read once. */
const askedOneByOne = 32;
const attempts = 3;

/** A manifest that was found by a tag made of its subject's digest. */
export interface DigestTag {
  readonly tag: string;
  readonly manifest: Resolved;
}

/** Finds the digest tags of subjects in the source. */
export function createDigestTagFinder(run: CopyRun): (subject: Descriptor) => Promise<readonly DigestTag[]> {
  let asked = 0;
  let all: Promise<ReadonlySet<string> | undefined> | undefined;
  return async ({ digest }) => {
    asked += 1;
    if (asked > askedOneByOne) all ??= run.request(() => listTags(run));
    const known = await all;
    const found: DigestTag[] = [];
    for (const tag of digestTagsOf(digest)) {
      if (known !== undefined && !known.has(tag)) continue;
      const manifest = await run.request(() => unlessMissing(run.source.resolve(tag, { signal: run.signal })));
      if (manifest === undefined) continue;
      run.budget.take(manifest.bytes.length);
      found.push({ tag, manifest });
    }
    return found;
  };
}

/**
 * Writes a digest tag so that no signature at the destination is lost: where the tag is taken, the manifest whose layers include the
 * other's stays.
 * @throws {RegistryError} CONFLICT when each has layers that the other has not
 */
export async function writeDigestTag(run: CopyRun, { tag, manifest }: DigestTag): Promise<void> {
  const { destination, signal, tally } = run;
  for (let attempt = 1; ; attempt += 1) {
    const there = await unlessMissing(destination.resolve(tag, { signal }));
    if (there !== undefined && !mustReplace(run, tag, { there, manifest }))
      return tally.tell({ kind: 'kept-tag', tag, descriptor: there.descriptor });
    try {
      await destination.tag(manifest, tag, { signal, condition: { expected: there?.descriptor.digest ?? null } });
      return tally.tell({ kind: 'tagged', tag, descriptor: manifest.descriptor });
    } catch (error) {
      const isRace = error instanceof RegistryError && error.code === 'CONFLICT';
      if (!isRace || attempt >= attempts) throw error;
    }
  }
}

/** The tags under which cosign keeps what belongs to this digest; a sha512 digest does not fit into a tag. Rule: wire-formats 6.1. */
function digestTagsOf(digest: Digest): readonly string[] {
  if (digestAlgorithm(digest) !== 'sha256') return [];
  return suffixes.map((suffix) => `sha256-${digestHex(digest)}.${suffix}`);
}

function mustReplace(run: CopyRun, tag: string, { there, manifest }: { there: Resolved; manifest: Resolved }): boolean {
  if (there.descriptor.digest === manifest.descriptor.digest) return false;
  if (run.options.allowReplacedSignatures === true) return true;
  const [old, own] = [partNames(there), partNames(manifest)];
  if (isWithin(own, old)) return false;
  if (isWithin(old, own)) return true;
  throw new RegistryError(
    'CONFLICT',
    `the destination's ${tag} holds entries that the source has not; the image is copied, its tag is not written`,
  );
}

/** Layers with their annotations: cosign keeps the signature in one. The config names nothing by itself. */
function partNames({ bytes, descriptor }: Resolved): ReadonlySet<string> {
  const manifest = parseManifest(bytes, descriptor.mediaType);
  const parts = manifest.kind === 'manifest' ? manifest.layers : partsOf(manifest);
  return new Set(parts.map((part) => JSON.stringify([part.digest, Object.entries(part.annotations ?? {}).sort()])));
}

function isWithin(some: ReadonlySet<string>, all: ReadonlySet<string>): boolean {
  return [...some].every((name) => all.has(name));
}

/** Undefined where the source does not list its tags: they are then asked for one by one. */
async function listTags(run: CopyRun): Promise<ReadonlySet<string> | undefined> {
  const tags = new Set<string>();
  try {
    for await (const tag of run.source.tags({ signal: run.signal })) tags.add(tag);
    return tags;
  } catch (error) {
    if (error instanceof RegistryError && error.code !== 'ABORTED') return undefined;
    throw error;
  }
}
