import { mergeStates, type StatePlace, type TagsState } from './state.ts';

/** State that ends with the process. */
export function memoryPlace(): StatePlace {
  let held: TagsState | undefined;
  return {
    async read() {
      return held;
    },
    async merge(state) {
      held = held === undefined ? state : mergeStates(held, state);
      return true;
    },
  };
}
