// Signs what a tag names now, bound to that tag. What a build does after its push:
//   node examples/sign-after-push.ts REGISTRY/REPOSITORY:TAG KEY-FILE
import { readFile } from 'node:fs/promises';
import { createSoftwareSigner, parsePrivateKey, signFormat, signImage } from '@signet/core';
import { createRegistryClient, loadCredentials, openStore, parseReference } from '@signet/oci';

const [image = '', keyFile = ''] = process.argv.slice(2);
const reference = parseReference(image);
const password = async () => process.env.KEY_PASSWORD ?? ''; // asked for only when the key is encrypted
const key = await parsePrivateKey(await readFile(keyFile), { password });
const client = createRegistryClient({ credentials: loadCredentials({ env: process.env }) });
try {
  const results = await signImage({
    store: await openStore(reference, client),
    reference,
    signer: createSoftwareSigner(key),
    format: signFormat('sigstore'),
    signedAtMs: Date.now(),
    annotations: { 'org.example.pipeline': '4711' },
  });
  for (const { outcome, digest, signedReference } of results) console.log(outcome, digest, signedReference);
} finally {
  await client.close();
}
