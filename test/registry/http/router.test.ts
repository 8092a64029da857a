import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ApiError } from '../../../packages/registry/src/errors.ts';
import { parseTarget } from '../../../packages/registry/src/http/router.ts';

const digest = `sha256:${'a'.repeat(64)}`;

/** The code of the refusal, or the route. */
function routeOf(target: string): unknown {
  try {
    return parseTarget(target).route;
  } catch (error) {
    if (error instanceof ApiError) return `${error.status} ${error.errors[0]?.code}`;
    throw error;
  }
}

describe('paths', () => {
  it.each([
    ['/v2/', { kind: 'base' }],
    ['/v2', { kind: 'base' }],
    ['/token?service=x', { kind: 'token' }],
    ['/v2/_catalog?n=5', { kind: 'catalog' }],
    ['/v2/app/tags/list', { kind: 'tags', name: 'app' }],
    ['/v2/a/b/c/tags/list', { kind: 'tags', name: 'a/b/c' }],
    ['/v2/app/manifests/v1', { kind: 'manifest', name: 'app', reference: 'v1' }],
    [`/v2/app/manifests/${digest}`, { kind: 'manifest', name: 'app', reference: digest }],
    [`/v2/app/manifests/${digest.replace(':', '%3A')}`, { kind: 'manifest', name: 'app', reference: digest }],
    ['/v2/team%2Fapp/manifests/v1', { kind: 'manifest', name: 'team/app', reference: 'v1' }],
    [`/v2/app/blobs/${digest}`, { kind: 'blob', name: 'app', reference: digest }],
    ['/v2/app/blobs/uploads/', { kind: 'uploads', name: 'app' }],
    ['/v2/app/blobs/uploads', { kind: 'uploads', name: 'app' }],
    ['/v2/app/blobs/uploads/some-id', { kind: 'upload', name: 'app', id: 'some-id' }],
    [`/v2/app/referrers/${digest}`, { kind: 'referrers', name: 'app', reference: digest }],
    // Words of the API are names too.
    ['/v2/manifests/manifests/manifests', { kind: 'manifest', name: 'manifests', reference: 'manifests' }],
    ['/v2/blobs/uploads/blobs/uploads/x', { kind: 'upload', name: 'blobs/uploads', id: 'x' }],
    ['/v2/tags/list/tags/list', { kind: 'tags', name: 'tags/list' }],
  ])('%s', (target, wanted) => {
    expect(routeOf(target)).toEqual(wanted);
  });

  it.each([
    ['/', '404 UNSUPPORTED'],
    ['', '404 UNSUPPORTED'],
    ['*', '404 UNSUPPORTED'],
    ['/v1/', '404 UNSUPPORTED'],
    ['/v2x', '404 UNSUPPORTED'],
    ['//v2/', '404 UNSUPPORTED'],
    ['http://elsewhere/v2/', '404 UNSUPPORTED'],
    ['/v2/app', '404 UNSUPPORTED'],
    ['/v2/app/tags', '404 UNSUPPORTED'],
    ['/v2/app/tags/', '404 UNSUPPORTED'],
    ['/v2/app/nothing/x', '404 UNSUPPORTED'],
    ['/token/', '404 UNSUPPORTED'],
    ['/v2//manifests/v1', '400 NAME_INVALID'],
    ['/v2/manifests/v1', '400 NAME_INVALID'],
    ['/v2/APP/manifests/v1', '400 NAME_INVALID'],
    ['/v2/a//b/manifests/v1', '400 NAME_INVALID'],
    ['/v2/../manifests/v1', '400 NAME_INVALID'],
    ['/v2/%2e%2e/manifests/v1', '400 NAME_INVALID'],
    ['/v2/a/../../b/manifests/v1', '400 NAME_INVALID'],
    ['/v2/a%2F..%2Fb/manifests/v1', '400 NAME_INVALID'],
    ['/v2/./manifests/v1', '400 NAME_INVALID'],
    ['/v2/a/_layout/manifests/v1', '400 NAME_INVALID'],
    ['/v2/_uploads/manifests/v1', '400 NAME_INVALID'],
    ['/v2/a%00b/manifests/v1', '400 NAME_INVALID'],
    ['/v2/a%0d%0ab/manifests/v1', '400 NAME_INVALID'],
    ['/v2/a\\b/manifests/v1', '400 NAME_INVALID'],
    ['/v2/a%5cb/manifests/v1', '400 NAME_INVALID'],
    ['/v2/%252e%252e/manifests/v1', '400 NAME_INVALID'],
    ['/v2/a%zz/manifests/v1', '400 NAME_INVALID'],
    ['/v2/%c3%28/manifests/v1', '400 NAME_INVALID'],
    [`/v2/${'a'.repeat(256)}/manifests/v1`, '400 NAME_INVALID'],
    [`/v2/${'a'.repeat(8200)}`, '414 UNSUPPORTED'],
  ])('%s is refused', (target, wanted) => {
    expect(routeOf(target)).toBe(wanted);
  });

  it('any text is a route or refused with a code, and a route never has a name that leaves its folder', () => {
    const part = fc.constantFrom('v2', 'a', '..', '.', '%2e', '%2F', '_layout', 'blobs', 'uploads', 'manifests', '');
    const target = fc.oneof(
      fc.string(),
      fc.webPath(),
      fc.array(part).map((parts) => `/v2/${parts.join('/')}`),
      fc.array(fc.oneof(part, fc.string({ unit: 'binary' }))).map((parts) => `/v2/${parts.join('/')}?x=%`),
    );
    fc.assert(
      fc.property(target, (text) => {
        const route = routeOf(text);
        if (typeof route === 'string') return;
        const { name = 'none' } = route as { name?: string };
        for (const folder of name.split('/')) expect(folder).toMatch(/^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/);
      }),
      { numRuns: 500 },
    );
  });
});

describe('the query', () => {
  it('is what follows the first question mark', () => {
    const { query } = parseTarget('/v2/_catalog?n=5&last=a%2Fb&x=?');
    expect([query.get('n'), query.get('last'), query.get('x'), query.get('none')]).toEqual(['5', 'a/b', '?', null]);
  });
});
