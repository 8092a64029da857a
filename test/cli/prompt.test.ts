import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineOfKeys, promptHidden, promptLine } from '../../packages/cli/src/prompt.ts';
import { createWorld } from './world.ts';

describe('LineOfKeys', () => {
  it('takes back what back space and Ctrl-U say', () => {
    const line = new LineOfKeys();
    expect(line.take('ab😀\u007f')).toBe('open');
    expect(line.text).toBe('ab');
    line.take('\u0015xy');
    expect(line.text).toBe('xy');
    expect(line.take('z\rrest')).toBe('done');
    expect(line.text).toBe('xyz');
  });

  it('is the text that was typed, however the keys arrive', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[ -~é€]{0,30}$/u), (text) => {
        const line = new LineOfKeys();
        for (const key of text) line.take(key);
        expect(line.text).toBe(text);
      }),
    );
  });

  it('does not grow for ever', () => {
    const line = new LineOfKeys();
    line.take('a'.repeat(10_000));
    expect(line.text.length).toBe(4096);
  });
});

describe('prompts', () => {
  it('echo what is no secret, and only printable characters', async () => {
    const world = createWorld({ tty: true, keys: ['us\u001b', 'er\r'] });
    expect(await promptLine('User: ', world)).toBe('user');
    expect(world.err()).toBe('User: user\n');
  });

  it('ask nobody where nobody is', async () => {
    const world = createWorld({ input: 'x\n' });
    expect(await promptHidden('Password: ', world)).toBeUndefined();
    expect(world.err()).toBe('');
  });
});
