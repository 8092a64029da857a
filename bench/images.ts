import { createHash } from 'node:crypto';
import { HarnessError } from '../test/support/harness-error.ts';

/** An image that lies in a registry: the parts of its references but for the host, which a proxy changes. */
export interface PushedImage {
  readonly repository: string;
  readonly tag: string;
  readonly digest: string;
  /** Bytes of its manifest. */
  readonly size: number;
}

/** How a reference is written: by digest alone, or by tag. */
export type ReferenceForm = 'digest' | 'tag';

/** The reference of an image at a host. */
export function referenceTo(image: PushedImage, host: string, form: ReferenceForm): string {
  return form === 'digest' ? `${host}/${image.repository}@${image.digest}` : `${host}/${image.repository}:${image.tag}`;
}

/**
 * Pushes a small real image (config, one layer, OCI manifest) whose digest only this repository and tag have.
 * @throws {HarnessError} when the registry refuses.
 */
export async function pushImage(host: string, repository: string, tag: string): Promise<PushedImage> {
  const layer = Buffer.alloc(2048, `layer of ${repository}`);
  const labels = { repository, tag };
  const config = toBytes({
    architecture: 'amd64',
    os: 'linux',
    config: { Labels: labels },
    rootfs: { type: 'layers', diff_ids: [digestOf(layer)] },
  });
  for (const blob of [layer, config]) await pushBlob(`http://${host}/v2/${repository}`, blob);
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const manifest = toBytes({
    schemaVersion: 2,
    mediaType,
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: digestOf(config), size: config.length },
    layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar', digest: digestOf(layer), size: layer.length }],
  });
  await put(`http://${host}/v2/${repository}/manifests/${tag}`, manifest, mediaType);
  return { repository, tag, digest: digestOf(manifest), size: manifest.length };
}

async function pushBlob(base: string, blob: Buffer<ArrayBuffer>): Promise<void> {
  const started = await fetch(`${base}/blobs/uploads/`, { method: 'POST' });
  await started.arrayBuffer();
  const location = started.headers.get('location');
  if (started.status !== 202 || location === null) throw new HarnessError(`${base}: upload: HTTP ${started.status}`);
  const target = new URL(location, base);
  target.searchParams.set('digest', digestOf(blob));
  await put(target.href, blob, 'application/octet-stream');
}

async function put(url: string, body: Buffer<ArrayBuffer>, type: string): Promise<void> {
  const answer = await fetch(url, { method: 'PUT', body, headers: { 'content-type': type } });
  await answer.arrayBuffer();
  if (answer.status !== 201) throw new HarnessError(`${url}: HTTP ${answer.status}`);
}

function toBytes(value: unknown): Buffer<ArrayBuffer> {
  return Buffer.from(JSON.stringify(value));
}

function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
