import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type MadeCertificate, makeCertificate } from '../support/certificates.ts';
import { signet, startSignet } from '../support/cli.ts';
import type { RunResult } from '../support/process.ts';
import { makeCrl } from '../support/revocation-data.ts';
import { tempDir } from '../support/temp.ts';
import { type CliWorld, createCliWorld, ok } from './cli-world.ts';

const root = makeCertificate({ profile: 'ca', subject: 'C=US,ST=WA,O=Acme,CN=root' });
const images = new Map<string, readonly [reference: string, digest: string]>();
let world: CliWorld;
let lists: Server;
let asked = 0;

beforeAll(async () => {
  world = await createCliWorld();
  const entry = { serial: Buffer.from('4711', 'hex'), atMs: Date.now() - 60_000, reason: 1 };
  const crl = makeCrl({ by: root, atMs: Date.now(), number: 5, entries: [entry] });
  lists = createServer((_, response) => {
    asked += 1;
    response.end(crl);
  });
  await new Promise<void>((resolve) => void lists.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(lists.address() as AddressInfo).port}/list`;
  write('root.crt', root.pem);
  await add('good', 0x4712n, url);
  await add('revoked', 0x4711n, url);
  await add('silent', 0x4713n, 'http://127.0.0.1:1/list');
});
afterAll(async () => {
  lists.close();
  await world.server.stop();
});

function write(name: string, content: string): string {
  const path = join(world.dir, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, content);
  return path;
}

/** An image that is signed by a certificate which names this list. */
async function add(name: string, serial: bigint, url: string): Promise<void> {
  const signer: MadeCertificate = makeCertificate({
    subject: 'C=US,ST=WA,O=Acme,CN=signer',
    issuer: root,
    serial,
    crlUrls: [url],
  });
  const files = ['--key', write(`${name}.key`, signer.keyPem), '--cert', write(`${name}.crt`, signer.pem + root.pem)];
  const image = await world.push(`${name}:1`, name);
  await ok(['sign', '--format', 'notary', ...files, image]);
  images.set(name, [image, await world.digestOf(image)]);
}

function policyWith(more: string): string {
  const source = `trust:\n  acme:\n    x509: { ca: [root.crt], identities: ["*"]${more} }\n`;
  return write(
    `policy${more.length}.yaml`,
    `version: 1\n${source}rules:\n  - { images: ["${world.host}/**"], require: acme }\n`,
  );
}

/** As containerd calls the gate for a pull of this image. */
async function pull(image: string, ...flags: readonly string[]): Promise<RunResult> {
  const [name, digest] = images.get(image) ?? ['', ''];
  const call = ['-name', name, '-digest', digest, '-stdin-media-type', 'application/vnd.oci.descriptor.v1+json'];
  const descriptor = { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest, size: 500 };
  return await signet(['gate', 'containerd', ...flags, '--', ...call], {
    input: JSON.stringify(descriptor),
    env: { XDG_CACHE_HOME: tempDir() },
  });
}

async function codesOf(...flags: readonly string[]): Promise<readonly (readonly [string, number])[]> {
  const codes: (readonly [string, number])[] = [];
  for (const image of images.keys()) codes.push([image, (await pull(image, ...flags)).code]);
  return codes;
}

const wanted = [
  ['good', 0],
  ['revoked', 1],
  ['silent', 3],
];

describe('lists of revoked certificates', () => {
  it('are asked by the gate, by the server behind it, and by verify', async () => {
    const policy = policyWith(', allowPrivateServers: true');
    expect(await codesOf('--policy', policy)).toEqual(wanted);
    const socket = join(tempDir(), 'signet.sock');
    const server = await startSignet(['serve', '--policy', policy, '--port', '0', '--socket', socket], {
      ready: /signet serves unix:/,
      env: { XDG_CACHE_HOME: tempDir() },
    });
    try {
      expect(await codesOf('--server', socket)).toEqual(wanted);
    } finally {
      await server.stop();
    }
    for (const [image, code] of wanted) {
      const [reference = ''] = images.get(String(image)) ?? [];
      const done = await signet(['verify', '--policy', policy, reference], { env: { XDG_CACHE_HOME: tempDir() } });
      expect([image, done.code]).toEqual([image, code]);
    }
  });

  it('at private addresses are not asked unless the policy says so', async () => {
    const before = asked;
    const policy = policyWith('');
    const done = await pull('good', '--policy', policy);
    expect(done).toMatchObject({ code: 3, stdout: expect.stringContaining('allowPrivateServers') });
    expect(asked).toBe(before);
  });

  it('are kept in the folder of caches, and read from there', async () => {
    const env = { XDG_CACHE_HOME: tempDir() };
    const [reference = ''] = images.get('good') ?? [];
    const verify = (): Promise<RunResult> =>
      signet(['verify', '--policy', policyWith(', allowPrivateServers: true'), reference], { env });
    const before = asked;
    expect([(await verify()).code, (await verify()).code]).toEqual([0, 0]);
    expect(asked - before).toBe(1);
  });
});
