import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readTlsFiles } from '../../packages/cli/src/tls-files.ts';
import { runOk } from '../support/process.ts';
import { tempDir } from '../support/temp.ts';
import { createTestCa, type IssuedCertificate, type TestCa } from '../support/tls.ts';

const dir = tempDir();
let ca: TestCa;
let client: IssuedCertificate;
let other: IssuedCertificate;
beforeAll(async () => {
  ca = await createTestCa();
  [client, other] = [await ca.issue({ client: true }), await ca.issue({ client: true })];
});
afterAll(() => ca.remove());

function file(name: string, text: string): string {
  writeFileSync(join(dir, name), text);
  return join(dir, name);
}

const damaged = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';

describe('readTlsFiles', () => {
  it('gives the texts of what was named', async () => {
    expect(await readTlsFiles({})).toEqual({});
    const chain = file('chain.pem', `some remark\n${client.cert}${ca.ca}`);
    expect(await readTlsFiles({ caFile: ca.caFile, certFile: chain, keyFile: client.keyFile })).toEqual({
      ca: ca.ca,
      clientCert: `some remark\n${client.cert}${ca.ca}`,
      clientKey: client.key,
    });
  });

  it.each([
    ['a damaged certificate', () => damaged, /certificate 1 is damaged/],
    ['a damaged one behind a good one', () => `${ca.ca}${damaged}`, /certificate 2 is damaged/],
    ['a key', () => client.key, /holds no PEM certificate/],
    ['a certificate without its end', () => ca.ca.slice(0, 200), /holds no PEM certificate/],
    ['nothing', () => '', /holds no PEM certificate/],
  ])('refuses %s as a CA: TLS would trust nobody and not say why', async (_what, text, message) => {
    await expect(readTlsFiles({ caFile: file('ca.pem', text()) })).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
      message: expect.stringMatching(message),
    });
  });

  it('refuses one of certificate and key, and a key of another certificate', async () => {
    for (const files of [
      { certFile: client.certFile },
      { keyFile: client.keyFile },
      { certFile: client.certFile, keyFile: other.keyFile },
    ])
      await expect(readTlsFiles(files)).rejects.toMatchObject({ code: 'USAGE' });
  });

  it('refuses a private key that is damaged or encrypted, and says which', async () => {
    const cut = file('cut.key', client.key.replace(/\n[^\n]{20}/, '\n'));
    await expect(readTlsFiles({ certFile: client.certFile, keyFile: cut })).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
      message: expect.stringMatching(/damaged/),
    });
    const locked = join(dir, 'locked.key');
    await runOk('openssl', ['pkcs8', '-topk8', '-in', client.keyFile, '-out', locked, '-passout', 'pass:x']);
    await expect(readTlsFiles({ certFile: client.certFile, keyFile: locked })).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
      message: expect.stringMatching(/encrypted/),
    });
  });
});
