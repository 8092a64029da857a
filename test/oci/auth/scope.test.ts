import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { trustRealm } from '../../../packages/oci/src/auth/realm.ts';
import { coversScopes, formatScopes, parseScopes, repositoryScope } from '../../../packages/oci/src/auth/scope.ts';

const read = (...texts: readonly string[]): readonly string[] => formatScopes(parseScopes(texts));

describe('scopes', () => {
  it.each([
    [['repository:a/b:pull'], ['repository:a/b:pull']],
    [['repository:a/b:push,pull'], ['repository:a/b:pull,push']],
    [['repository:a:pull repository:b:pull'], ['repository:a:pull', 'repository:b:pull']],
    [['repository:a:pull', 'repository:a:push'], ['repository:a:pull,push']],
    [['repository:host:5000/a:pull'], ['repository:host:5000/a:pull']],
    [['registry:catalog:*'], ['registry:catalog:*']],
    [['repository(plugin):a:pull'], ['repository(plugin):a:pull']],
    [['', ' ', 'nonsense', 'one:two', 'x'.repeat(2000)], []],
    [['repository:a:pull,,pull'], ['repository:a:pull']],
  ])('%j are %j', (texts, expected) => {
    expect(read(...texts)).toEqual(expected);
  });

  it('are covered by those that hold every action of every resource', () => {
    const covers = (granted: string, wanted: string): boolean =>
      coversScopes(parseScopes([granted]), parseScopes([wanted]));
    expect(covers('repository:a:pull,push', 'repository:a:pull')).toBe(true);
    expect(covers('repository:a:pull', 'repository:a:pull,push')).toBe(false);
    expect(covers('repository:a:pull', 'repository:a/b:pull')).toBe(false);
    expect(covers('repository:a:*', 'repository:a:delete')).toBe(true);
    expect(covers('', 'repository:a:pull')).toBe(false);
    expect(covers('repository:a:pull', '')).toBe(true);
  });

  const name = fc.stringMatching(/^[a-z0-9]{1,6}(\/[a-z0-9]{1,6}){0,2}$/);
  const actions = fc.uniqueArray(fc.constantFrom('pull', 'push', 'delete'), { minLength: 1 });
  const scope = fc.tuple(name, actions).map(([repository, all]) => repositoryScope(repository, all.join(',')));

  it('merge to one text, in whatever order and split they come, and cover each of their parts', () => {
    fc.assert(
      fc.property(fc.array(scope), (scopes) => {
        const merged = read(...scopes);
        expect(read(...[...scopes].reverse())).toEqual(merged);
        expect(read(scopes.join(' '))).toEqual(merged);
        expect(read(...merged)).toEqual(merged);
        for (const part of scopes) expect(coversScopes(parseScopes(merged), parseScopes([part]))).toBe(true);
      }),
    );
  });

  it('of any text are no error', () => {
    fc.assert(fc.property(fc.array(fc.string()), (texts) => Array.isArray(read(...texts))));
  });
});

describe('a token realm', () => {
  it.each([
    ['https://r.example/token', 'https://r.example', 'credentials'],
    ['https://auth.example/token', 'https://r.example', 'credentials'],
    ['https://r.example:444/token', 'https://r.example', 'credentials'],
    ['http://auth.example/token', 'https://r.example', 'refused'],
    ['http://r.example/token', 'https://r.example', 'refused'],
    ['http://r.example/token', 'http://r.example', 'credentials'],
    ['http://r.example:80/token', 'http://r.example', 'credentials'],
    ['http://r.example:81/token', 'http://r.example', 'anonymous'],
    ['http://auth.example/token', 'http://r.example', 'anonymous'],
    ['https://r.example/token', 'http://r.example', 'anonymous'],
    ['https://user:pass@r.example/token', 'https://r.example', 'refused'],
    ['https://user@r.example/token', 'https://r.example', 'refused'],
    ['ftp://r.example/token', 'https://r.example', 'refused'],
    ['file:///token', 'http://r.example', 'refused'],
    ['data:text/plain,x', 'https://r.example', 'refused'],
  ] as const)('%s of %s: %s', (realm, registry, trust) => {
    expect(trustRealm(new URL(realm), new URL(registry))).toBe(trust);
  });
});
