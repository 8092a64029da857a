import {
  createNotaryFormat,
  createSoftwareSigner,
  generateKey,
  parsePrivateKey,
  type Signer,
  type SignFormat,
  signFormat,
  signImage,
} from '@signet/core';
import { readCertificate } from '@signet/core/x509';
import { createRegistryClient, type Digest, fallbackTag, parseReference } from '@signet/oci';
import { levelActions, type Report, type Rule, ruleForKeys, verify } from '@signet/verifier';
import { afterEach, describe, expect, it } from 'vitest';
import { pushImage } from '../oci/images.ts';
import { makeCertificate } from '../support/certificates.ts';
import { startDockerRegistry, type TestRegistry } from '../support/docker-registry.ts';
import { startEmbeddedRegistry } from '../support/embedded-registry.ts';
import { startHostileRegistry } from '../support/hostile-registry.ts';
import { itWithPeers } from '../support/peers.ts';

const left: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of left.splice(0).reverse()) await end();
});

const key = await generateKey('ecdsa-p256');

/** How an image is signed, and the rule that trusts that. */
interface Way {
  readonly format: SignFormat;
  readonly signer: Signer;
  readonly rule: Rule;
}

const ownFormat: Way = {
  format: signFormat('sigstore'),
  signer: createSoftwareSigner(key),
  rule: ruleForKeys({ keys: [key.publicKey] }),
};

async function notaryFormat(form: 'jws' | 'cose'): Promise<Way> {
  const root = makeCertificate({ profile: 'ca', subject: 'C=US,ST=WA,O=Acme,CN=root' });
  const leaf = makeCertificate({ subject: 'C=US,ST=WA,O=Acme,CN=signer', issuer: root });
  const pem = leaf.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string;
  const x509 = {
    ca: [readCertificate(root.der)],
    signingAuthority: [],
    tsa: [],
    identities: 'any',
    writtenIdentities: ['*'],
    ...levelActions.strict,
    verifyTimestamp: 'always',
  } as const;
  return {
    format: createNotaryFormat({ form }),
    signer: createSoftwareSigner(await parsePrivateKey(Buffer.from(pem)), [leaf.der, root.der]),
    rule: {
      name: 'certificates',
      mode: 'enforce',
      require: { kind: 'any', of: [{ kind: 'source', source: { name: 'acme', keys: [], x509 } }] },
      tag: 'any',
      annotations: {},
    },
  };
}

/** Pushes an image as `a/b:v1` and signs its tag. */
async function signed(registry: TestRegistry, { format, signer }: Way = ownFormat): Promise<Digest> {
  left.push(registry.stop);
  const client = createRegistryClient();
  left.push(() => client.close());
  const reference = parseReference(`${registry.host}/a/b:v1`);
  const store = client.repository({ registry: registry.host, repository: 'a/b' });
  const image = await pushImage(store, 'image');
  await store.tag(image, 'v1');
  await signImage({ store, reference, signer, format, signedAtMs: Date.now() });
  return image.descriptor.digest;
}

/**
 * Verifies through a door that hands on only these requests and answers no other, ever: what is decided then was decided by them alone,
 * and waited for nothing else.
 */
async function verifiedBy(
  registry: TestRegistry,
  reference: string,
  {
    answered,
    totalMs = 30_000,
    rule = ownFormat.rule,
  }: { readonly answered: readonly string[]; readonly totalMs?: number; readonly rule?: Rule },
): Promise<{ readonly report: Report; readonly passed: readonly string[] }> {
  const passed: string[] = [];
  const door = await startHostileRegistry(async ({ method, url, headers }, response) => {
    const path = url.slice('/v2/a/b/'.length);
    if (!answered.includes(path.split('?')[0] ?? '')) return;
    passed.push(`${method} ${path.split('?')[0]}`);
    const answer = await fetch(registry.url + url, { method, headers: { accept: headers.accept ?? '*/*' } });
    const type = answer.headers.get('content-type') ?? 'application/octet-stream';
    response.writeHead(answer.status, { 'content-type': type }).end(Buffer.from(await answer.arrayBuffer()));
  });
  left.push(door.stop);
  const client = createRegistryClient();
  left.push(() => client.close());
  const source = client.repository({ registry: door.host, repository: 'a/b' });
  const asked = parseReference(`${door.host}/a/b${reference}`);
  const report = await verify(asked, { rule, source, atMs: Date.now(), limits: { totalMs } });
  return { report, passed };
}

/** Rule: design.md 8, "Round trips". */
async function takesOneAndTwo(
  registry: TestRegistry,
  listingOf: (digest: Digest) => string,
  way: Way = ownFormat,
): Promise<void> {
  const { rule } = way;
  const digest = await signed(registry, way);
  const listing = listingOf(digest);
  const byDigest = await verifiedBy(registry, `@${digest}`, { answered: [listing], rule });
  expect(byDigest.report.verdict).toBe('verified');
  expect(byDigest.passed).toEqual([`GET ${listing}`]);
  const byTag = await verifiedBy(registry, ':v1', { answered: ['manifests/v1', listing], rule });
  expect(byTag.report).toMatchObject({ verdict: 'verified', digest });
  expect(byTag.passed).toEqual(['GET manifests/v1', `GET ${listing}`]);
}

const byApi = (digest: Digest): string => `referrers/${digest}`;
const byTag = (digest: Digest): string => `manifests/${fallbackTag(digest)}`;

describe('the round trips of an own signature: one by digest, two by tag', () => {
  it('on a registry with the referrers API', async () => {
    await takesOneAndTwo(await startEmbeddedRegistry(), byApi);
  });

  it('on a registry without it', async () => {
    await takesOneAndTwo(await startEmbeddedRegistry({ referrersApi: false }), byTag);
  });

  itWithPeers(['docker-registry'], 'on docker-registry', async () => {
    await takesOneAndTwo(await startDockerRegistry(), byTag);
  });

  it.each(['jws', 'cose'] as const)('in the Notary format (%s), under certificates', async (form) => {
    await takesOneAndTwo(await startEmbeddedRegistry(), byApi, await notaryFormat(form));
    await takesOneAndTwo(await startEmbeddedRegistry({ referrersApi: false }), byTag, await notaryFormat(form));
  });

  it('are not one by tag: without the tag nothing is decided', async () => {
    const registry = await startEmbeddedRegistry();
    const digest = await signed(registry);
    const { report, passed } = await verifiedBy(registry, ':v1', { answered: [byApi(digest)], totalMs: 200 });
    expect([report.verdict, passed]).toEqual(['undecided', []]);
  });
});
