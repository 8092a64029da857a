import { DctError, readTrustData } from '@signet/dct';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTargets } from '../../packages/dct/src/metadata/targets.ts';
import { thrownCode } from '../dct/code-of.ts';
import { realFiles, realGun } from '../dct/real-files.ts';
import {
  type Body,
  certified,
  type Files,
  fileIn,
  gun,
  makeKey,
  makeTrust,
  nowMs,
  sourceOf,
} from '../dct/trust-repository.ts';
import { randomRuns } from '../support/random-runs.ts';

const names = [...realFiles().keys()];

/** What reading gives: the tags, or the code of a DctError; anything else that is thrown fails the test. */
async function outcome(files: Files, repository = realGun): Promise<string> {
  try {
    const pin = { kind: 'keys', keyIds: ['195be374e0a66f25c732ac400c16bd9cc5866806ddbfcc64b7e23006ffbacfb7'] } as const;
    const isReal = repository === realGun;
    const { tags } = await readTrustData(sourceOf(files), { gun: repository, nowMs, ...(isReal ? { pin } : {}) });
    return tags.map(({ tag, digest }) => `${tag} ${digest}`).join();
  } catch (error) {
    if (error instanceof DctError) return error.code;
    throw error;
  }
}

const good = await outcome(realFiles());

describe('trust data under hostile bytes', () => {
  it('a changed byte anywhere gives an error, or the same tags', async () => {
    const place = fc.tuple(fc.constantFrom(...names), fc.nat(), fc.integer({ min: 0, max: 255 }));
    await fc.assert(
      fc.asyncProperty(place, async ([name, at, byte]) => {
        const files = realFiles();
        const file = fileIn(files, name);
        file[at % file.length] = byte;
        const given = await outcome(files);
        if (!given.startsWith('DCT_')) expect(given).toBe(good);
      }),
      { numRuns: randomRuns(400) },
    );
  });

  it('a file cut off, doubled, or of any bytes gives an error', async () => {
    const change = fc.oneof(
      fc.nat().map((at) => (file: Buffer) => file.subarray(0, at % file.length)),
      fc.constant((file: Buffer) => Buffer.concat([file, file])),
      fc.uint8Array({ maxLength: 200 }).map((bytes) => () => Buffer.from(bytes)),
      fc.json({ maxDepth: 4 }).map((text) => () => Buffer.from(text)),
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...names), change, async (name, rewrite) => {
        const files = realFiles();
        files.set(name, rewrite(fileIn(files, name)));
        expect(await outcome(files)).toMatch(/^DCT_(?:MALFORMED|MISMATCH)$/);
      }),
      { numRuns: randomRuns(400) },
    );
  });

  const roles = ['root', 'timestamp', 'snapshot', 'targets'];
  it.each(roles)('whatever a well signed %s says, it is read or refused', async (role) => {
    const root = [await certified(makeKey('root'))];
    const junk = fc.oneof(
      fc.jsonValue({ maxDepth: 2 }),
      fc.constantFrom(-1, 0, 1.5, 2 ** 53, '', null, [], {}, ['x'], 'Root'),
    );
    await fc.assert(
      fc.asyncProperty(fc.nat(), junk, async (which, value) => {
        const edit = { [role]: (body: Body) => replaceOne(body, which, value) };
        const made = await makeTrust({ root, targets: { a: 'a' }, edit });
        expect(await outcome(made, gun)).toMatch(/^(?:DCT_[A-Z_]+|a sha256:[0-9a-f]{64}|)$/);
      }),
      { numRuns: randomRuns(200) },
    );
  });

  it.each([
    ['deep nesting', `${'['.repeat(100_000)}${']'.repeat(100_000)}`, 'DCT_MALFORMED'],
    ['a key twice', '{"signed":{},"signed":{},"signatures":[]}', 'DCT_MALFORMED'],
    ['a byte order mark', '\uFEFF{}', 'DCT_MALFORMED'],
    [
      '65 signatures',
      JSON.stringify({ signed: {}, signatures: Array(65).fill({ keyid: 'a', method: 'ecdsa', sig: '' }) }),
      'DCT_TOO_LARGE',
    ],
    ['17 MiB', ' '.repeat(17 * 1024 * 1024), 'DCT_TOO_LARGE'],
  ])('%s', async (_what, text, code) => {
    expect(await outcome(new Map([['root', Buffer.from(text)]]))).toBe(code);
  });

  it('more targets than are read of one file', () => {
    const targets = Object.fromEntries(Array.from({ length: 50_001 }, (_, at) => [`t${at}`, 0]));
    const signed = { _type: 'Targets', version: 1, expires: new Date(nowMs).toISOString(), targets };
    const file = Buffer.from(JSON.stringify({ signed, signatures: [] }));
    expect(thrownCode(() => parseTargets(file, 'targets'))).toBe('DCT_TOO_LARGE');
  });
});

/** The value in one of the places of a tree of JSON, counted from its top. */
function replaceOne(body: Body, which: number, value: unknown): Body {
  const copy = structuredClone(body);
  const places: (() => void)[] = [];
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    const object = node as Record<string, unknown>;
    for (const key of Object.keys(object)) {
      places.push(() => {
        object[key] = value;
      });
      visit(object[key]);
    }
  };
  visit(copy);
  places[which % places.length]?.();
  return copy;
}
