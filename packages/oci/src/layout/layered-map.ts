/** What is asked of a map whose entries are changed one by one. */
export interface MapAccess<K, V> {
  get(key: K): V | undefined;
  has(key: K): boolean;
  set(key: K, value: V): unknown;
  /** Whether it was there. */
  delete(key: K): boolean;
}

/** Changes laid over a map, which stays as it is until they are settled: a copy of the map would cost its whole size for each change. */
export class LayeredMap<K, V> implements MapAccess<K, V> {
  readonly #base: Map<K, V>;
  /** Undefined: taken out. */
  readonly #changes = new Map<K, { readonly value: V } | undefined>();

  constructor(base: Map<K, V>) {
    this.#base = base;
  }

  get(key: K): V | undefined {
    return this.#changes.has(key) ? this.#changes.get(key)?.value : this.#base.get(key);
  }

  has(key: K): boolean {
    return this.#changes.has(key) ? this.#changes.get(key) !== undefined : this.#base.has(key);
  }

  set(key: K, value: V): this {
    this.#changes.set(key, { value });
    return this;
  }

  delete(key: K): boolean {
    const wasThere = this.has(key);
    this.#changes.set(key, undefined);
    return wasThere;
  }

  /** Carries the changes over to the map below. */
  settle(): void {
    for (const [key, change] of this.#changes) {
      if (change === undefined) this.#base.delete(key);
      else this.#base.set(key, change.value);
    }
    this.#changes.clear();
  }
}
