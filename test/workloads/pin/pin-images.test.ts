import { digestOf, parseDigest } from '@signet/oci';
import { pinImages, type ReadOptions, WorkloadError } from '@signet/workloads';
import { describe, expect, it } from 'vitest';

const digest = parseDigest(`sha256:${'a'.repeat(64)}`);
/** Every image of the text gets a digest. */
const pinAll = (text: string, options: Partial<ReadOptions> = {}): { text: string; problems: readonly string[] } => {
  const { bytes, problems } = pinImages(Buffer.from(text), { file: 'in.yaml', ...options, digestOf: () => digest });
  return { text: Buffer.from(bytes).toString(), problems: problems.map(({ message }) => message) };
};
const short = (text: string): string => text.replaceAll(`@${digest}`, '@D');
const pod = (image: string): string =>
  `apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: c\n    image: ${image}\n  - {name: d, image: b}\n`;

describe('YAML and JSON', () => {
  it.each([
    ['plain', 'app:1', 'app:1@D'],
    ['with a comment', 'app:1   # why', 'app:1@D   # why'],
    ['in double quotes', '"app:1"', '"app:1@D"'],
    ['in single quotes, with a comment', "'app:1' # c", "'app:1@D' # c"],
    ['without a tag', 'app', 'app@D'],
    ['with escapes', '"app\\u003a1"', '"app\\u003a1@D"'],
    ['folded', '>-\n      app:1', '>-\n      app:1@D'],
    ['literal, with empty lines after it', '|-\n      app:1\n\n', '|-\n      app:1@D\n\n'],
    ['on the next line', '\n      app:1', '\n      app:1@D'],
    ['with an anchor and a tag', '!!str &a app:1', '!!str &a app:1@D'],
  ])('%s', (_what, before, after) => {
    const pinned = pinAll(pod(before));
    expect(short(pinned.text)).toBe(pod(after).replace('image: b}', 'image: b@D}'));
    expect(pinAll(pinned.text)).toEqual({ text: pinned.text, problems: [] });
  });

  it('line ends and a byte order mark stay', () => {
    const text = `\uFEFF${pod('app:1').replaceAll('\n', '\r\n')}`;
    expect(short(pinAll(text).text)).toBe(text.replace('app:1', 'app:1@D').replace('image: b}', 'image: b@D}'));
  });

  it('JSON, tabs and all', () => {
    const text = JSON.stringify(
      { apiVersion: 'v1', kind: 'Pod', spec: { containers: [{ image: 'a' }, { image: 'r.example.com/b:2' }] } },
      null,
      '\t',
    );
    expect(short(pinAll(text, { file: 'x.json' }).text)).toBe(text.replace('"a"', '"a@D"').replace('b:2"', 'b:2@D"'));
  });

  it('an anchor that images share is edited once', () => {
    const text = pod('&i app:1').replace('image: b', 'image: *i ');
    expect(short(pinAll(text).text)).toBe(text.replace('app:1', 'app:1@D'));
  });

  it('an anchor that something else shares is left, and told', () => {
    const text = `${pod('&i app:1')}metadata: {labels: {version: *i }}\n`;
    expect(pinAll(text)).toEqual({
      text: text.replace('image: b}', `image: b@${digest}}`),
      problems: ['"app:1" cannot be pinned here: its anchor is used for something else too'],
    });
  });

  it('an anchor that is something else is left, and told', () => {
    const text = `metadata: {labels: {version: &i app:1}}\n${pod('*i ')}`;
    expect(pinAll(text)).toEqual({
      text: text.replace('image: b}', `image: b@${digest}}`),
      problems: ['"app:1" cannot be pinned here: its anchor is used for something else too'],
    });
  });

  it('uses of one text that are different images are left, and told', () => {
    const text =
      'services:\n  a: {image: &i "app:1", platform: linux/amd64}\n  b: {image: *i , platform: linux/arm64}\n';
    const other = digestOf(Buffer.from('arm64'));
    const { bytes, problems } = pinImages(Buffer.from(text), {
      file: 'compose.yaml',
      digestOf: ({ platform }) => (platform === 'linux/arm64' ? other : digest),
    });
    expect(Buffer.from(bytes).toString()).toBe(text);
    const told = { message: expect.stringContaining('another image elsewhere') };
    expect(problems).toMatchObject([told, told]);
  });

  it('only what has a digest is pinned, and nothing twice', () => {
    const { bytes, pinned } = pinImages(Buffer.from(pod('app:1')), {
      file: 'x',
      kind: 'kubernetes',
      digestOf: ({ written }) => (written === 'b' ? digest : undefined),
    });
    expect([...pinned].map(([{ written }, put]) => [written, put])).toEqual([['b', digest]]);
    expect(Buffer.from(bytes).toString()).toContain('image: app:1\n');
  });
});

describe('Compose', () => {
  it('anchors in extensions are edited there', () => {
    const text = 'x-image: &i app:1 # c\nx-base: &b {image: base:1}\nservices:\n  a: {image: *i }\n  b: {<<: *b }\n';
    expect(short(pinAll(text).text)).toBe(text.replace('app:1', 'app:1@D').replace('base:1', 'base:1@D'));
  });

  it('a variable is left, and told', () => {
    const text = 'services:\n  a: {image: "app:${TAG:-1}"}\n  b:\n    image: app:2 # c\n';
    expect(pinAll(text)).toEqual({
      text: text.replace('app:2', `app:2@${digest}`),
      problems: ['"app:${TAG:-1}" cannot be pinned here: it has a variable, which would no longer matter'],
    });
  });
});

describe('lists', () => {
  it('before comments', () => {
    expect(short(pinAll('a:1 # x\n\nb', { file: 'l.txt' }).text)).toBe('a:1@D # x\n\nb@D');
  });
});

describe('Dockerfiles', () => {
  const pin = (text: string, more: Partial<ReadOptions> = {}): ReturnType<typeof pinAll> =>
    pinAll(text, { file: 'Dockerfile', ...more });
  it.each([
    ['the frontend', '# syntax=d/f:1 \nFROM --platform=x a:1\n', '# syntax=d/f:1@D \nFROM --platform=x a:1@D\n'],
    [
      'FROM with a name',
      'FROM a:1 AS b\nCOPY --from=c:1 / /\nRUN --mount=from=d,target=/x y\n',
      'FROM a:1@D AS b\nCOPY --from=c:1@D / /\nRUN --mount=from=d@D,target=/x y\n',
    ],
    ['quotes', 'FROM "a:1"\n', 'FROM "a:1@D"\n'],
    ['a word over two lines', 'FROM a\\\nb:1 \\\n AS c\n', 'FROM a\\\nb:1@D \\\n AS c\n'],
    [
      'the default of an argument that is the image',
      'ARG I="a:1"\nFROM $I\nFROM $I AS b\n',
      'ARG I="a:1@D"\nFROM $I\nFROM $I AS b\n',
    ],
    ['the default of an argument that ends the image', 'ARG V=1\r\nFROM a:${V}\r\n', 'ARG V=1@D\r\nFROM a:${V}\r\n'],
  ])('%s', (_what, before, after) => {
    const pinned = pin(before);
    expect(short(pinned.text)).toBe(after);
    expect(pinned.problems).toEqual([]);
    expect(pin(pinned.text)).toEqual(pinned);
  });

  it.each([
    ['a variable in the middle', 'ARG V=1\nFROM a:$V-slim\n', {}, 'it has a variable that is not all of its end'],
    ['a build argument', 'ARG V=1\nFROM a:$V\n', { buildArgs: { V: '2' } }, 'the build argument V says it'],
    ['a default with variables', 'ARG R=r.example.com I=$R/a\nFROM $I\n', {}, 'the default of I has variables'],
    ['a default within the word', 'FROM ${V:-a}\n', {}, 'it has a variable that is not all of its end'],
    [
      'another FROM that takes it differently',
      'ARG V=1\nFROM a:$V\nFROM scratch AS x-$V\n',
      {},
      'V is used for something else too',
    ],
    ['a stage that takes it over', 'ARG V=1\nFROM a:$V\nARG V\nRUN x $V\n', {}, 'V is used for something else too'],
    ['another default', 'ARG V=1 W=$V\nFROM a:$V\n', {}, 'V is used for something else too'],
  ])('%s is told, and left', (_what, text, more, why) => {
    const pinned = pin(text, more);
    expect(pinned.text).toBe(text);
    expect(pinned.problems).toEqual([expect.stringContaining(why)]);
  });
});

it('errors are those of reading', () => {
  expect(() => pinImages(Buffer.from('a: ['), { file: 'x.yaml', digestOf: () => digest })).toThrow(WorkloadError);
});
