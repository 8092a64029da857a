import { createRegistryClient, digestOf, MEDIA_TYPE_EMPTY, MEDIA_TYPE_MANIFEST } from '@signet/oci';

// A process of its own: HOST, name of the writer, how many referrers to push, one after the other.
const [registry = '', name = '', count = '0'] = process.argv.slice(2);
const client = createRegistryClient();
const store = client.repository({ registry, repository: 'race' });
const content = Buffer.from('{}');
const empty = { mediaType: MEDIA_TYPE_EMPTY, digest: digestOf(content), size: 2 };
const { descriptor: subject } = await store.resolve('v1');
for (let n = 0; n < Number(count); n += 1) {
  const bytes = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MEDIA_TYPE_MANIFEST,
      artifactType: 'application/x.race',
      config: empty,
      layers: [empty],
      subject,
      annotations: { writer: `${name}-${n}` },
    }),
  );
  await store.push(bytes, { mediaType: MEDIA_TYPE_MANIFEST, digest: digestOf(bytes), size: bytes.length });
}
await client.close();
