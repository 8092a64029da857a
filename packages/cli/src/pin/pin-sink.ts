import type { PinnedInput } from '@signet/workloads';
import type { InputFile } from '../inputs/read-inventory.ts';

/** An input with its digests, and as it was. */
export type PinnedFile = PinnedInput & { readonly before: Uint8Array };

/** Takes pinned inputs, and shows or writes them when all are there. */
export interface PinSink {
  /** @throws {CliError} FILE_UNREADABLE, FILE_UNWRITABLE */
  readonly add: (file: InputFile, pinned: PinnedFile) => Promise<void>;
  /** @throws {CliError} FILE_UNWRITABLE */
  readonly commit: () => Promise<void>;
  /** Nothing stays of what was not committed. */
  readonly discard: () => Promise<void>;
}
