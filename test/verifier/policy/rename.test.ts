import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renamed } from '../../../packages/verifier/src/policy/rename.ts';

const rename = (from: string, to: string) => ({ from, to });

describe('renamed', () => {
  const renames = [
    rename('m.example', 'docker.io'),
    rename('m.example/quay', 'quay.io'),
    rename('m.example/quay/acme/app', 'r.example/app'),
  ];

  it.each([
    ['m.example/library/app', 'docker.io/library/app'],
    ['m.example/quay/acme/web', 'quay.io/acme/web'],
    ['m.example/quay/acme/app', 'r.example/app'],
    ['m.example/quays/acme/app', 'docker.io/quays/acme/app'],
    ['m.example.com/library/app', 'm.example.com/library/app'],
    ['M.example:443/quay/acme/web', 'quay.io/acme/web'],
    ['m.example:5000/quay/acme/web', 'm.example:5000/quay/acme/web'],
  ])('%s was signed as %s', (repository, wanted) => {
    expect(renamed({ repository, tag: '1' }, renames)).toEqual({ repository: wanted, tag: '1' });
  });

  it('is made once: what comes out is not renamed again', () => {
    const chain = [rename('a.example', 'b.example'), rename('b.example', 'c.example')];
    expect(renamed({ repository: 'a.example/x' }, chain).repository).toBe('b.example/x');
  });

  it('keeps the tag, whatever the renames, and their order does not matter', () => {
    const part = fc.constantFrom('a', 'b', 'a/b', 'ab');
    const list = fc.uniqueArray(
      fc.record({ from: part.map((p) => `h.example/${p}`), to: part.map((p) => `s.example/${p}`) }),
      {
        selector: ({ from }) => from,
      },
    );
    fc.assert(
      fc.property(list, part, fc.option(fc.constantFrom('1', 'x'), { nil: undefined }), (all, path, tag) => {
        const name = { repository: `h.example/${path}`, ...(tag === undefined ? {} : { tag }) };
        expect(renamed(name, all).tag).toBe(tag);
        expect(renamed(name, all.toReversed())).toEqual(renamed(name, all));
      }),
    );
  });
});
