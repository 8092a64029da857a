import * as bcrypt from 'bcryptjs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { parseHtpasswd } from '../../../packages/registry/src/auth/htpasswd.ts';
import { ApiError, RegistryStartError } from '../../../packages/registry/src/errors.ts';

/** bcrypt as it is, with its runs counted. */
const compare = vi.fn((password: string, encoded: string) => bcrypt.compare(password, encoded));

const hash = (password: string, cost = 4): string => bcrypt.hashSync(password, cost);

beforeEach(() => void compare.mockClear());
afterEach(() => void vi.useRealTimers());

describe('an htpasswd file', () => {
  it('has accounts, blank lines, comments and line ends of Windows', async () => {
    const accounts = parseHtpasswd(`# comment\r\n\n  one:${hash('a')}\r\ntwo:${hash('b')}\n`);
    expect(await accounts.verify('one', 'a')).toBe(true);
    expect(await accounts.verify('two', 'b')).toBe(true);
    for (const [user, password] of [
      ['one', 'b'],
      ['two', 'a'],
      ['three', 'a'],
      ['', 'a'],
      ['one', ''],
      ['# comment', ''],
    ] as const)
      expect([user, await accounts.verify(user, password)]).toEqual([user, false]);
  });

  it('takes the last of two lines of one user', async () => {
    const accounts = parseHtpasswd(`one:${hash('old')}\none:${hash('new')}`);
    expect([await accounts.verify('one', 'old'), await accounts.verify('one', 'new')]).toEqual([false, true]);
  });

  it.each(['$2a$', '$2y$'])('takes hashes that begin with %s', async (prefix) => {
    const accounts = parseHtpasswd(`one:${hash('a').replace('$2b$', prefix)}`);
    expect(await accounts.verify('one', 'a')).toBe(true);
  });

  it.each([
    ['no colon', 'one'],
    ['no user', `:${hash('a')}`],
    ['a plain password', 'one:secret'],
    ['MD5', 'one:$apr1$abcdefgh$0123456789012345678901'],
    ['SHA-1', 'one:{SHA}0123456789012345678901234567='],
    ['too small a cost', `one:${hash('a').replace('$04$', '$03$')}`],
    ['too large a cost', `one:${hash('a').replace('$04$', '$17$')}`],
    ['a short hash', `one:${hash('a').slice(0, -1)}`],
    ['something after the hash', `one:${hash('a')}:more`],
  ])('is refused with %s, and the line is named, not quoted', (_title, line) => {
    const parse = (): unknown => parseHtpasswd(`two:${hash('b')}\n${line}`);
    expect(parse).toThrow(RegistryStartError);
    expect(parse).toThrow(
      expect.objectContaining({ code: 'HTPASSWD_INVALID', message: expect.stringMatching(/^line 2/) }),
    );
    expect(parse).not.toThrow(/secret/);
  });

  it.each([
    ['nothing', ''],
    ['blank lines', '\n \r\n\n'],
    ['comments', `# one:${hash('a')}\n`],
  ])('is refused when it holds only %s: nobody could log in', (_title, text) => {
    const parse = (): unknown => parseHtpasswd(text);
    expect(parse).toThrow(RegistryStartError);
    expect(parse).toThrow(
      expect.objectContaining({ code: 'HTPASSWD_INVALID', message: expect.stringMatching(/^no account/) }),
    );
  });
});

describe('checking a password', () => {
  it('costs a bcrypt once in five minutes', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const accounts = parseHtpasswd(`one:${hash('a')}`, compare);
    for (let at = 0; at < 3; at += 1) expect(await accounts.verify('one', 'a')).toBe(true);
    expect(compare).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(5 * 60_000 + 1);
    expect(await accounts.verify('one', 'a')).toBe(true);
    expect(compare).toHaveBeenCalledTimes(2);
  });

  it('costs one for equal checks at once, and one each for others', async () => {
    const accounts = parseHtpasswd(`one:${hash('a')}`, compare);
    const checks = ['a', 'a', 'b', 'b', 'a'].map((password) => accounts.verify('one', password));
    expect(await Promise.all(checks)).toEqual([true, true, false, false, true]);
    expect(compare).toHaveBeenCalledTimes(2);
  });

  it('that was wrong is not remembered', async () => {
    const accounts = parseHtpasswd(`one:${hash('a')}`, compare);
    for (let at = 0; at < 2; at += 1) expect(await accounts.verify('one', 'b')).toBe(false);
    expect(compare).toHaveBeenCalledTimes(2);
  });

  it('of an unknown user costs the same as of a known one', async () => {
    const accounts = parseHtpasswd(`one:${hash('a', 5)}`, compare);
    expect(await accounts.verify('nobody', 'a')).toBe(false);
    expect(compare.mock.calls[0]?.[1]).toMatch(/^\$2b\$05\$/);
  });

  it('that is longer than bcrypt reads is refused: its end would not count', async () => {
    const long = 'p'.repeat(72);
    const accounts = parseHtpasswd(`one:${hash(long)}`, compare);
    expect(await accounts.verify('one', long)).toBe(true);
    expect(await accounts.verify('one', `${long}x`)).toBe(false);
    expect(await accounts.verify('one', 'ü'.repeat(37))).toBe(false);
  });

  it('user and password do not run into each other', async () => {
    const accounts = parseHtpasswd(`ab:${hash('c')}\na:${hash('x')}`, compare);
    expect(await accounts.verify('ab', 'c')).toBe(true);
    expect(await accounts.verify('a', 'bc')).toBe(false);
  });

  it('is refused with 429 while too many others are checked', async () => {
    const accounts = parseHtpasswd(`one:${hash('a')}`, compare);
    const checks = Array.from({ length: 64 }, (_, at) => accounts.verify('one', `wrong ${at}`));
    const refused = await accounts.verify('one', 'a').catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(ApiError);
    expect(refused).toMatchObject({ status: 429, headers: { 'Retry-After': '5' } });
    expect(new Set(await Promise.all(checks))).toEqual(new Set([false]));
    expect(await accounts.verify('one', 'a')).toBe(true);
  });
});
