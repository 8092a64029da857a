import { type Digest, digestOf } from '@signet/oci';
import type { Content, Entry, TagState } from '@signet/signed-tags';
import fc from 'fast-check';

/** Digests with a name, few enough to meet again. */
export function digestNamed(name: string): Digest {
  return digestOf(Buffer.from(name));
}

/** An entry of the image with this name. */
export function entry(name: string, atMs: number, statements: readonly string[] = ['s']): Entry {
  return {
    digest: digestNamed(name),
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    size: 100,
    atMs,
    statements: statements.map((text) => ({ mediaType: 'application/json', bytes: Buffer.from(text) })),
  };
}

/** Content that holds these tags. */
export function contentWith(tags: Readonly<Record<string, TagState>>, floorMs = 0): Content {
  return { floorMs, tags: new Map(Object.entries(tags)) };
}

const times = fc.integer({ min: 1, max: 12 });
const entries = fc
  .record({ name: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), at: times, statement: fc.constantFrom('s', 't', 'u') })
  .map(({ name, at, statement }) => entry(name, at, [statement]));

/** Content as it may be in a file: in order, one entry a digest, none before its tag's removal. */
export const contents: fc.Arbitrary<Content> = fc
  .record({
    floorMs: fc.integer({ min: 0, max: 8 }),
    tags: fc.dictionary(
      fc.constantFrom('1', '2', '__proto__', 'constructor'),
      fc.record({ removed: fc.option(times), entries: fc.array(entries, { maxLength: 6 }) }),
    ),
  })
  .map(({ floorMs, tags }) => {
    const states = Object.entries(tags).map(
      ([tag, { removed, entries: list }]) => [tag, stateOf(list, removed ?? 0)] as const,
    );
    return {
      floorMs,
      tags: new Map(states.filter(([, { removedMs, entries: held }]) => removedMs !== undefined || held.length > 0)),
    };
  });

function stateOf(list: readonly Entry[], removedMs: number): TagState {
  const sorted = list
    .filter(({ atMs }) => atMs > removedMs)
    .toSorted((x, y) => y.atMs - x.atMs || (x.digest < y.digest ? 1 : -1));
  const distinct = sorted.filter((each, at) => sorted.findIndex(({ digest }) => digest === each.digest) === at);
  return { ...(removedMs === 0 ? {} : { removedMs }), entries: distinct.slice(0, 4) };
}
