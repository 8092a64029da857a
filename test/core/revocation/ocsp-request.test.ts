import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ocspCall, ocspRequest } from '../../../packages/core/src/revocation/ocsp-request.ts';
import { readCertificate } from '../../../packages/core/src/x509/certificate.ts';
import { makeChain } from '../../support/certificates.ts';
import { run } from '../../support/process.ts';
import { tempDir } from '../../support/temp.ts';

describe('an OCSP request', () => {
  it('is, byte for byte, that of openssl', async () => {
    const dir = tempDir();
    const { leaf, intermediates } = makeChain();
    const [issuer] = intermediates;
    if (issuer === undefined) throw new RangeError('no issuer');
    const path = (name: string): string => join(dir, name);
    writeFileSync(path('leaf.pem'), leaf.pem);
    writeFileSync(path('issuer.pem'), issuer.pem);
    const args = [
      'ocsp',
      '-issuer',
      path('issuer.pem'),
      '-cert',
      path('leaf.pem'),
      '-no_nonce',
      '-req_text',
      '-reqout',
      path('req'),
    ];
    const { code } = await run('openssl', args);
    const own = ocspRequest(readCertificate(leaf.der), readCertificate(issuer.der));
    expect(code).toBe(0);
    expect(Buffer.from(own).toString('hex')).toBe(readFileSync(path('req')).toString('hex'));
  });

  it('goes into the address where it is short, and is posted from 255 characters on', () => {
    expect(ocspCall('http://ocsp.test/a/', Uint8Array.of(0xfb, 0xff, 0xbe))).toEqual({
      method: 'GET',
      url: 'http://ocsp.test/a/%2B%2F%2B%2B',
    });
    const zeros = (bytes: number) => ocspCall('http://ocsp.test', new Uint8Array(bytes)).method;
    expect([zeros(189), zeros(190), zeros(192)]).toEqual(['GET', 'POST', 'POST']);
  });
});
