import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { grantScopes } from '../../../packages/registry/src/auth/scopes.ts';

const repository = (name: string, ...actions: string[]): object => ({ type: 'repository', name, actions });

describe('scopes', () => {
  it.each([
    ['one', ['repository:app:pull'], [repository('app', 'pull')]],
    ['several actions', ['repository:a/b:pull,push'], [repository('a/b', 'pull', 'push')]],
    [
      'several in one text',
      ['repository:a:pull repository:b:push'],
      [repository('a', 'pull'), repository('b', 'push')],
    ],
    ['merged', ['repository:a:pull', 'repository:a:delete,pull'], [repository('a', 'pull', 'delete')]],
    ['all', ['repository:a:*'], [repository('a', 'pull', 'push', 'delete')]],
    ['the catalogue', ['registry:catalog:*'], [{ type: 'registry', name: 'catalog', actions: ['*'] }]],
    ['an unknown action', ['repository:a:pull,admin'], [repository('a', 'pull')]],
    ['an unknown type', ['plugin:a:pull'], []],
    ['a bad name', ['repository:A:pull', 'repository:../a:pull', 'registry:other:*'], []],
    ['bad forms', ['', 'repository', 'repository:a', 'repository:a:pull:push', 'repository:a: pull'], []],
  ])('%s', (_title, scopes, wanted) => {
    expect(grantScopes(scopes, 'everything')).toEqual(wanted);
  });

  it('of somebody unknown give reading alone', () => {
    expect(grantScopes(['repository:a:*', 'repository:b:push'], 'reading')).toEqual([
      repository('a', 'pull'),
      repository('b'),
    ]);
  });

  it('beyond the hundredth are left out', () => {
    const scopes = Array.from({ length: 150 }, (_, at) => `repository:r${at}:pull`);
    expect(grantScopes(scopes, 'everything')).toHaveLength(100);
  });

  it('of any text grant nothing that was not asked', () => {
    const text = fc.oneof(fc.string(), fc.stringMatching(/^(repository|registry):[a-z/.]{0,8}:[a-z*,]{0,12}$/));
    fc.assert(
      fc.property(fc.array(text), (scopes) => {
        for (const { name, actions } of grantScopes(scopes, 'reading')) {
          expect(scopes.some((scope) => scope.includes(name))).toBe(true);
          for (const action of actions) expect(['pull', '*']).toContain(action);
        }
      }),
    );
  });
});
