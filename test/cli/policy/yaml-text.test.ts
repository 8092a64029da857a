import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { toYaml } from '../../../packages/cli/src/policy/yaml-text.ts';

describe('toYaml', () => {
  it('writes one entry a line', () => {
    expect(toYaml({ a: 1, b: [], c: {}, d: [{ e: 'x: y', f: [true] }, 'z'], g: undefined, no: null })).toBe(
      ['a: 1', 'b: []', 'c: {}', 'd:', '  - e: "x: y"', '    f:', '      - true', '  - "z"', '"no": null'].join('\n'),
    );
  });

  it('is read again as what it was', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        expect(parse(toYaml(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});
