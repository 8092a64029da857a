import { encodeReceipt, parseReceipt, type Receipt, TagsError } from '@signet/signed-tags';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digestNamed } from '../catalogue-data.ts';

const receipt: Receipt = {
  collection: 'registry.example/shop/api',
  tag: 'v1',
  digest: digestNamed('a'),
  atMs: Date.UTC(2026, 10, 23, 9),
  issuedMs: Date.UTC(2026, 10, 23, 10),
};

function problemOf(bytes: Uint8Array): string {
  try {
    parseReceipt(bytes);
    return 'read';
  } catch (error) {
    return error instanceof TagsError ? `${error.code} ${error.message}` : expect.fail(`${error}`);
  }
}

describe('a receipt', () => {
  it('is read as it was written', () => {
    expect(parseReceipt(encodeReceipt(receipt))).toEqual(receipt);
    expect(JSON.parse(Buffer.from(encodeReceipt(receipt)).toString())).toMatchObject({
      _type: 'application/vnd.signet.receipt.v1+json',
      at: '2026-11-23T09:00:00.000Z',
      issued: '2026-11-23T10:00:00.000Z',
    });
  });

  it.each<[string, Readonly<Record<string, unknown>>, RegExp]>([
    ['an unknown member', { more: 1 }, /more/],
    ['another type', { _type: 'x' }, /_type/],
    ['no digest', { digest: undefined }, /digest/],
    ['what is no tag', { tag: 'a b' }, /tag/],
    ['a time in another form', { at: '2026-11-23' }, /at/],
  ])('with %s is none', (_, change, message) => {
    const json = { ...JSON.parse(Buffer.from(encodeReceipt(receipt)).toString()), ...change };
    expect(problemOf(Buffer.from(JSON.stringify(json)))).toMatch(/^RECEIPT_INVALID/);
    expect(problemOf(Buffer.from(JSON.stringify(json)))).toMatch(message);
  });

  it('of any bytes is none, and one that is too long is not parsed', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(problemOf(bytes)).toMatch(/^RECEIPT_INVALID/);
      }),
    );
    expect(problemOf(Buffer.alloc(16 * 1024 + 1, ' '))).toMatch(/16384/);
  });
});
