import { ANNOTATION_ENVELOPE } from '@signet/core';
import { digestOf, MEDIA_TYPE_MANIFEST, parseReference, RegistryError } from '@signet/oci';
import { createHabit, type Habit, type Report, verify } from '@signet/verifier';
import { describe, expect, it } from 'vitest';
import { rule, source as trusted } from '../evidence-data.ts';
import { createExampleFormat, exampleBytes, exampleType } from '../example-format.ts';
import { addBlob, addSignatureManifest, createFakeSource, type FakeSource } from '../fake-source.ts';

const image = digestOf(Buffer.from('image'));
const byDigest = parseReference(`r.example/app@${image}`);
const byTag = parseReference('r.example/app:1');
const formatTag = `${image.replace(':', '-')}.example`;
const from = (signer: string) => exampleBytes({ signer, subject: image });

/** Ways in which an image may be signed, or not. */
const worlds: Readonly<Record<string, (source: FakeSource) => void>> = {
  'signed, embedded in the listing': (source) => list(source, { embedded: from('alice') }),
  'signed, in a manifest of the listing': (source) => list(source, { stored: from('alice') }),
  'embedded by another, stored by the right one': (source) =>
    list(source, { embedded: from('mallory') }, { stored: from('alice') }),
  'signed by another': (source) => list(source, { embedded: from('mallory') }),
  'signed under the tag of a format alone': (source) => {
    const descriptor = addSignatureManifest(source, [from('alice')], {});
    source.tagged.set(formatTag, { descriptor, bytes: source.blobs.get(descriptor.digest) ?? Buffer.alloc(0) });
  },
  'not signed': () => undefined,
  'not there': (source) => {
    source.blobs.clear();
    source.tagged.clear();
  },
  'a listing that cannot be read': (source) => {
    source.listingError = new RegistryError('UNREACHABLE', 'no listing');
  },
};

describe('a sparing verification', () => {
  it.each([byDigest, byTag])('asks for the listing alone where that suffices (%o)', async (reference) => {
    const { requests, habit } = await ask('signed, embedded in the listing', sparing(), reference);
    expect(requests).toEqual([...(reference === byTag ? ['resolve 1'] : []), `referrers ${image}`]);
    expect((await habit.begin()).isSparing).toBe(true);
  });

  it.each(Object.keys(worlds))('comes to the same answer as an eager one: %s', async (world) => {
    for (const reference of [byDigest, byTag]) {
      const eager = await ask(world, createHabit(), reference);
      const spared = await ask(world, sparing(), reference);
      expect(answerOf(spared.report)).toEqual(answerOf(eager.report));
      expect([...spared.requests].sort()).toEqual(
        world === 'signed, embedded in the listing' ? expect.anything() : [...eager.requests].sort(),
      );
    }
  });

  it('asks for the rest only after the listing was looked at', async () => {
    const { requests, report } = await ask('signed under the tag of a format alone', sparing(), byDigest);
    expect(report.verdict).toBe('verified');
    expect(requests[0]).toBe(`referrers ${image}`);
    expect(requests.slice(1, 3).sort()).toEqual([`resolve ${image}`, `resolve ${formatTag}`].sort());
  });
});

describe('a habit', () => {
  it.each(Object.keys(worlds))('is learned from what a listing alone showed, and dropped else: %s', async (world) => {
    const isEnough = world === 'signed, embedded in the listing';
    for (const before of [createHabit(), sparing()]) {
      const { habit } = await ask(world, before, byDigest);
      expect((await habit.begin()).isSparing).toBe(isEnough);
    }
  });
});

describe('the first of many', () => {
  it('goes ahead of the others, which wait for what it shows', async () => {
    const habit = createHabit();
    const first = await habit.begin();
    const order: string[] = [];
    const others = ['b', 'c'].map(async (name) => {
      const { isSparing } = await habit.begin();
      order.push(`${name} ${isSparing}`);
    });
    await Promise.resolve();
    order.push(`a ${first.isSparing}`);
    habit.learn(true);
    first.leave();
    await Promise.all(others);
    expect(order).toEqual(['a false', 'b true', 'c true']);
  });

  it('holds nobody up for long', async () => {
    const habit = createHabit();
    await habit.begin(); // and never done
    expect((await ask('signed, embedded in the listing', habit, byDigest)).report.verdict).toBe('verified');
  });
});

interface Answer {
  readonly report: Report;
  readonly requests: readonly string[];
  readonly habit: Habit;
}

async function ask(world: string, habit: Habit, reference: typeof byDigest): Promise<Answer> {
  const { requests, report } = begin(world, habit, reference);
  return { report: await report, requests, habit };
}

function begin(world: string, habit: Habit, reference: typeof byDigest) {
  const source = createFakeSource();
  const resolved = addBlob(source, Buffer.from('image'));
  source.tagged.set('1', { ...resolved, descriptor: { mediaType: MEDIA_TYPE_MANIFEST, digest: image, size: 5 } });
  worlds[world]?.(source);
  const alice = rule({ kind: 'any', of: [trusted('alice')] });
  const formats = [createExampleFormat()];
  return {
    requests: source.requests,
    report: verify(reference, { rule: alice, source, formats, habit, atMs: 0 }),
  };
}

function sparing(): Habit {
  const habit = createHabit();
  habit.learn(true);
  return habit;
}

/** Where the digest was read from may differ, and in which order gaps came. */
function answerOf({ verdict, code, findings, gaps }: Report) {
  return { verdict, code, signers: findings.length, gaps: gaps.map(({ what }) => what).sort() };
}

/** Listing entries of our type: an envelope in the entry itself, or in the manifest that it names. */
function list(
  source: FakeSource,
  ...entries: readonly { readonly embedded?: Uint8Array; readonly stored?: Uint8Array }[]
): void {
  const descriptors = entries.map(({ embedded, stored }) => ({
    ...addSignatureManifest(source, [embedded ?? stored ?? Buffer.alloc(0)], { subject: image }),
    artifactType: exampleType,
    ...(embedded === undefined
      ? {}
      : { annotations: { [ANNOTATION_ENVELOPE]: Buffer.from(embedded).toString('base64') } }),
  }));
  source.pages = [{ via: 'api', descriptors }];
}
