import { constants, verify, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type NotaryEnvelope, parseNotaryEnvelope } from '@signet/core';
import {
  createRegistryClient,
  type Descriptor,
  type Digest,
  parseDigest,
  parseManifest,
  type Store,
} from '@signet/oci';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signet } from '../support/cli.ts';
import { startDockerRegistry, type TestRegistry } from '../support/docker-registry.ts';
import { startEmbeddedRegistry } from '../support/embedded-registry.ts';
import { createNotationUser, type NotationKey, type NotationUser, notationKeys } from '../support/notation.ts';
import { havePeers } from '../support/peers.ts';
import { pushRunnable } from './policy-world.ts';

const keys = Object.keys(notationKeys) as readonly NotationKey[];
const forms = ['jws', 'cose'] as const;
const cases = keys.flatMap((key) => forms.map((form) => [key, form] as const));
const hashes: Readonly<Record<string, string>> = {
  '256': 'sha256',
  '384': 'sha384',
  '521': 'sha512',
  '2048': 'sha256',
  '3072': 'sha384',
  '4096': 'sha512',
};

/** One signature as `notation inspect --output json` writes it. */
interface Theirs {
  readonly mediaType: string;
  readonly digest: string;
  readonly signatureAlgorithm: string;
  readonly signedAttributes: Readonly<Record<string, string>>;
  readonly userDefinedAttributes: Readonly<Record<string, string>> | null;
  readonly unsignedAttributes: Readonly<Record<string, string>>;
  readonly certificates: readonly Readonly<Record<string, string>>[];
  readonly signedArtifact: Readonly<Record<string, unknown>>;
}

describe.runIf(havePeers(['notation', 'docker-registry'])).each([
  ['docker-registry', startDockerRegistry],
  ['embedded', startEmbeddedRegistry],
] as const)('signet inspect of what notation signed, registry: %s', (_, start) => {
  let registry: TestRegistry;
  let notation: NotationUser;
  let digest = '';
  const client = createRegistryClient();
  const reference = (): string => `${registry.host}/team/app@${digest}`;

  beforeAll(async () => {
    [registry, notation] = await Promise.all([start(), createNotationUser(keys)]);
    digest = await pushRunnable(client, registry.host, 'team/app:1');
    for (const [key, form] of cases) {
      const options = [
        '--insecure-registry',
        '--signature-format',
        form,
        '--expiry',
        '48h',
        '-m',
        `made=${key} ${form}`,
      ];
      await notation.runOk('sign', '--key', key, ...options, reference());
    }
  });
  afterAll(async () => {
    await client.close();
    await registry?.stop();
  });

  it('says of each what notation inspect says of it', async () => {
    const { stdout } = await signet(['inspect', '-o', 'json', reference()]);
    const ours = new Map(
      stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>)
        .map((each) => [each.origin, each]),
    );
    const told = await notation.runOk('inspect', '--insecure-registry', '-o', 'json', reference());
    const theirs = (JSON.parse(told) as { readonly Signatures: readonly Theirs[] }).Signatures;
    expect(theirs).toHaveLength(cases.length);
    expect(ours.size).toBe(cases.length);
    for (const each of theirs) expect(ours.get(each.digest)).toMatchObject(inOurWords(each));
  });

  it.each(cases)('reads the very bytes that were signed, %s, %s', async (key, form) => {
    const store = client.repository({ registry: registry.host, repository: 'team/app' });
    const envelope = await envelopeOf(store, parseDigest(digest), `${key} ${form}`);
    const { publicKey } = new X509Certificate(readFileSync(notation.certificate(key)));
    const how = key.startsWith('rsa')
      ? { key: publicKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
      : ({ key: publicKey, dsaEncoding: 'ieee-p1363' } as const);
    const hash = hashes[key.split('-')[1] ?? ''];
    expect(envelope).toMatchObject({ form, algorithm: { hash } });
    expect(verify(hash, envelope.toVerify, how, envelope.signature)).toBe(true);
  });
});

function inOurWords(theirs: Theirs): Readonly<Record<string, unknown>> {
  const { signingScheme, signingTime, expiry } = theirs.signedAttributes;
  return {
    format: 'notary',
    verified: false,
    subjects: [theirs.signedArtifact.digest],
    annotations: theirs.userDefinedAttributes ?? {},
    notary: {
      envelope: theirs.mediaType === 'application/cose' ? 'cose' : 'jws',
      algorithm: theirs.signatureAlgorithm,
      scheme: signingScheme,
      signingTime,
      expiry,
      artifact: theirs.signedArtifact,
      certificates: theirs.certificates.map((each) => ({
        sha256: each.SHA256Fingerprint,
        subject: each.issuedTo,
        issuer: each.issuedBy,
        notAfter: each.expiry,
      })),
      signingAgent: theirs.unsignedAttributes.signingAgent,
    },
  };
}

/** The one whose payload says so. */
async function envelopeOf(store: Store, subject: Digest, made: string): Promise<NotaryEnvelope> {
  const found: Descriptor[] = [];
  for await (const page of store.referrers((await store.resolve(subject)).descriptor)) found.push(...page.descriptors);
  const envelopes = await Promise.all(found.map(({ digest }) => readEnvelope(store, digest)));
  return envelopes.find(({ payload }) => Buffer.from(payload).includes(`"${made}"`)) ?? expect.unreachable(made);
}

async function readEnvelope(store: Store, signature: Digest): Promise<NotaryEnvelope> {
  const manifest = parseManifest((await store.resolve(signature)).bytes);
  const [layer] = manifest.kind === 'manifest' ? manifest.layers : [];
  if (layer === undefined) return expect.unreachable('a signature without a layer');
  return parseNotaryEnvelope(await store.fetch(layer), layer.mediaType === 'application/cose' ? 'cose' : 'jws');
}
