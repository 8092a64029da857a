import { emptyState, publisherOf, type Seen, type TagsState, trustState } from '@signet/signed-tags';
import { noRefusals, type Requirement } from '@signet/verifier';
import { describe, expect, it } from 'vitest';
import { digestNamed, entry } from '../catalogue-data.ts';
import { at, keyIdOf, type Name, source } from '../client/client-world.ts';
import { collection } from './state-data.ts';

const signer = (name: Name) => ({ identity: { kind: 'key', keyId: keyIdOf(name) }, format: 'sigstore' }) as const;
const id = (name: Name) => publisherOf([signer(name)]);
const file = { issuedMs: at(1), expiresMs: at(73) };

const state: TagsState = {
  ...emptyState(collection),
  publishers: new Map([
    [id('publisher'), { signers: [signer('publisher')], issuedMs: at(5) }],
    [id('mallory'), { signers: [signer('mallory')], issuedMs: at(9) }],
  ]),
  revoked: new Map([
    [digestNamed('a'), { atMs: at(1), reason: '', by: new Set([id('publisher')]) }],
    [digestNamed('b'), { atMs: at(1), reason: '', by: new Set([id('mallory')]) }],
    [digestNamed('c'), { atMs: at(1), reason: '', by: new Set([id('mallory'), id('publisher')]) }],
  ]),
};

const trusting = (held: TagsState, signedBy: Requirement = source('publisher'), refuse = noRefusals) =>
  trustState(held, { collection, signedBy, refuse, nowMs: at(10) });

const withSeen = (seen: Partial<Seen>): TagsState => ({
  ...state,
  seen: new Map([['v1', { vouched: new Map(), removed: new Map(), ...seen }]]),
});

describe('what is remembered', () => {
  it('counts as far as somebody vouched for it who may still publish', async () => {
    const { issuedMs, revoked } = await trusting(state);
    expect(issuedMs).toBe(at(5));
    expect([...revoked.keys()]).toEqual([digestNamed('a'), digestNamed('c')]);
    const other = await trusting(state, source('mallory'));
    expect(other.issuedMs).toBe(at(9));
    expect([...other.revoked.keys()]).toEqual([digestNamed('b'), digestNamed('c')]);
    expect((await trusting(state, source('alice'))).issuedMs).toBe(0);
  });

  it('does not where the policy refuses the key', async () => {
    const refuse = { ...noRefusals, keyIds: new Set([keyIdOf('publisher')]) };
    const { issuedMs, revoked } = await trusting(state, source('publisher'), refuse);
    expect([issuedMs, revoked.size]).toEqual([0, 0]);
  });

  it('holds an entry whoever vouched for it, and names those of them who may still', async () => {
    const vouched = new Map([
      [id('publisher'), file],
      [id('mallory'), file],
    ]);
    const held = withSeen({ entry: entry('a', at(3)), vouched });
    expect((await trusting(held)).boundOf('v1')).toEqual({
      item: { kind: 'entry', entry: entry('a', at(3)) },
      vouched: [file],
    });
    expect((await trusting(held, source('alice'))).boundOf('v1')?.vouched).toEqual([]);
    expect((await trusting(held)).boundOf('__proto__')).toBeUndefined();
    expect((await trusting(held)).tagsOf(digestNamed('a'))).toEqual(['v1']);
    expect((await trusting(held)).tagsOf(digestNamed('b'))).toEqual([]);
  });

  it('holds a removal as long as he may publish who said it; the greater of it and the entry counts', async () => {
    const held = withSeen({ entry: entry('a', at(3)), removed: new Map([[id('mallory'), at(4)]]) });
    expect((await trusting(held)).boundOf('v1')?.item.kind).toBe('entry');
    expect((await trusting(held, source('mallory'))).boundOf('v1')?.item).toEqual({ kind: 'removal', atMs: at(4) });
    const before = withSeen({ entry: entry('a', at(3)), removed: new Map([[id('publisher'), at(2)]]) });
    expect((await trusting(before)).boundOf('v1')?.item.kind).toBe('entry');
  });

  it('holds nothing from the future', async () => {
    const soon = at(10) + 10 * 60_000;
    for (const [atMs, isThere] of [
      [soon, true],
      [soon + 1, false],
    ] as const) {
      const entries = await trusting(withSeen({ entry: entry('a', atMs) }));
      expect(entries.boundOf('v1') !== undefined).toBe(isThere);
      const removals = await trusting(withSeen({ removed: new Map([[id('publisher'), atMs]]) }));
      expect(removals.boundOf('v1') !== undefined).toBe(isThere);
    }
  });
});
