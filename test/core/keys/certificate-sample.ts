import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runOk } from '../../support/process.ts';
import { tempDir } from '../../support/temp.ts';

/** PEM of a self-signed P-256 certificate, made by openssl. */
export async function testAuthorityPem(): Promise<Uint8Array> {
  const dir = tempDir();
  const [key, out] = [join(dir, 'key.pem'), join(dir, 'cert.pem')];
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', key];
  await runOk('openssl', ['req', '-x509', ...newKey, '-subj', '/CN=signet test', '-out', out]);
  return readFileSync(out);
}
