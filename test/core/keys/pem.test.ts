import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodePemBody, encodePem, findPemBlocks } from '../../../packages/core/src/keys/pem.ts';
import { keyCode } from './key-samples.ts';

describe('PEM', () => {
  it('comes back, with any text around it', () => {
    const noise = fc.string().filter((text) => !text.includes('-----'));
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 500 }), noise, noise, (bytes, before, after) => {
        const [block, ...more] = findPemBlocks(`${before}\n${encodePem('PUBLIC KEY', bytes)}${after}`);
        expect(more).toEqual([]);
        expect(block?.label).toBe('PUBLIC KEY');
        expect(block && Buffer.from(decodePemBody(block))).toEqual(Buffer.from(bytes));
      }),
    );
  });

  it('blocks come in order, carriage returns and all', () => {
    const text = `${encodePem('A', Uint8Array.of(1))}text\n${encodePem('B', Uint8Array.of(2))}`.replaceAll(
      '\n',
      '\r\n',
    );
    const blocks = findPemBlocks(text);
    expect(blocks.map(({ label }) => label)).toEqual(['A', 'B']);
    expect(blocks.map((block) => [...decodePemBody(block)])).toEqual([[1], [2]]);
  });

  it.each([
    ['no end', '-----BEGIN A-----\nAAAA\n', 'KEY_TRUNCATED'],
    ['the end of another', '-----BEGIN A-----\nAAAA\n-----END B-----\n', 'KEY_TRUNCATED'],
    ['a character outside base64', '-----BEGIN A-----\nAA*A\n-----END A-----\n', 'KEY_MALFORMED'],
    ['URL-safe base64', '-----BEGIN A-----\nAA-_\n-----END A-----\n', 'KEY_MALFORMED'],
    ['no padding', '-----BEGIN A-----\nAAA\n-----END A-----\n', 'KEY_MALFORMED'],
    ['padding inside', '-----BEGIN A-----\nAA==AAAA\n-----END A-----\n', 'KEY_MALFORMED'],
    ['stray bits', '-----BEGIN A-----\nAB==\n-----END A-----\n', 'KEY_MALFORMED'],
    ['nothing inside', '-----BEGIN A-----\n-----END A-----\n', 'KEY_MALFORMED'],
    ['a block inside', '-----BEGIN A-----\n-----BEGIN B-----\nAAAA\n-----END A-----\n', 'KEY_MALFORMED'],
    ['headers', '-----BEGIN A-----\nComment: x\n\nAAAA\n-----END A-----\n', 'KEY_MALFORMED'],
    [
      'the old encryption',
      '-----BEGIN A-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: x\n\nAAAA\n-----END A-----\n',
      'KEY_UNSUPPORTED',
    ],
  ])('%s is refused', async (_name, text, code) => {
    expect(await keyCode(() => findPemBlocks(text).map(decodePemBody))).toBe(code);
  });
});
