import { X509Certificate } from 'node:crypto';
import { type RootPin, readTrustData, type TrustData } from '@signet/dct';
import { describe, expect, it } from 'vitest';
import { codeOf } from '../code-of.ts';
import {
  type CertificateOptions,
  certified,
  dayMs,
  type Files,
  fileIn,
  gun,
  inCertificates,
  makeKey,
  makeTrust,
  nowMs,
  sourceOf,
  type TestKey,
  type TestTrust,
} from '../trust-repository.ts';

const read = (files: Files, pin?: RootPin, allowExpired = false): Promise<TrustData> =>
  readTrustData(sourceOf(files), { gun, nowMs, allowExpired, ...(pin === undefined ? {} : { pin }) });

const pinned = (...keyIds: readonly string[]): RootPin => ({ kind: 'keys', keyIds });

/** Versions 1, 2, … of a root, each signed by its own key and the one before; the last is the current one. */
async function rotated(keys: readonly TestKey[], of: (version: number) => TestTrust = () => ({})): Promise<Files> {
  const all: Files = new Map();
  for (const [index, key] of keys.entries()) {
    const before = keys[index - 1];
    const signers = { root: before === undefined ? [key] : [key, before] };
    const made = await makeTrust({
      root: [key],
      rootVersion: index + 1,
      signers,
      targets: { a: 'a' },
      ...of(index + 1),
    });
    all.set(`${index + 1}.root`, fileIn(made, 'root'));
    for (const [name, file] of made) all.set(name, file);
  }
  return all;
}

const roots = (...names: readonly string[]): Promise<TestKey[]> =>
  Promise.all(names.map((name) => certified(makeKey(name))));

describe('the certificates of root keys', () => {
  const withCertificate = async (options: CertificateOptions, key = makeKey('root')): Promise<string> =>
    codeOf(read(await makeTrust({ root: [await certified(key, options)] })));

  it.each([
    ['for this repository', { commonName: gun }],
    ['for all names that begin so', { commonName: 'registry.example.com/team/*' }],
    ['for everything', { commonName: '*' }],
    ['that begins within a day', { notBeforeMs: nowMs + dayMs - 1000 }],
  ])('count: one %s', async (_what, options) => {
    expect(await withCertificate(options)).toBe('resolved');
  });

  it.each([
    ['for another repository', { commonName: 'registry.example.com/team/other' }],
    ['for the beginning of the name', { commonName: 'registry.example.com/team' }],
    ['for other names that begin so', { commonName: 'registry.example.com/other/*' }],
    ['of an authority', { ca: true }],
    ['that begins in two days', { notBeforeMs: nowMs + 2 * dayMs }],
  ])('do not count: one %s', async (_what, options) => {
    expect(await withCertificate(options)).toBe('DCT_ROOT_CERTIFICATE');
  });

  it('count with an RSA key', async () => {
    expect(await withCertificate({}, makeKey('root', 'rsa'))).toBe('resolved');
  });

  it('are needed: a bare key is no root key', async () => {
    const files = await makeTrust({ root: [makeKey('root')] });
    await expect(read(files)).rejects.toMatchObject({
      code: 'DCT_ROOT_CERTIFICATE',
      message: expect.stringContaining('it comes without a certificate'),
    });
  });

  it('may have authorities behind them, and nothing else', async () => {
    const leaf = await certified(makeKey('root'));
    const authority = await certified(makeKey('ca'), { ca: true });
    const chain = (...of: readonly TestKey[]): TestKey =>
      inCertificates(makeKey('root'), of.map(({ certificate }) => certificate).join(''));
    expect(await codeOf(read(await makeTrust({ root: [chain(leaf, authority)] })))).toBe('resolved');
    expect(await codeOf(read(await makeTrust({ root: [chain(leaf, leaf)] })))).toBe('DCT_ROOT_CERTIFICATE');
    const foreign = await makeTrust({
      root: [inCertificates(makeKey('root'), `${leaf.certificate}-----BEGIN X-----\nAAAA\n-----END X-----\n`)],
    });
    expect(await codeOf(read(foreign))).toBe('DCT_ROOT_CERTIFICATE');
  });

  it('end: then the root counts only where that is allowed', async () => {
    const root = [await certified(makeKey('root'), { notAfterMs: nowMs - dayMs })];
    const files = await makeTrust({ root });
    expect(await codeOf(read(files))).toBe('DCT_EXPIRED');
    const { expired } = await read(files, undefined, true);
    expect(expired).toEqual([
      { what: `the certificate of root key ${root[0]?.id.slice(0, 12)}…`, expiresMs: nowMs - dayMs },
    ]);
  });
});

describe('the threshold of the root', () => {
  it('asks for so many different keys', async () => {
    const [one, two] = (await roots('root', 'root2')) as [TestKey, TestKey];
    const of = (signers: readonly TestKey[]): TestTrust => ({
      root: [one, two],
      rootThreshold: 2,
      signers: { root: signers },
    });
    expect(await codeOf(read(await makeTrust(of([one, two]))))).toBe('resolved');
    expect(await codeOf(read(await makeTrust(of([one]))))).toBe('DCT_NOT_SIGNED');
    expect(await codeOf(read(await makeTrust(of([one, one]))))).toBe('DCT_NOT_SIGNED');
  });

  it('counts a key once that stands there in two certificates', async () => {
    const root = [await certified(makeKey('root')), await certified(makeKey('root'))];
    expect(root[0]?.id).not.toBe(root[1]?.id);
    expect(await codeOf(read(await makeTrust({ root, rootThreshold: 2 })))).toBe('DCT_NOT_SIGNED');
  });

  it('does not count a key whose certificate does not', async () => {
    const root = [
      await certified(makeKey('root')),
      await certified(makeKey('root2'), { commonName: 'elsewhere.example.com/x' }),
    ];
    expect(await codeOf(read(await makeTrust({ root, rootThreshold: 2 })))).toBe('DCT_NOT_SIGNED');
  });

  it('of none is malformed', async () => {
    expect(await codeOf(read(await makeTrust({ rootThreshold: 0 })))).toBe('DCT_MALFORMED');
  });
});

describe('a pinned root key', () => {
  it('is named by its id, by the id of its bare key, in either case, or by its certificate', async () => {
    const [key] = (await roots('root')) as [TestKey];
    const files = await makeTrust({ root: [key] });
    const certificates = [new X509Certificate(key.certificate ?? '').raw];
    for (const pin of [
      pinned(key.id),
      pinned(key.canonicalId),
      pinned('0'.repeat(64), key.id.toUpperCase()),
      { kind: 'keys', keyIds: [], certificates } as const,
    ])
      expect((await read(files, pin)).root).toMatchObject({ trustedBy: 'keys', pinnedVersion: 1 });
  });

  it('is none of this root', async () => {
    const files = await makeTrust();
    const other = await certified(makeKey('root'));
    expect(await codeOf(read(files, pinned('0'.repeat(64))))).toBe('DCT_ROOT_NOT_TRUSTED');
    expect(await codeOf(read(files, pinned(makeKey('targets').id)))).toBe('DCT_ROOT_NOT_TRUSTED');
    const certificates = [new X509Certificate(other.certificate ?? '').raw];
    expect(await codeOf(read(files, { kind: 'keys', keyIds: [], certificates }))).toBe('DCT_ROOT_NOT_TRUSTED');
  });

  it('stands in the root and has not signed it', async () => {
    const [one, two] = (await roots('root', 'root2')) as [TestKey, TestKey];
    const files = await makeTrust({ root: [one, two], signers: { root: [one] } });
    expect(await codeOf(read(files, pinned(one.id)))).toBe('resolved');
    expect(await codeOf(read(files, pinned(two.id)))).toBe('DCT_ROOT_NOT_TRUSTED');
  });

  it.each([
    ['nothing', pinned()],
    ['what is no id', pinned('abc')],
    ['what is no certificate', { kind: 'keys', keyIds: [], certificates: [Buffer.from('x')] }],
  ] as const)('cannot be %s', async (_what, pin) => {
    expect(await codeOf(read(await makeTrust(), pin))).toBe('DCT_QUESTION_INVALID');
  });
});

describe('a root that was changed since', () => {
  it('is trusted through the older roots, each of which signed the next', async () => {
    const keys = await roots('root', 'root2', 'root3');
    const files = await rotated(keys);
    for (const [index, { canonicalId }] of keys.entries())
      expect((await read(files, pinned(canonicalId))).root).toMatchObject({ version: 3, pinnedVersion: index + 1 });
    expect((await read(files)).root).toMatchObject({ version: 3, pinnedVersion: 3 });
  });

  it('is trusted through older roots whose certificates have ended', async () => {
    const old = await certified(makeKey('root'), { notAfterMs: nowMs - dayMs });
    const files = await rotated([old, ...(await roots('root2'))], (version) =>
      version === 1 ? { expires: { root: nowMs - dayMs } } : {},
    );
    expect(await codeOf(read(files, pinned(old.id)))).toBe('resolved');
  });

  it('is not trusted where one of them is missing', async () => {
    const keys = (await roots('root', 'root2', 'root3')) as [TestKey, TestKey, TestKey];
    const files = await rotated(keys);
    files.delete('2.root');
    await expect(read(files, pinned(keys[0].id))).rejects.toMatchObject({
      code: 'DCT_ROOT_NOT_TRUSTED',
      message: expect.stringContaining('looked back to version 3'),
    });
  });

  it('is not trusted where the one before did not sign it', async () => {
    const keys = (await roots('root', 'root2')) as [TestKey, TestKey];
    const files = await rotated(keys, () => ({ signers: { root: [keys[1]] } }));
    const first = await makeTrust({ root: [keys[0]] });
    files.set('1.root', fileIn(first, 'root'));
    expect(await codeOf(read(files))).toBe('resolved');
    expect(await codeOf(read(files, pinned(keys[0].id)))).toBe('DCT_NOT_SIGNED');
  });

  it('is not trusted through a root of another repository with the same key', async () => {
    const elsewhere = await certified(makeKey('root'), { commonName: 'registry.example.com/team/other' });
    const files = await rotated([elsewhere, ...(await roots('root2'))]);
    expect(await codeOf(read(files, pinned(elsewhere.canonicalId)))).toBe('DCT_ROOT_CERTIFICATE');
  });

  it('is not trusted where an older root has another version than its name', async () => {
    const keys = (await roots('root', 'root2')) as [TestKey, TestKey];
    const files = await rotated(keys);
    files.set('1.root', fileIn(files, '2.root'));
    expect(await codeOf(read(files, pinned(keys[0].id)))).toBe('DCT_MISMATCH');
  });

  it('is looked for in 64 older roots at most', async () => {
    const [key] = (await roots('root')) as [TestKey];
    const versions = Array.from({ length: 70 }, () => key);
    const files = await rotated(versions);
    const source = sourceOf(files);
    const question = { gun, nowMs, pin: pinned('0'.repeat(64)) };
    expect(await codeOf(readTrustData(source, question))).toBe('DCT_ROOT_NOT_TRUSTED');
    expect(source.asked.filter(({ version }) => version !== undefined)).toHaveLength(64);
  });
});

describe('a pinned root file', () => {
  it('is the current root itself, or one that the current root follows from', async () => {
    const keys = await roots('root', 'root2', 'root3');
    const files = await rotated(keys);
    for (const version of [1, 2, 3]) {
      const root = fileIn(files, `${version}.root`);
      expect((await read(files, { kind: 'root', root })).root).toMatchObject({
        version: 3,
        pinnedVersion: version,
        trustedBy: 'root',
      });
    }
  });

  it('is newer than what the server shows', async () => {
    const files = await rotated(await roots('root', 'root2'));
    const [other] = (await roots('root')) as [TestKey];
    const old = await makeTrust({ root: [other] });
    expect(await codeOf(read(old, { kind: 'root', root: fileIn(files, '2.root') }))).toBe('DCT_ROLLBACK');
  });

  it('has the same version and says something else', async () => {
    const root = fileIn(await makeTrust({ root: await roots('root') }), 'root');
    expect(await codeOf(read(await makeTrust(), { kind: 'root', root }))).toBe('DCT_ROOT_NOT_TRUSTED');
  });

  it('is none', async () => {
    expect(await codeOf(read(await makeTrust(), { kind: 'root', root: Buffer.from('{}') }))).toBe('DCT_MALFORMED');
  });
});
