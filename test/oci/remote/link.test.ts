import { defaultLimits } from '@signet/oci';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseNextLink, startWalk } from '../../../packages/oci/src/remote/link.ts';
import { thrownCode } from '../code-of.ts';

describe('the next page in a Link header', () => {
  it.each([
    ['</v2/a?last=x>; rel="next"', '/v2/a?last=x'],
    ['</v2/a?last=x>; rel=next', '/v2/a?last=x'],
    ['</v2/a>;rel=next', '/v2/a'],
    ['</v2/a>; REL="NEXT"', '/v2/a'],
    ['</v2/a>; rel="prev next"', '/v2/a'],
    ['</v2/a>; title="x"; rel="next"', '/v2/a'],
    ['</v2/a>; title="a, <b>; rel=prev"; rel="next"', '/v2/a'],
    ['</p>; rel="prev", </n>; rel="next"', '/n'],
    ['</one>; rel="next", </two>; rel="next"', '/one'],
    ['</v2/a?x=1,2>; rel="next"', '/v2/a?x=1,2'],
    ['<>; rel="next"', ''],
    ['</v2/a>; rel="nexts"', undefined],
    ['</v2/a>; rel="prev"', undefined],
    ['</v2/a>', undefined],
    ['</n>;  rel = "next" ; title = x', '/n'],
    ['</n>;rel="next";', '/n'],
    ['</n>; ; rel=next', '/n'],
    ['</n>; crossorigin; rel="next"', '/n'],
    [`</n>; title*=UTF-8'de'n%c3%a4chstes; rel="next"`, '/n'],
    ['</n>; title="with \\" rel=prev"; rel="next"', '/n'],
    ['</p>; rel="prev"; rel="next"', undefined],
    [', </p>; rel="prev" ,, </n>; rel="next",', '/n'],
    ['<https://r.example/v2/a?last=x&n=1000>; rel="next"', 'https://r.example/v2/a?last=x&n=1000'],
    ['<?last=x>; rel="next"', '?last=x'],
    ['', undefined],
    [' , ', undefined],
    [undefined, undefined],
  ])('%s: %s', (header, target) => {
    expect(parseNextLink(header)).toBe(target);
  });

  it.each([
    '/v2/a; rel="next"',
    '</v2/a; rel="next"',
    '</v2/a> rel="next"',
    '</v2/a>; rel="next',
    '</v2/a>; rel="next" more',
    '</v2/a>; rel="ne"xt"',
    '</v2/a>; ="next"',
    '<</v2/a>>; rel="next"',
    '</p>; rel="prev" </n>; rel="next"',
    '</p>; rel="prev", next',
    'next',
    ';',
    '\u00a0',
  ])('is not what it cannot be read from: %s', (header) => {
    expect(thrownCode(() => parseNextLink(header))).toBe('UNEXPECTED_ANSWER');
  });

  it.each([
    ['with a next page', 8192 - '</>; rel="next"'.length, '</', '>; rel="next"'],
    ['with none', 8192 - '</>; rel="prev"'.length, '</', '>; rel="prev"'],
  ])(
    'is looked for up to 8 KiB; a longer header, %s, is an error: the list would end early',
    (_title, room, ...around) => {
      const header = (length: number): string => around.join('a'.repeat(length));
      expect(thrownCode(() => parseNextLink(header(room)))).toBe('returned');
      expect(thrownCode(() => parseNextLink(header(room + 1)))).toBe('LIMIT_REACHED');
    },
  );

  it('is found again, whatever stands around it', () => {
    const path = fc.stringMatching(/^\/[\x21\x23-\x3b\x3d\x3f-\x7e]{0,40}$/);
    const rel = fc.stringMatching(/^[a-m]{1,6}$/); // never "next"
    const link = fc.tuple(path, rel).map(([target, name]) => `<${target}>; rel="${name}"`);
    fc.assert(
      fc.property(fc.array(link), path, fc.array(link), (before, target, after) => {
        expect(parseNextLink([...before, `<${target}>; rel="next"`, ...after].join(', '))).toBe(target);
        expect(parseNextLink([...before, ...after].join(', '))).toBeUndefined();
      }),
    );
  });

  it('of any text is found, not there or an error of the registry, in time that its length allows', () => {
    const codes = ['returned', 'UNEXPECTED_ANSWER'];
    const text = fc.oneof(
      fc.string(),
      fc.array(fc.constantFrom(...'<>;,="\\ \ta')).map((parts) => parts.join('')),
    );
    fc.assert(fc.property(text, (header) => codes.includes(thrownCode(() => parseNextLink(header)) as string)));
    const began = performance.now();
    for (const part of [
      '<',
      '<>',
      '<a>;',
      '<a>;a=',
      '<a>;a="',
      ', ',
      '<a> ;a =',
      '\\"',
      '; ',
      ' ',
      '<a>,',
      ';a',
      '"\\',
    ])
      for (const before of ['', '<a>', '<a>;a="'])
        thrownCode(() => parseNextLink(before + part.repeat((8192 - before.length) / part.length)));
    expect(performance.now() - began).toBeLessThan(2000);
  });
});

describe('a walk along pages', () => {
  const first = new URL('https://r.example/v2/a/tags/list?n=1');
  const link = (target: string): string => `<${target}>; rel="next"`;

  it('stays on its origin, drops user and password, and ends where no next page is named', () => {
    const walk = startWalk(first, defaultLimits);
    const second = walk.next(first, link('?n=1&last=x'));
    expect(second?.href).toBe('https://r.example/v2/a/tags/list?n=1&last=x');
    expect(walk.next(first, link('https://u:p@r.example/x'))?.href).toBe('https://r.example/x');
    expect(walk.next(first, undefined)).toBeUndefined();
    for (const elsewhere of [
      'http://r.example/x',
      'https://r.example:444/x',
      'https://s.example/x',
      '//s.example/x',
      'ftp:x',
    ])
      expect(thrownCode(() => walk.next(first, link(elsewhere)))).toBe('UNEXPECTED_ANSWER');
  });

  it('never goes in a circle and never beyond its limit', () => {
    const walk = startWalk(first, { ...defaultLimits, maxPages: 3 });
    expect(thrownCode(() => walk.next(first, link(first.href)))).toBe('UNEXPECTED_ANSWER');
    expect(walk.next(first, link('?2'))?.search).toBe('?2');
    expect(walk.next(first, link('?3'))?.search).toBe('?3');
    expect(thrownCode(() => walk.next(first, link('?2')))).toBe('UNEXPECTED_ANSWER');
    expect(thrownCode(() => walk.next(first, link('?4')))).toBe('LIMIT_REACHED');
  });
});
