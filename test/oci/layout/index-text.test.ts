import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IndexText, type Written } from '../../../packages/oci/src/layout/index-text.ts';

const elements = (count: number, from = 0): Written[] =>
  Array.from({ length: count }, (_, at) => ({ json: String(from + at) }));
const listOf = (text: IndexText): unknown[] =>
  JSON.parse(Buffer.concat(text.between('[', ']')).toString('utf8')) as unknown[];
const sorted = (list: readonly unknown[]): readonly number[] => list.map(Number).sort((a, b) => a - b);

describe('the text of a list in blocks', () => {
  it.each([0, 1, 63, 64, 65, 128, 1000])('of %d elements is theirs', (count) => {
    const text = IndexText.of(elements(count));
    expect(listOf(text)).toEqual(Array.from({ length: count }, (_, at) => at));
    expect(Buffer.concat(text.between('<', '>')).toString()).toMatch(/^<.*>$/s);
  });

  it('leaves the text before a change as it was', () => {
    const [one, two, three] = [{ json: '1' }, { json: '2' }, { json: '3' }];
    const before = IndexText.of([one, two]);
    const after = before.changed([one], [three]);
    expect([listOf(before), listOf(after)]).toEqual([
      [1, 2],
      [2, 3],
    ]);
  });

  it('does not make the text of other blocks anew', () => {
    let reads = 0;
    const counted = elements(1000).map(({ json }) => ({
      get json() {
        reads += 1;
        return json;
      },
    }));
    const text = IndexText.of(counted);
    text.between('', '');
    expect(reads).toBe(1000);
    text.changed(counted.slice(0, 1), [{ json: '"new"' }]).between('', '');
    expect(reads).toBe(1063);
  });

  it('takes the room that was left for what comes', () => {
    const all = elements(640);
    const emptied = IndexText.of(all).changed(all.slice(0, 600), []);
    const filled = emptied.changed([], elements(600, 1000));
    expect(sorted(listOf(filled))).toEqual([
      ...all.slice(600).map(({ json }) => Number(json)),
      ...elements(600, 1000).map(({ json }) => Number(json)),
    ]);
    // Head, ten blocks with nine separators, tail.
    expect(filled.between('', '').length).toBe(1 + 10 + 9 + 1);
  });

  it('is that of a plain list after any changes', () => {
    const changes = fc.array(fc.record({ remove: fc.array(fc.nat(400)), add: fc.nat(150) }), { maxLength: 6 });
    fc.assert(
      fc.property(changes, (steps) => {
        let model: Written[] = [];
        let text = IndexText.of([]);
        let next = 0;
        for (const { remove, add } of steps) {
          const removed = new Set(remove.flatMap((at) => model[at] ?? []));
          const added = elements(add, next);
          next += add;
          text = text.changed(removed, added);
          model = [...model.filter((element) => !removed.has(element)), ...added];
          expect(sorted(listOf(text))).toEqual(sorted(model.map(({ json }) => json)));
        }
      }),
      { numRuns: 50 },
    );
  });

  it('takes no notice of an element that it does not have', () => {
    expect(listOf(IndexText.of(elements(2)).changed([{ json: '0' }], []))).toEqual([0, 1]);
  });
});
