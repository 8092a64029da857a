import type { Place } from '../place.ts';

/** The only door to files, handed in by who may open them. What it throws for a key is told at the place that names the key. */
export interface PolicyReader {
  /** The bytes of a file. It fails for what is no file, and for what has more bytes than that: before they are read. */
  readonly readFile: (path: string, maxBytes: number) => Promise<Uint8Array>;
  /** The names (not the paths) of a folder's entries. It fails for what is no folder. */
  readonly readFolder: (path: string) => Promise<readonly string[]>;
  /** Where what stands at a place came from: for a file that was made from another, whose places people know. Default: there. */
  readonly originOf?: (place: Place) => Place;
}

/** How a policy is loaded. */
export interface LoadOptions {
  readonly reader: PolicyReader;
  /** The environment, for the variables that the policy declares; nothing else of it is looked at. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Lets the published sample keys be trusted: for tests and the demo alone. */
  readonly allowExampleKeys?: boolean;
}
