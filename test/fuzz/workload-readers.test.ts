import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pinImages, readImages, WorkloadError } from '@signet/workloads';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { signet } from '../support/cli.ts';
import type { RunResult } from '../support/process.ts';
import { randomRuns } from '../support/random-runs.ts';
import { tempDir } from '../support/temp.ts';
import { corpusDir, readCorpus } from '../workloads/corpus.ts';

describe('readers throw nothing but WorkloadError, with a place', () => {
  const corpus = readCorpus().filter(({ bytes }) => bytes.length < 4000);
  const odd = [
    '&a ',
    '*a ',
    '<<: ',
    '- ',
    '? ',
    ': ',
    '{',
    '[',
    '}',
    '"',
    "'",
    '\n',
    '\t',
    '#',
    '!!binary ',
    '%',
    '---\n',
  ];
  const piece = fc.oneof(fc.constantFrom(...odd), fc.string({ maxLength: 5 }));
  /** A manifest of the corpus with some of its text cut out, doubled, or other text put in. */
  const damaged = fc
    .tuple(
      fc.constantFrom(...corpus),
      fc.array(fc.tuple(fc.nat(), fc.nat({ max: 30 }), piece, fc.constantFrom('cut', 'twice', 'put')), {
        minLength: 1,
        maxLength: 4,
      }),
    )
    .map(([{ name, bytes }, changes]) => {
      const text = changes.reduce((before, [place, length, put, how]) => {
        const at = place % (before.length + 1);
        const rest = before.slice(how === 'cut' ? at + length : at);
        return `${before.slice(0, at)}${how === 'twice' ? before.slice(at, at + length) : put}${rest}`;
      }, Buffer.from(bytes).toString());
      return { file: name, bytes: Buffer.from(text) };
    });
  const soup = fc
    .tuple(fc.constantFrom('a.yaml', 'a.json', 'Dockerfile', 'a.txt', 'none'), fc.array(piece, { maxLength: 40 }))
    .map(([file, pieces]) => ({ file, bytes: Buffer.from(pieces.join('')) }));
  const binary = fc.uint8Array({ maxLength: 200 }).map((bytes) => ({ file: 'a.yaml', bytes }));

  it.each([
    ['damaged manifests', damaged],
    ['pieces of syntax', soup],
    ['bytes', binary],
  ])('%s; and what can be read can be pinned, or that is said', (_what, input) => {
    const digest = readImages(Buffer.from(`a@sha256:${'a'.repeat(64)}`), { file: 'a.txt' }).images[0]?.reference.digest;
    fc.assert(
      fc.property(input, ({ file, bytes }) => {
        try {
          readImages(bytes, { file });
        } catch (error) {
          expect(error).toBeInstanceOf(WorkloadError);
          expect(error).toMatchObject({ place: { file }, message: expect.stringMatching(/:\d+:\d+: /) });
          return;
        }
        const pinned = pinImages(bytes, { file, digestOf: () => digest });
        expect(Buffer.from(pinned.bytes).toString().replaceAll(`@${digest}`, '')).toBe(
          Buffer.from(bytes).toString().replaceAll(`@${digest}`, ''),
        );
      }),
      { numRuns: randomRuns(500) },
    );
  });
});

const repeat = (text: string, bytes: number): string => text.repeat(Math.ceil(bytes / text.length));
const megabyte = 1024 * 1024;
const pod = 'apiVersion: v1\nkind: Pod\n';
/** Of a kind that is not known all of it is looked at. */
const custom = 'apiVersion: example.com/v1\nkind: App\n';
/** `levels` lists, each of ten times the one before. */
const laughs = (levels: number, first: string): string =>
  Array.from(
    { length: levels },
    (_, at) => `  l${at}: &l${at} [${at === 0 ? first : repeat(`*l${at - 1} , `, 60).replace(/, $/, '')}]\n`,
  ).join('');

/** Files that were made to cost much, or to be understood differently; each is refused for this reason, at a place. */
const hostile: Readonly<Record<string, readonly [content: () => string | Uint8Array, error: RegExp]>> = {
  'bomb.yaml': [() => `${custom}metadata:\n${laughs(9, 'x')}spec: *l8\n`, /TOO_LARGE\]: .*more than 2000000 values/],
  'bomb-of-lists.yaml': [
    () =>
      `apiVersion: v1\nkind: List\nl0: &l0 {apiVersion: v1, kind: Pod, spec: {containers: [{image: a}]}}\n${Array.from(
        { length: 9 },
        (_, at) => `l${at + 1}: &l${at + 1} {apiVersion: v1, kind: List, items: [${`*l${at} , `.repeat(10)}]}\n`,
      ).join('')}items: [*l9 ]\n`,
    /TOO_LARGE\]: .*more than 20000 images/,
  ],
  'merge-bomb.yaml': [
    () =>
      `services:\n  a: &a {${Array.from({ length: 3000 }, (_, at) => `k${at}: 1`).join(', ')}}\n${repeat('  b#: {<<: [*a, *a]}\n', 40_000).replace(/#/g, () => `${Math.random()}`.slice(2))}`,
    /TOO_LARGE\]: .*more than 2000000 values/,
  ],
  'alias-loop.yaml': [() => `${pod}spec: &s {containers: [*s ]}\n`, /MALFORMED\]: .*stands within what it stands for/],
  'alias-chain.yaml': [
    () =>
      `${custom}metadata:\n${Array.from({ length: 5000 }, (_, at) => `  a${at}: &a${at} ${at === 0 ? '{image: x}' : `[*a${at - 1} ]`}\n`).join('')}spec: *a4999\n`,
    /TOO_LARGE\]: .*nested deeper than 200/,
  ],
  'anchors.yaml': [() => `${repeat('- &a x\n', 200_000)}- *b\n`, /MALFORMED\]: .*:28573:3: .*has no anchor/],
  'big-50.yaml': [() => Buffer.alloc(50 * megabyte, '- a\n'), /TOO_LARGE\]: \S+:1:1: .*larger than 16777216 bytes/],
  'blank-lines.yaml': [() => repeat('\n', 15 * megabyte), /TOO_LARGE\]: .*more than 2000000 tokens in one document/],
  'brackets.yaml': [() => `a: 1\n${repeat(']\n', megabyte)}`, /MALFORMED\]: \S+:2:1: /],
  'deep.json': [() => repeat('[', megabyte), /TOO_LARGE\]: \S+:1:201: nested deeper than 200/],
  'deep-maps.json': [() => repeat('{"a":', 5 * megabyte), /TOO_LARGE\]: .*nested deeper than 200/],
  'deep-block.yaml': [() => repeat('- ', megabyte), /TOO_LARGE\]: .*nested deeper than 200/],
  'directives.yaml': [
    () => `${repeat('%FOO bar\n', 4 * megabyte)}---\na: 1\n`,
    /TOO_LARGE\]: .*more than 10000 directives/,
  ],
  'documents.yaml': [() => repeat('---\n', megabyte), /TOO_LARGE\]: .*more than 10000 documents/],
  'escapes.yaml': [() => `a: "${repeat('\\q', 8 * megabyte)}"\n`, /MALFORMED\]: \S+:1:5: .*Invalid escape/],
  'huge-line.yaml': [() => `a: "${'x'.repeat(15 * megabyte)}`, /MALFORMED\]: .*Missing closing "quote/],
  'keys.yaml': [() => `a: {${repeat('k: 1, ', megabyte)}}`, /MALFORMED\]: \S+:1:11: the key "k" stands twice/],
  'binary.yaml': [
    () => Uint8Array.from({ length: megabyte }, (_, at) => (at * 7919) % 256),
    /MALFORMED\]: \S+:1:1: not text/,
  ],
  'utf16.yaml': [() => Buffer.from('\uFEFFa: 1\n', 'utf16le'), /MALFORMED\]: \S+:1:1: not text in UTF-8/],
  Dockerfile: [() => `FROM ${repeat('a ', 2 * megabyte)}`, /TOO_LARGE\]: \S+:1:1: a Dockerfile of more than 1048576/],
  'Dockerfile.heredocs': [() => repeat('RUN <<A <<B\n', 900_000), /MALFORMED\]: \S+:1:1: the heredoc "A" does not end/],
  'Dockerfile.doubling': [
    () => `ARG A=aaaaaaaaaa\n${'ARG A=$A$A\n'.repeat(1000)}FROM $A\n`,
    /INPUT_UNREAD\]: \S+:1002:6: .*IMAGE_VARIABLE/,
  ],
  'Dockerfile.nested': [() => `FROM ${'${A:-'.repeat(10_000)}\n`, /INPUT_UNREAD\]: \S+:1:6: .*IMAGE_VARIABLE/],
};

describe('signet verify -f on files that were made to break it', () => {
  let dir: string;
  let done: RunResult;
  beforeAll(async () => {
    dir = tempDir();
    for (const [name, [content]] of Object.entries(hostile)) writeFileSync(join(dir, name), content());
    const good = readFileSync(join(corpusDir, 'kubernetes/pod.yaml'));
    writeFileSync(join(dir, 'zz-good.yaml'), good);
    // Six megabytes of JSON that are nothing but large: these are read.
    const data = Object.fromEntries(Array.from({ length: 240_000 }, (_, at) => [`key-${at}`, `value ${at}`]));
    writeFileSync(join(dir, 'zz-large.json'), JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', data }));
    const rule = 'rules: [{images: ["registry.example.com/**"], mode: skip}]\n';
    writeFileSync(join(dir, 'p'), `version: 1\n${rule}`);
    // More memory than this is not needed for any of them: the process would end with a signal.
    const env = { NODE_OPTIONS: '--max-old-space-size=1024' };
    done = await signet(['verify', '--policy', 'p', '-f', '.'], { cwd: dir, env, timeoutMs: 300_000 });
  }, 320_000);

  it('ends with 2, and has read what is good', () => {
    expect(done).toMatchObject({
      code: 2,
      stdout: expect.stringMatching(/^undecided +registry\.example\.com\/shop\/once:1 /),
    });
    expect(done.stdout).toContain('zz-good.yaml:9:12');
    expect(done.stderr).not.toContain('zz-');
    expect(done.stderr).not.toContain('INTERNAL');
  });

  it.each(Object.entries(hostile).map(([name, [, error]]) => [name, error] as const))('%s: %s', (name, error) => {
    const line = done.stderr.split('\n').filter((text) => text.startsWith('error[') && text.includes(` ${name}:`));
    expect(line).toHaveLength(1);
    expect(line[0]).toMatch(error);
    expect(line[0]).toMatch(/^error\[\w+\]: (?:\S+: )?\S+:\d+:\d+: /);
    expect(line[0]?.length).toBeLessThan(600);
  });
});
