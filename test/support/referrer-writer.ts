import { createRegistryClient, encodeManifest } from '@signet/oci';

// A process of its own: HOST, name of the writer, how many referrers to push, one after the other. Prints what it took, as JSON.
const [registry = '', name = '', count = '0'] = process.argv.slice(2);
let requests = 0;
const client = createRegistryClient({
  onRequest: () => {
    requests += 1;
  },
});
const store = client.repository({ registry, repository: 'race' });
const { descriptor: subject } = await store.resolve('v1');
const started = performance.now();
for (let n = 0; n < Number(count); n += 1) {
  const annotations = { writer: `${name}-${n}` };
  const { bytes, descriptor } = encodeManifest({
    kind: 'manifest',
    artifactType: 'application/x.race',
    subject,
    annotations,
  });
  await store.push(bytes, descriptor);
}
const wallMs = performance.now() - started;
await client.close();
console.log(JSON.stringify({ requests, wallMs }));
