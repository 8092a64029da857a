import { encodeState, parseState, TagsError, type TagsState } from '@signet/signed-tags';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { plainState, states } from './state-data.ts';

const [sample] = fc.sample(
  states.filter(({ newest, seen, revoked }) => newest !== undefined && seen.size > 1 && revoked.size > 0),
  { numRuns: 1, seed: 7 },
);
const state: TagsState = sample ?? expect.fail();

function problemOf(bytes: Uint8Array): string | undefined {
  try {
    parseState(bytes);
    return undefined;
  } catch (error) {
    if (error instanceof TagsError) return `${error.code}: ${error.message}`;
    throw error;
  }
}

/** As far as the cases change it. */
interface StateJson {
  [name: string]: unknown;
  newest: { issued: string; file: string; shards: readonly string[] };
  publishers: { signers: unknown }[];
  seen: Record<string, unknown>;
  revoked: Record<string, { by: readonly number[] }>;
}

/** The file of a good state with something changed. */
function changed(change: (json: StateJson) => void): Uint8Array {
  const json: StateJson = JSON.parse(Buffer.from(encodeState(state)).toString());
  change(json);
  return Buffer.from(JSON.stringify(json));
}

describe("a state's file", () => {
  it('gives what was written, also for tags such as __proto__, and equal states have equal bytes', () => {
    fc.assert(
      fc.property(states, (each) => {
        const bytes = encodeState(each);
        const read = parseState(bytes);
        expect(plainState(read)).toEqual(plainState(each));
        expect(Buffer.compare(encodeState(read), bytes)).toBe(0);
      }),
    );
  });

  it.each<[string, (json: StateJson) => void, RegExp]>([
    ['an unknown member', (json) => (json.more = 1), /more/],
    ['another type', (json) => (json._type = 'x'), /_type/],
    ['no collection', (json) => (json.collection = undefined), /collection/],
    ['a time in another form', (json) => (json.newest.issued = '2026-01-01'), /newest\.issued/],
    ['what is no base64', (json) => (json.newest.file = '*'), /newest\.file: base64/],
    ['a shard that is too large', (json) => (json.newest.shards = [large()]), /newest\.shards\.0: base64/],
    ['a tag that is none', (json) => (json.seen['a b'] = { vouched: [], removed: [] }), /"a b" is not a tag/],
    ['a digest that is none', (json) => (json.revoked.x = { by: [] }), /"x" is not a digest/],
    ['a publisher that is not there', (json) => (firstOf(json.revoked).by = [9]), /publisher 9 of 3/],
    ['nobody who revoked', (json) => (firstOf(json.revoked).by = []), /revocation/],
    ['a publisher twice', (json) => json.publishers.push(firstOf(json.publishers)), /a publisher is there twice/],
    [
      'a signer of no kind',
      (json) => (firstOf(json.publishers).signers = [{ format: 'sigstore', identity: { kind: 'x' } }]),
      /publishers\.0\.signers/,
    ],
    [
      'somebody who vouched for nothing',
      (json) => (json.seen.x = { vouched: [{ by: 0, issued: time, expires: time }], removed: [] }),
      /no entry of "x"/,
    ],
    [
      'somebody who removed twice',
      (json) => (json.seen.x = { vouched: [], removed: [1, 2].map(() => ({ by: 0, at: time })) }),
      /removed "x" is there twice/,
    ],
  ])('is refused with %s', (_, change, message) => {
    const problem = problemOf(changed(change));
    expect(problem).toMatch(/^STATE_INVALID: /);
    expect(problem).toMatch(message);
  });

  it('is refused where it was cut, with a key twice, or nested too deep', () => {
    const text = Buffer.from(encodeState(state)).toString();
    expect(problemOf(Buffer.from(text.slice(0, -1)))).toMatch(/^STATE_INVALID/);
    expect(problemOf(Buffer.from(text.replace('{', '{"_type":"x",')))).toMatch(/stands twice/);
    expect(problemOf(Buffer.from(`${'['.repeat(10_000)}`))).toMatch(/nested deeper/);
    expect(problemOf(new Uint8Array())).toMatch(/^STATE_INVALID/);
  });

  it('is refused or read, whatever byte was changed', () => {
    const bytes = encodeState(state);
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(255), (at, value) => {
        const hostile = Uint8Array.from(bytes);
        hostile[at] = value;
        expect(problemOf(hostile) ?? 'STATE_INVALID').toMatch(/^STATE_INVALID/);
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array(), (junk) => {
        expect(problemOf(junk)).toMatch(/^STATE_INVALID/);
      }),
    );
    fc.assert(
      fc.property(fc.json(), (json) => {
        expect(problemOf(Buffer.from(json))).toMatch(/^STATE_INVALID/);
      }),
    );
  });
});

const time = '2026-11-23T09:00:00.000Z';

function large(): string {
  return Buffer.alloc(512 * 1024 + 1).toString('base64');
}

function firstOf<V>(object: Readonly<Record<string, V>> | readonly V[]): V {
  return Object.values(object)[0] ?? expect.fail();
}
