/** A place that several servers share: bytes by name, for a time. Whoever reaches it may have written what is read there. */
export interface SharedStore {
  /** What lies under each name, no more than `maxBytes` of it; undefined where nothing does. Rejects where it does not answer in time. */
  read(names: readonly string[], maxBytes: number): Promise<readonly (Buffer | undefined)[]>;
  write(name: string, bytes: Uint8Array, forMs: number): Promise<void>;
  /** Tells all that listen to it now, the teller too. */
  tell(channel: string, message: Uint8Array): Promise<void>;
  /** `onGap`: something may have been told that was not heard. Listens until it is closed. */
  listen(channel: string, onMessage: (message: Buffer) => void, onGap: () => void): Promise<void>;
  close(): Promise<void>;
}
