import type { Descriptor } from './descriptor.ts';
import type { Digest } from './digest.ts';

/** A descriptor with the bytes that it was made from: their digest is its identity. */
export interface Resolved {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
  /** What the registry's clock said when it answered, milliseconds since 1970 UTC, to the second. Absent for layouts and memory. */
  readonly dateMs?: number;
}

export interface ReadOptions {
  readonly signal?: AbortSignal;
  /** Bound on the bytes that are read, checked before reading; default: `Limits`. */
  readonly maxBytes?: number;
}

export interface ResolveOptions extends ReadOptions {
  /** What the name was resolved to before: given back itself, unread, where the name still names the same bytes. */
  readonly known?: Resolved;
}

export interface WriteOptions {
  readonly signal?: AbortSignal;
}

/**
 * A piece of a referrers listing, in the order in which the pieces arrive. `api`: the registry's referrers API; `tag`: the fallback
 * tag; `scan`: every manifest of a layout or memory store was looked at. Descriptors are hints: nothing in them is believed.
 */
export interface ReferrersPage {
  readonly via: 'api' | 'tag' | 'scan';
  readonly descriptors: readonly Descriptor[];
}

export interface ReferrersOptions extends ReadOptions {
  /** Sent as a filter where the registry has one. The answer may hold other types all the same: filter again. */
  readonly artifactType?: string;
}

/** The reading half of a Store: one repository of a registry, an OCI layout folder, memory. The verifier is given no more than this. */
export interface Source {
  /**
   * Tag or digest of a manifest to its descriptor and the bytes that were read.
   * @throws {RegistryError} NOT_FOUND, UNAUTHORIZED, UNREACHABLE, DIGEST_MISMATCH, TOO_LARGE, …
   */
  resolve(tagOrDigest: string, options?: ResolveOptions): Promise<Resolved>;
  /** All bytes of a blob or manifest, size and digest already checked. @throws {RegistryError} also DIGEST_MISMATCH, SIZE_MISMATCH, TOO_LARGE */
  fetch(target: Descriptor, options?: ReadOptions): Promise<Uint8Array>;
  /** The bytes as they come; the iteration fails at its end where size or digest differ. No size bound but the descriptor's own. */
  open(target: Descriptor, options?: ReadOptions): Promise<AsyncIterable<Uint8Array>>;
  /** Whether the blob or manifest is there (HEAD). */
  exists(target: Descriptor, options?: ReadOptions): Promise<boolean>;
  /**
   * Manifests whose subject this is. API and fallback tag are asked side by side and pages come as they arrive. Where an `api` page
   * came, only `api` pages count as the list; `tag` pages seen before it may still hold good signatures. Ends normally when the list
   * is complete; throws at its end when it is not (API neither 200 nor 404/405, pages lost, limit), after all pages that could be had.
   * Rule: distribution-spec 1.1 "Listing Referrers", else "Referrers Tag Schema".
   * @throws {RegistryError} UNAUTHORIZED, UNREACHABLE, LIMIT_REACHED, …
   */
  referrers(subject: Descriptor, options?: ReferrersOptions): AsyncIterable<ReferrersPage>;
  /** All tags, as pages arrive, no order promised. */
  tags(options?: ReadOptions): AsyncIterable<string>;
}

/** What must hold for a tag to be written: it names this digest now, or (null) does not exist. */
export interface TagCondition {
  readonly expected: Digest | null;
}

export interface TagOptions extends WriteOptions {
  readonly condition?: TagCondition;
  /**
   * The write is sent once, and never again by this package, whatever becomes of it: who sends it knows until when it may arrive. Where it
   * fails, it may have taken effect all the same.
   */
  readonly once?: boolean;
  /** Called once the condition was looked at, right before the write is sent: what it throws ends the call, and nothing is written. */
  readonly beforeWrite?: () => void;
}

/** How a pushed manifest with a subject became findable. `tag`: this store wrote the fallback index. */
export interface Pushed {
  readonly referrers?: 'api' | 'tag' | 'scan';
}

/** Reading and writing. Pushing what is already there succeeds. */
export interface Store extends Source {
  /** A blob or (by media type) a manifest by digest. A manifest with `subject` is findable by {@link Source.referrers} when this returns. */
  push(content: Uint8Array, as: Descriptor, options?: WriteOptions): Promise<Pushed>;
  /** A blob of any size from a stream, in constant memory. @throws {RegistryError} DIGEST_MISMATCH, SIZE_MISMATCH: nothing was stored */
  pushStream(content: AsyncIterable<Uint8Array>, as: Descriptor, options?: WriteOptions): Promise<void>;
  /** Takes the blob over from another repository of the same registry; false where that cannot be done: push it then. */
  mount(blob: Descriptor, fromRepository: string, options?: WriteOptions): Promise<boolean>;
  /**
   * Lets the tag name this manifest (pushing it where it is not there).
   * @throws {RegistryError} CONFLICT when the condition does not hold. Registries without conditional writes (HTTP `If-Match`) are
   * checked by a read just before: what remains possible then is said in SECURITY.md.
   */
  tag(manifest: Resolved, tag: string, options?: TagOptions): Promise<Pushed>;
  /** Removes a manifest or blob; a manifest's tags go with it, and its entry in its subject's fallback index. @throws {RegistryError} NOT_FOUND, UNSUPPORTED */
  delete(target: Descriptor, options?: WriteOptions): Promise<void>;
  /** Removes a tag alone. @throws {RegistryError} NOT_FOUND, UNSUPPORTED (the registry has no delete by tag) */
  untag(tag: string, options?: WriteOptions): Promise<void>;
}
