import { digestOf, RegistryError } from '@signet/oci';
import { type Envelope, toAsked } from '@signet/verifier';
import { describe, expect, it } from 'vitest';
import { Gathering, type GatheringOptions } from '../../../packages/verifier/src/collect/gathering.ts';
import { envelopeOf } from '../signatures.ts';

const asked = toAsked({ kind: 'registry', registry: 'r.example', repository: 'app', tag: '1' });
const limits = { maxFetches: 10, maxTotalBytes: 100, concurrency: 2 };
const gather = (changes: Partial<GatheringOptions> = {}) => new Gathering(asked, { limits, ...changes });
const envelope = (text: string, changes: Partial<Envelope> = {}) => envelopeOf('sigstore', Buffer.from(text), changes);
const kept = (gathering: Gathering) =>
  gathering.snapshot(false).envelopes.map(({ bytes }) => Buffer.from(bytes).toString());
const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('Gathering: envelopes', () => {
  it('the same bytes once, wherever they hang; for a format that reads annotations, with other ones again', () => {
    const gathering = gather();
    gathering.addEnvelope(envelope('a'));
    gathering.addEnvelope(envelope('a', { origin: digestOf(Buffer.from('other')), foundIn: 'listing' }));
    gathering.addEnvelope(envelope('a', { annotations: { signature: 'b' } }));
    gathering.addEnvelope(envelope('a', { format: 'cosign' }));
    expect(kept(gathering)).toEqual(['a', 'a', 'a']);
  });

  it('what was passed over is told in few words, whatever a listing says', () => {
    const gathering = gather();
    const origin = digestOf(Buffer.from('a'));
    gathering.addSkipped({ origin, code: 'OTHER_TYPE', message: `not a signature: ${'x'.repeat(100_000)}` });
    expect(gathering.snapshot(true).skipped[0]?.message).toHaveLength(1_001);
  });

  it('a blob is claimed once, whoever declares another size', () => {
    const gathering = gather();
    const blob = { mediaType: 'x/y', digest: digestOf(Buffer.from('a')), size: 1 };
    const of = { format: 'sigstore', annotations: {} };
    expect(gathering.claim({ ...blob, size: 2 }, of)).toBe(true);
    expect(gathering.claim(blob, of)).toBe(true);
    expect(gathering.claim(blob, of)).toBe(false);
    gathering.addEnvelope(envelope('a'));
    expect(gathering.claim({ ...blob, size: 3 }, of)).toBe(false);
  });

  it('no more than there is room for, annotations counted; what is spent gives its room away', () => {
    const full = gather();
    full.addEnvelope(envelope('x'.repeat(90)));
    full.addEnvelope(envelope('y', { annotations: { key: 'z'.repeat(20) } }));
    full.addEnvelope(envelope('w'));
    expect(kept(full)).toEqual(['x'.repeat(90), 'w']);
    expect(full.snapshot(false).gaps).toMatchObject([{ what: 'limit', code: 'LIMIT_REACHED' }]);

    const reused = gather({ isSpent: ({ bytes }) => bytes[0] === 0x78 });
    reused.addEnvelope(envelope('x'.repeat(90)));
    reused.addEnvelope(envelope('y'.repeat(90)));
    expect(kept(reused)).toEqual(['y'.repeat(90)]);
    expect(reused.snapshot(false).gaps).toEqual([]);
  });

  it('news until a snapshot showed them; nothing after the end', () => {
    const gathering = gather();
    expect(gathering.isNews).toBe(false);
    gathering.addEnvelope(envelope('a'));
    expect(gathering.isNews).toBe(true);
    gathering.snapshot(false);
    expect(gathering.isNews).toBe(false);
    gathering.end();
    gathering.addEnvelope(envelope('b'));
    gathering.addGap({ what: 'blob', code: 'TIMEOUT', message: 'late' });
    gathering.addSkipped({ origin: digestOf(Buffer.from('x')), code: 'OTHER_TYPE', message: 'late' });
    expect(gathering.snapshot(true)).toMatchObject({ envelopes: [{}], gaps: [], skipped: [], complete: true });
  });
});

describe('Gathering: tasks', () => {
  it('a failure is a gap of its kind', async () => {
    const gathering = gather();
    gathering.run('referrers', () => Promise.reject(new RegistryError('FORBIDDEN', 'no')));
    gathering.run('resolve', () => Promise.reject(new TypeError('a defect')));
    gathering.run('blob', () => Promise.reject('text'));
    await settle();
    expect(gathering.isIdle).toBe(true);
    expect(gathering.snapshot(false).gaps).toEqual([
      { what: 'referrers', code: 'FORBIDDEN', message: 'no' },
      { what: 'resolve', code: 'FAILED', message: 'a defect' },
      { what: 'blob', code: 'FAILED', message: 'it failed' },
    ]);
  });

  it('the same gap is told once, and of many the first hundred', () => {
    const gathering = gather();
    for (let at = 0; at < 300; at += 1)
      gathering.addGap({ what: 'blob', code: 'TIMEOUT', message: `${Math.floor(at / 2)}` });
    expect(gathering.snapshot(false).gaps).toHaveLength(100);
  });

  it('reads are begun when asked for, so many at once', async () => {
    const gathering = gather();
    const begun: number[] = [];
    const ends: (() => void)[] = [];
    for (let at = 0; at < 4; at += 1)
      gathering.enqueue({
        what: 'blob',
        rank: 0,
        size: 1,
        run: () => {
          begun.push(at);
          return new Promise<void>((resolve) => ends.push(resolve));
        },
      });
    expect(begun).toEqual([]);
    gathering.startReads();
    expect(ends).toHaveLength(2);
    gathering.startReads();
    expect(ends).toHaveLength(2);
    ends[0]?.();
    await gathering.change();
    gathering.startReads();
    expect(ends).toHaveLength(3);
    gathering.end();
    ends[1]?.();
    await settle();
    gathering.startReads();
    expect(ends).toHaveLength(3);
  });

  it('a listing waits until what it added was shown and more is wanted, or until the end', async () => {
    for (const free of ['wantsMore', 'end'] as const) {
      const gathering = gather();
      await gathering.shown();
      gathering.addEnvelope(envelope('a'));
      let isFree = false;
      const waiting = gathering.shown().then(() => {
        isFree = true;
      });
      gathering.snapshot(false);
      await settle();
      expect(isFree).toBe(false);
      gathering[free]();
      await waiting;
    }
  });
});
