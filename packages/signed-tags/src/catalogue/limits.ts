/** Earlier entries of a tag that are kept. Rule: signed-tags.md 3.2 "was". */
export const maxEarlier = 3;
/** Statements of one entry, and bytes of one. Rule: signed-tags.md 3.2 "Order of two items". */
export const maxStatements = 8;
export const maxStatementBytes: number = 16 * 1024;
/** Bytes of a catalogue file or shard that is read. Rule: signed-tags.md 4.1 "Limits". */
export const maxFileBytes: number = 512 * 1024;
/** Rule: signed-tags.md 3.2 "revoked". */
export const maxRevocations = 1000;
export const maxReasonBytes = 80;
/** How long removals and earlier entries are kept, milliseconds. Rule: signed-tags.md 3.2 "was", "removed". */
export const keptMs: number = 30 * 24 * 60 * 60 * 1000;
/**
 * What is later than now by more does not exist, milliseconds: two clocks that are each within 5 min of the registry's may be as far apart. With
 * less, a writer would overwrite the catalogue of another whose clock is as good as its own. Rule: signed-tags.md 3.1.
 */
export const itemAheadMs: number = 10 * 60 * 1000;
export const fileAheadMs: number = itemAheadMs;
/** A catalogue's time to live, milliseconds. Rule: signed-tags.md 3.2. */
export const maxLifetimeMs: number = 30 * 24 * 60 * 60 * 1000;
/** Nested objects and lists of a file. Rule: signed-tags.md 3.2 "JSON strict". */
export const maxDepth = 8;
/** Shards of one catalogue: 2 to the power of the bits. */
export const maxShardBits = 12;
/** Bytes of a remembered state: some 20,000 tags that were seen. */
export const maxStateBytes: number = 32 * 1024 * 1024;
/** Shards that are remembered. */
export const maxStoredShards = 32;
