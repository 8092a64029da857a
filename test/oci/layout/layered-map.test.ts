import fc from 'fast-check';
import { expect, it } from 'vitest';
import { LayeredMap } from '../../../packages/oci/src/layout/layered-map.ts';

const key = fc.constantFrom('a', 'b', 'c', 'd');
const change = fc.oneof(
  fc.record({ key, value: fc.nat(9) }),
  fc.record({ key, value: fc.constant(undefined) }), // taken out
);

it('changes over a map look like a changed copy, and come to be one when they are settled', () => {
  fc.assert(
    fc.property(fc.dictionary(key, fc.nat(9)), fc.array(change), (entries, changes) => {
      const base = new Map(Object.entries(entries));
      const before = new Map(base);
      const model = new Map(base);
      const layered = new LayeredMap(base);
      for (const { key: at, value } of changes) {
        if (value === undefined) expect(layered.delete(at)).toBe(model.delete(at));
        else {
          layered.set(at, value);
          model.set(at, value);
        }
        expect([layered.has(at), layered.get(at)]).toEqual([model.has(at), model.get(at)]);
      }
      for (const at of ['a', 'b', 'c', 'd']) expect(layered.get(at)).toBe(model.get(at));
      expect(base).toEqual(before);
      layered.settle();
      expect(base).toEqual(model);
      layered.settle();
      expect(base).toEqual(model);
    }),
  );
});

it('a value may be undefined and be there', () => {
  const layered = new LayeredMap<string, undefined>(new Map());
  layered.set('a', undefined);
  expect([layered.has('a'), layered.get('a'), layered.has('b')]).toEqual([true, undefined, false]);
});
