import { toJsonPointer, WorkloadError } from '@signet/workloads';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { memberPath } from '../../../packages/workloads/src/kubernetes/json-path.ts';

describe('toJsonPointer', () => {
  it('writes members and items as RFC 6901 does', () => {
    expect(toJsonPointer('spec.containers[0].image')).toBe('/spec/containers/0/image');
    expect(toJsonPointer('spec["a/b~c"][12]')).toBe('/spec/a~1b~0c/12');
    expect(toJsonPointer('')).toBe('');
  });

  it('reads every path that the readers write', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.string({ maxLength: 200 }), fc.nat({ max: 999 }))), (steps) => {
        const path = steps.reduce<string>(
          (before, step) => (typeof step === 'number' ? `${before}[${step}]` : memberPath(before, step)),
          '',
        );
        const tokens = steps.map((step) => String(step).replaceAll('~', '~0').replaceAll('/', '~1'));
        expect(toJsonPointer(path)).toBe(tokens.map((token) => `/${token}`).join(''));
      }),
    );
  });

  it('refuses what is no path', () => {
    for (const path of ['a..b', 'a[', 'a[x]', 'a["x]', '[-1]', 'a b'])
      expect(() => toJsonPointer(path)).toThrow(WorkloadError);
  });
});
