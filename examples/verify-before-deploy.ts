// Says which digest to deploy, or why none: exit code 0 verified, 1 denied, 3 undecided. What a deployment asks first:
//   node examples/verify-before-deploy.ts REGISTRY/REPOSITORY:TAG PUBLIC-KEY-FILE
import { readFile } from 'node:fs/promises';
import { parsePublicKey } from '@signet/core';
import { createRegistryClient, loadCredentials, openStore, parseReference } from '@signet/oci';
import { renderReport, ruleForKeys, verify } from '@signet/verifier';

const [image = '', keyFile = ''] = process.argv.slice(2);
const reference = parseReference(image);
const rule = ruleForKeys({
  keys: [await parsePublicKey(await readFile(keyFile))],
  tagBound: true, // the signature must name this very tag: another image that was signed for another tag does not pass
  annotations: { 'org.example.pipeline': '4711' },
});
const client = createRegistryClient({ credentials: loadCredentials({ env: process.env }) });
try {
  const source = await openStore(reference, client);
  const report = await verify(reference, { rule, source, atMs: Date.now() });
  if (report.verdict === 'verified')
    console.log(`deploy ${report.digest}`); // the digest, not the tag: a tag moves
  else console.error(renderReport(report));
  process.exitCode = { verified: 0, denied: 1, undecided: 3 }[report.verdict];
} finally {
  await client.close();
}
