import { createNotaryFormat, createSoftwareSigner, generateKey, parsePrivateKey, sigstoreFormat } from '@signet/core';
import { readCertificate } from '@signet/core/x509';
import { type Digest, digestOf } from '@signet/oci';
import {
  countingStatements,
  type Entry,
  entryOfStatements,
  judgeEntry,
  type TagStatement,
  timeOfStatements,
} from '@signet/signed-tags';
import { levelActions, noRefusals, type Requirement, type Rule, type Ruling } from '@signet/verifier';
import { describe, expect, it } from 'vitest';
import { makeCertificate } from '../../support/certificates.ts';

const collection = 'registry.example/shop/api';
const image = digestOf(Buffer.from('image'));
const other = digestOf(Buffer.from('other image'));
const mediaType = 'application/vnd.oci.image.manifest.v1+json';
const names = ['alice', 'bob', 'mallory'];
const keys = new Map(await Promise.all(names.map(async (name) => [name, await generateKey('ecdsa-p256')] as const)));

const source = (name: string): Requirement => ({
  kind: 'source',
  source: { name, keys: [keyNamed(name).publicKey] },
});
const [alice, bob] = [source('alice'), source('bob')];

function keyNamed(name: string) {
  return keys.get(name) ?? expect.fail(`no key ${name}`);
}

function rulingFor(require: Requirement, changes: Partial<Ruling> = {}): Ruling {
  const rule: Rule = { name: 'shop', mode: 'enforce', require, tag: 'any', annotations: {} };
  return { rule, fallback: 'deny', refuse: noRefusals, atMs: Date.UTC(2026, 10, 23), ...changes };
}

interface Said {
  readonly by: string;
  readonly at: number;
  readonly digest?: Digest;
  /** `undefined`: none is named. */
  readonly reference?: string | undefined;
}

async function statement({ by, at, digest = image, ...said }: Said): Promise<TagStatement> {
  const reference = 'reference' in said ? said.reference : `${collection}:1`;
  const payload = sigstoreFormat.payload({
    subject: { mediaType, digest, size: 100 },
    signedAtMs: at,
    annotations: {},
    ...(reference === undefined ? {} : { signedReference: reference }),
  });
  const artifact = await sigstoreFormat.seal(payload, createSoftwareSigner(keyNamed(by)));
  return { mediaType: artifact.envelopeMediaType, bytes: artifact.envelope };
}

async function entryOf(atMs: number, ...said: readonly Said[]): Promise<Entry> {
  return { digest: image, mediaType, size: 100, atMs, statements: await Promise.all(said.map(statement)) };
}

const asking = (require: Requirement, changes: Partial<Ruling> = {}) => ({
  collection,
  tag: '1',
  ruling: rulingFor(require, changes),
});

const verdictOf = async (entry: Entry, require: Requirement, changes: Partial<Ruling> = {}) =>
  (await judgeEntry(entry, asking(require, changes))).verdict;

describe('an entry', () => {
  it('counts where its statements meet the rule', async () => {
    expect(await verdictOf(await entryOf(5, { by: 'alice', at: 5 }), alice)).toBe('verified');
    expect(await verdictOf(await entryOf(5, { by: 'alice', at: 9 }), alice)).toBe('verified');
  });

  it.each<[string, Said]>([
    ['by another signer', { by: 'mallory', at: 5 }],
    ['older than the entry', { by: 'alice', at: 4 }],
    ['about another digest', { by: 'alice', at: 5, digest: other }],
    ['for another tag', { by: 'alice', at: 5, reference: `${collection}:2` }],
    ['for another collection', { by: 'alice', at: 5, reference: 'registry.example/shop/web:1' }],
    ['for no tag', { by: 'alice', at: 5, reference: collection }],
    ['without a reference', { by: 'alice', at: 5, reference: undefined }],
  ])('does not with a statement %s', async (_, said) => {
    expect(await verdictOf(await entryOf(5, said), alice)).toBe('denied');
  });

  it('does not without a statement, or with what is none', async () => {
    const { statements, ...entry } = await entryOf(5, { by: 'alice', at: 5 });
    const [good] = statements;
    const bytes = good?.bytes ?? expect.fail();
    for (const bad of [
      [],
      [{ mediaType: 'application/json', bytes }],
      [{ mediaType: 'application/vnd.dev.cosign.simplesigning.v1+json', bytes }],
      [{ mediaType: good?.mediaType ?? '', bytes: bytes.subarray(1) }],
    ])
      expect(await verdictOf({ ...entry, statements: bad }, alice)).toBe('denied');
  });

  it('does not with a Notary signature, though its certificate is trusted', async () => {
    const certificate = makeCertificate();
    const chain = [readCertificate(certificate.der)];
    const levels = {
      ...levelActions.strict,
      verifyTimestamp: 'always',
      identities: 'any',
      writtenIdentities: ['*'],
    } as const;
    const x509 = { ca: chain, signingAuthority: [], tsa: [], ...levels };
    const byCertificate: Requirement = { kind: 'source', source: { name: 'acme', keys: [], x509 } };
    const subject = { mediaType, digest: image, size: 100 };
    const format = createNotaryFormat();
    const payload = format.payload({ subject, signedAtMs: 5, annotations: {}, signedReference: `${collection}:1` });
    const key = await parsePrivateKey(Buffer.from(certificate.keyPem));
    const { envelope, envelopeMediaType } = await format.seal(payload, createSoftwareSigner(key, [certificate.der]));
    const statements = [{ mediaType: envelopeMediaType, bytes: envelope }];
    expect(await verdictOf({ ...subject, atMs: 5, statements }, byCertificate)).toBe('denied');
  });

  it('needs as many signers as the rule says', async () => {
    const two: Requirement = { kind: 'atLeast', count: 2, of: [alice, bob] };
    expect(await verdictOf(await entryOf(5, { by: 'alice', at: 5 }), two)).toBe('denied');
    expect(await verdictOf(await entryOf(5, { by: 'alice', at: 5 }, { by: 'bob', at: 6 }), two)).toBe('verified');
    expect(await verdictOf(await entryOf(6, { by: 'alice', at: 5 }, { by: 'bob', at: 6 }), two)).toBe('denied');
  });

  it('is refused where the policy refuses its digest or a signer', async () => {
    const entry = await entryOf(5, { by: 'alice', at: 5 });
    const digests = new Set([image]);
    const { publicKey } = keyNamed('alice');
    expect(await verdictOf(entry, alice, { refuse: { ...noRefusals, digests } })).toBe('denied');
    expect(await verdictOf(entry, alice, { refuse: { ...noRefusals, digests: new Set([other]) } })).toBe('verified');
    expect(
      await verdictOf(entry, alice, { refuse: { ...noRefusals, keys: [publicKey], keyIds: new Set([publicKey.id]) } }),
    ).toBe('denied');
  });
});

describe('the time of statements', () => {
  const two: Requirement = { kind: 'atLeast', count: 2, of: [alice, bob] };
  const timeOf = async (require: Requirement, ...said: readonly Said[]) =>
    timeOfStatements(await entryOf(0, ...said), asking(require));

  it('is that of the newest where one signer suffices', async () => {
    expect(await timeOf(alice, { by: 'alice', at: 5 }, { by: 'alice', at: 8 })).toBe(8);
  });

  it('is that of the older where two have to sign', async () => {
    expect(await timeOf(two, { by: 'alice', at: 5 }, { by: 'bob', at: 8 })).toBe(5);
  });

  it('is not made new by one of two thieves, nor older by any statement', async () => {
    const signed: readonly Said[] = [
      { by: 'alice', at: 5 },
      { by: 'bob', at: 6 },
    ];
    expect(await timeOf(two, ...signed, { by: 'alice', at: 99 })).toBe(6);
    expect(await timeOf(two, ...signed, { by: 'alice', at: 1 }, { by: 'mallory', at: 2 })).toBe(5);
  });

  it('is none where the rule is not met', async () => {
    expect(await timeOf(two, { by: 'alice', at: 5 })).toBeUndefined();
    expect(await timeOf(alice, { by: 'alice', at: 5, reference: `${collection}:2` })).toBeUndefined();
  });
});

describe('an entry of statements', () => {
  const two: Requirement = { kind: 'atLeast', count: 2, of: [alice, bob] };
  const entryFrom = async (require: Requirement, said: readonly Said[], changes: Partial<Ruling> = {}) => {
    const { atMs: _, ...rest } = await entryOf(0, ...said);
    return entryOfStatements(rest, asking(require, changes));
  };

  it('has of each signer the newest that counts', async () => {
    const entry = await entryFrom({ kind: 'any', of: [alice, bob] }, [
      { by: 'alice', at: 5 },
      { by: 'alice', at: 8 },
      { by: 'bob', at: 8 },
      { by: 'bob', at: 3 },
    ]);
    expect([entry?.atMs, entry?.statements.length]).toEqual([8, 2]);
  });

  it('leaves out what does not count: other signers, other tags, older than the entry', async () => {
    const entry = await entryFrom(alice, [
      { by: 'alice', at: 5 },
      { by: 'mallory', at: 9 },
      { by: 'bob', at: 9 },
      { by: 'alice', at: 9, reference: `${collection}:2` },
    ]);
    expect([entry?.atMs, entry?.statements.length]).toEqual([5, 1]);
    expect(await entryFrom(two, [{ by: 'alice', at: 5 }])).toBeUndefined();
    expect(await entryFrom(alice, [{ by: 'mallory', at: 5 }])).toBeUndefined();
  });

  it('is not spoilt by a signer whom the policy refuses', async () => {
    const { publicKey } = keyNamed('bob');
    const refuse = { ...noRefusals, keys: [publicKey], keyIds: new Set([publicKey.id]) };
    const said: readonly Said[] = [
      { by: 'alice', at: 5 },
      { by: 'bob', at: 9 },
    ];
    const entry = await entryFrom({ kind: 'any', of: [alice, bob] }, said, { refuse });
    expect([entry?.atMs, entry?.statements.length]).toEqual([5, 1]);
    expect(entry && (await verdictOf(entry, { kind: 'any', of: [alice, bob] }, { refuse }))).toBe('verified');
  });

  it('has at most eight statements, and those that its rule needs', async () => {
    const many = await Promise.all(
      Array.from({ length: 10 }, async (_, at) => [`signer ${at}`, await generateKey('ecdsa-p256')] as const),
    );
    for (const [name, key] of many) keys.set(name, key);
    const others = many.map(([name]) => source(name));
    const require: Requirement = { kind: 'all', of: [alice, { kind: 'any', of: others }] };
    const said = [{ by: 'alice', at: 5 }, ...many.map(([by]) => ({ by, at: 9 }))];
    const entry = await entryFrom(require, said);
    expect([entry?.atMs, entry?.statements.length]).toEqual([5, 8]);
    expect(entry && (await verdictOf(entry, require))).toBe('verified');
  });

  it('counts nothing without a rule', async () => {
    const { rule: _, ...ruling } = rulingFor(alice);
    const entry = await entryOf(5, { by: 'alice', at: 5 });
    expect(await countingStatements(entry, { collection, tag: '1', ruling })).toEqual([]);
    expect(await countingStatements(entry, asking(alice))).toHaveLength(1);
  });
});
