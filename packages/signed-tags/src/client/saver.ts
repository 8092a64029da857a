import { mergeStates, type StatePlace, type TagsState } from '../state/state.ts';

/** Saves what was seen: who comes while the same place is being written shares the next writing. */
export interface Saver {
  /** False: it could not be saved. @throws {TagsError} as the place */
  save(key: string, place: StatePlace, state: TagsState): Promise<boolean>;
}

interface Queue {
  running: Promise<unknown>;
  waiting?: Waiting;
}

interface Waiting {
  state: TagsState;
  readonly done: Promise<boolean>;
}

/** `key`: places of the same key are the same. */
export function createSaver(): Saver {
  const queues = new Map<string, Queue>();
  const run = (key: string, queue: Queue, saving: Promise<boolean>): Promise<boolean> => {
    queue.running = saving
      .catch(() => undefined) // told to who asked
      .then(() => {
        if (queue.waiting === undefined) queues.delete(key);
      });
    return saving;
  };
  return {
    save(key, place, state) {
      const queue = queues.get(key);
      if (queue === undefined) {
        const first: Queue = { running: Promise.resolve() };
        queues.set(key, first);
        return run(key, first, place.merge(state));
      }
      if (queue.waiting !== undefined) {
        queue.waiting.state = mergeStates(queue.waiting.state, state);
        return queue.waiting.done;
      }
      const next: Waiting = {
        state,
        done: queue.running.then(() => {
          delete queue.waiting;
          return run(key, queue, place.merge(next.state));
        }),
      };
      queue.waiting = next;
      return next.done;
    },
  };
}
