import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createSoftwareSigner, encodePrivateKey, encodePublicKey, generateKey, type Signer } from '@signet/core';
import { createRegistryClient, MEDIA_TYPE_MANIFEST, parseDigest } from '@signet/oci';
import { signetProgram } from '../test/support/cli.ts';
import { publishCatalogue, type TagHistory } from '../test/support/signed-catalogue.ts';
import type { Call } from './contestants.ts';
import { type PushedImage, pushImage } from './images.ts';
import { timed } from './measure.ts';
import type { BenchRegistry } from './registries.ts';

/** Tags of a collection that are of images which are there; the others only stand in the catalogue. */
const realTags = 10;

/** A collection with a catalogue of `size` tags, and what a call needs to read it or to write it. */
export interface TagsStage {
  readonly size: number;
  readonly images: readonly PushedImage[];
  /** A call of signet at a host (the registry's own, or that of a proxy in front of it). */
  call(host: string, command: 'resolve' | 'verify', options: readonly string[], image: PushedImage): Promise<Call>;
  /** Signs a fresh image under a fresh tag and publishes it, with state. */
  publish(host: string): Promise<Call>;
  /** Verifies a tag by the signature on its image alone: bound to the tag, no catalogue. */
  verifyBound(host: string, image: PushedImage): Call;
}

/**
 * Pushes and signs images at `registry` and publishes a catalogue with as many tags as are wanted, in `dir`.
 * @throws {HarnessError} when a step fails
 */
export async function prepareTags(registry: BenchRegistry, dir: string, size: number): Promise<TagsStage> {
  await mkdir(dir, { recursive: true });
  const repository = `tags${size}/api`;
  const collection = `${registry.host}/${repository}`;
  const env = { HOME: dir, XDG_STATE_HOME: join(dir, 'state'), NODE_COMPILE_CACHE: join(dir, '../cache') };
  const [signer, publisher] = [await keyPair(dir, 'release'), await keyPair(dir, 'publisher')];
  const images: PushedImage[] = [];
  for (let at = 0; at < realTags; at += 1) images.push(await pushImage(registry.host, repository, `v${at}`));
  const signet = (...args: readonly string[]): Call => ({
    command: process.execPath,
    args: [signetProgram, ...args],
    env,
  });
  const key = join(dir, 'release.key');
  await timed(signet('sign', '--key', key, ...images.map(({ tag }) => `${collection}:${tag}`)));
  await publishAll(registry, repository, { size, images, signer, publisher });
  const policyFor = async (host: string): Promise<string> => {
    const path = join(dir, `${host.replace(':', '-')}.yaml`);
    await writeFile(path, policyText(registry.host, host));
    return path;
  };
  let fresh = 0;
  return {
    size,
    images,
    call: async (host, command, options, { tag }) =>
      signet(command, '--policy', await policyFor(host), ...options, `${host}/${repository}:${tag}`),
    publish: async (host) => {
      fresh += 1;
      const image = await pushImage(registry.host, repository, `new${fresh}`);
      const keys = ['--key', key, '--catalogue-key', join(dir, 'publisher.key')];
      const reference = `${host}/${repository}:${image.tag}@${image.digest}`;
      return signet('sign', '--publish', '--policy', await policyFor(host), ...keys, reference);
    },
    verifyBound: (host, { tag }) =>
      signet(
        'verify',
        '--key',
        join(dir, 'release.pub'),
        '--tag-bound',
        '--signed-reference',
        `${collection}:${tag}`,
        `${host}/${repository}:${tag}`,
      ),
  };
}

async function keyPair(dir: string, name: string): Promise<Signer> {
  const key = await generateKey('ecdsa-p256');
  await writeFile(join(dir, `${name}.key`), await encodePrivateKey(key, { form: 'pkcs8' }), { mode: 0o600 });
  await writeFile(join(dir, `${name}.pub`), await encodePublicKey(key.publicKey, { form: 'pem' }));
  return createSoftwareSigner(key);
}

/** A proxy in front of the registry is a mirror of it. */
function policyText(host: string, asked: string): string {
  const mirrors = asked === host ? '' : `, mirrors: ["${asked}/**"]`;
  return `version: 1
trust: { release: { keys: [release.pub] }, publisher: { keys: [publisher.pub] } }
catalogues: { bench: { collections: "${host}/**"${mirrors}, signedBy: publisher } }
rules: [{ images: ["${host}/**", "${asked}/**"], require: release, tag: trusted, catalogue: bench }]
`;
}

interface Wanted {
  readonly size: number;
  readonly images: readonly PushedImage[];
  readonly signer: Signer;
  readonly publisher: Signer;
}

/** As a publisher leaves it: 32 to 64 KiB a shard, in the file itself up to about 70 tags. */
async function publishAll(registry: BenchRegistry, repository: string, wanted: Wanted): Promise<void> {
  const { size, images, signer, publisher } = wanted;
  const nowMs = Date.now();
  const tags: Record<string, TagHistory> = {};
  for (let at = 0; at < Math.max(size, images.length); at += 1) {
    const image = images[at % images.length];
    if (image === undefined) continue;
    const of = { digest: parseDigest(image.digest), mediaType: MEDIA_TYPE_MANIFEST, size: image.size };
    tags[at < images.length ? image.tag : `v${at}`] = [[of, nowMs - 60_000]];
  }
  const client = createRegistryClient();
  try {
    const store = client.repository({ registry: registry.host, repository });
    const bits = size <= 70 ? {} : { bits: Math.ceil(Math.log2((size * 1400) / 65_536)) };
    const collection = `${registry.host}/${repository}`;
    await publishCatalogue(store, { collection, publisher, signer, issuedMs: nowMs, tags, ...bits });
  } finally {
    await client.close();
  }
}
