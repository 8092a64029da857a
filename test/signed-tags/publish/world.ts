import { setTimeout as sleep } from 'node:timers/promises';
import { createSoftwareSigner, generateKey, type Pace, type Signer, sigstoreFormat } from '@signet/core';
import { createMemoryStore, digestOf, type Store } from '@signet/oci';
import {
  type Authority,
  type Catalogue,
  type Content,
  init,
  itemOf,
  joinContent,
  judgeFile,
  memoryPlace,
  type Notice,
  type Operation,
  type PublishOptions,
  parseCatalogue,
  readHead,
  readShard,
  type StatePlace,
  shardContent,
  signRemoval,
  signRevocation,
  type TagStatement,
} from '@signet/signed-tags';
import { noRefusals, type Requirement, type Rule, type Ruling } from '@signet/verifier';
import { expect } from 'vitest';

export const collection = 'registry.example/shop/api';
const mediaType = 'application/vnd.oci.image.manifest.v1+json';

/** Waits are shorter than they are asked for; limits are as long as ever. */
export const shortPace: Pace = {
  wait: async (ms, signal) => {
    await sleep(ms < 2000 ? ms / 20 : ms, undefined, { ref: false, ...(signal === undefined ? {} : { signal }) });
  },
  clock: () => performance.now(),
  random: Math.random,
};

/** A clock that a test sets. */
export interface TestClock {
  nowMs: number;
}

/** Somebody with a key. */
export interface Person {
  readonly signer: Signer;
  readonly source: Requirement;
}

export async function person(name: string): Promise<Person> {
  const key = await generateKey('ecdsa-p256');
  return { signer: createSoftwareSigner(key), source: { kind: 'source', source: { name, keys: [key.publicKey] } } };
}

/** A collection with its policy: alice signs tags, the publisher catalogues. */
export interface World {
  readonly store: Store;
  readonly alice: Person;
  readonly publisher: Person;
  readonly authority: Authority;
  readonly clock: TestClock;
  /** A statement of alice's, or of others. */
  sign(tag: string, image: string, changes?: { readonly atMs?: number; readonly by?: Person }): Promise<Operation>;
  remove(tag: string, changes?: { readonly atMs?: number; readonly by?: Person }): Promise<Operation>;
  revoke(
    image: string,
    changes?: { readonly atMs?: number; readonly by?: Person; readonly reason?: string },
  ): Promise<Operation>;
  /** What a writer with a state of its own, or the given one, is called with. */
  writer(changes?: Partial<PublishOptions>): PublishOptions & { readonly state: StatePlace };
  /** What is published, verified as clients do. */
  read(
    store?: Store,
  ): Promise<{ readonly catalogue: Catalogue; readonly content: Content; digestOf(tag: string): string | undefined }>;
}

const [alice, publisher] = [await person('alice'), await person('publisher')];

/** `require`: of all tags; alice alone by default. */
export async function world(
  changes: {
    readonly store?: Store;
    readonly require?: Requirement;
    readonly isNew?: boolean;
    readonly startMs?: number;
  } = {},
): Promise<World> {
  const { store = createMemoryStore(), require = alice.source, isNew = false, startMs = Date.now() } = changes;
  const clock: TestClock = { nowMs: startMs };
  const authority = authorityOf(require);
  const made: World = {
    store,
    alice,
    publisher,
    authority,
    clock,
    sign: async (tag, image, { atMs = clock.nowMs, by = alice } = {}) => ({
      kind: 'sign',
      tag,
      digest: digestOf(Buffer.from(image)),
      mediaType,
      size: 100,
      statements: [await statement({ tag, image, atMs, signer: by.signer })],
    }),
    remove: async (tag, { atMs = clock.nowMs, by = alice } = {}) => ({
      kind: 'remove',
      tag,
      notices: [await signRemoval({ collection, tag, signedAtMs: atMs }, [by.signer])],
    }),
    revoke: async (image, { atMs = clock.nowMs, by = alice, reason = 'stolen' } = {}) => {
      const digest = digestOf(Buffer.from(image));
      const notice: Notice = await signRevocation({ collection, digest, reason, signedAtMs: atMs }, [by.signer]);
      return { kind: 'revoke', digest, notices: [notice] };
    },
    writer: (options = {}) => ({
      store,
      authority,
      signers: [publisher.signer],
      state: memoryPlace(),
      pace: shortPace,
      now: () => clock.nowMs,
      ...options,
    }),
    read: (source = store) => readAll(source, authority),
  };
  if (!isNew) await init(made.writer());
  return made;
}

export function authorityOf(require: Requirement, signedBy: Requirement = publisher.source): Authority {
  const rule: Rule = { name: 'shop', mode: 'enforce', require, tag: 'any', annotations: {} };
  const ruling: Ruling = { rule, fallback: 'deny', refuse: noRefusals, atMs: 0 };
  return { collection, signedBy, refuse: noRefusals, rulingOfTag: () => ruling, rulingOfDigest: () => ruling };
}

async function statement(said: {
  readonly tag: string;
  readonly image: string;
  readonly atMs: number;
  readonly signer: Signer;
}): Promise<TagStatement> {
  const payload = sigstoreFormat.payload({
    subject: { mediaType, digest: digestOf(Buffer.from(said.image)), size: 100 },
    signedAtMs: said.atMs,
    annotations: {},
    signedReference: `${collection}:${said.tag}`,
  });
  const artifact = await sigstoreFormat.seal(payload, said.signer);
  return { mediaType: artifact.envelopeMediaType, bytes: artifact.envelope };
}

async function readAll(store: Store, authority: Authority): ReturnType<World['read']> {
  const head = (await readHead(store, { pace: shortPace })) ?? expect.fail('there is no head');
  const judged = await judgeFile(head, authority);
  if (judged.kind === 'refused') expect.fail(judged.message);
  const catalogue = parseCatalogue(head.file);
  const { tags } = catalogue;
  const contents: Content[] = [];
  if (tags.kind === 'whole') contents.push(tags.content);
  else
    for (const index of tags.digests.keys())
      contents.push(
        shardContent(catalogue, index, await readShard(store, { head, catalogue }, index, { pace: shortPace })),
      );
  const content = joinContent(contents);
  return {
    catalogue,
    content,
    digestOf: (tag) => {
      const item = itemOf(content, tag);
      return item.kind === 'entry' ? item.entry.digest : undefined;
    },
  };
}

/** The digest of an image of this name. */
export function imageDigest(image: string): string {
  return digestOf(Buffer.from(image));
}
