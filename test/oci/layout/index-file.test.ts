import { type Digest, digestOf, RegistryError } from '@signet/oci';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ChangingEntries,
  entryNamed,
  hasEntry,
  nameEntry,
  putEntry,
  removeEntries,
  unnameEntry,
} from '../../../packages/oci/src/layout/index-entries.ts';
import {
  draftOf,
  encodeEmptyIndex,
  entriesOf,
  type LayoutIndex,
  parseIndexFile,
} from '../../../packages/oci/src/layout/index-file.ts';

const mediaType = 'application/vnd.oci.image.manifest.v1+json';
const digests = Array.from({ length: 4 }, (_, at) => digestOf(Buffer.from(String(at))));
const names = ['a', 'b', 'c'];
const descriptor = (at: number): { mediaType: string; digest: Digest; size: number } => ({
  mediaType,
  digest: digests[at] ?? digestOf(Buffer.from('none')),
  size: at,
});
const encoded = (pieces: readonly Uint8Array[]): Buffer => Buffer.concat(pieces);

/** Names and digests of the entries, as a set of texts. */
const facts = (index: LayoutIndex): readonly string[] =>
  entriesOf(index)
    .map(({ name, descriptor: { digest } }) => `${name ?? '-'} ${digest}`)
    .sort();

function changed(index: LayoutIndex, ...changes: readonly ((draft: ChangingEntries) => unknown)[]): LayoutIndex {
  const draft = draftOf(index);
  for (const change of changes) change(draft);
  return draft.settle();
}

const empty = (): LayoutIndex => parseIndexFile(encodeEmptyIndex());

describe('index.json', () => {
  it('when empty is an index with no manifests', () => {
    expect(JSON.parse(Buffer.from(encodeEmptyIndex()).toString())).toEqual({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.index.v1+json',
      manifests: [],
    });
  });

  it('keeps members that are unknown to us, and what oras writes: null', () => {
    const text = `{"schemaVersion":2,"x":[1],"manifests":[{"mediaType":"${mediaType}","digest":"${digests[0]}","size":1,"y":{"z":1}}]}`;
    const draft = draftOf(changed(parseIndexFile(Buffer.from(text)), (index) => nameEntry(index, 'b', descriptor(1))));
    const written = JSON.parse(encoded(draft.encode()).toString()) as { x: unknown; manifests: { y?: unknown }[] };
    expect([written.x, written.manifests.map(({ y }) => y)]).toEqual([[1], [{ z: 1 }, undefined]]);
    expect(facts(parseIndexFile(Buffer.from('{"schemaVersion":2,"manifests":null}')))).toEqual([]);
    expect(facts(parseIndexFile(Buffer.from('{"schemaVersion":2}')))).toEqual([]);
  });

  it.each([
    ['no JSON', '{', 'JSON_INVALID'],
    ['a list', '[]', 'MANIFEST_INVALID'],
    ['no schemaVersion', '{"manifests":[]}', 'LAYOUT_INVALID'],
    ['another schemaVersion', '{"schemaVersion":1,"manifests":[]}', 'LAYOUT_INVALID'],
    ['another mediaType', `{"schemaVersion":2,"mediaType":"${mediaType}","manifests":[]}`, 'LAYOUT_INVALID'],
    ['manifests that are no list', '{"schemaVersion":2,"manifests":{}}', 'LAYOUT_INVALID'],
    ['an entry that is none', '{"schemaVersion":2,"manifests":[{}]}', 'MANIFEST_INVALID'],
  ])('with %s is refused', (_title, text, code) => {
    expect(() => parseIndexFile(Buffer.from(text))).toThrow(expect.objectContaining({ code }));
    expect(() => parseIndexFile(Buffer.from(text))).toThrow(RegistryError);
  });

  it('of any bytes is an index or refused', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.json(),
          fc.string(),
          fc.jsonValue().map((v) => JSON.stringify({ schemaVersion: 2, manifests: [v] })),
        ),
        (text) => {
          try {
            parseIndexFile(Buffer.from(text));
          } catch (error) {
            expect(error).toBeInstanceOf(RegistryError);
          }
        },
      ),
    );
  });
});

describe('entries', () => {
  it('a name moves, and what it stood for keeps an entry', () => {
    const first = changed(empty(), (draft) => nameEntry(draft, 'a', descriptor(0)));
    expect(facts(first)).toEqual([`a ${digests[0]}`]);
    const moved = changed(first, (draft) => nameEntry(draft, 'a', descriptor(1)));
    expect(facts(moved)).toEqual([`- ${digests[0]}`, `a ${digests[1]}`].sort());
    const back = changed(moved, (draft) => nameEntry(draft, 'a', descriptor(0)));
    expect(facts(back)).toEqual([`- ${digests[1]}`, `a ${digests[0]}`].sort());
  });

  it('say whether anything was changed', () => {
    const draft = draftOf(empty());
    const told = [
      putEntry(draft, descriptor(0)),
      putEntry(draft, descriptor(0)),
      nameEntry(draft, 'a', descriptor(0)),
      nameEntry(draft, 'a', descriptor(0)),
      putEntry(draft, descriptor(0)),
      unnameEntry(draft, 'a'),
      unnameEntry(draft, 'a'),
      removeEntries(draft, descriptor(0).digest),
      removeEntries(draft, descriptor(0).digest),
    ];
    expect(told).toEqual([true, false, true, false, false, true, false, true, false]);
  });

  it('of an ambiguous name are kept and not resolved, until it is named anew', () => {
    const entry = (at: number): string =>
      `{"mediaType":"${mediaType}","digest":"${digests[at]}","size":1,"annotations":{"org.opencontainers.image.ref.name":"a"}}`;
    const index = parseIndexFile(Buffer.from(`{"schemaVersion":2,"manifests":[${entry(0)},${entry(1)},${entry(0)}]}`));
    expect(() => entryNamed(index, 'a')).toThrow(expect.objectContaining({ code: 'LAYOUT_INVALID' }));
    expect(entriesOf(index)).toHaveLength(3);
    const without = changed(index, (draft) => removeEntries(draft, descriptor(0).digest));
    expect(entryNamed(without, 'a')?.descriptor.digest).toBe(digests[1]);
    expect([hasEntry(without, descriptor(0).digest), hasEntry(without, descriptor(1).digest)]).toEqual([false, true]);
    const again = parseIndexFile(Buffer.from(`{"schemaVersion":2,"manifests":[${entry(0)},${entry(1)}]}`));
    const named = changed(again, (draft) => nameEntry(draft, 'a', descriptor(2)));
    expect(entryNamed(named, 'a')?.descriptor.digest).toBe(digests[2]);
    expect(facts(named)).toHaveLength(3);
  });

  it('after any changes are those of a simple model, in memory and in the bytes', () => {
    const kind = fc.constantFrom('put', 'name', 'unname', 'remove', 'settle', 'discard');
    const step = fc.record({ kind, at: fc.nat(3), name: fc.constantFrom(...names) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const run = new ModelRun();
        for (const each of steps) {
          run.take(each);
          run.check();
        }
      }),
    );
  });
});

interface Step {
  readonly kind: string;
  readonly at: number;
  readonly name: string;
}

/** Drafts that are changed, settled and discarded, beside a model that is too. */
class ModelRun {
  #index = empty();
  #draft = draftOf(this.#index);
  #settled = new Model();
  #model = new Model();

  take(step: Step): void {
    const { digest } = descriptor(step.at);
    const kinds: Readonly<Record<string, () => unknown>> = {
      put: () => putEntry(this.#draft, descriptor(step.at)),
      name: () => nameEntry(this.#draft, step.name, descriptor(step.at)),
      unname: () => unnameEntry(this.#draft, step.name),
      remove: () => removeEntries(this.#draft, digest),
      settle: () => this.#settle(),
      discard: () => this.#discard(),
    };
    kinds[step.kind]?.();
    this.#model.apply(step);
  }

  check(): void {
    for (const name of names) {
      const found = entryNamed(this.#draft, name)?.descriptor.digest;
      expect([name, found]).toEqual([name, this.#model.tags.get(name)]);
    }
    expect(facts(this.#index)).toEqual(this.#settled.facts());
  }

  #settle(): void {
    const bytes = encoded(this.#draft.encode());
    this.#index = this.#draft.settle();
    expect(facts(parseIndexFile(bytes))).toEqual(facts(this.#index));
    this.#settled = this.#model.copy();
    this.#draft = draftOf(this.#index);
  }

  #discard(): void {
    this.#model = this.#settled.copy();
    this.#draft = draftOf(this.#index);
  }
}

/** The same by the simplest means: a set of manifests, and tags. */
class Model {
  manifests: Set<Digest> = new Set();
  tags: Map<string, Digest> = new Map();

  copy(): Model {
    const copy = new Model();
    copy.manifests = new Set(this.manifests);
    copy.tags = new Map(this.tags);
    return copy;
  }

  apply({ kind, at, name }: Step): void {
    const { digest } = descriptor(at);
    if (kind === 'put' || kind === 'name') this.manifests.add(digest);
    if (kind === 'name') this.tags.set(name, digest);
    if (kind === 'unname') this.tags.delete(name);
    if (kind !== 'remove') return;
    this.manifests.delete(digest);
    for (const [tag, named] of this.tags) if (named === digest) this.tags.delete(tag);
  }

  facts(): readonly string[] {
    const tagged = new Set(this.tags.values());
    const untagged = [...this.manifests].filter((digest) => !tagged.has(digest)).map((digest) => `- ${digest}`);
    return [...untagged, ...[...this.tags].map(([tag, digest]) => `${tag} ${digest}`)].sort();
  }
}
