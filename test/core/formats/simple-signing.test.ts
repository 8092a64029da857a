import { parseSimpleSigning } from '@signet/core';
import { describe, expect, it } from 'vitest';
import { codeOf, encode, type Json, simple } from './decoder-samples.ts';

const read = (value: unknown): string => codeOf(() => parseSimpleSigning(encode(value)));
const critical = simple.critical as Json;
const withCritical = (changes: Json): Json => ({ ...simple, critical: { ...critical, ...changes } });
const digest = `sha256:${'a'.repeat(64)}`;

describe("cosign's older payload", () => {
  it('is read into its parts', () => {
    expect(parseSimpleSigning(encode(simple))).toEqual({
      dockerReference: 'r.example/app',
      digest,
      annotations: { env: 'prod' },
    });
  });

  it.each<[string, Json, string]>([
    ['without optional', { critical }, 'read'],
    ['with null for optional', { critical, optional: null }, 'read'],
    ['with a list for optional', { critical, optional: [] }, 'PAYLOAD_MALFORMED'],
    ['with more', { ...simple, more: 1 }, 'PAYLOAD_MALFORMED'],
    ['with more in critical', withCritical({ more: 1 }), 'PAYLOAD_MALFORMED'],
    ['without critical', { optional: {} }, 'PAYLOAD_MALFORMED'],
    ['of another type', withCritical({ type: 'atomic container signature' }), 'PAYLOAD_MALFORMED'],
    ['without a type', withCritical({ type: undefined }), 'PAYLOAD_MALFORMED'],
    ['without a reference', withCritical({ identity: {} }), 'PAYLOAD_MALFORMED'],
    ['with an empty reference', withCritical({ identity: { 'docker-reference': '' } }), 'read'],
    ['with more in identity', withCritical({ identity: { 'docker-reference': '', more: 1 } }), 'PAYLOAD_MALFORMED'],
    ['with a number for a reference', withCritical({ identity: { 'docker-reference': 1 } }), 'PAYLOAD_MALFORMED'],
    ['without a digest', withCritical({ image: {} }), 'PAYLOAD_MALFORMED'],
    ['with a capital D', withCritical({ image: { 'Docker-manifest-digest': digest } }), 'PAYLOAD_MALFORMED'],
    [
      'with both spellings',
      withCritical({ image: { 'docker-manifest-digest': digest, 'Docker-manifest-digest': digest } }),
      'PAYLOAD_MALFORMED',
    ],
    [
      'with a digest that is none',
      withCritical({ image: { 'docker-manifest-digest': 'sha256:a' } }),
      'PAYLOAD_MALFORMED',
    ],
    [
      'with a digest in upper case',
      withCritical({ image: { 'docker-manifest-digest': digest.toUpperCase() } }),
      'PAYLOAD_MALFORMED',
    ],
  ])('%s: %3$s', (_, value, wanted) => {
    expect(read(value)).toBe(wanted);
  });

  it('with a member twice is refused', () => {
    const text = JSON.stringify(simple).replace('"type":', '"type":"x","type":');
    expect(read(text)).toBe('PAYLOAD_MALFORMED');
  });

  it('keeps annotations that are text alone', () => {
    const optional = { a: 'b', creator: 1, timestamp: null, more: {} };
    expect(parseSimpleSigning(encode({ ...simple, optional })).annotations).toEqual({ a: 'b' });
  });

  it('of more than 4 MiB is refused', () => {
    const bytes = encode(simple);
    const padded = Buffer.concat([bytes, Buffer.alloc(4 * 1024 * 1024 - bytes.length, ' ')]);
    expect(codeOf(() => parseSimpleSigning(padded))).toBe('read');
    expect(codeOf(() => parseSimpleSigning(Buffer.concat([padded, Buffer.from(' ')])))).toBe('PAYLOAD_MALFORMED');
  });
});
