import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  attachSignature,
  parsePublicKey,
  planImage,
  type SignFormatName,
  signFormat,
  signFormatNames,
} from '@signet/core';
import { createRegistryClient, parseRegistryReference, type RegistryClient } from '@signet/oci';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import type { TestRegistry } from '../support/docker-registry.ts';
import { havePeers, itWithPeers, type PeerName, runOk } from '../support/peers.ts';
import { tempDir } from '../support/temp.ts';
import { cosignVerify, pushImage, registries } from './sign-world.ts';

const peers = ['cosign', 'cosign2', 'docker-registry'] as const;
const signedAtMs = Date.UTC(2026, 10, 23, 9, 0, 0, 120);

/** How openssl makes a key and signs a file with it. */
const openssl: readonly (readonly [name: string, make: readonly string[], sign: readonly string[]])[] = [
  ['p256', ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'], ['dgst', '-sha256', '-sign']],
  ['rsa', ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:3072'], ['dgst', '-sha256', '-sign']],
  ['ed25519', ['-algorithm', 'ED25519'], ['pkeyutl', '-sign', '-rawin', '-inkey']],
];

/** Which cosign finds and verifies which form. */
const readers: Readonly<Partial<Record<SignFormatName, readonly PeerName[]>>> = {
  sigstore: ['cosign'],
  cosign: ['cosign', 'cosign2'],
};

let folder: string;
let client: RegistryClient;
beforeAll(() => {
  folder = tempDir();
  client = createRegistryClient();
});
afterAll(() => client.close());

/** Makes a key and signs the file `payload` with it; the signature is the file `signature`. */
async function signByOpenssl(name: string, make: readonly string[], sign: readonly string[]): Promise<void> {
  const around = { cwd: folder };
  await runOk('openssl', ['genpkey', ...make, '-out', 'key.pem'], around);
  await runOk('openssl', ['pkey', '-in', 'key.pem', '-pubout', '-out', `${name}.pub`], around);
  const input = sign[0] === 'dgst' ? ['payload'] : ['-in', 'payload'];
  await runOk('openssl', [...sign, 'key.pem', '-out', 'signature', ...input], around);
}

describe.each(registries)('a payload that openssl signed, attached on %s', (_, stored, start) => {
  let registry: TestRegistry;
  beforeAll(async () => {
    if (havePeers(peers)) registry = await start();
  });
  afterAll(() => registry?.stop());

  for (const [key, make, sign] of openssl) {
    for (const name of signFormatNames) {
      itWithPeers(peers, `${key}, ${name}: cosign verifies it`, async () => {
        const image = `${registry.host}/attach/${key}-${name}:1.0`;
        const reference = parseRegistryReference(image);
        const store = client.repository(reference);
        await pushImage(store, '1.0');
        const { root } = await planImage({ store, reference, format: signFormat(name), signedAtMs });
        writeFileSync(join(folder, 'payload'), root.payload.toSign);

        await signByOpenssl(key, make, sign);
        const result = await attachSignature({
          store,
          reference,
          payload: readFileSync(join(folder, 'payload')),
          signature: readFileSync(join(folder, 'signature')),
          publicKey: await parsePublicKey(readFileSync(join(folder, `${key}.pub`))),
          attachedAtMs: signedAtMs,
        });
        expect(result).toMatchObject({ outcome: 'new', stored: name === 'cosign' ? 'sig' : stored });
        for (const program of readers[name] ?? []) {
          const what = { image, publicFile: join(folder, `${key}.pub`), program };
          expect(await cosignVerify(folder, what)).toMatchObject({ code: 0 });
        }
      });
    }
  }
});
