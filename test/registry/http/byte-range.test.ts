import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseChunkRange, parseRange } from '../../../packages/registry/src/http/byte-range.ts';

describe('Range of a download', () => {
  it.each([
    ['bytes=0-0', { start: 0, end: 0 }],
    ['bytes=10-19', { start: 10, end: 19 }],
    ['bytes=10-', { start: 10, end: 99 }],
    ['bytes=99-', { start: 99, end: 99 }],
    ['bytes=10-1000', { start: 10, end: 99 }],
    ['bytes=-1', { start: 99, end: 99 }],
    ['bytes=-1000', { start: 0, end: 99 }],
    ['bytes= 10 - 19', { start: 10, end: 19 }],
    ['bytes=100-', 'unsatisfiable'],
    ['bytes=100-200', 'unsatisfiable'],
    ['bytes=20-10', 'unsatisfiable'],
    ['bytes=-0', 'unsatisfiable'],
    [undefined, 'whole'],
    ['', 'whole'],
    ['bytes=-', 'whole'],
    ['bytes=0-9,20-29', 'whole'],
    ['bytes=a-b', 'whole'],
    ['bytes=0x1-5', 'whole'],
    ['bytes=+1-5', 'whole'],
    ['lines=0-9', 'whole'],
    ['bytes=99999999999999999-', 'whole'],
  ])('%s of 100 bytes', (header, wanted) => {
    expect(parseRange(header, 100)).toEqual(wanted);
  });

  it.each(['bytes=0-', 'bytes=0-0', 'bytes=-5'])('%s of nothing is unsatisfiable', (header) => {
    expect(parseRange(header, 0)).toBe('unsatisfiable');
  });

  it('any text gives a part of the body, all of it, or a refusal', () => {
    const header = fc.oneof(fc.string(), fc.stringMatching(/^bytes=[0-9 ,-]{0,20}$/));
    fc.assert(
      fc.property(header, fc.nat(), (text, size) => {
        const range = parseRange(text, size);
        if (range === 'whole' || range === 'unsatisfiable') return;
        expect(range.start).toBeLessThanOrEqual(range.end);
        expect(range.end).toBeLessThan(size);
        expect(range.start).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it('a range inside of the body is that range', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), fc.nat(), (start, length, rest) => {
        const end = start + length;
        expect(parseRange(`bytes=${start}-${end}`, end + 1 + rest)).toEqual({ start, end });
      }),
    );
  });
});

describe('Content-Range of an upload', () => {
  it.each([
    ['0-0', { start: 0, end: 0 }],
    ['10-19', { start: 10, end: 19 }],
    ['bytes 10-19/*', { start: 10, end: 19 }],
    ['bytes 10-19/20', { start: 10, end: 19 }],
    ['bytes=10-19', { start: 10, end: 19 }],
    ['19-10', undefined],
    ['', undefined],
    ['10', undefined],
    ['10-', undefined],
    ['-10', undefined],
    [' 10-19', undefined],
    ['10-19,30-39', undefined],
    ['bytes */20', undefined],
    ['0-9999999999999999', undefined],
  ])('%s', (header, wanted) => {
    expect(parseChunkRange(header)).toEqual(wanted);
  });

  it('any text gives a range or nothing', () => {
    const header = fc.oneof(fc.string(), fc.stringMatching(/^(bytes )?[0-9-]{0,20}(\/[0-9*]{0,5})?$/));
    fc.assert(
      fc.property(header, (text) => {
        const range = parseChunkRange(text);
        if (range !== undefined) expect(range.start).toBeLessThanOrEqual(range.end);
      }),
    );
  });
});
