import { describe, expect, it } from 'vitest';
import { problemsOf, readText } from './read-text.ts';

describe('a list', () => {
  it('one image a line, comments and line ends of any kind', () => {
    const text = `\uFEFF# images\r\napp:1   # the first\r\n\r\n  reg.example.com:5000/b  \nc\rd@sha256:${'0'.repeat(64)}`;
    const { images, kinds } = readText(text, { file: 'images.txt' });
    expect(kinds).toEqual(['list']);
    expect(images.map(({ written, place }) => `${place.line}:${place.column}-${place.endColumn} ${written}`)).toEqual([
      '2:1-6 app:1',
      '4:3-25 reg.example.com:5000/b',
      '5:1-2 c',
      `6:1-74 d@sha256:${'0'.repeat(64)}`,
    ]);
  });

  it('what is no reference is told', () => {
    expect(problemsOf('app:1\ntwo words\n', { file: 'x.list' })).toEqual(['IMAGE_INVALID unread 2:1 ']);
  });
});
