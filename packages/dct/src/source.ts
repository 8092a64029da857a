/** One metadata file of a repository. */
export interface MetadataFile {
  /** `root`, `targets`, `targets/releases`, `snapshot`, `timestamp`. */
  readonly role: string;
  /** Of an older root. */
  readonly version?: number;
  /** Lower-case hex: servers have every file under this name too, which does not change while it is read. */
  readonly sha256?: string;
}

/** Where the metadata of one repository lies. */
export interface MetadataSource {
  /** For messages. */
  readonly place: string;
  /**
   * The file's bytes; undefined where there is none.
   * @throws {DctError} DCT_TOO_LARGE, DCT_UNREADABLE; {RegistryError} from a server
   */
  read(
    file: MetadataFile,
    options: { readonly maxBytes: number; readonly signal?: AbortSignal },
  ): Promise<Uint8Array | undefined>;
}

/** For messages: `targets`, or `2.root`. */
export function nameOf({ role, version }: MetadataFile): string {
  return version === undefined ? role : `${version}.${role}`;
}
