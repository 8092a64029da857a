import { constants, verify, X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type NotaryEnvelope, parseNotaryEnvelope } from '@signet/core';
import {
  createRegistryClient,
  type Descriptor,
  type Digest,
  parseDigest,
  parseManifest,
  type Store,
} from '@signet/oci';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { makeCertificate } from '../support/certificates.ts';
import { signet } from '../support/cli.ts';
import { startDockerRegistry, type TestRegistry } from '../support/docker-registry.ts';
import { startEmbeddedRegistry } from '../support/embedded-registry.ts';
import { attachNotaryEnvelope, signNotaryJws } from '../support/notary-signature.ts';
import { createNotationUser, type NotationKey, type NotationUser, notationKeys } from '../support/notation.ts';
import { startTsa } from '../support/openssl-tsa.ts';
import { havePeers } from '../support/peers.ts';
import { tempDir } from '../support/temp.ts';
import { pushRunnable } from './policy-world.ts';

const keys = Object.keys(notationKeys) as readonly NotationKey[];
const forms = ['jws', 'cose'] as const;
const prefix = 'io.cncf.notary';
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
    const theirs = await theirSignatures(reference());
    expect(theirs).toHaveLength(cases.length);
    expect(ours.size).toBe(cases.length);
    for (const each of theirs) expect(ours.get(each.digest)).toMatchObject(inOurWords(each));
  });

  it('says it as text, too', async () => {
    const { stdout } = await signet(['inspect', reference()]);
    const told = new Map(stdout.split(/^(?=sha256:)/m).map((text) => [text.slice(0, text.indexOf('\n')), text]));
    const theirs = await theirSignatures(reference());
    for (const each of theirs)
      for (const value of valuesOf(each)) expect(told.get(each.digest), value).toContain(value);
  });

  it('says what attributes of plugins and authorities say', async () => {
    const tagged = await pushRunnable(client, registry.host, 'team/plugin:1');
    const store = client.repository({ registry: registry.host, repository: 'team/plugin' });
    const { descriptor } = await store.resolve(tagged);
    const issuer = makeCertificate({ profile: 'ca', subject: 'C=US,ST=WA,O=Acme,CN=root' });
    const signer = makeCertificate({ issuer, subject: 'C=US,ST=WA,O=Acme,CN=signer' });
    const names = { plugin: `${prefix}.verificationPlugin`, least: `${prefix}.verificationPluginMinVersion` };
    const envelope = signNotaryJws({
      target: descriptor,
      chain: [signer.der, issuer.der],
      key: signer.privateKey,
      attributes: {
        [`${prefix}.signingScheme`]: 'notary.x509.signingAuthority',
        [`${prefix}.signingTime`]: undefined,
        [`${prefix}.authenticSigningTime`]: '2026-01-02T03:04:05Z',
        [names.plugin]: 'com.example.plugin',
        [names.least]: '1.2.3',
        'com.example.critical': 'must be known',
        'com.example.other': 'may be known',
      },
      critical: [`${prefix}.authenticSigningTime`, names.plugin, names.least, 'com.example.critical'],
    });
    await attachNotaryEnvelope(store, descriptor, envelope);
    const image = `${registry.host}/team/plugin@${tagged}`;
    const [told, ...more] = await theirSignatures(image);
    const ours = JSON.parse((await signet(['inspect', '-o', 'json', image])).stdout) as Record<string, unknown>;
    expect([told?.signedAttributes, more]).toEqual([
      {
        signingScheme: 'notary.x509.signingAuthority',
        signingTime: '2026-01-02T03:04:05Z',
        [names.plugin]: 'com.example.plugin',
        [names.least]: '1.2.3',
        'com.example.critical': 'must be known',
        'com.example.other': 'may be known',
      },
      [],
    ]);
    expect(ours).toMatchObject({
      notary: {
        scheme: 'notary.x509.signingAuthority',
        authenticSigningTime: '2026-01-02T03:04:05Z',
        verificationPlugin: 'com.example.plugin',
        verificationPluginMinVersion: '1.2.3',
        extended: [
          { name: 'com.example.critical', value: 'must be known', critical: true },
          { name: 'com.example.other', value: 'may be known', critical: false },
        ],
        certificates: [{ subject: told?.certificates[0]?.issuedTo }, { subject: told?.certificates[1]?.issuedTo }],
      },
    });
    const text = (await signet(['inspect', image])).stdout;
    for (const value of valuesOf(told ?? expect.unreachable('a signature'))) expect(text, value).toContain(value);
  });

  it.each([
    ['an authority', undefined],
    ['an authority that says how exact it is', 'secs:1, millisecs:500'],
  ] as const)('says what a time stamp says: by %s', async (_, accuracy) => {
    const root = makeCertificate({ profile: 'ca', subject: 'C=US,ST=WA,O=Acme,CN=tsa root' });
    const tsa = makeCertificate({ profile: 'tsa', subject: 'C=US,ST=WA,O=Acme,CN=tsa', issuer: root });
    const server = await startTsa({ signer: tsa, others: [root], ...(accuracy === undefined ? {} : { accuracy }) });
    onTestFinished(() => server.close());
    const name = `team/stamped${accuracy === undefined ? '' : '-exact'}`;
    const image = `${registry.host}/${name}@${await pushRunnable(client, registry.host, `${name}:1`)}`;
    const rootFile = join(tempDir(), 'root.pem');
    writeFileSync(rootFile, root.pem);
    const options = ['--insecure-registry', '--timestamp-url', server.url, '--timestamp-root-cert', rootFile];
    await notation.runOk('sign', '--key', 'ec-256', ...options, image);
    const [told] = await theirSignatures(image);
    const stamp = told?.unsignedAttributes.timestampSignature as unknown as TheirStamp;
    const ours = JSON.parse((await signet(['inspect', '-o', 'json', image])).stdout);
    const { time, accuracyMs, certificates } = ours.notary.timestamp;
    const at = (offset: number): string => `${new Date(Date.parse(time) + offset).toISOString().slice(0, 19)}Z`;
    expect(stamp.timestamp).toBe(`[${at(-accuracyMs)}, ${at(accuracyMs)}]`);
    expect(accuracyMs).toBe(accuracy === undefined ? 0 : 1500);
    const inOrder = (names: readonly string[]): readonly string[] => names.toSorted();
    expect(inOrder(certificates.map(({ sha256 }: { readonly sha256: string }) => sha256))).toEqual(
      inOrder(stamp.certificates.map(({ SHA256Fingerprint = '' }) => SHA256Fingerprint)),
    );
    expect((await signet(['inspect', image])).stdout).toContain(`timestamp    ${time}`);
  });

  async function theirSignatures(image: string): Promise<readonly Theirs[]> {
    const told = await notation.runOk('inspect', '--insecure-registry', '-o', 'json', image);
    return (JSON.parse(told) as { readonly Signatures: readonly Theirs[] }).Signatures;
  }

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

/** All that it says, but for the names of what it says. */
function valuesOf(value: unknown): readonly string[] {
  if (typeof value === 'object' && value !== null) return Object.values(value).flatMap(valuesOf);
  return value === null || value === undefined ? [] : [String(value)];
}

interface TheirStamp {
  readonly timestamp: string;
  readonly certificates: readonly Readonly<Record<string, string>>[];
}

function inOurWords(theirs: Theirs): Readonly<Record<string, unknown>> {
  const { signingScheme, signingTime, expiry } = theirs.signedAttributes;
  return {
    format: 'notary',
    verified: false,
    subjects: [theirs.signedArtifact.digest],
    annotations: theirs.userDefinedAttributes ?? {},
    notary: {
      envelope: theirs.mediaType === 'application/cose' ? 'cose' : 'jws',
      mediaType: theirs.mediaType,
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
