import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodePublicKey, generateKey, type KeyKind, type PrivateKey } from '@signet/core';
import { emptyContent, emptyDescriptor, encodeManifest, type Resolved, type Store } from '@signet/oci';
import { startDockerRegistry, type TestRegistry } from '../support/docker-registry.ts';
import { startEmbeddedRegistry } from '../support/embedded-registry.ts';
import { HarnessError } from '../support/harness-error.ts';
import type { PeerName, RunResult } from '../support/peers.ts';
import { cosign } from './cosign-world.ts';

/** Every kind of key that signs, with RSA in the lengths that are used. */
export const keyKinds: readonly (readonly [name: string, kind: KeyKind, bits?: number])[] = [
  ['p256', 'ecdsa-p256'],
  ['p384', 'ecdsa-p384'],
  ['p521', 'ecdsa-p521'],
  ['rsa-2048', 'rsa', 2048],
  ['rsa-3072', 'rsa', 3072],
  ['rsa-4096', 'rsa', 4096],
  ['ed25519', 'ed25519'],
];

/** The two ways of finding referrers: by the fallback tag, by the referrers API. */
export const registries: readonly (readonly [
  title: string,
  stored: 'tag' | 'api',
  start: () => Promise<TestRegistry>,
])[] = [
  ['docker-registry', 'tag', () => startDockerRegistry()],
  ['the embedded registry', 'api', () => startEmbeddedRegistry()],
];

/** Keys of Signet's own making, each with its public half as a file for cosign. */
export interface SigningKeys {
  key(name: string): PrivateKey;
  publicFile(name: string): string;
}

/** Makes a key of every kind, and `other`, which signs nothing. */
export async function makeSigningKeys(folder: string): Promise<SigningKeys> {
  const made = new Map<string, PrivateKey>();
  for (const [name, kind, bits] of [...keyKinds, ['other', 'ecdsa-p256'] as const]) {
    const key = await generateKey(kind, bits === undefined ? {} : { bits });
    made.set(name, key);
    writeFileSync(join(folder, `${name}.pub`), await encodePublicKey(key.publicKey, { form: 'pem' }));
  }
  return {
    key(name) {
      const key = made.get(name);
      if (key === undefined) throw new HarnessError(`no key ${name} was made`);
      return key;
    },
    publicFile: (name) => join(folder, `${name}.pub`),
  };
}

/** Pushes an artifact of its own under the tag. */
export async function pushImage(store: Store, tag: string): Promise<Resolved> {
  const image = encodeManifest({ kind: 'manifest', artifactType: 'application/x.image', annotations: { tag } });
  await store.push(emptyContent, emptyDescriptor);
  await store.tag(image, tag);
  return image;
}

/** `cosign verify` of an image with a key, without any service. */
export function cosignVerify(
  folder: string,
  what: { readonly image: string; readonly publicFile: string; readonly program?: PeerName },
  more: readonly string[] = [],
): Promise<RunResult> {
  const { image, publicFile, program = 'cosign' } = what;
  return cosign(folder, ['verify', '--key', publicFile, '--insecure-ignore-tlog', ...more, image], program);
}
