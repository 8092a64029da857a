// Verifies an image, then copies exactly what was verified, with its signatures, to another place (a registry, or oci:FOLDER:TAG):
//   node examples/promote.ts FROM TO PUBLIC-KEY-FILE
import { readFile } from 'node:fs/promises';
import { parsePublicKey } from '@signet/core';
import { copy, createRegistryClient, loadCredentials, openStore, parseReference } from '@signet/oci';
import { renderReport, ruleForKeys, verify } from '@signet/verifier';

const [from = '', to = '', keyFile = ''] = process.argv.slice(2);
const [source, destination] = [parseReference(from), parseReference(to)];
const rule = ruleForKeys({ keys: [await parsePublicKey(await readFile(keyFile))] });
const client = createRegistryClient({ credentials: loadCredentials({ env: process.env }) });
try {
  const store = await openStore(source, client);
  const report = await verify(source, { rule, source: store, atMs: Date.now() });
  if (report.verdict !== 'verified' || report.digest === undefined) {
    console.error(renderReport(report));
    process.exitCode = 1;
  } else {
    const verified = await store.resolve(report.digest); // by digest: the tag may have moved since
    const copied = await copy(store, await openStore(destination, client, { create: true }), verified, {
      tag: destination.tag ?? 'latest',
    });
    console.log(`${copied.root.digest}: ${copied.copied} pieces copied, ${copied.referrers} referrers with it`);
  }
} finally {
  await client.close();
}
