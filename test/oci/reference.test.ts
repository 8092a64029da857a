import { digestOf, formatReference, parseReference, type Reference, RegistryError } from '@signet/oci';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { thrownCode } from './code-of.ts';

const digest = digestOf(Buffer.from('x'));
const part = fc.stringMatching(/^[a-z0-9]{1,8}((\.|_|__|-{1,3})[a-z0-9]{1,8}){0,2}$/);
const host = fc.oneof(
  fc.constantFrom('localhost', 'localhost:5000', '127.0.0.1:5000', '[::1]:5000', '[2001:db8::1]', 'docker.io'),
  fc.stringMatching(/^[a-z0-9]{1,10}(-[a-z0-9]{1,5})?\.(com|io|example)(:[1-9][0-9]{0,3})?$/),
);
const optional = <T>(name: string, value: fc.Arbitrary<T>): fc.Arbitrary<Record<string, T>> =>
  fc.option(value).map((given) => (given === null ? {} : { [name]: given }));
const suffix = fc
  .tuple(
    optional('tag', fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,20}$/)),
    optional('digest', fc.constantFrom(digest, digestOf(Buffer.from('y'), 'sha512'))),
  )
  .map(([tag, hash]) => ({ ...tag, ...hash }));
const registryReference = fc
  .tuple(host, fc.array(part, { minLength: 2, maxLength: 4 }), suffix)
  .map(
    ([registry, parts, rest]) => ({ kind: 'registry', registry, repository: parts.join('/'), ...rest }) as Reference,
  );
const layoutReference = fc
  .tuple(
    fc.constantFrom(
      'images',
      './a/b',
      '/srv/layout',
      'C:\\images',
      'a:b/c',
      'with space',
      'x',
      'C:\\a b\\c',
      'at@home',
      'at@v1/x',
      './[x]',
    ),
    suffix,
  )
  .map(([path, rest]) => ({ kind: 'layout', path, ...rest }) as Reference);

describe('references', () => {
  it('are the same after they were written and read', () => {
    fc.assert(
      fc.property(fc.oneof(registryReference, layoutReference), (reference) => {
        expect(parseReference(formatReference(reference))).toEqual(reference);
      }),
    );
  });

  it.each([
    ['alpine', 'docker.io/library/alpine'],
    ['alpine:3', 'docker.io/library/alpine:3'],
    ['team/web', 'docker.io/team/web'],
    ['index.docker.io/alpine', 'docker.io/library/alpine'],
    ['REGISTRY.example.com/a', 'registry.example.com/a'],
    ['localhost/a', 'localhost/a'],
    ['localhost:5000/a/b:v1', 'localhost:5000/a/b:v1'],
    ['[::1]:5000/a', '[::1]:5000/a'],
    [`r.example/a:v1@${digest}`, `r.example/a:v1@${digest}`],
    ['oci:images:v1', 'oci:images:v1'],
    ['oci:x:v1', 'oci:x:v1'],
    ['docker.io/alpine', 'docker.io/library/alpine'],
    ['registry-1.docker.io/team/web', 'docker.io/team/web'],
    ['[2001:DB8::1]/a', '[2001:db8::1]/a'],
    [`oci:images@${digest}`, `oci:images@${digest}`],
  ])('%s is %s', (written, folded) => {
    expect(formatReference(parseReference(written))).toBe(folded);
  });

  it.each([
    ['', 'repository name'],
    ['Web', 'lower case'],
    ['r.example/A', 'lower case'],
    ['r.example/a:', 'tag'],
    ['r.example/a:-x', 'tag'],
    [`r.example/a:${'x'.repeat(129)}`, 'tag'],
    ['r.example/a@sha256:12', 'digest'],
    [`r.example/a@${digest.toUpperCase()}`, 'digest'],
    ['r.example/a//b', 'repository name'],
    ['r.example/../b', 'repository name'],
    ['r.example:99999/a', 'registry host'],
    ['r.example:0/a', 'registry host'],
    ['https://r.example/a', 'registry host'],
    ['r_x.example/a', 'registry host'],
    [`r.example/${'a'.repeat(255)}`, '255'],
    [`r.example/${'a'.repeat(600)}`, '512'],
    ['[::1/a', 'registry host'],
    ['[12345::1]/a', 'registry host'],
    ['[:::]:5000/a', 'registry host'],
    ['-r.example/a', 'registry host'],
    ['r.example/a@b', 'digest'],
    [`r.example/a@${digest}@${digest}`, 'repository name'],
    [digest, 'id of an image'],
    [digest.slice(0, 20), 'id of an image'],
    [digest.slice('sha256:'.length), 'id of an image'],
    ['oci:', 'folder'],
    ['oci::v1', 'folder'],
    ['oci:a\0b', 'zero character'],
    ['oci:images:', 'tag'],
    ['oci:images:-x', 'tag'],
    [`oci:${'a'.repeat(5000)}`, '4396'],
    ['oci:images@sha256:12', 'digest'],
  ])('%j is refused: %s', (written, named) => {
    expect(thrownCode(() => parseReference(written))).toBe('REFERENCE_INVALID');
    expect(() => parseReference(written)).toThrow(named);
  });

  it('tell a tag of a layout from its path', () => {
    const parts = (text: string): unknown => {
      const { kind: _kind, ...rest } = parseReference(text);
      return rest;
    };
    expect(parts('oci:C:\\images:v1')).toEqual({ path: 'C:\\images', tag: 'v1' });
    expect(parts('oci:C:\\images')).toEqual({ path: 'C:\\images' });
    expect(parts('oci:C:/images')).toEqual({ path: 'C:/images' });
    expect(parts('oci:x:latest')).toEqual({ path: 'x', tag: 'latest' });
    expect(parts('oci:/srv/at@v2:latest')).toEqual({ path: '/srv/at@v2', tag: 'latest' });
    expect(parts(`oci:/srv/x:v1@${digest}`)).toEqual({ path: '/srv/x', tag: 'v1', digest });
  });

  it('throw nothing but their own error, whatever the text, and stay quick', () => {
    const text = fc.oneof(fc.string({ maxLength: 600 }), fc.stringMatching(/^[a-z0-9._\-/:@[\]]*$/));
    fc.assert(
      fc.property(text, (input) => {
        try {
          parseReference(input);
        } catch (error) {
          expect(error).toBeInstanceOf(RegistryError);
        }
      }),
      { numRuns: 2000 },
    );
    expect(thrownCode(() => parseReference(`r.example/${'a-'.repeat(240)}`))).toBe('REFERENCE_INVALID');
  });
});
