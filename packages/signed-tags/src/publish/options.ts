import type { Pace, Signer } from '@signet/core';
import type { Digest, Store } from '@signet/oci';
import type { Receipt } from '../client/receipt.ts';
import type { Operation } from '../journal/operation.ts';
import type { StatePlace } from '../state/state.ts';
import type { Authority } from './authority.ts';

/** What every command that writes a catalogue needs. Waits, clocks and dice are handed in; all I/O is the store's and the state's. */
export interface WriterOptions {
  /** The repository that the catalogue lies in. */
  readonly store: Store;
  readonly authority: Authority;
  /** Of the catalogue: together they have to meet its `signedBy`. */
  readonly signers: readonly Signer[];
  /** What this writer remembers, and will. */
  readonly state: StatePlace;
  readonly pace?: Pace;
  /** Milliseconds since 1970 UTC. */
  readonly now: () => number;
  readonly signal?: AbortSignal;
  /** How long a new file is good for, milliseconds; default 72 h, at most 30 days. */
  readonly lifetimeMs?: number;
  /** A pause after each write, beside a short one of chance, milliseconds: at least as long as replicas lag behind. Default 0. */
  readonly settleMs?: number;
  /** Goes on although this clock and the registry's are more than 5 min apart. */
  readonly ignoreDate?: boolean;
  /** Leaves each head that is written under a tag of its own. */
  readonly keepHistory?: boolean;
}

/** How a writer without state knows that the head is not an old one. Rule: signed-tags.md 5.1 "A cold writer". */
export interface ColdOptions {
  /** The head must not have been issued earlier: `issued` of a receipt, milliseconds since 1970 UTC. */
  readonly afterMs?: number;
  /** Goes on without, up to a head of 24 h. */
  readonly allowCold?: boolean;
}

/** What became of an operation. `waiting`: recorded, but its rule needs more signers; `recorded`: the next writer completes it. */
export type OperationOutcome = 'published' | 'superseded' | 'waiting' | 'recorded';

/** One operation of this run. */
export interface OperationResult {
  readonly operation: Operation;
  readonly outcome: OperationOutcome;
  /** Milliseconds since 1970 UTC; absent while it waits. */
  readonly atMs?: number;
}

/** A journal entry, or a part of one, that was passed over. */
export interface Ignored {
  readonly ulid: string;
  /** With texts from outside. */
  readonly why: string;
}

/** What a run came to. */
export interface Published {
  /** Of all operations the least that can be said; `published` where there were none. */
  readonly outcome: OperationOutcome;
  readonly operations: readonly OperationResult[];
  /** One for each tag that was signed, unless that waits or is only recorded. */
  readonly receipts: readonly Receipt[];
  /** The head as it is now; absent where only the journal could be written. */
  readonly head?: {
    readonly manifest: Digest;
    readonly file: Digest;
    /** Milliseconds since 1970 UTC. */
    readonly issuedMs: number;
    readonly expiresMs: number;
  };
  /** Whether this run wrote it. */
  readonly isOwn: boolean;
  /** ULIDs of the entries that this run wrote. */
  readonly journal: readonly string[];
  readonly rounds: number;
  readonly ignored: readonly Ignored[];
  /** Tag that the head was left under, where that was asked for and could be done. */
  readonly historyTag?: string;
  /** Entries that were removed from the journal. */
  readonly cleaned: number;
  /** Whether it went without state and receipt. */
  readonly isCold: boolean;
  readonly isStateSaved: boolean;
  /** Why it is only recorded. */
  readonly failure?: Error;
}
