import type { SharedStore } from '../../../packages/admission/src/index.ts';

/** A place in memory that tests look into, change and break as somebody does who can reach it. */
export interface MemoryStore {
  /** As one server sees it. */
  connect(): SharedStore;
  /** By name. Whoever reaches a store can write what it likes there. */
  readonly entries: Map<string, Buffer>;
  /** How long each entry is to be kept, milliseconds. */
  readonly keptMs: Map<string, number>;
  /** Everything that was told, in this order. */
  readonly told: Buffer[];
  /** Tells again what was told, or anything else. */
  tell(message: Uint8Array): void;
  /** Connections break and are made anew: what was told meanwhile is lost. */
  breakConnections(): void;
  isDown: boolean;
}

export function createMemoryStore(): MemoryStore {
  const listeners: { readonly onMessage: (message: Buffer) => void; readonly onGap: () => void }[] = [];
  const up = async (): Promise<void> => {
    if (store.isDown) throw new DOMException('down', 'TimeoutError');
  };
  const store: MemoryStore = {
    entries: new Map(),
    keptMs: new Map(),
    told: [],
    isDown: false,
    tell(message) {
      for (const { onMessage } of listeners) onMessage(Buffer.from(message));
    },
    breakConnections() {
      for (const { onGap } of listeners) onGap();
    },
    connect: () => ({
      async read(names, maxBytes) {
        await up();
        return names.map((name) => store.entries.get(name)?.subarray(0, maxBytes + 1));
      },
      async write(name, bytes, forMs) {
        await up();
        store.entries.set(name, Buffer.from(bytes));
        store.keptMs.set(name, forMs);
      },
      async tell(_channel, message) {
        await up();
        store.told.push(Buffer.from(message));
        store.tell(message);
      },
      async listen(_channel, onMessage, onGap) {
        listeners.push({ onMessage, onGap });
      },
      close: async () => {},
    }),
  };
  return store;
}
