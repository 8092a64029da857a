import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { createSoftwareSigner, parsePrivateKey } from '@signet/core';
import { copy } from '@signet/oci';
import { HEAD_TAG } from '@signet/signed-tags';
import { publishCatalogue } from '../../support/signed-catalogue.ts';
import { type Answer, answerOf, type Images } from './answer.ts';
import type { TrustedSystem } from './signet-system.ts';
import type { Stage, Who } from './stage.ts';
import type { Question, System, Trust } from './system.ts';

/** What was answered to who remembers nothing, and to who has asked before. `none`: why there is nothing to attack. */
export type Result = { readonly cold: Answer; readonly warm: Answer } | { readonly none: string };

/** An attack on systems whose images lie on the stage. */
export interface Attack {
  /** For the table. */
  readonly id: string;
  readonly title: string;
  run(system: System, stage: Stage): Promise<Result>;
}

const tag = '1.0';
const noMetadata = 'nothing says what is current';

/** Those of the issue, in its order; those on metadata concern systems that have some. */
export const attacks: readonly Attack[] = [
  {
    id: 'rollback',
    title: 'the tag is moved back to an older image, signed then',
    async run(system, stage) {
      const { repository, images } = await twoReleases(system, stage, this.id);
      await stage.move(repository, tag, images.attacker);
      return await both(system, repository, images);
    },
  },
  {
    id: 'stale-metadata',
    title: '… and the metadata of then is put back',
    async run(system, stage) {
      if (!isTrusted(system)) return { none: noMetadata };
      const { repository, images, oldHead } = await twoReleases(system, stage, this.id);
      await stage.move(repository, tag, images.attacker);
      await stage.store(repository).tag(await oldHead(), HEAD_TAG);
      return await both(system, repository, images);
    },
  },
  {
    id: 'expired-metadata',
    title: '… and is kept there until it has expired',
    async run(system, stage) {
      if (!isTrusted(system)) return { none: noMetadata };
      const repository = `${slug(system)}/${this.id}`;
      const images = await catalogueOfTwo(system, stage, repository, { lifetimeMs: 5_000 });
      await stage.move(repository, tag, images.attacker);
      await system.ask(repository, tag);
      await sleep(6_000);
      return await both(system, repository, images);
    },
  },
  {
    id: 'other-repository',
    title: 'an image of another repository of the owner, with all that is signed there, is put under the tag',
    async run(system, stage) {
      const { repository, images } = await twoReleases(system, stage, this.id);
      const other = `${repository}-lab`;
      const attacker = await stage.push(other, tag, `${other} of the lab`);
      await system.sign(other, tag, 'release');
      const [from, to] = [stage.store(other), stage.store(repository)];
      await copy(from, to, await from.resolve(tag), { tag });
      if (isTrusted(system)) await copy(from, to, await from.resolve(HEAD_TAG), { tag: HEAD_TAG });
      return await both(system, repository, { ...images, attacker });
    },
  },
  {
    id: 'unknown-signer',
    title: 'an image of the attacker, signed by a key that nobody trusts, is put under the tag',
    run: (system, stage) => evilBy(system, stage, { id: 'unknown-signer', who: 'thief', trust: 'release' }),
  },
  {
    id: 'outside-his-tags',
    title: 'a signer who is trusted for development tags alone signs for a release tag',
    run: (system, stage) => evilBy(system, stage, { id: 'outside-his-tags', who: 'dev', trust: 'scoped' }),
  },
  {
    id: 'stolen-key',
    title: "the signer's key is stolen: an image of the attacker",
    run: (system, stage) => evilBy(system, stage, { id: 'stolen-key', who: 'release', trust: 'release' }),
  },
  {
    id: 'one-of-two-keys',
    title: '… where two signers are asked for, and one key is stolen',
    run: (system, stage) => evilBy(system, stage, { id: 'one-of-two-keys', who: 'release', trust: 'both' }),
  },
  {
    id: 'key-withdrawn',
    title: '… after the stolen key was taken out of what is trusted',
    run: (system, stage) => evilBy(system, stage, { id: 'key-withdrawn', who: 'release', trust: 'next' }),
  },
  {
    id: 'online-key-rollback',
    title: 'the key of the metadata (catalogue, timestamp) is stolen: an older image is said to be current',
    async run(system, stage) {
      if (!isTrusted(system)) return { none: noMetadata };
      const { repository, images } = await twoReleases(system, stage, this.id);
      await catalogueOfTwo(system, stage, repository, { images });
      await stage.move(repository, tag, images.attacker);
      return await both(system, repository, images);
    },
  },
  {
    id: 'online-key-unsigned',
    title: '… an image that no signer signed is said to be current',
    async run(system, stage) {
      if (!isTrusted(system)) return { none: noMetadata };
      const { repository, images } = await twoReleases(system, stage, this.id);
      const attacker = await stage.push(repository, tag, 'of the thief');
      await catalogueOfTwo(system, stage, repository, { images: { ...images, attacker }, by: 'thief' });
      return await both(system, repository, { ...images, attacker });
    },
  },
];

function isTrusted(system: System): system is TrustedSystem {
  return 'catalogueKey' in system;
}

/** Two images, one after the other under the tag, both signed; then somebody asks who will remember. */
async function twoReleases(system: System, stage: Stage, id: string, trust: Trust = 'release') {
  const repository = `${slug(system)}/${id}`;
  const attacker = await stage.push(repository, tag, `${repository} old`);
  const old: Trust = trust === 'next' ? 'release' : trust;
  for (const who of signersOf(old)) await system.sign(repository, tag, who, old);
  const head = isTrusted(system) ? await stage.store(repository).resolve(HEAD_TAG) : undefined;
  const owner = await stage.push(repository, tag, `${repository} new`);
  for (const who of signersOf(trust)) await system.sign(repository, tag, who, trust);
  await system.ask(repository, tag, { memory: 'warm', trust });
  return {
    repository,
    images: { owner, attacker },
    oldHead: async () => head ?? raise(),
  };
}

/** An image of the attacker, signed by whose key he has; in a system with metadata he tells the publisher of it, as any signer may. */
async function evilBy(
  system: System,
  stage: Stage,
  { id, who, trust }: { readonly id: string; readonly who: 'thief' | 'dev' | 'release'; readonly trust: Trust },
): Promise<Result> {
  const { repository, images } = await twoReleases(system, stage, id, trust);
  const attacker = await stage.push(repository, tag, `${repository} evil`);
  if (isTrusted(system)) {
    await system.stage(repository, tag, who, trust);
    await system.publish(repository, trust);
  } else await system.sign(repository, tag, who);
  return await both(system, repository, { ...images, attacker }, trust);
}

/** A catalogue by the real key, which says that the older image is the current one. */
async function catalogueOfTwo(
  system: TrustedSystem,
  stage: Stage,
  repository: string,
  how: {
    readonly images?: Images;
    readonly lifetimeMs?: number;
    /** Whose statement there is of it. */
    readonly by?: 'release' | 'thief';
  },
): Promise<Images> {
  const images = how.images ?? {
    attacker: await stage.push(repository, tag, `${repository} old`),
    owner: await stage.push(repository, tag, `${repository} new`),
  };
  const store = stage.store(repository);
  const { descriptor } = await store.resolve(images.attacker);
  const now = Date.now();
  await publishCatalogue(store, {
    collection: `${stage.host}/${repository}`,
    publisher: await signerOf(system.catalogueKey),
    signer: await signerOf(system.keyOf(how.by ?? 'release')),
    issuedMs: now,
    ...(how.lifetimeMs === undefined ? {} : { expiresMs: now + how.lifetimeMs }),
    tags: { [tag]: [[descriptor, now - 60_000]] },
  });
  return images;
}

async function signerOf(file: string) {
  return createSoftwareSigner(await parsePrivateKey(readFileSync(file)));
}

/** A reader without memory first: he leaves nothing behind. */
async function both(system: System, repository: string, images: Images, trust: Trust = 'release'): Promise<Result> {
  const ask = async (memory: Question['memory'] & string) =>
    answerOf(await system.ask(repository, tag, { trust, memory }), images);
  const cold = await ask('cold');
  return { cold, warm: system.remembers ? await ask('warm') : cold };
}

/** Who has to sign. */
function signersOf(trust: Trust): readonly Who[] {
  if (trust === 'both') return ['release', 'second'];
  return [trust === 'next' ? 'next' : 'release'];
}

function slug({ name }: System): string {
  return name.replaceAll(/[^a-z]+/g, '-').replace(/-$/, '');
}

function raise(): never {
  throw new RangeError('there was no catalogue');
}
