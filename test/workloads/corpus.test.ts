import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { digestOf, formatReference } from '@signet/oci';
import { pinImages, readImages } from '@signet/workloads';
import { describe, expect, it } from 'vitest';
import { type CorpusFile, corpusArgs, corpusDir, corpusPaths, readCorpus } from './corpus.ts';

const corpus = readCorpus();
const options = ({ name }: CorpusFile) => ({ file: name, customPaths: corpusPaths, buildArgs: corpusArgs });

describe('the corpus', () => {
  it('is large, has a table for each manifest, and every line of a table says something', () => {
    const manifests = globSync('**/*', { cwd: corpusDir, withFileTypes: true }).filter((each) => each.isFile());
    expect(manifests).toHaveLength(2 * corpus.length);
    expect(corpus.length).toBeGreaterThanOrEqual(60);
    for (const { name, images, problems } of corpus) {
      const rows = readFileSync(join(corpusDir, `${name}.images`), 'utf8')
        .trimEnd()
        .split('\n');
      expect(images.length + problems.length, name).toBe(rows.length - 1);
    }
  });

  it('is kept byte for byte by version control', () => {
    const bytesOf = (name: string) => Buffer.from(corpus.find((each) => each.name === name)?.bytes ?? []);
    expect(bytesOf('kubernetes/crlf.yaml').includes('kind: Pod\r\n')).toBe(true);
    expect(bytesOf('kubernetes/bom.yaml').subarray(0, 3)).toEqual(Buffer.from('\uFEFF'));
    expect(bytesOf('kubernetes/tabs.yaml').includes('\t\t# the image')).toBe(true);
    expect(bytesOf('kubernetes/no-line-end.yaml').at(-1)).not.toBe(10);
  });

  it.each(corpus.map((file) => [file.name, file] as const))('%s names what its table lists', (_name, file) => {
    const { images, problems } = readImages(file.bytes, options(file));
    const rows = images.map(({ place: { line, column }, reference, container = '' }) => {
      const isBare = reference.tag === undefined && reference.digest === undefined;
      return { line, column, image: formatReference(isBare ? { ...reference, tag: 'latest' } : reference), container };
    });
    expect(rows).toEqual(file.images);
    const told = problems.map(({ place: { line, column }, code, severity }) => ({ line, column, code, severity }));
    expect(told).toEqual(file.problems);
  });

  it.each(corpus.map((file) => [file.name, file] as const))(
    '%s: pinned, nothing but digests came in',
    (_name, file) => {
      const digest = digestOf(Buffer.from(file.name));
      const pinned = pinImages(file.bytes, { ...options(file), digestOf: () => digest });
      const text = Buffer.from(pinned.bytes).toString();
      expect(text.replaceAll(`@${digest}`, '')).toBe(Buffer.from(file.bytes).toString());
      const unpinned = readImages(pinned.bytes, options(file)).images.filter(({ reference }) => !reference.digest);
      expect(unpinned).toHaveLength(pinned.problems.length);
      expect(pinImages(pinned.bytes, { ...options(file), digestOf: () => digest }).bytes).toEqual(pinned.bytes);
    },
  );
});
