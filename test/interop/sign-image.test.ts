import { cosignFormat, createSoftwareSigner, type SignImageOptions, signImage, sigstoreFormat } from '@signet/core';
import { createRegistryClient, encodeManifest, parseRegistryReference, type RegistryClient } from '@signet/oci';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import type { TestRegistry } from '../support/docker-registry.ts';
import { havePeers, itWithPeers } from '../support/peers.ts';
import { tempDir } from '../support/temp.ts';
import { cosignVerify, keyKinds, makeSigningKeys, pushImage, registries, type SigningKeys } from './sign-world.ts';

const peers = ['cosign', 'cosign2', 'docker-registry'] as const;
const signedAtMs = Date.UTC(2026, 10, 23, 9, 0, 0, 120);
const refName = 'org.opencontainers.image.ref.name';

let folder: string;
let keys: SigningKeys;
let client: RegistryClient;
beforeAll(async () => {
  folder = tempDir();
  keys = await makeSigningKeys(folder);
  client = createRegistryClient();
});
afterAll(() => client.close());

type Changes = Partial<SignImageOptions> & { readonly text: string };

function sign(key: string, { text, ...changes }: Changes) {
  const reference = parseRegistryReference(text);
  const signer = createSoftwareSigner(keys.key(key));
  const store = client.repository(reference);
  return signImage({ store, reference, format: sigstoreFormat, signer, signedAtMs, ...changes });
}

describe.each(registries)('an image on %s', (_, stored, start) => {
  let registry: TestRegistry;
  beforeAll(async () => {
    if (havePeers(peers)) registry = await start();
  });
  afterAll(() => registry?.stop());

  async function push(name: string): Promise<string> {
    const text = `${registry.host}/sign/${name}:1.0`;
    await pushImage(client.repository(parseRegistryReference(text)), '1.0');
    return text;
  }
  const verify = (image: string, key: string, more: readonly string[] = []) =>
    cosignVerify(folder, { image, publicFile: keys.publicFile(key) }, more);

  for (const [name] of keyKinds) {
    itWithPeers(
      peers,
      `signed with ${name}: cosign 3 verifies it with the signed reference, and no other`,
      async () => {
        const text = await push(name);
        const [result] = await sign(name, { text, annotations: { env: 'prod' } });
        expect(result).toMatchObject({ outcome: 'new', stored });

        expect(await verify(text, name, ['-a', `${refName}=${text}`, '-a', 'env=prod'])).toMatchObject({ code: 0 });
        expect((await verify(text, name, ['-a', `${refName}=${text}.1`])).code).not.toBe(0);
        expect((await verify(text, name, ['-a', 'env=test'])).code).not.toBe(0);
        expect((await verify(text, 'other')).code).not.toBe(0);
        expect((await verify(await push(`${name}-unsigned`), name)).code).not.toBe(0);
      },
    );

    itWithPeers(peers, `signed with ${name} in the older form: cosign 2 and 3 verify it`, async () => {
      const text = await push(`old-${name}`);
      const [result] = await sign(name, { text, format: cosignFormat, annotations: { env: 'prod' } });
      expect(result).toMatchObject({ outcome: 'new', stored: 'sig' });

      for (const program of ['cosign', 'cosign2'] as const) {
        const ask = (key: string, ...more: readonly string[]) =>
          cosignVerify(folder, { image: text, publicFile: keys.publicFile(key), program }, more);
        const good = await ask(name, '-a', 'env=prod');
        expect(good).toMatchObject({ code: 0 });
        expect(JSON.parse(good.stdout)[0].critical.identity['docker-reference']).toBe(text);
        expect((await ask(name, '-a', 'env=test')).code).not.toBe(0);
        expect((await ask('other')).code).not.toBe(0);
      }
    });
  }

  for (const [name, scheme, hash] of [
    ['p384', 'ECDSA_SHA384', 'sha384'],
    ['p521', 'ECDSA_SHA512', 'sha512'],
  ] as const) {
    itWithPeers(peers, `signed with ${name} and its own hash on request: cosign must be told so`, async () => {
      const text = await push(`own-hash-${name}`);
      for (const format of [sigstoreFormat, cosignFormat]) await sign(name, { text, format, scheme });
      for (const form of [[], ['--new-bundle-format=false']]) {
        expect((await verify(text, name, form)).code).not.toBe(0);
        expect(await verify(text, name, [...form, `--signature-digest-algorithm=${hash}`])).toMatchObject({ code: 0 });
      }
    });
  }

  itWithPeers(peers, 'signed again with the same key: not stored twice, in either form', async () => {
    const text = await push('twice');
    for (const format of [sigstoreFormat, cosignFormat]) {
      const [first] = await sign('p256', { text, format });
      const [second] = await sign('p256', { text, format, signedAtMs: signedAtMs + 1000 });
      expect(second).toMatchObject({ outcome: 'already-there' });
      expect(Object(second).signatureManifest).toBe(Object(first).signatureManifest);
      const [third] = await sign('ed25519', { text, format });
      expect(third).toMatchObject({ outcome: 'new' });
    }
    const printed = await verify(text, 'p256');
    expect(JSON.parse(printed.stdout)).toHaveLength(1);
  });

  itWithPeers(peers, 'for two platforms, signed with recursive: cosign verifies each child and the index', async () => {
    const store = client.repository(parseRegistryReference(`${registry.host}/sign/multi`));
    const children = [await pushImage(store, 'amd64'), await pushImage(store, 'arm64')];
    await store.tag(encodeManifest({ kind: 'index', manifests: children.map(({ descriptor }) => descriptor) }), '1.0');
    const text = `${registry.host}/sign/multi:1.0`;
    const results = await sign('p256', { text, recursive: true });
    expect(results).toHaveLength(3);
    expect((await verify(text, 'p256', ['-a', `${refName}=${text}`])).code).toBe(0);
    for (const { descriptor } of children) {
      const child = `${registry.host}/sign/multi@${descriptor.digest}`;
      expect((await verify(child, 'p256')).code).toBe(0);
      expect((await verify(child, 'p256', ['-a', `${refName}=${text}`])).code).not.toBe(0);
    }
  });

  itWithPeers(peers, 'whose tag was moved: REPO:TAG@DIGEST is refused, and cosign finds no signature', async () => {
    const text = await push('moved');
    const store = client.repository(parseRegistryReference(text));
    const old = await store.resolve('1.0');
    await store.tag(encodeManifest({ kind: 'manifest', artifactType: 'application/x.moved' }), '1.0');
    await expect(sign('p256', { text: `${text}@${old.descriptor.digest}` })).rejects.toMatchObject({
      code: 'SUBJECT_CHANGED',
    });
    expect((await verify(text, 'p256')).stderr).toMatch(/no signatures found/);
  });
});
