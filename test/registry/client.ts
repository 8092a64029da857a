import { createHash, randomBytes } from 'node:crypto';
import { type RegistryOptions, type RunningRegistry, startRegistry } from '@signet/registry';
import { afterAll, expect, onTestFinished } from 'vitest';
import { tempDir } from '../support/temp.ts';

export const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
export const INDEX = 'application/vnd.oci.image.index.v1+json';

export type Algorithm = 'sha256' | 'sha512';

/** A registry in a temporary folder, closed after the test (or, started in a hook, after the file). */
export async function startTestRegistry(options: Partial<RegistryOptions> = {}): Promise<TestClient> {
  const root = options.root ?? tempDir('signet-registry-');
  const registry = await startRegistry({ ...options, root });
  try {
    onTestFinished(() => registry.close());
  } catch {
    afterAll(() => registry.close()); // not inside a test
  }
  return new TestClient(registry, root);
}

export function digest(bytes: Uint8Array | string, algorithm: Algorithm = 'sha256'): string {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;
}

export function blobOf(size = 512): Buffer {
  return randomBytes(size);
}

export interface Request {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string | ReadableStream<Uint8Array>;
}

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
  json(): Record<string, unknown>;
  /** The error codes of the body, checked for the spec's form. */
  codes(): readonly string[];
}

/** Plain HTTP to one registry; what a conforming client sends, and what none would. */
export class TestClient {
  readonly registry: RunningRegistry;
  readonly root: string;

  constructor(registry: RunningRegistry, root: string) {
    this.registry = registry;
    this.root = root;
  }

  /** `path` is a path, or a URL from a Location header. */
  async send(path: string, { method = 'GET', headers = {}, body }: Request = {}): Promise<Reply> {
    const response = await fetch(new URL(path, this.registry.url), {
      method,
      headers,
      ...(body === undefined ? {} : { body }),
      ...(body instanceof ReadableStream ? { duplex: 'half' as const } : {}),
      redirect: 'manual',
    });
    const bytes = Buffer.from(await response.arrayBuffer());
    const json = (): Record<string, unknown> => JSON.parse(bytes.toString('utf8')) as Record<string, unknown>;
    return { status: response.status, headers: response.headers, body: bytes, json, codes: () => codesOf(json()) };
  }

  async startUpload(name: string, query = ''): Promise<string> {
    const reply = await this.send(`/v2/${name}/blobs/uploads/${query}`, { method: 'POST' });
    expect(reply.status).toBe(202);
    return locationOf(reply);
  }

  /** POST then PUT. Gives the digest. */
  async pushBlob(name: string, bytes: Uint8Array, algorithm: Algorithm = 'sha256'): Promise<string> {
    const location = await this.startUpload(name);
    const wanted = digest(bytes, algorithm);
    const reply = await this.put(withDigest(location, wanted), bytes);
    expect(reply.status, reply.body.toString()).toBe(201);
    return wanted;
  }

  async pushManifest(name: string, reference: string, manifest: object | Uint8Array, type?: string): Promise<Reply> {
    const bytes = manifest instanceof Uint8Array ? manifest : Buffer.from(JSON.stringify(manifest));
    const own = (JSON.parse(Buffer.from(bytes).toString('utf8')) as { mediaType?: string }).mediaType;
    const headers = { 'Content-Type': type ?? own ?? MANIFEST };
    return await this.send(`/v2/${name}/manifests/${reference}`, { method: 'PUT', headers, body: bytes });
  }

  /** Pushes an image of one layer with its blobs. */
  async pushImage(name: string, reference?: string, more: object = {}): Promise<PushedImage> {
    const manifest = await this.makeImage(name, more);
    const bytes = Buffer.from(JSON.stringify(manifest));
    const reply = await this.pushManifest(name, reference ?? digest(bytes), bytes);
    expect(reply.status, reply.body.toString()).toBe(201);
    return { bytes, digest: digest(bytes), size: bytes.length, mediaType: MANIFEST, reply };
  }

  /** A manifest whose blobs have been pushed. */
  async makeImage(name: string, more: object = {}): Promise<Record<string, unknown>> {
    const [config, layer] = [Buffer.from(`{"n":"${randomBytes(8).toString('hex')}"}`), blobOf(100)];
    await this.pushBlob(name, config);
    await this.pushBlob(name, layer);
    return {
      schemaVersion: 2,
      mediaType: MANIFEST,
      config: descriptor('application/vnd.oci.image.config.v1+json', config),
      layers: [descriptor('application/vnd.oci.image.layer.v1.tar', layer)],
      ...more,
    };
  }

  put(path: string, body: Uint8Array, headers: Readonly<Record<string, string>> = {}): Promise<Reply> {
    return this.send(path, {
      method: 'PUT',
      headers: { 'Content-Type': 'application/octet-stream', ...headers },
      body,
    });
  }

  patch(path: string, body: Uint8Array, range?: string): Promise<Reply> {
    const headers = {
      'Content-Type': 'application/octet-stream',
      ...(range === undefined ? {} : { 'Content-Range': range }),
    };
    return this.send(path, { method: 'PATCH', headers, body });
  }
}

export interface PushedImage {
  readonly bytes: Buffer;
  readonly digest: string;
  readonly size: number;
  readonly mediaType: string;
  readonly reply: Reply;
}

export function descriptor(
  mediaType: string,
  bytes: Uint8Array,
  algorithm: Algorithm = 'sha256',
): Record<string, unknown> {
  return { mediaType, digest: digest(bytes, algorithm), size: bytes.length };
}

export function withDigest(location: string, wanted: string): string {
  return `${location}${location.includes('?') ? '&' : '?'}digest=${encodeURIComponent(wanted)}`;
}

export function locationOf(reply: Reply): string {
  const location = reply.headers.get('location');
  expect(location).not.toBeNull();
  return location ?? '';
}

/** A body that is sent chunked, without Content-Length. */
export function streamOf(...pieces: readonly Uint8Array[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const piece of pieces) controller.enqueue(piece);
      controller.close();
    },
  });
}

function codesOf(body: Record<string, unknown>): readonly string[] {
  const errors = body.errors as { code: string; message: string }[];
  expect(Array.isArray(errors) && errors.length > 0).toBe(true);
  for (const { code, message } of errors) {
    expect(code).toMatch(/^[A-Z_]+$/);
    expect(typeof message).toBe('string');
  }
  return errors.map(({ code }) => code);
}
