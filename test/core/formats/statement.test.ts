import { parseStatement } from '@signet/core';
import { describe, expect, it } from 'vitest';
import { codeOf, encode, type Json, statement } from './decoder-samples.ts';

const read = (value: unknown): string => codeOf(() => parseStatement(encode(value)));
const [about] = statement.subject as Json[];
const withSubject = (changes: Json): Json => ({ ...statement, subject: [{ ...about, ...changes }] });

describe('a statement', () => {
  it('is read into its parts', () => {
    expect(parseStatement(encode(statement))).toEqual({
      type: 'https://in-toto.io/Statement/v1',
      subject: [{ digest: { sha256: 'a'.repeat(64) }, annotations: { a: 'b' } }],
      predicateType: 'https://sigstore.dev/cosign/sign/v1',
      predicate: {},
    });
  });

  it.each<[string, Json, string]>([
    ['of version 0.1', { ...statement, _type: 'https://in-toto.io/Statement/v0.1' }, 'read'],
    ['of no known version', { ...statement, _type: 'https://in-toto.io/Statement/v2' }, 'PAYLOAD_MALFORMED'],
    ['without a version', { ...statement, _type: undefined }, 'PAYLOAD_MALFORMED'],
    ['without predicate', { ...statement, predicate: undefined }, 'read'],
    ['with null for the predicate', { ...statement, predicate: null }, 'read'],
    ['with a list for the predicate', { ...statement, predicate: [] }, 'PAYLOAD_MALFORMED'],
    ['with an empty predicateType', { ...statement, predicateType: '' }, 'PAYLOAD_MALFORMED'],
    ['without predicateType', { ...statement, predicateType: undefined }, 'PAYLOAD_MALFORMED'],
    ['with predicate_type', { ...statement, predicateType: undefined, predicate_type: 'x' }, 'PAYLOAD_MALFORMED'],
    ['with more', { ...statement, more: 1 }, 'PAYLOAD_MALFORMED'],
    ['without subject', { ...statement, subject: undefined }, 'PAYLOAD_MALFORMED'],
    ['with no subject', { ...statement, subject: [] }, 'PAYLOAD_MALFORMED'],
    ['with 1024 subjects', { ...statement, subject: Array(1024).fill(about) }, 'read'],
    ['with 1025 subjects', { ...statement, subject: Array(1025).fill(about) }, 'PAYLOAD_MALFORMED'],
  ])('%s: %3$s', (_, value, wanted) => {
    expect(read(value)).toBe(wanted);
  });

  it.each([
    ['with a member twice', '{"_type":"https://in-toto.io/Statement/v1","_type":"x"}'],
    ['with something after it', `${JSON.stringify(statement)} {}`],
    ['with a byte order mark', `\ufeff${JSON.stringify(statement)}`],
    ['that is a list', `[${JSON.stringify(statement)}]`],
  ])('%s is refused', (_, text) => {
    expect(read(text)).toBe('PAYLOAD_MALFORMED');
  });

  it('with a member twice inside the predicate is refused', () => {
    const text = JSON.stringify(statement).replace('"predicate":{}', '"predicate":{"a":1,"\\u0061":2}');
    expect(read(text)).toBe('PAYLOAD_MALFORMED');
    expect(read(text.replace('\\u0061', 'b'))).toBe('read');
  });

  it('of more than 16 MiB is refused', () => {
    const bytes = encode(statement);
    const padded = Buffer.concat([bytes, Buffer.alloc(16 * 1024 * 1024 - bytes.length, ' ')]);
    expect(codeOf(() => parseStatement(padded))).toBe('read');
    expect(codeOf(() => parseStatement(Buffer.concat([padded, Buffer.from(' ')])))).toBe('PAYLOAD_MALFORMED');
  });
});

describe('a subject', () => {
  const digests = (count: number): Json =>
    Object.fromEntries(Array.from({ length: count }, (_, n) => [`algorithm${n}`, 'x']));
  it.each<[string, Json, string]>([
    ['with a name', { name: 'app' }, 'read'],
    ['with a name that is a number', { name: 1 }, 'PAYLOAD_MALFORMED'],
    ['with all that a resource may have', { uri: 'x', content: 'x', downloadLocation: 'x', mediaType: 'x' }, 'read'],
    ['with more', { more: 1 }, 'PAYLOAD_MALFORMED'],
    ['without digest', { digest: undefined }, 'PAYLOAD_MALFORMED'],
    ['with no digest', { digest: {} }, 'PAYLOAD_MALFORMED'],
    ['with 32 digests', { digest: digests(32) }, 'read'],
    ['with 33 digests', { digest: digests(33) }, 'PAYLOAD_MALFORMED'],
    ['with a digest in upper case', { digest: { sha256: 'A'.repeat(64) } }, 'PAYLOAD_MALFORMED'],
    ['with a short digest', { digest: { sha256: 'a'.repeat(63) } }, 'PAYLOAD_MALFORMED'],
    ['with a prefixed digest', { digest: { sha256: `sha256:${'a'.repeat(57)}` } }, 'PAYLOAD_MALFORMED'],
    ['with a sha512 digest', { digest: { sha512: 'a'.repeat(128) } }, 'read'],
    ['with a sha512 digest of the wrong length', { digest: { sha512: 'a'.repeat(64) } }, 'PAYLOAD_MALFORMED'],
    ['with a digest that is a number', { digest: { md5: 1 } }, 'PAYLOAD_MALFORMED'],
    ['with an algorithm named like a method', { digest: { toString: 'x' } }, 'read'],
    ['with null for the annotations', { annotations: null }, 'read'],
    ['with a list for the annotations', { annotations: [] }, 'PAYLOAD_MALFORMED'],
  ])('%s: %3$s', (_, changes, wanted) => {
    expect(read(withSubject(changes))).toBe(wanted);
  });

  it('keeps annotations that are text alone, also those with odd names', () => {
    const text = JSON.stringify(withSubject({ annotations: { a: 'b', n: 1, x: null, l: ['b'] } }));
    const [subject] = parseStatement(encode(text.replace('"a":"b"', '"__proto__":"p","constructor":"c"'))).subject;
    expect(Object.entries(subject?.annotations ?? {})).toEqual([
      ['__proto__', 'p'],
      ['constructor', 'c'],
    ]);
  });
});
