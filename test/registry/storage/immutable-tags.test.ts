import { RegistryStartError } from '@signet/registry';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseImmutableTags } from '../../../packages/registry/src/storage/immutable-tags.ts';

describe('a pattern of immutable tags', () => {
  it.each([
    ['*', 'shop/app', 'v1', true],
    ['v1', 'shop/app', 'v1', true],
    ['v1', 'shop/app', 'v10', false],
    ['v1', 'shop/app', 'V1', false],
    ['v*', 'shop/app', 'v1.2.3', true],
    ['v*', 'shop/app', 'dev', false],
    ['*.0', 'app', '1.0.0', true],
    ['1.*', 'app', '1x', false],
    ['v*-rc*', 'app', 'v1-rc2', true],
    ['v*-rc*', 'app', 'v1-r-c', false],
    ['a*a', 'app', 'a', false],
    ['shop/*:*', 'shop/team/app', 'v1', true],
    ['shop/*:*', 'shop', 'v1', false],
    ['shop/*:v*', 'shop/app', 'latest', false],
    ['shop/app:v1', 'other/shop/app', 'v1', false],
  ])('%s on %s:%s: %s', (pattern, repository, tag, wanted) => {
    expect(parseImmutableTags([pattern])(repository, tag)).toBe(wanted);
  });

  it('is one of many', () => {
    const isImmutable = parseImmutableTags(['v*', 'shop/*:stable']);
    expect(isImmutable('shop/app', 'stable')).toBe(true);
    expect(isImmutable('app', 'stable')).toBe(false);
    expect(parseImmutableTags([])('app', 'v1')).toBe(false);
  });

  it.each(['', ':', 'app:', ':v1', 'a:b:c', 'v 1', 'v1\n', '^v', 'v+', 'V/1', 'Shop/app:v1', `${'a'.repeat(129)}`])(
    '%j is none',
    (pattern) => {
      expect(() => parseImmutableTags([pattern])).toThrow(RegistryStartError);
      expect(() => parseImmutableTags([pattern])).toThrow(expect.objectContaining({ code: 'OPTIONS_INVALID' }));
    },
  );

  it('takes no longer for many stars', () => {
    const isImmutable = parseImmutableTags([`${'*a'.repeat(60)}*b`]);
    expect(isImmutable('app', 'a'.repeat(128))).toBe(false);
  });

  it('fits every tag that its stars were cut out of', () => {
    const part = fc.stringMatching(/^[a-z0-9._-]{0,8}$/);
    fc.assert(
      fc.property(
        fc.array(part, { minLength: 2, maxLength: 5 }),
        fc.array(part, { minLength: 5, maxLength: 5 }),
        (fixed, filling) => {
          const tag = fixed.map((text, at) => (at === 0 ? text : `${filling[at - 1]}${text}`)).join('');
          expect(parseImmutableTags([fixed.join('*')])('app', tag)).toBe(true);
        },
      ),
    );
  });
});
