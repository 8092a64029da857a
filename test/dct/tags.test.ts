import { readTrustData, type TrustData } from '@signet/dct';
import { describe, expect, it } from 'vitest';
import { digestOfText, gun, makeKey, makeTrust, nowMs, sourceOf, type TestTrust } from './trust-repository.ts';

const [alice, bob, team] = [makeKey('alice'), makeKey('bob'), makeKey('team')];

const read = async (trust: TestTrust): Promise<TrustData> =>
  readTrustData(sourceOf(await makeTrust(trust)), { gun, nowMs });

/** Tag, role and signers. */
const rows = async (trust: TestTrust): Promise<unknown[]> =>
  (await read(trust)).tags.map(({ tag, role, signers }) => [tag, role, ...signers.map((signer) => signer.role)]);

describe('which role says what a tag is', () => {
  it('targets/releases comes before targets, and what it hides is told', async () => {
    const { tags } = await read({
      targets: { same: 'x', other: 'old', alone: 'z' },
      delegations: [{ name: 'targets/releases', keys: [alice], targets: { same: 'x', other: 'new' } }],
    });
    expect(tags.map(({ tag, role, digest, hidden }) => [tag, role, digest, hidden?.digest])).toEqual([
      ['alone', 'targets', digestOfText('z'), undefined],
      ['other', 'targets/releases', digestOfText('new'), digestOfText('old')],
      ['same', 'targets/releases', digestOfText('x'), undefined],
    ]);
    expect(tags[1]?.hidden).toMatchObject({ role: 'targets', keyIds: [makeKey('targets').id] });
  });

  it('another delegation alone does not release a tag', async () => {
    const trust: TestTrust = {
      delegations: [
        { name: 'targets/alice', keys: [alice], targets: { '1.0': 'one', '2.0': 'two' } },
        { name: 'targets/bob', keys: [bob], targets: { '2.0': 'another' } },
        { name: 'targets/releases', keys: [alice], targets: { '1.0': 'one' } },
      ],
    };
    const { unreleased } = await read(trust);
    expect(await rows(trust)).toEqual([['1.0', 'targets/releases', 'targets/alice']]);
    expect(unreleased.map(({ tag, signers }) => [tag, signers.map(({ role, digest }) => [role, digest])])).toEqual([
      [
        '2.0',
        [
          ['targets/alice', digestOfText('two')],
          ['targets/bob', digestOfText('another')],
        ],
      ],
    ]);
  });

  it('signers are those who say the same digest', async () => {
    const trust: TestTrust = {
      targets: { a: 'new' },
      delegations: [
        { name: 'targets/alice', keys: [alice], targets: { a: 'old' } },
        { name: 'targets/bob', keys: [bob], targets: { a: 'new' } },
      ],
    };
    expect(await rows(trust)).toEqual([['a', 'targets', 'targets/bob']]);
  });

  it('a delegation of targets/releases does not release, nor lets targets do it', async () => {
    const trust: TestTrust = {
      targets: { a: 'x' },
      delegations: [
        { name: 'targets/releases', keys: [alice], targets: {} },
        { name: 'targets/releases/team', keys: [team], targets: { a: 'y' } },
      ],
    };
    expect(await rows(trust)).toEqual([]);
    expect((await read(trust)).unreleased.map(({ tag }) => tag)).toEqual(['a']);
  });
});

describe('the paths of a delegation', () => {
  const released = (paths: readonly string[] | null, parent: readonly string[] = ['']): TestTrust => ({
    delegations: [
      { name: 'targets/releases', keys: [alice], paths, targets: { '1.0': 'a', 'rc-1': 'b' } },
      { name: 'targets/team', keys: [team], paths: parent, targets: {} },
      { name: 'targets/team/bob', keys: [bob], paths, targets: { '1.0': 'a', 'rc-1': 'b' } },
    ],
  });

  it.each([
    [[''], ['1.0', 'rc-1']],
    [['1.'], ['1.0']],
    [['rc-', 'x'], ['rc-1']],
    [['1.00'], []],
    [[], []],
    [null, []],
  ])('%j allow %j', async (paths, tags) => {
    expect((await read(released(paths))).tags.map(({ tag }) => tag)).toEqual(tags);
  });

  it('allow no more than those of the role above', async () => {
    const signersOf = async (paths: readonly string[], parent: readonly string[]): Promise<unknown[]> =>
      (await rows({ ...released(paths, parent), targets: { '1.0': 'a', 'rc-1': 'b' } })).filter((row) =>
        (row as string[]).includes('targets/team/bob'),
      );
    expect(await signersOf([''], [''])).toHaveLength(2);
    expect(await signersOf([''], ['rc-'])).toHaveLength(0);
    expect(await signersOf(['rc-1'], ['rc-'])).toHaveLength(1);
  });
});

describe('names of targets', () => {
  it('that are no tags are told apart; any tag is one, whatever JavaScript makes of its name', async () => {
    const names = ['__proto__', 'constructor', 'toString', 'a/b', '-x', '', 'é'];
    const targets = JSON.parse(`{${names.map((name) => `${JSON.stringify(name)}:"text"`).join(',')}}`) as Record<
      string,
      string
    >;
    const { tags, otherTargets } = await read({ targets });
    expect(tags.map(({ tag }) => tag)).toEqual(['__proto__', 'constructor', 'toString']);
    expect(otherTargets).toEqual(['', '-x', 'a/b', 'é']);
  });
});
