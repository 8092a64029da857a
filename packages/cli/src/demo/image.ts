import { gzipSync } from 'node:zlib';
import {
  type Descriptor,
  digestOf,
  MEDIA_TYPE_CONFIG,
  MEDIA_TYPE_INDEX,
  MEDIA_TYPE_LAYER_GZIP,
  MEDIA_TYPE_MANIFEST,
  type Platform,
  type Resolved,
  type Store,
  toDescriptorJson,
} from '@signet/oci';
import { createTar, type TarFile } from './tar.ts';

/** Builds a small image (two layers, config, manifest) into the store and gives it the tag. */
export async function buildImage(store: Store, tag: string, greeting: string): Promise<Resolved> {
  const image = await pushImage(store, { os: 'linux', architecture: 'amd64' }, greeting);
  await store.tag(image, tag);
  return image;
}

/** Builds an image for two platforms and their index, and gives that the tag. */
export async function buildIndex(store: Store, tag: string, greeting: string): Promise<Resolved> {
  const platforms: readonly Platform[] = [
    { os: 'linux', architecture: 'amd64' },
    { os: 'linux', architecture: 'arm64' },
  ];
  const manifests: Record<string, unknown>[] = [];
  for (const platform of platforms) {
    const { descriptor } = await pushImage(store, platform, `${greeting} on ${platform.architecture}`);
    manifests.push(toDescriptorJson({ ...descriptor, platform }));
  }
  const index = document(MEDIA_TYPE_INDEX, { schemaVersion: 2, mediaType: MEDIA_TYPE_INDEX, manifests });
  await store.push(index.bytes, index.descriptor);
  await store.tag(index, tag);
  return index;
}

async function pushImage(store: Store, platform: Platform, greeting: string): Promise<Resolved> {
  const base = layer([{ path: 'etc/os-release', text: 'ID=signet-demo\nNAME="Signet demo"\n' }]);
  const app = layer([{ path: 'bin/hello', text: `#!/bin/sh\necho '${greeting}'\n`, executable: true }]);
  const config = document(MEDIA_TYPE_CONFIG, {
    ...platform,
    config: { Cmd: ['/bin/hello'] },
    rootfs: { type: 'layers', diff_ids: [base.diffId, app.diffId] },
  });
  for (const part of [base, app, config]) await store.push(part.bytes, part.descriptor);
  const manifest = document(MEDIA_TYPE_MANIFEST, {
    schemaVersion: 2,
    mediaType: MEDIA_TYPE_MANIFEST,
    config: toDescriptorJson(config.descriptor),
    layers: [toDescriptorJson(base.descriptor), toDescriptorJson(app.descriptor)],
  });
  await store.push(manifest.bytes, manifest.descriptor);
  return manifest;
}

function layer(files: readonly TarFile[]): Resolved & { readonly diffId: string } {
  const tar = createTar(files);
  const bytes = gzipSync(tar);
  return { ...resolved(MEDIA_TYPE_LAYER_GZIP, bytes), diffId: digestOf(tar) };
}

function document(mediaType: string, value: unknown): Resolved {
  return resolved(mediaType, Buffer.from(JSON.stringify(value)));
}

function resolved(mediaType: string, bytes: Uint8Array): Resolved {
  const descriptor: Descriptor = { mediaType, digest: digestOf(bytes), size: bytes.length };
  return { descriptor, bytes };
}
