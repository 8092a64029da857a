import { parseRegistryReference } from '@signet/oci';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  matchesName,
  namePartsOf,
  parseImagePattern,
  patternCovers,
  patternsOverlap,
} from '../../../../packages/verifier/src/policy/match/image-pattern.ts';
import { thrownError } from './thrown.ts';

const matches = (pattern: string, reference: string): boolean =>
  matchesName(parseImagePattern(pattern), namePartsOf(parseRegistryReference(reference)));

describe('an image pattern', () => {
  it.each([
    ['reg.example.com/prod/**', 'REG.example.com:443/prod/x', true],
    ['reg.example.com./prod/**', 'reg.example.com/prod/x/y/z', true],
    ['reg.example.com/prod/**', 'reg.example.com/prod', false],
    ['reg.example.com/prod/*', 'reg.example.com/prod/x', true],
    ['reg.example.com/prod/*', 'reg.example.com/prod/x/y', false],
    ['reg.example.com/prod-*/app', 'reg.example.com/prod-eu/app', true],
    ['reg.example.com/prod-*/app', 'reg.example.com/prod/app', false],
    ['reg.example.com/**/app', 'reg.example.com/app', true],
    ['reg.example.com/**/app', 'reg.example.com/a/b/app', true],
    ['reg.example.com/**', 'reg.example.com:5000/app', false],
    ['reg.example.com:*/**', 'reg.example.com:5000/app', true],
    ['*.example.com/**', 'a.example.com/app', true],
    ['*.example.com/**', 'example.com/app', false],
    ['*/app', 'reg.example.com/app', true],
    ['*/app', 'reg.example.com/x/app', false],
    ['**/app', 'reg.example.com/x/app', true],
    ['**/reg.example.com/app', 'reg.example.com/app', true],
    ['**/reg.example.com/app', 'mirror.example.com/reg.example.com/app', true],
    ['*/**/reg.example.com/app', 'reg.example.com/app', false],
    ['*', 'reg.example.com/x/app', true],
    ['**', 'alpine', true],
    ['alpine', 'docker.io/library/alpine', true],
    ['alpine', 'index.docker.io/alpine', true],
    ['docker.io/*', 'alpine', true],
    ['docker.io/*', 'acme/app', false],
    ['acme/*', 'acme/app', true],
    ['docker.io/**', 'acme/app', true],
    ['localhost/app', 'localhost/app', true],
    ['[::1]:5000/**', '[::1]:5000/app', true],
    ['reg:443/prod/**', 'REG:443/prod/x', true],
    ['REG/prod/**', 'REG:443/prod/x', true],
    ['reg/prod/**', 'REG:443/prod/x', false],
    ['ghc*.*/x/**', 'ghcr.io/x/app', true],
    ['reg.*/app', 'reg.example.com:5000/app', true],
  ])('%s on %s: %s', (pattern, reference, expected) => {
    expect(matches(pattern, reference)).toBe(expected);
  });

  it('may speak of a tag and a digest', () => {
    expect(parseImagePattern('reg.example.com/app:v*@sha256:ab*')).toMatchObject({ tag: 'v*', digest: 'sha256:ab*' });
    expect(parseImagePattern('*:dev-*')).toMatchObject({
      parts: [{ kind: 'one', glob: '*' }, { kind: 'one', glob: '*' }, { kind: 'any' }],
      tag: 'dev-*',
    });
    expect(parseImagePattern('reg.example.com:5000/app')).not.toHaveProperty('tag');
  });

  it.each([
    ['', 'part of a name'],
    ['reg.example.com/', 'part of a name'],
    ['reg.example.com//app', 'part of a name'],
    ['reg.example.com/App', 'part of a name'],
    ['reg.example.com/a**b', 'whole parts'],
    ['reg.example.com/app:', 'tag'],
    ['reg.example.com/app:a b', 'tag'],
    ['reg.example.com/app@sha1:00', 'digest'],
    ['https://reg.example.com/app', 'host'],
    ['re g.example.com/app', 'host'],
    ['reg.example.com:99999999/app', 'host'],
    [`reg.example.com/${'a'.repeat(600)}`, 'longer'],
  ])('%j is refused: %s', (pattern, part) => {
    expect(thrownError(() => parseImagePattern(pattern))).toMatchObject({
      code: 'POLICY_INVALID',
      message: expect.stringContaining(part),
    });
  });

  it.each([
    [
      'ghc*/x/**',
      '"ghc*" is a name on Docker Hub as it stands, and could be meant as a host',
      'on Docker Hub: docker.io/ghc*/x/**; hosts have a dot: ghc*.*/x/**',
    ],
    [
      '*cr/x',
      '"*cr" is a name on Docker Hub as it stands, and could be meant as a host',
      'on Docker Hub: docker.io/*cr/x; hosts have a dot: *cr*.*/x',
    ],
    [
      'ngin*',
      '"ngin*" is a name on Docker Hub as it stands, and could be meant as a host',
      'on Docker Hub: docker.io/library/ngin*; hosts have a dot: ngin*.*/**',
    ],
    ['*:443/app', '"*:443" cannot mean port 443 alone', 'leave the port out: * is for every port then'],
    ['reg.*:443/app', '"reg.*:443" cannot mean port 443 alone', 'leave the port out: * is for every port then'],
  ])('%s, which could mean more than it says, is refused with a hint', (pattern, why, hint) => {
    const error = thrownError(() => parseImagePattern(pattern));
    expect(error).toMatchObject({ message: `not an image pattern: "${pattern}": ${why}`, hint });
    for (const [meant] of [...hint.matchAll(/(?<=: )[^ ;]+\/[^ ;]+/g)])
      expect(thrownError(() => parseImagePattern(meant))).toBeUndefined();
  });

  it('is one for all that says the same', () => {
    const partsOf = (pattern: string) => parseImagePattern(pattern).parts;
    for (const same of [
      ['*', '**', '*/**', '**/**', '**/*'],
      ['x.io/**', 'x.io/**/**', 'x.io/**/*'],
      ['x.io/*/**', 'x.io/**/*/**', 'x.io/**/*/*', 'x.io/*/**/*'],
      ['**/a', '*/**/a', '**/*/a'],
      ['*/*/**/a', '**/*/*/a', '*/**/*/a'],
      ['alpine', 'docker.io/alpine', 'index.docker.io/library/alpine', 'docker.io:443/alpine'],
    ])
      for (const each of same) expect([each, partsOf(each)]).toEqual([each, partsOf(same[0] ?? '')]);
  });

  it('is read or refused with its own error, whatever it is', () => {
    const unit = fc.constantFrom('a', 'B', '*', '/', ':', '@', '.', '[', ']', '-', ' ', 'é', '\n', 'sha256:');
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 40 }), (pattern) => {
        const error = thrownError(() => parseImagePattern(pattern));
        if (error !== undefined) expect(error).toMatchObject({ code: 'POLICY_INVALID' });
      }),
    );
  });

  it('written as a reference matches that reference', () => {
    const part = fc.stringMatching(/^[a-z0-9]{1,4}$/);
    fc.assert(
      fc.property(
        fc.array(part, { minLength: 1, maxLength: 4 }),
        fc.constantFrom('', 'reg.example.com/', 'localhost:5000/'),
        (parts, host) => {
          expect(matches(`${host}${parts.join('/')}`, `${host}${parts.join('/')}`)).toBe(true);
        },
      ),
    );
  });
});

describe('two patterns', () => {
  it.each([
    ['reg.example.com/a*/x', 'reg.example.com/*b/x', true],
    ['reg.example.com/a*/x', 'reg.example.com/b*/x', false],
    ['reg.example.com/**/x', 'reg.example.com/y/**', true],
    ['reg.example.com/*', 'reg.example.com/x/y', false],
    ['reg.example.com/x:v*', 'reg.example.com/x:*-rc', true],
    ['reg.example.com/x:v*', 'reg.example.com/x:w*', false],
    ['reg.example.com/x:v1', 'reg.example.com/x', true],
    ['reg.example.com/x@sha256:a*', 'reg.example.com/x@sha256:b*', false],
  ])('%s and %s overlap: %s', (one, other, expected) => {
    expect(patternsOverlap(parseImagePattern(one), parseImagePattern(other))).toBe(expected);
    expect(patternsOverlap(parseImagePattern(other), parseImagePattern(one))).toBe(expected);
  });
});

describe('one pattern covering another', () => {
  it.each([
    ['*', 'reg.example.com/a/**', true],
    ['reg.example.com/**', 'reg.example.com/a/*', true],
    ['reg.example.com/a/*', 'reg.example.com/a/**', false],
    ['reg.example.com/a*', 'reg.example.com/ab*', true],
    ['reg.example.com/ab*', 'reg.example.com/a*', false],
    ['*', '**/app', true],
    ['**', '*.example.com/**/a/*', true],
    ['reg.example.com/*/**', 'reg.example.com/**/a/**/b', true],
    ['reg.example.com/*/*/*/**', 'reg.example.com/**/a/**/b', false],
    ['*', '**/a/b', true],
    ['**/a/b', '*/**/a/b', true],
    ['*/**/a/b', '**/a/b', false],
    ['reg.example.com/a', 'reg.example.com/a:v1', true],
    ['reg.example.com/a:v1', 'reg.example.com/a', false],
    ['reg.example.com/a:v*', 'reg.example.com/a:v1*', true],
    ['reg.example.com/a@sha256:ab*', 'reg.example.com/a@sha256:abc*', true],
    ['reg.example.com/a@sha256:ab*', 'reg.example.com/a', false],
  ])('%s covers %s: %s', (wide, narrow, expected) => {
    expect(patternCovers(parseImagePattern(wide), parseImagePattern(narrow))).toBe(expected);
  });
});
