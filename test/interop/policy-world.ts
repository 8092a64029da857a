import { gzipSync } from 'node:zlib';
import { type Descriptor, digestOf, encodeManifest, type RegistryClient } from '@signet/oci';

/** An image that engines can copy: a configuration with its only, empty layer. Each name and tag has a digest of its own. */
export async function pushRunnable(client: RegistryClient, registry: string, name: string): Promise<string> {
  const [repository = '', tag = ''] = name.split(':');
  const store = client.repository({ registry, repository });
  const tar = new Uint8Array(1024);
  const config = {
    architecture: 'amd64',
    os: 'linux',
    config: { Labels: { name } },
    rootfs: { type: 'layers', diff_ids: [digestOf(tar)] },
  };
  const parts = [
    descriptorOf('application/vnd.oci.image.config.v1+json', Buffer.from(JSON.stringify(config))),
    descriptorOf('application/vnd.oci.image.layer.v1.tar+gzip', gzipSync(tar)),
  ] as const;
  for (const [descriptor, bytes] of parts) await store.push(bytes, descriptor);
  const [[configuration], [layer]] = parts;
  const image = encodeManifest({ kind: 'manifest', config: configuration, layers: [layer] });
  await store.tag(image, tag);
  return image.descriptor.digest;
}

function descriptorOf(mediaType: string, bytes: Uint8Array): readonly [Descriptor, Uint8Array] {
  return [{ mediaType, digest: digestOf(bytes), size: bytes.length }, bytes];
}
