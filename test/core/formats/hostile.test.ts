import { parseBundle, parseSimpleSigning, parseStatement } from '@signet/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bundle, codeOf, encode, entry, message, simple, statement } from './decoder-samples.ts';

const material = {
  publicKey: { hint: 'x' },
  tlogEntries: [entry({ inclusionPromise: { signedEntryTimestamp: 'AAAA' } })],
  timestampVerificationData: { rfc3161Timestamps: [{ signedTimestamp: 'AAAA' }] },
};
const { dsseEnvelope: _, ...bare } = bundle({ verificationMaterial: material });

/** Each decoder with good documents, whose parts the properties exchange. */
const decoders: readonly (readonly [string, (bytes: Uint8Array) => unknown, readonly unknown[]])[] = [
  ['parseBundle', parseBundle, [bundle({ verificationMaterial: material }), { ...bare, messageSignature: message }]],
  ['parseStatement', parseStatement, [statement]],
  ['parseSimpleSigning', parseSimpleSigning, [simple]],
];

const codes = ['read', 'ENVELOPE_MALFORMED', 'ENVELOPE_UNSUPPORTED', 'SIGNATURE_COUNT', 'PAYLOAD_MALFORMED'];

/** The places of a document: paths of keys and positions. */
function placesOf(value: unknown, path: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, each]) => placesOf(each, [...path, key]))];
}

/** The document with another value at one place. */
function exchanged(value: unknown, [key, ...rest]: readonly string[], by: unknown): unknown {
  if (key === undefined || typeof value !== 'object' || value === null) return by;
  if (Array.isArray(value)) return value.map((each, at) => (`${at}` === key ? exchanged(each, rest, by) : each));
  const entries = Object.entries(value);
  return Object.fromEntries(entries.map(([name, each]) => [name, name === key ? exchanged(each, rest, by) : each]));
}

const oddTexts = fc.constantFrom(
  '',
  '__proto__',
  'constructor',
  'toString',
  '\u0000',
  '\ufeff',
  '=',
  '==',
  '-1',
  '1e9',
  'null',
);
const oddNumbers = fc.constantFrom(-1, -0, 0.1, 2 ** 53, 1e308, 5e-324);
const odd = fc.oneof(fc.jsonValue({ maxDepth: 3 }), oddTexts, oddNumbers, fc.constantFrom([[]], [{}], [null], null));

describe.each(decoders)('%s throws nothing but EnvelopeError', (_name, parse, documents) => {
  it('for the good documents not even that', () => {
    for (const document of documents) expect(codeOf(() => parse(encode(document)))).toBe('read');
  });

  it('for any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(codes).toContain(codeOf(() => parse(bytes)));
      }),
      { numRuns: 300 },
    );
  });

  it('for any JSON', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 5 }), (text) => {
        expect(codes).toContain(codeOf(() => parse(encode(text))));
      }),
      { numRuns: 300 },
    );
  });

  it('for a document with anything at any place', () => {
    const changed = fc.constantFrom(...documents).chain((document) => {
      const places = fc.constantFrom(...placesOf(document));
      return fc.tuple(places, odd).map(([path, by]) => exchanged(document, path, by));
    });
    fc.assert(
      fc.property(changed, (document) => {
        expect(codes).toContain(codeOf(() => parse(encode(document ?? null))));
      }),
      { numRuns: 1000 },
    );
  });

  it('for a document with a bit turned, cut short or doubled', () => {
    const [document] = documents;
    const bytes = encode(document);
    const at = fc.nat({ max: bytes.length - 1 });
    fc.assert(
      fc.property(at, fc.nat({ max: 7 }), (place, bit) => {
        const turned = Buffer.from(bytes);
        turned[place] = (turned[place] ?? 0) ^ (1 << bit);
        for (const hostile of [turned, bytes.subarray(0, place), Buffer.concat([bytes, bytes.subarray(place)])])
          expect(codes).toContain(codeOf(() => parse(hostile)));
        expect(codeOf(() => parse(bytes.subarray(0, place)))).not.toBe('read');
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['brackets that never close', '['.repeat(1_000_000)],
    ['braces that never close', '{"a":'.repeat(500_000)],
    ['quotes without end', '"'.repeat(1_000_001)],
    ['backslashes', `{"a":"${'\\'.repeat(1_000_001)}`],
    ['a string without end', `{"a":"${'x'.repeat(2_000_000)}`],
    ['a number without end', '9'.repeat(2_000_000)],
    ['commas', `[${','.repeat(1_000_000)}]`],
    ['white space', ' '.repeat(2_000_000)],
  ])('for %s', (_what, text) => {
    expect(codeOf(() => parse(encode(text)))).toMatch(/_MALFORMED$/);
  });

  it('and says no more of what came than fits a line', () => {
    const text = JSON.stringify({ ['k'.repeat(100_000)]: 1 });
    let said = '';
    try {
      parse(Buffer.from(text));
    } catch (error) {
      said = (error as Error).message;
    }
    expect(said.length).toBeGreaterThan(10);
    expect(said.length).toBeLessThan(400);
  });
});
