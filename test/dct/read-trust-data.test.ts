import { readTrustData, type TrustData, type TrustQuestion } from '@signet/dct';
import { describe, expect, it } from 'vitest';
import { codeOf } from './code-of.ts';
import { realFiles, realGun } from './real-files.ts';
import {
  type Body,
  certified,
  dayMs,
  digestOfText,
  type Files,
  fileIn,
  gun,
  makeKey,
  makeTrust,
  nowMs,
  sourceOf,
  type TestTrust,
} from './trust-repository.ts';

const alice = makeKey('alice');
const bob = makeKey('bob', 'rsa');
const twoSigners: TestTrust = {
  targets: { '0.9': 'signed before there were signers' },
  delegations: [
    { name: 'targets/releases', keys: [alice, bob], targets: { '1.0': 'one', '2.0': 'two' } },
    { name: 'targets/alice', keys: [alice], targets: { '1.0': 'one', '2.0': 'two' } },
    { name: 'targets/bob', keys: [bob], targets: { '2.0': 'two' } },
  ],
};

const read = (files: Files, question: Partial<TrustQuestion> = {}): Promise<TrustData> =>
  readTrustData(sourceOf(files), { gun, nowMs, ...question });

describe('trust data that is as it should be', () => {
  it('says what each tag is, its length, and who signed it', async () => {
    const { tags, unreleased, otherTargets, expired, missing } = await read(await makeTrust(twoSigners));
    expect(
      tags.map(({ tag, digest, length, role, signers }) => [tag, digest, length, role, signers.map((s) => s.role)]),
    ).toEqual([
      ['0.9', digestOfText('signed before there were signers'), 32, 'targets', []],
      ['1.0', digestOfText('one'), 3, 'targets/releases', ['targets/alice']],
      ['2.0', digestOfText('two'), 3, 'targets/releases', ['targets/alice', 'targets/bob']],
    ]);
    expect(tags.map(({ keyIds }) => keyIds)).toEqual([
      [makeKey('targets').id],
      [alice.id, bob.id].sort(),
      [alice.id, bob.id].sort(),
    ]);
    expect([unreleased, otherTargets, expired, missing]).toEqual([[], [], [], []]);
  });

  it('names the delegations with their keys, and the root', async () => {
    const key = await certified(makeKey('root'));
    const { delegations, root } = await read(await makeTrust({ ...twoSigners, root: [key] }));
    const keys = [{ id: key.id, canonicalId: makeKey('root').id }];
    expect(root).toEqual({ version: 1, keys, trustedBy: 'firstUse', pinnedVersion: 1 });
    expect(delegations.map((each) => [each.name, each.state, each.threshold, each.keys.map((k) => k.id)])).toEqual([
      ['targets/releases', 'signed', 1, [alice.id, bob.id]],
      ['targets/alice', 'signed', 1, [alice.id]],
      ['targets/bob', 'signed', 1, [bob.id]],
    ]);
  });

  it('is asked for file by file, by the hash that the file before states', async () => {
    const source = sourceOf(await makeTrust(twoSigners));
    await readTrustData(source, { gun, nowMs });
    expect(source.asked.map(({ role, sha256 }) => [role, sha256?.length])).toEqual([
      ['root', undefined],
      ['timestamp', undefined],
      ['snapshot', 64],
      ['targets', 64],
      ['targets/releases', 64],
      ['targets/alice', 64],
      ['targets/bob', 64],
    ]);
  });

  it.each(['ecdsa', 'ecdsa-p384', 'rsa', 'ed25519'] as const)('may be signed with a key of type %s', async (type) => {
    const keys = { targets: makeKey('t', type), snapshot: makeKey('s', type), timestamp: makeKey('c', type) };
    expect((await read(await makeTrust({ keys, targets: { a: 'a' } }))).tags).toHaveLength(1);
  });

  it('may be signed with RSA in its older form, and name the method in capitals', async () => {
    const targets = { ...makeKey('t', 'rsa'), method: 'rsapkcs1v15' };
    const rewrite = {
      targets: (file: Buffer) => Buffer.from(file.toString().replace('rsapkcs1v15', 'RSAPKCS1v15')),
    };
    expect((await read(await makeTrust({ keys: { targets }, targets: { a: 'a' }, rewrite }))).tags).toHaveLength(1);
  });

  it('is read as docker 28.5.2 and notary-server 0.7 wrote it', async () => {
    const files = realFiles();
    const first = '195be374e0a66f25c732ac400c16bd9cc5866806ddbfcc64b7e23006ffbacfb7';
    const pin = { kind: 'keys', keyIds: [first] } as const;
    const data = await readTrustData(sourceOf(files), { gun: realGun, pin, nowMs });
    expect(
      data.tags.map(({ tag, digest, signers }) => [tag, digest.slice(7, 19), signers.map(({ role }) => role)]),
    ).toEqual([
      ['1.0', 'c837939ce5ea', []],
      ['1.1', '4794b8fa2457', ['targets/alice', 'targets/bob']],
      ['2.0', '47c884d2493f', ['targets/alice', 'targets/bob']],
    ]);
    expect(data.root).toMatchObject({ version: 2, pinnedVersion: 1, trustedBy: 'keys' });
  });
});

describe('the chain from the timestamp down', () => {
  const rewritten = async (role: string, rewrite: (file: Buffer) => Buffer): Promise<string> => {
    const files = await makeTrust(twoSigners);
    files.set(role, rewrite(fileIn(files, role)));
    return codeOf(read(files));
  };

  it.each(['root', 'snapshot', 'targets', 'targets/releases', 'targets/bob'])('holds the bytes of %s', async (role) => {
    expect(await rewritten(role, (file) => Buffer.concat([file, Buffer.from(' ')]))).toBe('DCT_MISMATCH');
  });

  it.each(['snapshot', 'targets'])('holds which %s it is, well signed or not', async (role) => {
    const others = await makeTrust({ ...twoSigners, targets: { '0.9': 'signed before there were others!' } });
    expect(await rewritten(role, () => fileIn(others, role))).toBe('DCT_MISMATCH');
  });

  it('holds the hash where the length is right, and both hashes', async () => {
    const swap = (file: Buffer): Buffer => Buffer.from(file.toString().replace('"version":1', '"version":2'));
    expect(await rewritten('targets', swap)).toBe('DCT_MISMATCH');
    const wrong = Buffer.alloc(64).toString('base64');
    const edit = {
      timestamp: (body: Body) => JSON.parse(JSON.stringify(body).replace(/"sha512":"[^"]*"/, `"sha512":"${wrong}"`)),
    };
    expect(await codeOf(read(await makeTrust({ edit })))).toBe('DCT_MISMATCH');
  });

  it.each(['root', 'timestamp', 'snapshot', 'targets'])('holds who signs %s', async (role) => {
    const signers = { [role]: [makeKey('stranger')] };
    expect(await codeOf(read(await makeTrust({ ...twoSigners, signers })))).toBe('DCT_NOT_SIGNED');
    expect(await codeOf(read(await makeTrust({ ...twoSigners, signers: { [role]: [] } })))).toBe('DCT_NOT_SIGNED');
  });

  it.each(['root', 'timestamp', 'snapshot', 'targets'])('holds that %s is signed as it stands there', async (role) => {
    const rewrite = { [role]: (file: Buffer) => Buffer.from(file.toString().replace('"version":1', '"version":7')) };
    expect(await codeOf(read(await makeTrust({ ...twoSigners, rewrite })))).toBe('DCT_NOT_SIGNED');
  });

  it('needs no order of members and no form of white space: the canonical form is signed', async () => {
    const reorder = (file: Buffer): Buffer => {
      const { signed, signatures } = JSON.parse(file.toString()) as { signed: object; signatures: unknown };
      const backwards = Object.fromEntries(Object.entries(signed).reverse());
      return Buffer.from(JSON.stringify({ signatures, signed: backwards }, undefined, 2));
    };
    const rewrite = { root: reorder, targets: reorder, snapshot: reorder, timestamp: reorder };
    expect((await read(await makeTrust({ ...twoSigners, rewrite }))).tags).toHaveLength(3);
  });

  it('holds the type of each file', async () => {
    const edit = { timestamp: (body: Body) => ({ ...body, _type: 'Snapshot' }) };
    expect(await codeOf(read(await makeTrust({ edit })))).toBe('DCT_MALFORMED');
  });

  it.each(['timestamp', 'snapshot'])('refuses a %s that states no hash of what follows', async (role) => {
    const edit = { [role]: (body: Body) => ({ ...body, meta: {} }) };
    expect(await codeOf(read(await makeTrust({ edit })))).toBe('DCT_MALFORMED');
  });
});

describe('time', () => {
  it.each(['root', 'timestamp', 'snapshot', 'targets'])(
    'refuses an expired %s, and takes it where that is allowed',
    async (role) => {
      const expiresMs = nowMs - 1000;
      const files = await makeTrust({ ...twoSigners, expires: { [role]: expiresMs } });
      const message = `${role} expired on 2026-11-30T23:59:59.000Z`;
      await expect(read(files)).rejects.toMatchObject({ code: 'DCT_EXPIRED', message });
      const { tags, expired } = await read(files, { allowExpired: true });
      expect(tags).toHaveLength(3);
      expect(expired).toEqual([{ what: role, expiresMs }]);
    },
  );

  it('takes what expires at this moment', async () => {
    expect(await codeOf(read(await makeTrust({ expires: { timestamp: nowMs } })))).toBe('resolved');
  });

  it('lets everything expire and still verifies who signed', async () => {
    const late = { nowMs: nowMs + 20 * 365 * dayMs, allowExpired: true };
    const { expired } = await read(await makeTrust(twoSigners), late);
    expect(expired.map(({ what }) => what.replace(/[0-9a-f]{12}/, 'ID'))).toEqual([
      'the certificate of root key ID…',
      'root',
      'timestamp',
      'snapshot',
      'targets',
      'targets/releases',
      'targets/alice',
      'targets/bob',
    ]);
    const signers = { targets: [makeKey('stranger')] };
    expect(await codeOf(read(await makeTrust({ ...twoSigners, signers }), late))).toBe('DCT_NOT_SIGNED');
  });
});

describe('files that are not there', () => {
  const without = async (...roles: readonly string[]): Promise<Files> => {
    const files = await makeTrust(twoSigners);
    for (const role of roles) files.delete(role);
    return files;
  };

  it('without a root there is no trust data at all', async () => {
    expect(await codeOf(read(await without('root'), { allowMissing: true }))).toBe('DCT_NOT_THERE');
  });

  it.each(['timestamp', 'snapshot', 'targets', 'targets/bob', 'targets/releases'])('%s is needed', async (role) => {
    const message = `${role}.json is not in memory`;
    await expect(read(await without(role))).rejects.toMatchObject({ code: 'DCT_FILE_MISSING', message });
  });

  it('where that is allowed, the signatures that are there are verified, and what is missing is told', async () => {
    const files = await without('timestamp', 'snapshot', 'targets/bob');
    const { tags, missing, delegations } = await read(files, { allowMissing: true });
    expect(tags.map(({ tag, signers }) => [tag, signers.length])).toEqual([
      ['0.9', 0],
      ['1.0', 1],
      ['2.0', 1],
    ]);
    expect(missing).toEqual(['timestamp', 'snapshot', 'targets/bob']);
    expect(delegations.at(-1)).toMatchObject({ name: 'targets/bob', state: 'missing' });
    files.set('targets', fileIn(await makeTrust({ keys: { targets: makeKey('stranger') } }), 'targets'));
    expect(await codeOf(read(files, { allowMissing: true }))).toBe('DCT_NOT_SIGNED');
  });

  it('the top role is needed all the same', async () => {
    expect(await codeOf(read(await without('targets'), { allowMissing: true }))).toBe('DCT_FILE_MISSING');
  });
});

describe('the question', () => {
  it.each([
    'app',
    'team/app',
    'registry.example.com/team/app:1',
    '../x/y',
    'registry.example.com/../app',
    'Registry.example.com/a',
  ])('is no repository in full: %s', async (wrong) => {
    expect(await codeOf(readTrustData(sourceOf(new Map()), { gun: wrong, nowMs }))).toBe('DCT_QUESTION_INVALID');
  });
});
