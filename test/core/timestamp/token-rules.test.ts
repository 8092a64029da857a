import { verifyTimestamp } from '@signet/core/timestamp';
import { readCertificate } from '@signet/core/x509';
import { describe, expect, it } from 'vitest';
import { der } from '../../../packages/core/src/keys/der.ts';
import {
  basicConstraints,
  extendedKeyUsage,
  keyUsage,
  objectId,
  oids,
  sequence,
} from '../../support/certificate-der.ts';
import { type CertificateRequest, type MadeCertificate, makeCertificate } from '../../support/certificates.ts';
import {
  attribute,
  generalizedTime,
  makeToken,
  namedCertificate,
  type TokenRequest,
  tokenOids,
} from '../../support/timestamp-token.ts';

const signature = Buffer.from('a signature');
const root = makeCertificate({ profile: 'ca', subject: 'CN=tsa root' });
const signerOf = (request: CertificateRequest = {}): MadeCertificate =>
  makeCertificate({ profile: 'tsa', subject: 'CN=tsa', issuer: root, ...request });
const signer = signerOf();
const number = (value: number): Uint8Array => der(0x02, Uint8Array.of(value));

const verify = (request: Partial<TokenRequest> = {}) =>
  verifyTimestamp(makeToken({ signer, signature, ...request }), {
    signature,
    anchors: [readCertificate(root.der)],
  });
const time = (text: string): Partial<TokenRequest> => ({
  info: (info) => ({ ...info, time: generalizedTime(text) }),
});
const accuracy = (...parts: readonly Uint8Array[]): Partial<TokenRequest> => ({
  info: (info) => ({ ...info, accuracy: sequence(...parts) }),
});

describe('a token that is as it should be', () => {
  it.each<[string, Partial<TokenRequest>, object]>([
    ['', {}, { genTimeMs: Date.UTC(2026, 0, 1), accuracyMs: 0 }],
    ['with tenths', time('20260101000000.5Z'), { genTimeMs: Date.UTC(2026, 0, 1) + 500 }],
    ['with millionths', time('20260101000000.123456Z'), { genTimeMs: Date.UTC(2026, 0, 1) + 123 }],
    ['with seconds', accuracy(number(2)), { accuracyMs: 2000 }],
    ['with milliseconds alone', accuracy(der(0x80, Uint8Array.of(7))), { accuracyMs: 7 }],
    ['with microseconds alone', accuracy(der(0x81, Uint8Array.of(1))), { accuracyMs: 1 }],
    [
      'with order, nonce and name',
      {
        info: (info) => ({
          ...info,
          ordering: der(0x01, Uint8Array.of(0xff)),
          nonce: number(9),
          tsa: der(0xa0, der(0x86, Buffer.from('urn:x'))),
        }),
      },
      { nonce: '09' },
    ],
    [
      'with another attribute',
      {
        attributes: (all) =>
          void all.set(tokenOids.signingTime, attribute(tokenOids.signingTime, generalizedTime('20260101000000Z'))),
      },
      {},
    ],
    [
      'whose certificate is named with issuer and number',
      {
        attributes: (all) => {
          const { issuerBytes, serialNumber } = readCertificate(signer.der);
          const names = sequence(der(0xa4, issuerBytes));
          const issuerSerial = sequence(names, der(0x02, Buffer.from(serialNumber, 'hex')));
          const value = namedCertificate(signer, issuerSerial);
          all.set(tokenOids.signingCertificateV2, attribute(tokenOids.signingCertificateV2, value));
        },
      },
      {},
    ],
    [
      'by a certificate whose key usage is not critical',
      { signer: signerOf({ extensions: [keyUsage(['digitalSignature'], false)] }) },
      {},
    ],
  ])('counts %s', (_, request, wanted) => {
    expect(verify(request)).toMatchObject({ chain: expect.any(Array), ...wanted });
  });
});

describe('a token with one thing wrong does not count', () => {
  const without = (id: string): Partial<TokenRequest> => ({ attributes: (all) => void all.delete(id) });
  const instead = (id: string, ...values: readonly Uint8Array[]): Partial<TokenRequest> => ({
    attributes: (all) => void all.set(id, attribute(id, ...values)),
  });
  const other = signerOf({ serial: 77n });
  it.each<[string, Partial<TokenRequest>, string]>([
    [
      'for time stamps and more',
      { signer: signerOf({ extensions: [extendedKeyUsage([oids.timeStamping, oids.codeSigning], true)] }) },
      'is not timeStamping alone',
    ],
    [
      'for time stamps, not critically',
      { signer: signerOf({ extensions: [extendedKeyUsage([oids.timeStamping], false)] }) },
      'is not critical',
    ],
    [
      'for something else',
      { signer: signerOf({ extensions: [extendedKeyUsage([oids.codeSigning], true)] }) },
      'is not timeStamping alone',
    ],
    ['for nothing in particular', { signer: signerOf({ without: [oids.extendedKeyUsage] }) }, 'is missing'],
    [
      'of an authority of certificates',
      { signer: signerOf({ extensions: [basicConstraints(true)] }) },
      'that of an authority',
    ],
    [
      'of a key that may do more',
      { signer: signerOf({ extensions: [keyUsage(['digitalSignature', 'keyEncipherment'])] }) },
      'holds keyEncipherment',
    ],
    ['without its certificate', { certificates: [] }, 'is not in it'],
    ['with the certificate of another', { certificates: [other] }, 'is not in it'],
    [
      'with too many certificates',
      { certificates: [signer, ...Array.from({ length: 20 }, () => root)] },
      'more than 20',
    ],
    ['of two signers', { signers: (info) => [info, info] }, 'exactly one signer'],
    ['of no signer', { signers: () => [] }, 'exactly one signer'],
    ['of another version', { version: 1 }, 'version 3'],
    ['of a signer that is named by its key', { signerVersion: 3 }, 'issuer and number'],
    ['of another content type', { contentType: '1.2.840.113549.1.7.1' }, 'no time stamp'],
    [
      'that signs another content type',
      instead(tokenOids.contentType, objectId('1.2.840.113549.1.7.1')),
      'no time stamp',
    ],
    ['that does not say what it signs', without(tokenOids.contentType), 'no time stamp'],
    ['without the hash of its content', without(tokenOids.messageDigest), 'hash of what is signed'],
    [
      'with the hash of another content',
      instead(tokenOids.messageDigest, der(0x04, Buffer.alloc(32))),
      'not what was signed',
    ],
    [
      'with another content',
      { content: (content) => Buffer.concat([content.subarray(0, -2), Buffer.from('1Z')]) },
      'not what was signed',
    ],
    [
      'with two hashes',
      instead(tokenOids.messageDigest, der(0x04, Buffer.alloc(32)), der(0x04, Buffer.alloc(32))),
      'two values',
    ],
    ['that names no certificate', without(tokenOids.signingCertificateV2), 'signing-certificate-v2'],
    [
      'that names another certificate',
      instead(tokenOids.signingCertificateV2, namedCertificate(other)),
      'another certificate',
    ],
    [
      'that names another issuer',
      instead(
        tokenOids.signingCertificateV2,
        namedCertificate(signer, sequence(sequence(der(0xa4, sequence())), number(1))),
      ),
      'another certificate',
    ],
    [
      'with an attribute twice',
      { attributes: (all) => void all.set('again', attribute(tokenOids.contentType, objectId(tokenOids.tstInfo))) },
      'there twice',
    ],
    ['of another time stamp version', { info: (info) => ({ ...info, version: number(2) }) }, 'version 1'],
    [
      'with an imprint by SHA-1',
      {
        info: (info) => ({
          ...info,
          imprint: sequence(sequence(objectId(tokenOids.sha1)), der(0x04, Buffer.alloc(20))),
        }),
      },
      'by a hash that is not taken',
    ],
    [
      'with another imprint',
      {
        info: (info) => ({
          ...info,
          imprint: sequence(sequence(objectId(tokenOids.sha256)), der(0x04, Buffer.alloc(32))),
        }),
      },
      'not about this signature',
    ],
    ['with extensions', { info: (info) => ({ ...info, extensions: der(0xa1, sequence()) }) }, 'has extensions'],
    ['without zone', time('20260101000000'), 'its time is none'],
    ['in another zone', time('20260101000000+0100'), 'its time is none'],
    ['with a fraction that ends with 0', time('20260101000000.50Z'), 'its time is none'],
    ['with an empty fraction', time('20260101000000.Z'), 'its time is none'],
    ['on no day', time('20260230000000Z'), 'its time is none'],
    ['with a thousand milliseconds', accuracy(der(0x80, Uint8Array.of(3, 0xe8))), 'accuracy is odd'],
    [
      'with an accuracy out of order',
      accuracy(der(0x81, Uint8Array.of(1)), der(0x80, Uint8Array.of(1))),
      'accuracy is odd',
    ],
    ['with an accuracy below nothing', accuracy(der(0x02, Uint8Array.of(0xff))), 'DER'],
    [
      'with fields out of order',
      {
        info: ({ time: at, ...info }) => ({
          ...info,
          time: at,
          nonce: number(1),
          ordering: der(0x01, Uint8Array.of(0xff)),
        }),
      },
      'out of order',
    ],
    ['before its certificate began', { timeMs: Date.UTC(2019, 0, 1) }, 'not valid yet'],
    ['after its certificate ended', { timeMs: Date.UTC(2050, 0, 1) }, 'had expired'],
  ])('%s', (_, request, why) => {
    expect(verify(request)).toEqual({ problem: expect.stringContaining(why) });
  });

  it('signed by another key', () => {
    const twin = makeCertificate({ profile: 'tsa', subject: 'CN=twin', issuer: root });
    const token = makeToken({ signer: { ...signer, privateKey: twin.privateKey }, signature });
    const anchors = [readCertificate(root.der)];
    expect(verifyTimestamp(token, { signature, anchors })).toEqual({
      problem: expect.stringContaining('not that of the certificate that it names'),
    });
  });

  it('leads to its root among 300 that are trusted', () => {
    const between = makeCertificate({ profile: 'ca', subject: 'CN=tsa between', issuer: root });
    const own = signerOf({ issuer: between });
    const many = Array.from({ length: 299 }, (_, at) => makeCertificate({ profile: 'ca', subject: `CN=root ${at}` }));
    const anchors = [...many, root].map((each) => readCertificate(each.der));
    const token = makeToken({ signer: own, signature, certificates: [own, between] });
    expect(verifyTimestamp(token, { signature, anchors })).toMatchObject({ genTimeMs: Date.UTC(2026, 0, 1) });
    expect(verifyTimestamp(token, { signature, anchors: anchors.slice(0, -1) })).toEqual({
      problem: expect.stringContaining('no authority that is trusted'),
    });
  });

  it('where certificates issue each other in circles', () => {
    const names = ['CN=a', 'CN=b', 'CN=c', 'CN=d', 'CN=e', 'CN=f'];
    const all = names.flatMap((issuerName) =>
      names
        .filter((subject) => subject !== issuerName)
        .slice(0, 3)
        .map((subject) =>
          makeCertificate({ profile: 'ca', subject, issuer: makeCertificate({ profile: 'ca', subject: issuerName }) }),
        ),
    );
    const own = signerOf({ issuer: makeCertificate({ profile: 'ca', subject: 'CN=a' }) });
    expect(verify({ signer: own, certificates: [own, ...all.slice(0, 18)] })).toEqual({
      problem: expect.stringContaining('no authority'),
    });
  });
});
