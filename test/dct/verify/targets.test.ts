import { readTrustData, type TrustData } from '@signet/dct';
import { describe, expect, it } from 'vitest';
import { codeOf } from '../code-of.ts';
import {
  type Files,
  gun,
  makeKey,
  makeTrust,
  nowMs,
  sourceOf,
  type TestDelegation,
  type TestTrust,
} from '../trust-repository.ts';

const alice = makeKey('alice');
const bob = makeKey('bob', 'ed25519');
const stranger = makeKey('stranger');

const read = (files: Files): Promise<TrustData> => readTrustData(sourceOf(files), { gun, nowMs });

const releases = (given: Partial<TestDelegation> = {}): TestDelegation => ({
  name: 'targets/releases',
  keys: [alice, bob],
  targets: { '1.0': 'one' },
  ...given,
});

/** State and code of each delegation. */
async function states(trust: TestTrust): Promise<readonly (readonly (string | undefined)[])[]> {
  const { delegations } = await read(await makeTrust(trust));
  return delegations.map(({ name, state, code }) => [name, state, code]);
}

describe('the threshold of a delegation', () => {
  it('is met by so many of its keys', async () => {
    expect(await states({ delegations: [releases({ threshold: 2 })] })).toEqual([
      ['targets/releases', 'signed', undefined],
    ]);
  });

  it('is not met by fewer: the delegation says nothing, and the rest counts', async () => {
    const trust: TestTrust = {
      targets: { '1.0': 'old' },
      delegations: [releases({ threshold: 2 }), { name: 'targets/bob', keys: [bob], targets: {} }],
      signers: { 'targets/releases': [alice] },
    };
    expect(await states(trust)).toEqual([
      ['targets/bob', 'signed', undefined],
      ['targets/releases', 'refused', 'DCT_NOT_SIGNED'],
    ]);
    expect((await read(await makeTrust(trust))).tags.map(({ role }) => role)).toEqual(['targets']);
  });

  it.each([
    ['by a stranger', [stranger]],
    ['twice by one', [alice, alice]],
    ['by one and a stranger', [alice, stranger]],
    ['by nobody', []],
  ])('is not met %s', async (_who, signers) => {
    const trust = { delegations: [releases({ threshold: 2 })], signers: { 'targets/releases': signers } };
    expect(await states(trust)).toEqual([['targets/releases', 'refused', 'DCT_NOT_SIGNED']]);
  });
});

describe('a delegation', () => {
  it('says nothing when it has expired, and why', async () => {
    const trust = { delegations: [releases()], expires: { 'targets/releases': nowMs - 1 } };
    expect(await states(trust)).toEqual([['targets/releases', 'refused', 'DCT_EXPIRED']]);
  });

  it('that has not signed anything yet is not in the snapshot', async () => {
    const { targets: _, ...silent } = releases();
    expect(await states({ delegations: [silent] })).toEqual([['targets/releases', 'empty', undefined]]);
  });

  it('may be delegated to by another, level by level', async () => {
    const trust: TestTrust = {
      delegations: [
        { name: 'targets/team', keys: [alice], targets: {} },
        { name: 'targets/team/a', keys: [bob], targets: {} },
        { name: 'targets/team/a/b', keys: [stranger], targets: { x: 'x' } },
      ],
    };
    expect(await states(trust)).toEqual([
      ['targets/team', 'signed', undefined],
      ['targets/team/a', 'signed', undefined],
      ['targets/team/a/b', 'signed', undefined],
    ]);
  });

  it('is not reached through one that does not count', async () => {
    const trust: TestTrust = {
      delegations: [
        { name: 'targets/team', keys: [alice], targets: {} },
        { name: 'targets/team/a', keys: [bob], targets: {} },
      ],
      signers: { 'targets/team': [stranger] },
    };
    expect(await states(trust)).toEqual([['targets/team', 'refused', 'DCT_NOT_SIGNED']]);
  });

  it.each([
    'root',
    'snapshot',
    'targets',
    'targets/../x',
    'targets/a/b',
    'Targets/a',
    'targets/A',
    'targets//a',
    'targets/a/',
    'other',
  ])('cannot be called %s', async (name) => {
    const edit = {
      targets: (body: object) =>
        JSON.parse(JSON.stringify(body).replaceAll('targets/releases', name)) as Record<string, unknown>,
    };
    expect(await codeOf(read(await makeTrust({ delegations: [releases()], edit })))).toBe('DCT_MALFORMED');
  });

  it('counts once where it is stated twice: the first time', async () => {
    const twice = { name: 'targets/releases', keys: [stranger] };
    expect(await states({ delegations: [releases(), twice] })).toEqual([['targets/releases', 'signed', undefined]]);
    expect(await states({ delegations: [twice, releases()] })).toEqual([
      ['targets/releases', 'refused', 'DCT_NOT_SIGNED'],
    ]);
  });

  it('that names a key without stating it is malformed', async () => {
    const edit = {
      targets: (body: Record<string, unknown>) => ({
        ...body,
        delegations: { ...(body.delegations as object), keys: {} },
      }),
    };
    expect(await codeOf(read(await makeTrust({ delegations: [releases()], edit })))).toBe('DCT_MALFORMED');
  });

  it('are 256 at most', async () => {
    const many = (count: number): TestDelegation[] =>
      Array.from({ length: count }, (_, index) => ({ name: `targets/d${index}`, keys: [alice] }));
    expect(await codeOf(read(await makeTrust({ delegations: many(255) })))).toBe('resolved');
    expect(await codeOf(read(await makeTrust({ delegations: many(256) })))).toBe('DCT_TOO_LARGE');
  });

  it('may be absent in every way in which Go writes that', async () => {
    for (const delegations of [undefined, null, {}, { keys: null, roles: null }]) {
      const edit = { targets: (body: Record<string, unknown>) => ({ ...body, targets: null, delegations }) };
      expect(await codeOf(read(await makeTrust({ edit })))).toBe('resolved');
    }
  });
});
