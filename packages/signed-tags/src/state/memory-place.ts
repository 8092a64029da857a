import { mergeStates, type StatePlace, type TagsState } from './state.ts';

/** State that ends with the process. */
export function memoryPlace(): StatePlace {
  return memoryPlaces()({ collection: '', catalogue: '' });
}

/** The same for any number of collections and catalogues; nothing is held of those of which nothing was seen. */
export function memoryPlaces(): (where: { readonly collection: string; readonly catalogue: string }) => StatePlace {
  const all = new Map<string, TagsState>();
  return ({ collection, catalogue }) => {
    const key = JSON.stringify([collection, catalogue]);
    return {
      async read() {
        return all.get(key);
      },
      async merge(state) {
        const held = all.get(key);
        all.set(key, held === undefined ? state : mergeStates(held, state));
        return true;
      },
    };
  };
}
