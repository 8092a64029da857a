import { join } from 'node:path';
import {
  createRegistryClient,
  type Descriptor,
  emptyContent,
  emptyDescriptor,
  encodeManifest,
  type Store,
} from '@signet/oci';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pushBlob, pushManifest } from '../oci/images.ts';
import { makeCertificate } from '../support/certificates.ts';
import { signet } from '../support/cli.ts';
import { startDockerRegistry } from '../support/docker-registry.ts';
import { startHostileRegistry } from '../support/hostile-registry.ts';
import { attachNotaryEnvelope, signNotaryJws } from '../support/notary-signature.ts';
import { itWithPeers } from '../support/peers.ts';
import { tempDir } from '../support/temp.ts';
import { createTestCa } from '../support/tls.ts';
import { bundleMediaType, bundleOf, statementOf, testKey } from '../verifier/signatures.ts';
import { type CliWorld, createCliWorld, deadPort, ok } from './cli-world.ts';

let world: CliWorld;
let image: string;
beforeAll(async () => {
  world = await createCliWorld();
  image = await world.push('app:1.0');
  await ok(['sign', '--key', world.key, image]);
  await ok(['sign', '--key', world.key, '--format', 'cosign', image]);
});
afterAll(() => world.server.stop('SIGKILL'));

interface Finding {
  readonly about: string;
  readonly state: string;
  readonly text: string;
  readonly code?: string;
}

/** The findings by what they are about. */
async function examined(
  args: readonly string[],
  env?: Record<string, string>,
): Promise<{ readonly code: number; readonly of: Readonly<Record<string, Finding>> }> {
  const { code, stdout } = await signet(['doctor', '-o', 'json', ...args], env === undefined ? {} : { env });
  const { findings }: { findings: readonly Finding[] } = JSON.parse(stdout);
  return { code, of: Object.fromEntries(findings.map((finding) => [finding.about, finding])) };
}

/** A bundle that says something of the image, and does not sign it. */
async function pushAttestation(store: Store, subject: Descriptor): Promise<void> {
  const statement = statementOf(subject.digest, {}, { predicateType: 'https://slsa.dev/provenance/v1' });
  const layer = await pushBlob(store, bundleOf(statement, testKey()).toString(), bundleMediaType);
  await store.push(emptyContent, emptyDescriptor);
  const manifest = { kind: 'manifest', artifactType: bundleMediaType, layers: [layer], subject } as const;
  await pushManifest(store, encodeManifest(manifest));
}

describe('doctor', () => {
  it('says what the embedded registry supports and which signatures are there', async () => {
    const { code, of } = await examined([image]);
    expect(code).toBe(0);
    expect(Object.values(of).map(({ state }) => state)).not.toContain('problem');
    expect(of.authentication?.text).toBe('none is asked for; no login is kept');
    expect(of.clock?.text).toMatch(/^agrees with the registry's/);
    expect(of.image?.text).toContain(await world.digestOf(image));
    expect(of.referrers?.text).toMatch(/has the referrers API.*1 × application\/vnd\.dev\.sigstore\.bundle/);
    expect(of.signatures?.text).toMatch(/1 × sigstore, 1 × cosign|1 × cosign, 1 × sigstore/);
    const { stdout } = await ok(['doctor', image]);
    expect(stdout).toMatch(new RegExp(`^${image}\n {2}good {5}registry +http://${world.host} answers`));
    expect(stdout).toMatch(/\d+ requests\n$/);
  });

  it('tells an image without signatures from one that is not there', async () => {
    const bare = await examined([await world.push('bare:1')]);
    expect(bare).toMatchObject({ code: 0, of: { signatures: { state: 'note', text: 'none that Signet can read' } } });
    const missing = await examined([`${world.host}/app:missing`]);
    expect(missing).toMatchObject({ code: 3, of: { registry: { state: 'good' }, image: { code: 'NOT_FOUND' } } });
  });

  it('tells attestations from signatures, and each format from the others', async () => {
    const mixed = await world.push('mixed:1');
    const client = createRegistryClient();
    try {
      const store = client.repository({ registry: world.host, repository: 'mixed' });
      const { descriptor } = await store.resolve('1');
      const { der, privateKey: key } = makeCertificate();
      await attachNotaryEnvelope(store, descriptor, signNotaryJws({ target: descriptor, chain: [der], key }));
      await pushAttestation(store, descriptor);
    } finally {
      await client.close();
    }
    const { stdout } = await ok(['doctor', '-o', 'json', mixed]);
    const { findings }: { findings: readonly Finding[] } = JSON.parse(stdout);
    expect(findings.filter(({ about }) => about === 'signatures')).toEqual([
      {
        about: 'signatures',
        state: 'good',
        text: expect.stringMatching(/^1 × (notary, 1 × sigstore attestation|sigstore attestation, 1 × notary) \(/),
      },
    ]);
  });

  it('says that the clocks of this machine and the registry differ', async () => {
    const server = await startHostileRegistry((_, response) => {
      response.writeHead(200, { date: 'Sat, 01 Jan 2000 00:00:00 GMT' }).end('{}');
    });
    try {
      const { of } = await examined([`${server.host}/app:1`]);
      expect(of.clock).toMatchObject({ state: 'note', text: expect.stringMatching(/is \d+ days ahead of the reg/) });
    } finally {
      await server.stop();
    }
  });

  it('says that a tag names another digest', async () => {
    const other = await world.digestOf(await world.push('other:1'));
    expect(await examined([`${image}@${other}`])).toMatchObject({
      code: 3,
      of: { image: { code: 'SUBJECT_CHANGED' } },
    });
  });

  it('says that nobody answers, with 3', async () => {
    const { code, of } = await examined([`127.0.0.1:${await deadPort()}/app:1`, '--timeout', '3s']);
    expect(code).toBe(3);
    expect(of).toMatchObject({ registry: { state: 'problem', code: 'UNREACHABLE' } });
  });

  it('examines a layout on disk', async () => {
    const layout = `oci:${join(tempDir(), 'layout')}:1.0`;
    await ok(['copy', image, layout]);
    const { code, of } = await examined([layout]);
    expect(code).toBe(0);
    expect(of.referrers?.text).toContain('an image layout');
    expect(of.signatures?.text).toContain('1 × sigstore');
    expect(await examined([`oci:${tempDir()}:1`])).toMatchObject({ code: 3, of: { layout: { state: 'problem' } } });
  });

  itWithPeers(['docker-registry'], 'says what TLS, login and fallback tag come to on docker-registry', async () => {
    const docker = await startDockerRegistry({ tls: true, htpasswd: true });
    try {
      const there = `${docker.host}/app:1.0`;
      const tls = ['--ca-file', docker.caFile ?? ''];
      const env = { DOCKER_CONFIG: tempDir() };
      expect(await examined([there, ...tls], env)).toMatchObject({
        code: 3,
        of: { authentication: { state: 'problem', code: 'UNAUTHORIZED' } },
      });
      const login = ['login', docker.host, '--username', docker.username ?? '', '--password-stdin', ...tls];
      await ok(login, { env, input: docker.password ?? '' });
      const layout = `oci:${join(tempDir(), 'layout')}:1.0`;
      await ok(['copy', image, layout]);
      await ok(['copy', layout, there, ...tls], { env });
      const { code, of } = await examined([there, ...tls], env);
      expect(code).toBe(0);
      expect(of.authentication?.text).toBe('Basic; user and password kept, accepted');
      expect(of.referrers?.text).toContain('fallback tag');
      expect(JSON.stringify(of)).not.toContain(docker.password);
      const stranger = await createTestCa();
      const distrusted = await examined([there, '--ca-file', stranger.caFile], env).finally(() => stranger.remove());
      expect(distrusted).toMatchObject({ code: 3, of: { registry: { code: 'UNREACHABLE' } } });
    } finally {
      await docker.stop();
    }
  });
});
