import { describe, expect, it } from 'vitest';
import { errorOf, imagesIn, pathsOf, problemsOf, readText } from '../read-text.ts';

const pod = (spec: string): string => `apiVersion: v1\nkind: Pod\nspec: ${spec}\n`;

describe('what readers of YAML understand differently is refused', () => {
  it.each([
    ['a key twice', 'a: 1\nb: 2\na: 3\n', 'WORKLOAD_MALFORMED 3:1'],
    ['a key twice, written differently', 'a: 1\n"\\u0061": 3\n', 'WORKLOAD_MALFORMED 2:1'],
    ['a key twice in a flow map', '{a: 1, a: 2}', 'WORKLOAD_MALFORMED 1:8'],
    ['a key twice in JSON', '{"a": 1, "a": 2}', 'WORKLOAD_MALFORMED 1:10'],
    ['a key by an alias, twice', 'x: &k image\ny: {*k : 1, image: 2}\n', 'WORKLOAD_MALFORMED 2:13'],
    ['a key that only some readers decode', '!!binary aW1hZ2U=: x\n', 'WORKLOAD_MALFORMED 1:10'],
    ['an alias without an anchor', 'a: *b\nc: &b 1\n', 'WORKLOAD_MALFORMED 1:4'],
    ['an alias within its anchor', 'a: &a [1, *a]\n', 'WORKLOAD_MALFORMED 1:11'],
    ['a merge of no map', pod('{<<: 1, containers: []}'), 'WORKLOAD_MALFORMED 3:12'],
    [
      'a key that a merge after it brings too',
      pod('\n  containers:\n  - &c {name: a, image: good}\n  - image: evil\n    <<: *c'),
      'WORKLOAD_MALFORMED 6:12',
    ],
    ['no YAML', 'a: [1, 2\n', 'WORKLOAD_MALFORMED 2:1'],
    ['a tab as indentation', 'a:\n\tb: 1\n', 'WORKLOAD_MALFORMED 2:1'],
    ['a zero byte', 'a: \0\n', 'WORKLOAD_MALFORMED 1:1'],
  ])('%s', (_what, text, error) => {
    expect(errorOf(text)).toBe(error);
  });

  it('bytes that are no UTF-8', () => {
    expect(errorOf(Uint8Array.of(0x61, 0xff))).toBe('WORKLOAD_MALFORMED 1:1');
    expect(errorOf(Uint8Array.of(0xff, 0xfe, 0x61, 0))).toBe('WORKLOAD_MALFORMED 1:1');
  });

  it('a template that was not rendered is called one', () => {
    expect(() => readText('a:\n  {{- if .x }}\n  b: 1\n')).toThrow(/^in\.yaml:\d+:\d+: not YAML: .*helm template/);
  });
});

describe('aliases and merges are followed', () => {
  it('to keys, values, containers and whole specs', () => {
    const text = `x: &spec
  containers: [&c {name: a, image: &i "app:1"}, {<<: *c, name: b}, {name: d, image: *i }]
y: &k image
---
apiVersion: v1
kind: Pod
spec:
  <<: {containers: [{name: a, &k image: b}, {name: z, *k : c}]}
`;
    expect(pathsOf(text)).toEqual(['spec.containers[0].image b', 'spec.containers[1].image c']);
    const own = `apiVersion: v1\nkind: Pod\nmetadata: {annotations: &spec {x: y}}\nspec: {containers: [&c {name: a, image: &i "app:1"}, {<<: *c, name: b}, {name: d, image: *i }]}\n`;
    expect(imagesIn(readText(own))).toEqual(Array.from({ length: 3 }, () => 'docker.io/library/app:1'));
    expect(readText(own).images.map(({ place }) => place.column)).toEqual([44, 44, 90]);
  });

  it('a list of merges: the first wins', () => {
    const text = pod('{containers: [{<<: [{image: a}, {image: b, name: n}]}]}');
    expect(readText(text).images).toMatchObject([{ written: 'a', container: 'n' }]);
  });

  it('"<<" in quotes merges nothing', () => {
    expect(problemsOf(pod('{containers: [{"<<": {image: a}}]}'))).toEqual([
      'IMAGE_MISSING unread 3:21 spec.containers[0]',
    ]);
  });
});

describe('bounds', () => {
  const list = (items: string): string => `{apiVersion: v1, kind: List, items: [${items}]}`;
  /** Each list holds the one before it ten times. */
  const bomb = (levels: number): string => {
    const lists = Array.from({ length: levels }, (_, at) => {
      const inner = at === 0 ? pod('{containers: [{image: a}]}').replaceAll('\n', ', ').replace(/, $/, '') : '';
      return `l${at}: &l${at} ${at === 0 ? `{${inner}}` : list(Array.from({ length: 10 }, () => `*l${at - 1}`).join(','))}`;
    });
    return `apiVersion: v1\nkind: List\n${lists.join('\n')}\nitems: [*l${levels - 1}]\n`;
  };

  it('lists of lists by aliases (a bomb)', () => {
    expect(imagesIn(readText(bomb(3)))).toHaveLength(100);
    expect(errorOf(bomb(12))).toMatch(/^WORKLOAD_TOO_LARGE/);
    expect(errorOf(bomb(12), { limits: { maxImages: 1_000_000, maxSteps: 200_000 } })).toMatch(/^WORKLOAD_TOO_LARGE/);
  });

  it('a chain of aliases deeper than any document', () => {
    const chain = Array.from(
      { length: 5000 },
      (_, at) => `  a${at}: &a${at} ${at === 0 ? '{containers: [{image: a}]}' : list(`*a${at - 1} `)}`,
    );
    expect(errorOf(`apiVersion: v1\nkind: List\nmetadata:\n${chain.join('\n')}\nitems: [*a4999 ]\n`)).toMatch(
      /^WORKLOAD_TOO_LARGE/,
    );
  });

  it('a chain of merges', () => {
    const chain = Array.from(
      { length: 3000 },
      (_, at) => `a${at}: &a${at} {k${at}: 1${at === 0 ? '' : `, <<: *a${at - 1} `}}`,
    );
    expect(errorOf(`apiVersion: v1\nkind: Pod\n${chain.join('\n')}\nspec: {<<: *a2999 }\n`)).toMatch(
      /^WORKLOAD_TOO_LARGE/,
    );
  });

  it.each([
    ['flow lists', '['.repeat(100_000)],
    ['block maps', Array.from({ length: 3000 }, (_, at) => `${' '.repeat(at)}a:`).join('\n')],
    ['block lists in one line', '- '.repeat(100_000)],
    ['explicit keys', '? '.repeat(100_000)],
  ])('depth: %s', (_what, text) => {
    expect(errorOf(text)).toMatch(/^WORKLOAD_(?:TOO_LARGE|MALFORMED) \d+:\d+$/);
  });

  it('bytes, tokens, documents, images and problems, each with its limit', () => {
    const two = pod('{containers: [{image: a}, {image: b}, {}, {}]}');
    expect(errorOf(Buffer.alloc(16 * 1024 * 1024 + 1, 0x20))).toBe('WORKLOAD_TOO_LARGE 1:1');
    expect(errorOf(Buffer.alloc(50_000_000, '- a\n'))).toBe('WORKLOAD_TOO_LARGE 1:1');
    expect(errorOf(two, { limits: { maxTokens: 20 } })).toMatch(/^WORKLOAD_TOO_LARGE [23]:/);
    expect(errorOf(two, { limits: { maxDocumentTokens: 20 } })).toMatch(/^WORKLOAD_TOO_LARGE [23]:/);
    expect(errorOf(`${'a: 1\n---\n'.repeat(9)}`, { limits: { maxDocumentTokens: 20 } })).toBe('no error');
    expect(errorOf('---\n'.repeat(5), { limits: { maxDocuments: 3 } })).toBe('WORKLOAD_TOO_LARGE 4:1');
    expect(errorOf(two, { limits: { maxImages: 1 } })).toBe('WORKLOAD_TOO_LARGE 3:41');
    expect(errorOf(two, { limits: { maxProblems: 1 } })).toBe('WORKLOAD_TOO_LARGE 3:49');
    expect(errorOf(two, { limits: { maxSteps: 10 } })).toBe('WORKLOAD_TOO_LARGE 3:20');
    expect(errorOf(two, { limits: { maxImages: 2, maxProblems: 2 } })).toBe('no error');
    expect(problemsOf(pod(`{containers: [{image: ${'a'.repeat(5000)}}]}`))).toEqual([
      'IMAGE_INVALID unread 3:29 spec.containers[0].image',
    ]);
  });
});

describe('documents that are neither Kubernetes objects nor Compose files', () => {
  it('are told, loudly where they seem to hold images', () => {
    expect(problemsOf('a: 1\n')).toEqual(['DOCUMENT_UNKNOWN note 1:1 ']);
    expect(problemsOf('image: {repository: x, tag: "1"}\n')).toEqual(['DOCUMENT_UNKNOWN unread 1:8 image']);
    expect(problemsOf('a: {b: [{containers: [{image: x}]}]}\n')).toEqual([
      'DOCUMENT_UNKNOWN unread 1:22 a.b[0].containers',
    ]);
    expect(problemsOf('# nothing\n---\n---\n')).toEqual([]);
    expect(problemsOf('services: {a: {image: b}}\n', { kind: 'kubernetes' })).toEqual([
      'DOCUMENT_UNKNOWN unread 1:23 services.a.image',
    ]);
  });
});
