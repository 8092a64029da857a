import { CertificateError, readCertificate, readCertificateFile, readChain } from '@signet/core/x509';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeChain, toPem } from '../../support/certificates.ts';

const chain = makeChain();
const pem = chain.all.map((each) => each.pem).join('some text between them\n');

describe('a file of certificates', () => {
  it('is PEM with several, or DER with one', () => {
    const read = readCertificateFile(Buffer.from(`# roots\r\n${pem}`));
    expect(read.map(({ der }) => Buffer.from(der))).toEqual(chain.ders.map((each) => Buffer.from(each)));
    expect(readCertificateFile(chain.root.der)).toEqual([readCertificate(chain.root.der)]);
  });

  it.each<[string, string | Uint8Array, string]>([
    ['nothing', '', 'ends too early'],
    ['text alone', 'hello', 'not a certificate that is taken'],
    ['a key beside a certificate', `${pem}${chain.leaf.keyPem}`, 'the file holds "PRIVATE KEY" beside certificates'],
    ['a block without its end', pem.slice(0, -30), 'the PEM of the file is broken'],
    ['a block that is not base64', toPem(chain.leaf.der).replace('M', '!'), 'the PEM of the file is broken'],
    ['two in DER', Buffer.concat([chain.leaf.der, chain.root.der]), 'bytes follow it'],
    ['one that is broken among others', `${pem}${toPem(Buffer.of(0x30, 0))}`, 'certificate 4 of 4: not a certificate'],
    ['more than 1000', toPem(Buffer.of(0x30, 0)).repeat(1001), 'there are 1001 in one file'],
  ])('is not %s', (_, content, message) => {
    const read = () => readCertificateFile(Buffer.from(content));
    expect(read).toThrow(expect.objectContaining({ code: 'CERTIFICATE_MALFORMED' }));
    expect(read).toThrow(message);
  });

  it('says which of several is broken, and nothing of one alone', () => {
    const messageOf = (text: string): string => {
      try {
        readCertificateFile(Buffer.from(text));
        return 'read';
      } catch (error) {
        return error instanceof CertificateError ? error.message : 'another error';
      }
    };
    const broken = toPem(Buffer.of(0x30, 0));
    expect(messageOf(broken)).toMatch(/^not a certificate/);
    expect(messageOf(chain.leaf.pem + broken)).toMatch(/^certificate 2 of 2: not a certificate/);
    expect(readCertificateFile(Buffer.from(chain.leaf.pem.repeat(1000)))).toHaveLength(1000);
  });

  it('is read or refused, whatever the bytes', () => {
    const content = fc.oneof(
      fc.uint8Array(),
      fc.uint8Array().map((bytes) => Buffer.from(toPem(bytes))),
      fc.string().map((text) => Buffer.from(`-----BEGIN CERTIFICATE-----${text}`)),
    );
    fc.assert(
      fc.property(content, (bytes) => {
        try {
          readCertificateFile(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(CertificateError);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('the certificates of a chain', () => {
  it('are one to ten', () => {
    expect(readChain(Array.from({ length: 10 }, () => chain.leaf.der))).toHaveLength(10);
    expect(() => readChain(Array.from({ length: 11 }, () => chain.leaf.der))).toThrow('there are 11 in one chain');
    expect(() => readChain([])).toThrow('there is none');
  });
});
