import { createSoftwareSigner, generateKey, signFormat, signImage } from '@signet/core';
import { createRegistryClient, parseRegistryReference } from '@signet/oci';

// A process of its own: REFERENCE, format, name of the writer, how many signatures, one after the other. Prints what it took, as JSON.
const [text = '', format = '', writer = '', count = '0'] = process.argv.slice(2);
let requests = 0;
const client = createRegistryClient({
  onRequest: () => {
    requests += 1;
  },
});
const reference = parseRegistryReference(text);
const signer = createSoftwareSigner(await generateKey('ecdsa-p256'));
const started = performance.now();
for (let n = 0; n < Number(count); n += 1) {
  await signImage({
    store: client.repository(reference),
    reference,
    format: signFormat(format === 'cosign' ? 'cosign' : 'sigstore'),
    signer,
    signedAtMs: Date.UTC(2026, 10, 23),
    annotations: { writer, n: `${n}` },
  });
}
const wallMs = performance.now() - started;
await client.close();
console.log(JSON.stringify({ requests, wallMs }));
