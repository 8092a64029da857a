import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseQuery, parseRequestUri } from '../../../../packages/admission/src/gates/docker/request-uri.ts';
import { AdmissionError } from '../../../../packages/admission/src/index.ts';

const invalid = expect.objectContaining({ code: 'REQUEST_INVALID' });

describe('the address of a request to the daemon', () => {
  it.each([
    ['/v1.51/images/create?fromImage=app&tag=1', '/images/create', 'fromImage=app&tag=1'],
    ['/images/create', '/images/create', ''],
    ['/v1.51/images/r.example/app:1/json', '/images/r.example/app:1/json', ''],
    ['/v1.51/images/r.example%2Fapp%3A1/tag', '/images/r.example/app:1/tag', ''],
    ['/%69mages/creat%65', '/images/create', ''],
    ['/v1.51/v1.51/images/create', '/v1.51/images/create', ''],
    ['/v1/volumes', '/volumes', ''],
    ['/volumes/v1.2', '/volumes/v1.2', ''],
    ['/Images/Create', '/Images/Create', ''],
    ['/images/create?a=?b', '/images/create', 'a=?b'],
    ['/networks/', '/networks/', ''],
  ])('%s is for %s', (uri, path, query) => {
    expect(parseRequestUri(uri)).toEqual({ path, query });
  });

  it.each([
    '',
    'images/create',
    'http://localhost/v1.51/images/create',
    '*',
    '//images/create',
    '/v1.51//images/create',
    '/v1.51/containers/../images/create',
    '/v1.51/./images/create',
    '/v1.51/containers/%2e%2e/images/create',
    '/v1.51/%2fimages/create',
    '/images/create/..',
    '/images/create#/json',
    '/images/create%0a',
    '/images/create%00/json',
    '/images/create%',
    '/images/create%ff',
    '/images/cre ate',
    '/images/creäte',
  ])('%j is refused: the daemon would take it otherwise, or not at all', (uri) => {
    expect(() => parseRequestUri(uri)).toThrow(invalid);
  });

  it('throws nothing but its own error', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.webPath(),
          fc.string().map((text) => `/${text}`),
        ),
        (uri) => {
          try {
            const { path } = parseRequestUri(uri);
            expect(path.startsWith('/')).toBe(true);
          } catch (error) {
            expect(error).toBeInstanceOf(AdmissionError);
          }
        },
      ),
    );
  });
});

describe('the parameters of a query', () => {
  it('are decoded once', () => {
    expect([...parseQuery('fromImage=r.example%2Fapp&tag=a%2Bb+c&&platform')]).toEqual([
      ['fromImage', 'r.example/app'],
      ['tag', 'a+b c'],
      ['platform', ''],
    ]);
    expect(parseQuery('fromImage=%2566').get('fromImage')).toBe('%66');
    expect(parseQuery('').size).toBe(0);
  });

  it.each([
    'fromImage=a&fromImage=b',
    'fromImage=a&fromimage=b',
    'fromImage=a&from%49mage=b',
    'fromImage=a;tag=b',
    'fromImage=%zz',
    'fromImage=a%00',
    'tag=%ff',
  ])('%s is refused', (query) => {
    expect(() => parseQuery(query)).toThrow(invalid);
  });
});
