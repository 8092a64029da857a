import type { Descriptor } from '../descriptor.ts';
import type { Digest } from '../digest.ts';
import { RegistryError } from '../errors.ts';
import { isManifestMediaType } from '../media-types.ts';
import { entriesOf, type LayoutIndex } from './index-file.ts';
import type { Facts, ManifestFacts } from './manifest-facts.ts';

/** Manifests of one layout that are looked at; beyond it a referrers listing is said to be incomplete. */
const maxManifests = 200_000;
const readers = 16;

/** Every manifest that `index.json` leads to, through nested indexes too, and which of them have a given subject. */
export interface Catalogue {
  find(digest: Digest): Descriptor | undefined;
  /** Listing entries made from the manifests themselves. */
  referrersOf(subject: Digest): readonly Descriptor[];
  /** Why a listing may be incomplete: a manifest could not be read. */
  readonly gap: RegistryError | undefined;
  /** Takes one more manifest in, with what hangs on it. */
  add(descriptor: Descriptor): Promise<void>;
  /** Takes a manifest out. False for an index: its children may be gone with it, only building anew can tell. */
  remove(digest: Digest): Promise<boolean>;
}

/** The catalogue of what `index.json` leads to now. */
export async function buildCatalogue(index: LayoutIndex, facts: ManifestFacts): Promise<Catalogue> {
  const catalogue = new MemoryCatalogue(facts);
  await catalogue.addAll(entriesOf(index).map((entry) => entry.descriptor));
  return catalogue;
}

class MemoryCatalogue implements Catalogue {
  gap: RegistryError | undefined;
  readonly #facts: ManifestFacts;
  readonly #manifests = new Map<Digest, Descriptor>();
  readonly #bySubject = new Map<Digest, Map<Digest, Descriptor>>();

  constructor(facts: ManifestFacts) {
    this.#facts = facts;
  }

  find(digest: Digest): Descriptor | undefined {
    return this.#manifests.get(digest);
  }

  referrersOf(subject: Digest): readonly Descriptor[] {
    return [...(this.#bySubject.get(subject)?.values() ?? [])];
  }

  add(descriptor: Descriptor): Promise<void> {
    return this.addAll([descriptor]);
  }

  async addAll(descriptors: readonly Descriptor[]): Promise<void> {
    const queue = [...descriptors];
    // A round ends when the queue is empty for every reader; one that was slow may have filled it again.
    while (queue.length > 0) {
      const round = Array.from({ length: Math.min(readers, queue.length) }, () => this.#drain(queue));
      await Promise.all(round);
    }
  }

  async remove(digest: Digest): Promise<boolean> {
    const descriptor = this.#manifests.get(digest);
    if (descriptor === undefined) return true;
    const facts = await this.#look(descriptor);
    if (facts === undefined || facts.children.length > 0) return false;
    this.#manifests.delete(digest);
    if (facts.subject !== undefined) this.#bySubject.get(facts.subject.digest)?.delete(digest);
    return true;
  }

  async #drain(queue: Descriptor[]): Promise<void> {
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      if (this.#manifests.has(next.digest) || !isManifestMediaType(next.mediaType)) continue;
      if (this.#manifests.size >= maxManifests) {
        this.gap ??= new RegistryError('LIMIT_REACHED', `more than ${maxManifests} manifests in this layout`);
        return;
      }
      const facts = await this.#look(next);
      if (facts === undefined || this.#manifests.has(next.digest)) continue;
      this.#enter(next, facts);
      for (const child of facts.children) queue.push(child);
    }
  }

  #enter({ mediaType, digest, size }: Descriptor, facts: Facts): void {
    this.#manifests.set(digest, { mediaType, digest, size });
    if (facts.subject === undefined) return;
    const siblings = this.#bySubject.get(facts.subject.digest) ?? new Map<Digest, Descriptor>();
    siblings.set(digest, facts.subject.listed);
    this.#bySubject.set(facts.subject.digest, siblings);
  }

  async #look(descriptor: Descriptor): Promise<Facts | undefined> {
    try {
      return await this.#facts.of(descriptor);
    } catch (error) {
      if (!(error instanceof RegistryError)) throw error;
      this.gap ??= error;
      return undefined;
    }
  }
}
