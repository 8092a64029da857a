import type { TagStatement } from './content.ts';

/** A catalogue file and the signatures over it, as they were read: nothing is believed of it yet. */
export interface SignedFile {
  readonly file: Uint8Array;
  readonly signatures: readonly TagStatement[];
}
