import { describe, expect, it } from 'vitest';
import { errorOf, imagesIn, pathsOf, problemsOf, readText } from '../read-text.ts';

const options = { file: 'Dockerfile' };
const images = (text: string, more: object = {}): readonly string[] =>
  imagesIn(readText(text, { ...options, ...more }));

describe('FROM', () => {
  it.each<readonly [string, string, readonly string[]]>([
    ['an image', 'FROM alpine:3.20\n', ['alpine:3.20']],
    ['in any case, with blanks before it', '  from alpine\n', ['alpine']],
    ['with a platform and a name', 'FROM --platform=linux/arm64 alpine AS base\n', ['alpine']],
    ['in quotes', 'FROM "alpine"\n', ['alpine']],
    [
      'over several lines, with a comment and an empty line between',
      'FROM \\\n# c\n\n  alp\\\nine:1 AS \\\n x\n',
      ['alpine:1'],
    ],
    ['with Windows line ends', 'FROM a\r\nRUN x \\\r\n  y\r\nFROM b\r\n', ['a', 'b']],
    ['after a byte order mark', '\uFEFFFROM a\n', ['a']],
    ['scratch is none', 'FROM scratch\n', []],
    ['an earlier stage is none, in any case', 'FROM a AS Base\nFROM base\nFROM BASE AS c\n', ['a']],
    ['a later stage is an image', 'FROM b\nFROM a AS b\n', ['b', 'a']],
    ['not in comments and other instructions', '# FROM x\nFROM a\nRUN echo \\\n FROM y\nLABEL a="FROM z"\n', ['a']],
    [
      'not in a heredoc',
      'FROM a\nRUN <<EOF cat\nFROM x\nEOF\nCOPY <<-"E2" <<E3 /\nFROM y\n\tE2\nFROM z\nE3\nFROM b\n',
      ['a', 'b'],
    ],
    ['a heredoc needs a word without a blank', 'FROM a\nRUN cat << EOF\nFROM b\n', ['a', 'b']],
    ['<< in quotes begins none', 'FROM a\nRUN echo "<<EOF"\nFROM b\n', ['a', 'b']],
    ['no heredoc in other instructions', 'FROM a\nENV X=<<EOF\nFROM b\n', ['a', 'b']],
    ['two backslashes continue nothing', 'FROM a\nRUN dir c:\\\\\nFROM b\n', ['a', 'b']],
    ['a backslash continues, with blanks after it', 'FROM a\nRUN x \\  \nFROM b\nFROM c\n', ['a', 'c']],
    ['another escape character', '# escape=`\nFROM a\nRUN dir c:\\\nFROM b\nRUN x `\nFROM c\n', ['a', 'b']],
    ['the escape directive comes first', '# c\n# escape=`\nFROM a\nRUN x \\\nFROM b\n', ['a']],
  ])('%s', (_what, text, wanted) => {
    expect(
      readText(text, options).images.map(
        ({ reference: { repository, tag } }) =>
          `${repository.replace('library/', '')}${tag === undefined ? '' : `:${tag}`}`,
      ),
    ).toEqual(wanted);
    expect(problemsOf(text, options)).toEqual([]);
  });

  it('knows platform and stage', () => {
    expect(readText('FROM --platform=linux/arm64 a AS base\nFROM b\n', options).images).toMatchObject([
      { platform: 'linux/arm64', container: 'base', role: 'from', path: 'FROM' },
      { container: '1' },
    ]);
  });

  it.each([
    ['no image', 'FROM\n', 'SHAPE_WRONG unread 1:1 FROM'],
    ['only a flag', 'FROM --platform=x\n', 'SHAPE_WRONG unread 1:1 FROM'],
    ['two images', 'FROM a b\n', 'SHAPE_WRONG unread 1:1 FROM'],
    ['no reference', 'FROM A:1\n', 'IMAGE_INVALID unread 1:6 FROM'],
    ['an unknown variable', 'FROM app:$V\n', 'IMAGE_VARIABLE unread 1:6 FROM'],
    ['an argument without a default', 'ARG V\nFROM app:$V\n', 'IMAGE_VARIABLE unread 2:6 FROM'],
    ['an argument of another stage', 'FROM a\nARG V=1\nFROM app:$V\n', 'IMAGE_VARIABLE unread 3:6 FROM'],
    ['a pattern', 'ARG V=1\nFROM app:${V#1}\n', 'IMAGE_VARIABLE unread 2:6 FROM'],
  ])('%s is told', (_what, text, problem) => {
    expect(problemsOf(text, options)).toEqual([problem]);
  });

  it('a heredoc that does not end is refused with its place', () => {
    expect(errorOf('FROM a\nRUN <<EOF\nFROM b\n', options)).toBe('WORKLOAD_MALFORMED 2:1');
  });
});

describe('arguments', () => {
  const text =
    'ARG REG=reg.example.com A=1 B="$A.2"\nARG IMG=${REG}/app\nFROM ${IMG}:${B:-9}\nFROM ${REG:+x.example.com}/app:${C:-7}\n';
  it('defaults, in terms of one another', () => {
    expect(images(text)).toEqual(['reg.example.com/app:1.2', 'x.example.com/app:7']);
  });

  it('build arguments win, for what is declared', () => {
    expect(images(text, { buildArgs: { REG: 'r.example.com', C: '8', B: '3' } })).toEqual([
      'r.example.com/app:3',
      'x.example.com/app:7',
    ]);
  });

  it('the arguments of the platform need no declaration', () => {
    const buildArgs = { BUILDPLATFORM: 'linux/s390x', TARGETARCH: 'arm64' };
    expect(readText('FROM --platform=$BUILDPLATFORM a-$TARGETARCH\n', { ...options, buildArgs }).images).toMatchObject([
      { platform: 'linux/s390x', reference: { repository: 'library/a-arm64' } },
    ]);
  });
});

describe('what else is pulled', () => {
  it('COPY --from: neither stages nor their numbers', () => {
    const text =
      'FROM a AS one\nFROM b\nCOPY --link --from=one /x /\nCOPY --from=0 /x /\nCOPY --from="nginx:1" --chmod=1 /x /\nONBUILD COPY --from=tool:2 /x /\n';
    expect(pathsOf(text, options)).toEqual(['FROM a', 'FROM b', 'COPY --from nginx:1', 'COPY --from tool:2']);
  });

  it('RUN --mount: every from of every mount', () => {
    const text =
      'FROM a\nRUN --mount=type=bind,from=x:1,target=/x --mount="from=y:1" --network=none \\\n --mount=type=cache,target=/c,from=z:1,from=q:1 cat --mount=from=no\n';
    expect(pathsOf(text, options)).toEqual(['FROM a', ...['x', 'y', 'z', 'q'].map((name) => `RUN --mount ${name}:1`)]);
  });

  it('the frontend', () => {
    expect(readText('#syntax=docker/dockerfile:1.9\nFROM a\n', options).images[0]).toMatchObject({
      role: 'frontend',
      written: 'docker/dockerfile:1.9',
      place: { line: 1, column: 9 },
    });
  });

  it.each([
    ['a stage that is not there', 'FROM a\nCOPY --from=3 /x /\n', 'STAGE_UNKNOWN unread 2:13 COPY --from'],
    [
      'a variable, which --from does not know',
      'ARG V=1\nFROM a\nCOPY --from=x:$V /x /\n',
      'IMAGE_VARIABLE unread 3:13 COPY --from',
    ],
    ['a variable in a mount', 'FROM a\nRUN --mount=from=$V x\n', 'IMAGE_VARIABLE unread 2:18 RUN --mount'],
  ])('%s is told', (_what, text, problem) => {
    expect(problemsOf(text, options)).toEqual([problem]);
  });
});
