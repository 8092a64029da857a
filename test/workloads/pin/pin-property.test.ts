import { type Digest, formatReference, parseDigest } from '@signet/oci';
import { pinImages, readImages } from '@signet/workloads';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomRuns } from '../../support/random-runs.ts';

/** A text, and where in it each image ends; all that a test knows of it is how it was made. */
interface Made {
  readonly file: string;
  readonly parts: readonly Part[];
}

/** Text that is no image, or one: what stands there, and the image that it means. */
type Part = string | { readonly image: string; readonly before?: string; readonly after?: string };

const textOf = ({ parts }: Made): string => parts.map((part) => partText(part, undefined)).join('');
const pinnedText = ({ parts }: Made, digestOf: (image: string) => string | undefined): string =>
  parts.map((part) => partText(part, digestOf)).join('');
const imagesOf = ({ parts }: Made): readonly string[] =>
  parts.flatMap((part) => (typeof part === 'string' ? [] : [part.image]));

function partText(part: Part, digestOf: ((image: string) => string | undefined) | undefined): string {
  if (typeof part === 'string') return part;
  const { image, before = '', after = '' } = part;
  const digest = image.includes('@') ? undefined : digestOf?.(image);
  return `${before}${image}${digest === undefined ? '' : `@${digest}`}${after}`;
}

const hex = fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 64, maxLength: 64 });
const digest = hex.map((text) => parseDigest(`sha256:${text}`));
const host = fc.constantFrom('', 'r.example.com/', 'localhost:5000/', 'docker.io/');
const name = fc.constantFrom('app', 'team/app', 'a/b/c', 'web-1', 'x_y', 'library/nginx');
const tag = fc.constantFrom('', ':1', ':1.2-alpine', ':latest', ':v_1');
const image = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(host, name, tag).map((parts) => parts.join('')) },
  { weight: 1, arbitrary: fc.tuple(host, name, tag, digest).map(([h, n, t, d]) => `${h}${n}${t}@${d}`) },
);

const word = fc.constantFrom('a', 'größe', '𝒳', 'image: not/one:1', 'x # y', '"q"', '{}', ':', '-', '@sha256:1');
const comment = fc.oneof(
  fc.constant(''),
  word.map((text) => ` # ${text}`),
  fc.constant('\t#\ttabs'),
);
const quoted = fc.constantFrom<readonly [string, string]>(
  ['', ''],
  ['"', '"'],
  ["'", "'"],
  ['!!str ', ''],
  ['&x ', ''],
);
const eol = fc.constantFrom('\n', '\r\n');

/** A scalar in one of the forms of YAML, within a block map whose members stand at this column. */
const blockScalar = (column: number): fc.Arbitrary<readonly Part[]> => {
  const inner = ' '.repeat(column + 2);
  return fc.oneof(
    fc
      .tuple(image, quoted, comment)
      .map(([text, [open, close], note]) => [{ image: text, before: open, after: close }, note]),
    fc.tuple(image, fc.constantFrom('>-', '|-')).map(([text, style]) => [`${style}\n${inner}`, { image: text }]),
    fc.tuple(image, comment).map(([text, note]) => [`${note}\n${inner}`, { image: text }]),
  );
};

const container: fc.Arbitrary<readonly Part[]> = fc.oneof(
  fc
    .tuple(blockScalar(6), comment, word)
    .map(([scalar, note, arg]) => [
      `    - name: c${note}\n      args: [${JSON.stringify(arg)}]\n      image: `,
      ...scalar,
      '\n',
    ]),
  fc
    .tuple(blockScalar(6), fc.boolean())
    .map(([scalar, blank]) => ['    - image: ', ...scalar, `\n${blank ? '\n' : ''}      name: c\n`]),
  fc
    .tuple(image, fc.constantFrom('"', "'", ''))
    .map(([text, quote]) => [`    - {name: c, image: ${quote}`, { image: text }, `${quote}, tty: true}\n`]),
);

const pod: fc.Arbitrary<readonly Part[]> = fc
  .tuple(comment, fc.array(container, { minLength: 1, maxLength: 4 }))
  .map(([note, containers]) => [
    `apiVersion: v1${note}\nkind: Pod\nmetadata: {annotations: {image: "no/image:1"}}\nspec:\n  containers:\n`,
    ...containers.flat(),
  ]);

const kubernetes: fc.Arbitrary<Made> = fc
  .tuple(fc.array(pod, { minLength: 1, maxLength: 3 }), eol, fc.boolean())
  .map(([pods, end, hasMark]) => ({
    file: 'pods.yaml',
    parts: [hasMark ? '\uFEFF' : '', ...pods.flatMap((parts) => ['---\n', ...parts])].map((part) =>
      withLineEnds(part, end),
    ),
  }));

const json: fc.Arbitrary<Made> = fc
  .tuple(fc.array(image, { maxLength: 5 }), fc.constantFrom('', ' ', '\n\t', '\r\n  '))
  .map(([images, gap]) => ({
    file: 'list.json',
    parts: [
      `{"apiVersion":${gap}"v1","kind":"List",${gap}"items":[`,
      ...images.flatMap((text, at): readonly Part[] => [
        `${at === 0 ? '' : ','}{"apiVersion":"v1",${gap}"kind":"Pod","spec":{"containers":[{"name":"\\u0069mage",${gap}"image":${gap}"`,
        { image: text },
        `"}]}}${gap}`,
      ]),
      `]}${gap}`,
    ],
  }));

const compose: fc.Arbitrary<Made> = fc
  .tuple(fc.array(blockScalar(4), { minLength: 1, maxLength: 5 }), eol)
  .map(([services, end]) => ({
    file: 'compose.yaml',
    parts: [
      'services:\n',
      ...services.flatMap((scalar, at): readonly Part[] => [
        `  s${at}:\n    image: `,
        ...scalar,
        '\n    restart: always\n',
      ]),
    ].map((part) => withLineEnds(part, end)),
  }));

const stage: fc.Arbitrary<readonly Part[]> = fc.oneof(
  fc
    .tuple(image, fc.constantFrom('FROM ', 'from  ', 'FROM --platform=linux/amd64 ', 'FROM \\\n  '))
    .map(([text, from]) => [from, { image: text }, '\n']),
  fc.tuple(image, image).map(([a, b]) => ['FROM ', { image: a }, ' AS s\nCOPY --from=', { image: b }, ' / /x\n']),
  image.map((text) => [
    'FROM scratch\n# FROM no/image:1\nRUN --mount=type=bind,from=',
    { image: text },
    ',target=/x <<E\nFROM no/image:2\nE\n',
  ]),
);

const dockerfile: fc.Arbitrary<Made> = fc
  .tuple(fc.array(stage, { minLength: 1, maxLength: 4 }), eol)
  .map(([stages, end]) => ({
    file: 'Dockerfile',
    parts: stages.flat().map((part) => withLineEnds(part, end)),
  }));

const list: fc.Arbitrary<Made> = fc.tuple(fc.array(fc.tuple(image, comment)), eol).map(([images, end]) => ({
  file: 'images.txt',
  parts: images.flatMap(([text, note]) => [{ image: text }, withLineEnds(`${note}\n`, end)]),
}));

function withLineEnds(part: Part, end: string): Part {
  return typeof part === 'string' ? part.replaceAll('\n', end) : part;
}

describe('generated inputs', () => {
  it.each([
    ['manifests', kubernetes],
    ['JSON', json],
    ['Compose files', compose],
    ['Dockerfiles', dockerfile],
    ['lists', list],
  ])('%s: what is pinned names the same images with digests, and all else stays byte for byte', (_what, made) => {
    fc.assert(
      fc.property(made, fc.array(digest, { minLength: 3, maxLength: 3 }), fc.boolean(), (input, digests, all) => {
        const wanted = new Map<string, Digest>();
        for (const [at, each] of imagesOf(input).entries()) {
          const chosen = digests[at % digests.length];
          if (chosen !== undefined && (all || at % 2 === 0) && !wanted.has(each)) wanted.set(each, chosen);
        }
        const bytes = Buffer.from(textOf(input));
        const read = { file: input.file };
        const before = readImages(bytes, read);
        expect(before.problems).toEqual([]);
        expect(before.images.map(({ written }) => written.trim())).toEqual(imagesOf(input));
        const pinned = pinImages(bytes, { ...read, digestOf: ({ written }) => wanted.get(written.trim()) });
        expect(pinned.problems).toEqual([]);
        expect(Buffer.from(pinned.bytes).toString()).toBe(pinnedText(input, (each) => wanted.get(each)));
        const after = readImages(pinned.bytes, read).images;
        expect(after.map(({ reference }) => formatReference(reference))).toEqual(
          before.images.map((use) => {
            const put = use.reference.digest ?? wanted.get(use.written.trim());
            return formatReference(put === undefined ? use.reference : { ...use.reference, digest: put });
          }),
        );
        const again = pinImages(pinned.bytes, { ...read, digestOf: ({ written }) => wanted.get(written.trim()) });
        expect(Buffer.from(again.bytes)).toEqual(Buffer.from(pinned.bytes));
      }),
      { numRuns: randomRuns(150) },
    );
  });
});
