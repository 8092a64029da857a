import {
  createSoftwareSigner,
  generateKey,
  type PrivateKey,
  signFormat,
  signFormatNames,
  signImage,
} from '@signet/core';
import {
  copy,
  createRegistryClient,
  encodeManifest,
  openLayout,
  parseReference,
  parseRegistryReference,
  type RegistryClient,
} from '@signet/oci';
import { ruleForKeys, verify } from '@signet/verifier';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestRegistry } from '../support/docker-registry.ts';
import { startEmbeddedRegistry } from '../support/embedded-registry.ts';
import { tempDir } from '../support/temp.ts';
import { pushImage } from './sign-world.ts';

const atMs = Date.UTC(2026, 10, 23, 9);
const cases = signFormatNames.flatMap((name) => [
  { name, referrersApi: true },
  { name, referrersApi: false },
]);

let client: RegistryClient;
let key: PrivateKey;
let other: PrivateKey;
beforeAll(async () => {
  client = createRegistryClient();
  [key, other] = await Promise.all([generateKey('ecdsa-p256'), generateKey('ed25519')]);
});
afterAll(() => client.close());

describe.each(cases)('what was signed as $name verifies (referrers API: $referrersApi)', ({ name, referrersApi }) => {
  let registry: TestRegistry;
  beforeAll(async () => {
    registry = await startEmbeddedRegistry({ referrersApi });
  });
  afterAll(() => registry.stop());

  const format = signFormat(name);
  const sign = (text: string) => {
    const reference = parseRegistryReference(text);
    const signer = createSoftwareSigner(key);
    return signImage({ store: client.repository(reference), reference, format, signer, signedAtMs: atMs });
  };
  const ask = (text: string, by: PrivateKey = key) => {
    const reference = parseRegistryReference(text);
    const rule = ruleForKeys({ keys: [by.publicKey], tagBound: true });
    return verify(reference, { rule, source: client.repository(reference), atMs });
  };

  it('bound to its tag, and not for another tag or key', async () => {
    const text = `${registry.host}/app/web`;
    const store = client.repository(parseRegistryReference(text));
    const image = await pushImage(store, '1.0');
    expect(await ask(`${text}:1.0`)).toMatchObject({ verdict: 'denied', code: 'NO_SIGNATURE' });
    await sign(`${text}:1.0@${image.descriptor.digest}`);
    expect(await ask(`${text}:1.0`)).toMatchObject({ verdict: 'verified', digest: image.descriptor.digest });
    expect(await ask(`${text}:1.0`, other)).toMatchObject({ verdict: 'denied' });
    await store.tag(image, '2.0');
    expect(await ask(`${text}:2.0`)).toMatchObject({ verdict: 'denied', code: 'TAG_MISMATCH' });
    await store.tag(encodeManifest({ kind: 'manifest', artifactType: 'application/x.moved' }), '1.0');
    expect(await ask(`${text}:1.0`)).toMatchObject({ verdict: 'denied', code: 'NO_SIGNATURE' });
  });

  it('signed in a layout on disk under the name that it gets, and copied to the registry', async () => {
    const text = `${registry.host}/app/from-disk:1.0`;
    const dir = tempDir();
    const layout = await openLayout(dir, { create: true });
    const { descriptor } = await pushImage(layout, '1.0');
    const reference = parseReference(`oci:${dir}:1.0`);
    const signer = createSoftwareSigner(key);
    await signImage({ store: layout, reference, format, signer, signedAtMs: atMs, signedReference: text });
    await copy(layout, client.repository(parseRegistryReference(text)), descriptor, { tag: '1.0' });
    expect(await ask(text)).toMatchObject({ verdict: 'verified', digest: descriptor.digest });
    expect(await ask(text, other)).toMatchObject({ verdict: 'denied' });
  });
});
