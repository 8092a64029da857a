import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  createNotaryFormat,
  createSoftwareSigner,
  type NotaryForm,
  parsePrivateKey,
  type Signer,
  signImage,
} from '@signet/core';
import { type Certificate, readCertificateFile } from '@signet/core/x509';
import {
  createRegistryClient,
  type Descriptor,
  emptyContent,
  emptyDescriptor,
  encodeManifest,
  type NewImageManifest,
  type NewIndex,
  parseReference,
  type Store,
} from '@signet/oci';
import { levelActions, type Rule, verify } from '@signet/verifier';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { startDockerRegistry, type TestRegistry } from '../support/docker-registry.ts';
import { startEmbeddedRegistry } from '../support/embedded-registry.ts';
import { createNotationUser, type NotationKey, type NotationUser, notationKeys } from '../support/notation.ts';
import { havePeers, itWithPeers } from '../support/peers.ts';

const peers = ['notation', 'docker-registry'] as const;
const keys = Object.keys(notationKeys) as NotationKey[];
const forms: readonly NotaryForm[] = ['jws', 'cose'];
const client = createRegistryClient();
const registries: Readonly<Record<string, () => Promise<TestRegistry>>> = {
  'docker-registry': () => startDockerRegistry(),
  'the embedded registry': () => startEmbeddedRegistry(),
};
const started = new Map<string, TestRegistry>();
let user: NotationUser;

beforeAll(async () => {
  if (!havePeers(peers)) return;
  for (const [name, start] of Object.entries(registries)) started.set(name, await start());
  user = await createNotationUser(keys);
  const folder = join(user.configHome, 'notation');
  const store = join(folder, 'truststore/x509/ca/all');
  mkdirSync(store, { recursive: true });
  for (const key of keys) copyFileSync(user.certificate(key), join(store, `${key}.crt`));
  const trustPolicies = [
    {
      name: 'all',
      registryScopes: ['*'],
      signatureVerification: { level: 'strict' },
      trustStores: ['ca:all'],
      trustedIdentities: ['*'],
    },
  ];
  writeFileSync(join(folder, 'trustpolicy.json'), JSON.stringify({ version: '1.0', trustPolicies }));
});
afterAll(async () => {
  await client.close();
  for (const registry of started.values()) await registry.stop();
});

/** What is signed, by what it is. */
const subjects: Readonly<Record<string, (store: Store, text: string) => Promise<NewImageManifest | NewIndex>>> = {
  image: async (store, text) => {
    await store.push(emptyContent, emptyDescriptor);
    const config = { ...emptyDescriptor, mediaType: 'application/vnd.oci.image.config.v1+json' };
    return { kind: 'manifest', config, annotations: { text } };
  },
  index: async (store, text) => ({
    kind: 'index',
    manifests: [await push(store, `child-${text}`, 'image')],
    annotations: { text },
  }),
  artifact: async (store, text) => {
    await store.push(emptyContent, emptyDescriptor);
    return { kind: 'manifest', artifactType: 'application/x.text', annotations: { text } };
  },
};

async function push(store: Store, tag: string, kind: string): Promise<Descriptor> {
  const manifest = encodeManifest(await (subjects[kind] ?? expect.fail(kind))(store, tag));
  await store.tag(manifest, tag);
  return manifest.descriptor;
}

const certificatesOf = (key: NotationKey): readonly Certificate[] =>
  readCertificateFile(readFileSync(user.certificate(key)));

async function signerOf(key: NotationKey): Promise<Signer> {
  const file = readFileSync(user.certificate(key).replace(/crt$/, 'key'));
  return createSoftwareSigner(
    await parsePrivateKey(file),
    certificatesOf(key).map(({ der }) => der),
  );
}

/** By anybody whom these certificates are of. */
function ruleFor(ca: readonly Certificate[]): Rule {
  const x509 = {
    ca,
    signingAuthority: [],
    tsa: [],
    identities: 'any',
    writtenIdentities: ['*'],
    ...levelActions.strict,
    verifyTimestamp: 'always',
  } as const;
  const source = { name: 'all', keys: [], x509 };
  return { name: 'all', mode: 'enforce', require: { kind: 'source', source }, tag: 'any', annotations: {} };
}

describe.each(Object.keys(registries))('Notary signatures on %s', (registry) => {
  describe.each(Object.keys(subjects))('of an %s', (kind) => {
    const storeOf = (repository: string): Store =>
      client.repository({ registry: started.get(registry)?.host ?? '', repository });
    const cases = forms.flatMap((form) => keys.map((key) => ({ form, key })));

    itWithPeers(
      peers,
      'that Signet signs, notation verifies: JWS and COSE, every kind of key',
      async () => {
        for (const { form, key } of cases) {
          const repository = `ours/${kind}`;
          const tag = `${form}-${key}`;
          const store = storeOf(repository);
          await push(store, tag, kind);
          const reference = parseReference(`${started.get(registry)?.host}/${repository}:${tag}`);
          const format = createNotaryFormat({ form });
          await signImage({ store, reference, format, signer: await signerOf(key), signedAtMs: Date.now() });
          const image = `${started.get(registry)?.host}/${repository}:${tag}`;
          expect(await user.run('verify', '--insecure-registry', image), `${form} ${key}`).toMatchObject({ code: 0 });
        }
      },
      120_000,
    );

    itWithPeers(
      peers,
      'that notation signs, Signet verifies by that certificate and no other',
      async () => {
        for (const [at, { form, key }] of cases.entries()) {
          const repository = `theirs/${kind}`;
          const tag = `${form}-${key}`;
          const store = storeOf(repository);
          await push(store, tag, kind);
          const image = `${started.get(registry)?.host}/${repository}:${tag}`;
          await user.runOk('sign', '--insecure-registry', '--key', key, '--signature-format', form, image);
          const ask = (of: NotationKey) =>
            verify(parseReference(image), { rule: ruleFor(certificatesOf(of)), source: store, atMs: Date.now() });
          expect(await ask(key), `${form} ${key}`).toMatchObject({ verdict: 'verified' });
          const other = keys[(at + 1) % keys.length] ?? key;
          expect(await ask(other), `${form} ${key}`).toMatchObject({ verdict: 'denied', code: 'NOT_TRUSTED' });
        }
      },
      120_000,
    );
  });
});
