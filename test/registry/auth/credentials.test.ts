import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAuthorization } from '../../../packages/registry/src/auth/credentials.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');

describe('Authorization', () => {
  it.each([
    [undefined, { kind: 'none' }],
    [`Basic ${base64('user:pass')}`, { kind: 'basic', user: 'user', password: 'pass' }],
    [`bASIC   ${base64('user:a:b')}`, { kind: 'basic', user: 'user', password: 'a:b' }],
    [`Basic ${base64(':')}`, { kind: 'basic', user: '', password: '' }],
    [`Basic ${base64('ü:€')}`, { kind: 'basic', user: 'ü', password: '€' }],
    ['Bearer abc.def-_~+/==', { kind: 'bearer', token: 'abc.def-_~+/==' }],
    [`Basic ${base64('no colon')}`, { kind: 'malformed' }],
    ['', { kind: 'malformed' }],
    ['Basic', { kind: 'malformed' }],
    ['Basic ', { kind: 'malformed' }],
    ['Basic a b', { kind: 'malformed' }],
    ['Bearer a,b', { kind: 'malformed' }],
    ['Digest username="x"', { kind: 'malformed' }],
    [`Basic ${base64('a:b')}, Basic ${base64('c:d')}`, { kind: 'malformed' }],
  ])('%s', (header, wanted) => {
    expect(parseAuthorization(header)).toEqual(wanted);
  });

  it('gives back every user (without a colon) and password', () => {
    const user = fc.string({ unit: 'grapheme' }).filter((text) => !text.includes(':'));
    fc.assert(
      fc.property(user, fc.string({ unit: 'grapheme' }), (name, password) => {
        const wanted = { kind: 'basic', user: name, password };
        expect(parseAuthorization(`Basic ${base64(`${name}:${password}`)}`)).toEqual(wanted);
      }),
    );
  });

  it('takes any text', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.base64String().map((text) => `Basic ${text}`),
        ),
        (text) => {
          expect(['basic', 'bearer', 'malformed']).toContain(parseAuthorization(text).kind);
        },
      ),
    );
  });
});
