import type { ServerResponse } from 'node:http';
import { parseIdentity, readCertificate } from '@signet/core/x509';
import { createRegistryClient, type Descriptor, MEDIA_TYPE_MANIFEST, parseReference } from '@signet/oci';
import { levelActions, type Rule, verify } from '@signet/verifier';
import { afterEach, describe, expect, it } from 'vitest';
import { type MadeCertificate, makeCertificate } from '../support/certificates.ts';
import {
  answerFrom,
  attach,
  type Content,
  imageContent,
  type Listed,
  pathOf,
  putBlob,
  putListing,
} from '../support/hostile-content.ts';
import { type SeenRequest, startHostileRegistry } from '../support/hostile-registry.ts';
import { signNotaryCose } from '../support/notary-cose.ts';
import { signNotaryJws } from '../support/notary-signature.ts';

const jose = 'application/jose+json';
const artifactType = 'application/vnd.cncf.notary.signature';
const root = makeCertificate({ profile: 'ca', subject: 'C=US,ST=WA,O=Acme,CN=root' });
const signer = makeCertificate({ subject: 'C=US,ST=WA,O=Acme,CN=signer', issuer: root });
const thief = makeCertificate({ subject: 'C=US,ST=WA,O=Acme,CN=signer', key: 'ec-384' });

const left: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of left.splice(0)) await end();
});

/** A rule by certificates of this root. */
const ruleBy = (level: keyof typeof levelActions): Rule => ({
  name: 'acme',
  mode: 'enforce',
  tag: 'any',
  annotations: {},
  require: {
    kind: 'source',
    source: {
      name: 'acme',
      keys: [],
      x509: {
        ca: [readCertificate(root.der)],
        signingAuthority: [],
        tsa: [],
        identities: [parseIdentity('C=US,ST=WA,O=Acme')],
        writtenIdentities: ['x509.subject:C=US,ST=WA,O=Acme'],
        ...levelActions[level],
        verifyTimestamp: 'always',
      },
    },
  },
});

type Lie = (request: SeenRequest, response: ServerResponse) => boolean;

interface World {
  readonly content: Content;
  readonly target: Descriptor;
  /** An envelope by a signer, whom somebody trusts or nobody. */
  readonly envelope: (chain?: readonly MadeCertificate[]) => Buffer;
  /** Stores a manifest with this envelope; gives its entry for the listing. */
  readonly attachNotary: (envelope: Buffer, changes?: object) => Listed;
}

function createWorld(): World {
  const { content, image } = imageContent();
  const bytes = content.get('manifests/1')?.bytes ?? expect.fail('an image');
  const target = { mediaType: MEDIA_TYPE_MANIFEST, digest: image, size: bytes.length };
  return {
    content,
    target,
    envelope(chain = [signer, root]) {
      const key = chain[0]?.privateKey ?? expect.fail('a certificate');
      return Buffer.from(signNotaryJws({ target, chain: chain.map(({ der }) => der), key }));
    },
    attachNotary(envelope, changes = {}) {
      const layers = [putBlob(content, envelope, jose)];
      return { ...attach(content, image, envelope, { artifactType, layers, ...changes }), artifactType };
    },
  };
}

async function run(
  prepare: (world: World) => readonly Listed[],
  {
    lie,
    level = 'strict',
    totalMs,
  }: { lie?: (world: World) => Lie; level?: keyof typeof levelActions; totalMs?: number } = {},
) {
  const world = createWorld();
  putListing(world.content, world.target.digest, prepare(world));
  const tells = lie?.(world);
  const server = await startHostileRegistry((request, response) => {
    if (tells?.(request, response) !== true) answerFrom(world.content, request, response);
  });
  const client = createRegistryClient({ retries: { maxAttempts: 1, baseMs: 1, maxMs: 2 } });
  left.push(() => client.close(), server.stop);
  const started = performance.now();
  const report = await verify(parseReference(`${server.host}/app:1`), {
    rule: ruleBy(level),
    source: client.repository({ registry: server.host, repository: 'app' }),
    atMs: Date.UTC(2026, 10, 24),
    ...(totalMs === undefined ? {} : { limits: { totalMs } }),
  });
  const codes = report.findings.flatMap(({ checks }) => checks).filter(({ result }) => result === 'fail');
  return {
    verdict: report.verdict,
    gaps: report.gaps.map(({ code }) => code),
    failed: codes.map(({ code }) => code),
    tookMs: performance.now() - started,
    sent: server.seen.length,
  };
}

const mega = 1024 * 1024;
/** JSON that a reader would have to read to its end. */
const huge = (bytes: number): Buffer => Buffer.from(`{"payload":"${'A'.repeat(bytes - 14)}"}`);

describe('a registry with Notary signatures that lies', () => {
  it('tells the truth: the signature of the trusted signer counts, at audit anybody’s', async () => {
    const good = await run(({ envelope, attachNotary }) => [attachNotary(envelope())]);
    expect(good).toMatchObject({ verdict: 'verified', gaps: [] });
    const other = ({ envelope, attachNotary }: World) => [attachNotary(envelope([thief]))];
    expect(await run(other)).toMatchObject({ verdict: 'denied', failed: ['CERTIFICATE_NOT_TRUSTED'] });
    expect(await run(other, { level: 'audit' })).toMatchObject({ verdict: 'verified' });
  });

  it('an envelope of 50 MB is not fetched where its size is told', async () => {
    const { verdict, gaps } = await run(({ attachNotary }) => [attachNotary(huge(50 * mega))]);
    expect({ verdict, gaps }).toEqual({ verdict: 'undecided', gaps: ['LIMIT_REACHED'] });
  });

  it.each([
    ['with its length', true],
    ['in pieces, without one', false],
  ])('an envelope of 50 MB under a small size, %s, is read no further than that', async (_, hasLength) => {
    const before = process.memoryUsage().rss;
    const { verdict, gaps } = await run(({ envelope, attachNotary }) => [attachNotary(envelope())], {
      lie: () => (request, response) => {
        if (!pathOf(request).startsWith('blobs/')) return false;
        const bytes = huge(50 * mega);
        response.writeHead(200, hasLength ? { 'content-length': bytes.length } : {});
        for (let at = 0; at < bytes.length; at += mega) response.write(bytes.subarray(at, at + mega));
        response.end();
        return true;
      },
    });
    expect({ verdict, gaps }).toEqual({ verdict: 'undecided', gaps: ['SIZE_MISMATCH'] });
    expect(process.memoryUsage().rss - before).toBeLessThan(400 * mega);
  });

  it.each<[string, (world: World) => object, 'denied' | 'undecided' | 'verified']>([
    [
      'JWS under the type of COSE',
      ({ content, envelope }) => ({ layers: [putBlob(content, envelope(), 'application/cose')] }),
      'denied',
    ],
    [
      'an envelope under the type of a bundle',
      ({ content, envelope }) => ({
        layers: [putBlob(content, envelope(), 'application/vnd.dev.sigstore.bundle.v0.3+json')],
      }),
      'denied',
    ],
    [
      'an envelope under the type of an image layer',
      ({ content, envelope }) => ({ layers: [putBlob(content, envelope(), 'application/vnd.oci.image.layer.v1.tar')] }),
      'denied',
    ],
    ['no layer', () => ({ layers: [] }), 'denied'],
    [
      'two envelopes in one manifest',
      ({ content, envelope }) => ({
        layers: [putBlob(content, envelope(), jose), putBlob(content, envelope([thief]), jose)],
      }),
      'undecided',
    ],
    [
      'another subject in the manifest',
      ({ target }) => ({ subject: { ...target, digest: `sha256:${'0'.repeat(64)}` } }),
      'denied',
    ],
    ['no subject in the manifest', () => ({ subject: undefined }), 'denied'],
  ])('%s: does not count', async (_, changes, verdict) => {
    const done = await run((world) => [world.attachNotary(world.envelope(), changes(world))]);
    expect(done.verdict).toBe(verdict);
  });

  it('COSE that is right beside JWS that is not', async () => {
    const { verdict } = await run(({ content, target, envelope, attachNotary }) => {
      const chain = [signer.der, root.der];
      const cose = Buffer.from(signNotaryCose({ target, chain, key: signer.privateKey }));
      const layers = [putBlob(content, cose, 'application/cose')];
      return [attachNotary(envelope([thief])), attachNotary(cose, { layers })];
    });
    expect(verdict).toBe('verified');
  });

  it('thumbprints of a trusted chain in the annotations make nobody a signer', async () => {
    const annotations = {
      'io.cncf.notary.x509chain.thumbprint#S256': JSON.stringify([readCertificate(signer.der).thumbprint]),
    };
    const { verdict } = await run(({ envelope, attachNotary }) => [attachNotary(envelope([thief]), { annotations })]);
    expect(verdict).toBe('denied');
  });

  it('200 signatures of others, then the good one: it counts', async () => {
    const { verdict } = await run(({ envelope, attachNotary }) => [
      ...Array.from({ length: 200 }, () => attachNotary(envelope([thief]))),
      attachNotary(envelope()),
    ]);
    expect(verdict).toBe('verified');
  });

  it('10 000 signatures that bring along the trusted certificates: time ends it, and nothing is decided', {
    timeout: 120_000,
  }, async () => {
    const { verdict, gaps, tookMs } = await run(
      ({ envelope, attachNotary }) => {
        const text = envelope().toString();
        const signature = (at: number) =>
          Buffer.alloc(64, 1)
            .fill(Buffer.from(String(at)), 0, 5)
            .toString('base64url');
        const forged = (at: number) => text.replace(/"signature":"[^"]*"/, `"signature":"${signature(at)}"`);
        return Array.from({ length: 10_000 }, (_, at) => attachNotary(Buffer.from(forged(10_000 + at))));
      },
      { totalMs: 3000 },
    );
    expect({ verdict, gaps: gaps.filter((code) => code !== 'ABORTED') }).toEqual({
      verdict: 'undecided',
      gaps: ['TIMEOUT'],
    });
    expect(tookMs).toBeLessThan(15_000);
  });
});
