import { emptyState, type StatePlace, TagsError, type TagsState } from '@signet/signed-tags';
import { expect, it } from 'vitest';
import { createSaver } from '../../../packages/signed-tags/src/client/saver.ts';
import { collection, publisherNamed } from '../state/state-data.ts';

const removedAt = (atMs: number): TagsState => ({
  ...emptyState(collection),
  seen: new Map([['a', { vouched: new Map(), removed: new Map([[publisherNamed('one'), atMs]]) }]]),
});

/** A place whose writings end when they are let go. */
function slowPlace() {
  const writes: {
    readonly state: TagsState;
    readonly end: (saved: boolean) => void;
    readonly fail: (e: Error) => void;
  }[] = [];
  const place: StatePlace = {
    read: async () => undefined,
    merge: (state) =>
      new Promise((resolve, reject) => {
        writes.push({ state, end: resolve, fail: reject });
      }),
  };
  return { place, writes };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

it('what comes while a place is written is written together after it', async () => {
  const saver = createSaver();
  const { place, writes } = slowPlace();
  const saves = [1, 2, 3].map((atMs) => saver.save('a', place, removedAt(atMs)));
  await settled();
  expect(writes).toHaveLength(1);
  writes[0]?.end(true);
  await settled();
  expect(writes).toHaveLength(2);
  expect(writes[1]?.state).toEqual(removedAt(3));
  writes[1]?.end(false);
  expect(await Promise.all(saves)).toEqual([true, false, false]);
  const later = saver.save('a', place, removedAt(4));
  writes[2]?.end(true);
  expect(await later).toBe(true);
});

it('places of other keys do not wait, and a failure is told to those whom it concerns alone', async () => {
  const saver = createSaver();
  const { place, writes } = slowPlace();
  const [first, second, other] = [
    saver.save('a', place, removedAt(1)),
    saver.save('a', place, removedAt(2)),
    saver.save('b', place, removedAt(3)),
  ];
  expect(writes).toHaveLength(2);
  writes[0]?.fail(new TagsError('STATE_INVALID', 'damaged'));
  await expect(first).rejects.toThrow('damaged');
  await settled();
  writes[1]?.end(true);
  writes[2]?.end(true);
  expect(await Promise.all([second, other])).toEqual([true, true]);
});
