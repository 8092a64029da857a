import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { der, derInteger } from '../../../packages/core/src/keys/der.ts';
import { answerByCrl, type Crl, readCrl } from '../../../packages/core/src/revocation/read-crl.ts';
import { readCertificate } from '../../../packages/core/src/x509/certificate.ts';
import { crlPoints, keyUsage, oids, sequence } from '../../support/certificate-der.ts';
import { makeCertificate } from '../../support/certificates.ts';
import { type CrlRequest, makeCrl, makeEntry, type TestEntry } from '../../support/revocation-data.ts';

const atMs = Date.UTC(2026, 5, 1);
const dayMs = 86_400_000;
const url = 'http://crl.test/one.crl';
const root = makeCertificate({ profile: 'ca', subject: 'CN=crl root' });
const leaf = makeCertificate({ subject: 'CN=crl leaf', issuer: root, crlUrls: [url] });
const certificate = readCertificate(leaf.der);
const question = { certificate, issuer: readCertificate(root.der), atMs };
const serial = Buffer.from(certificate.serialNumber, 'hex');
const entry = (change: Partial<TestEntry> = {}): TestEntry => ({ serial, atMs: atMs - dayMs, ...change });

const list = (change: Partial<CrlRequest> = {}): Uint8Array => makeCrl({ by: root, atMs, number: 5, ...change });

function read(change: Partial<CrlRequest> = {}, kind: 'base' | 'delta' = 'base'): Crl {
  const reading = readCrl(list(change), kind, question);
  if ('unusable' in reading) throw new RangeError(reading.unusable);
  return reading.crl;
}

const delta = (change: Partial<CrlRequest>): Crl => read({ number: 6, deltaFrom: 5, ...change }, 'delta');

const answer = (base: Crl, more?: Crl, signedAtMs?: number) => answerByCrl(base, more, { ...question, signedAtMs });

const scoped = (...fields: readonly Uint8Array[]) => [
  { id: '2.5.29.28', isCritical: true, value: sequence(...fields) },
];
const named = (text: string): Uint8Array => der(0xa0, der(0xa0, der(0x86, Buffer.from(text))));
const yes = Uint8Array.of(0xff);

describe('a list', () => {
  it('that names a certificate revokes it; one that does not leaves it good', () => {
    const others = Array.from({ length: 200 }, (_, at) => entry({ serial: Uint8Array.of(0x70, at) }));
    expect(answer(read({ entries: others })).status).toBe('good');
    expect(answer(read()).status).toBe('good');
    const all = [...others, entry({ reason: 1 }), ...others];
    expect(answer(read({ entries: all }))).toMatchObject({
      status: 'revoked',
      reason: 'keyCompromise',
      atMs: atMs - dayMs,
    });
  });

  it('a hold counts as revoked until a delta lifts it; a delta lifts nothing else', () => {
    const held = read({ entries: [entry({ reason: 6 })] });
    const lifted = delta({ entries: [entry({ reason: 8 })] });
    expect(answer(held)).toMatchObject({ status: 'revoked', reason: 'certificateHold' });
    expect(answer(held, delta({})).status).toBe('revoked');
    expect(answer(held, lifted).status).toBe('good');
    expect(answer(read({ entries: [entry({ reason: 1 })] }), lifted).status).toBe('revoked');
    expect(answer(read(), delta({ entries: [entry()] })).status).toBe('revoked');
  });

  it('revoked for what came up after an authentic signing time leaves the signature as it was', () => {
    const base = read({ entries: [entry({ invalidFromMs: atMs - 2 * dayMs })] });
    expect(answer(base, undefined, atMs - 3 * dayMs).status).toBe('good');
    expect(answer(base, undefined, atMs - dayMs).status).toBe('revoked');
    expect(answer(base).status).toBe('revoked');
  });

  it('names where its delta is', () => {
    const extensions = [crlPoints(['http://crl.test/delta.crl'], oids.freshestCrl)];
    expect(read({ extensions }).freshestUrls).toEqual(['http://crl.test/delta.crl']);
  });

  it.each([
    ['of this place', [named(url)]],
    ['for users', [der(0x81, yes)]],
    ['for all, written out', [der(0x82, Uint8Array.of(0))]],
  ])('%s is taken', (_, fields) => {
    expect(answer(read({ extensions: scoped(...fields) })).status).toBe('good');
  });

  it('of 31 MiB, with 850,000 entries, is read whole', { timeout: 60_000 }, () => {
    // Made by hand, of one entry that is copied: what is looked at is the reading.
    const one = Buffer.from(makeEntry(entry({ serial: Buffer.from('40000000', 'hex'), reason: 1 })));
    const many = Buffer.concat(Array.from({ length: 850_000 }, () => one));
    const base = read({ rawEntries: Buffer.concat([many, makeEntry(entry({ reason: 1 }))]) });
    expect(base.entries.length).toBeGreaterThan(30 * 1024 * 1024);
    expect(answer(base).status).toBe('revoked');
  });
});

describe('a list that is of no use', () => {
  const silent = makeCertificate({
    profile: 'ca',
    subject: 'CN=crl root',
    key: root.privateKey,
    extensions: [keyUsage(['keyCertSign'])],
  });
  const twin = makeCertificate({ profile: 'ca', subject: 'CN=crl root', key: 'ec-384' });
  it.each<[string, Partial<CrlRequest>, string]>([
    ['stale', { toMs: atMs - 1000 }, 'stale'],
    ['without an end', { toMs: null }, 'until when'],
    ['of the future', { fromMs: atMs + dayMs }, 'future'],
    ['of another issuer', { issuerName: 'CN=crl other' }, 'another issuer'],
    ['signed by a key of the same name', { by: twin }, 'signature is not'],
    ['signed with SHA-1', { signature: 'sha1' }, 'SHA-1'],
    ['a delta', { deltaFrom: 4 }, 'critical extension 2.5.29.27'],
    ['with an unknown critical extension', { extensions: [{ id: '1.2.3', isCritical: true, value: der(5) }] }, '1.2.3'],
    ['of another place', { extensions: scoped(named('http://crl.test/two.crl')) }, 'another distribution point'],
    ['for authorities', { extensions: scoped(der(0x82, yes)) }, 'other certificates'],
    ['for some reasons', { extensions: scoped(der(0x83, Uint8Array.of(6, 0x40))) }, 'some reasons'],
    ['of several issuers', { extensions: scoped(der(0x84, yes)) }, 'other certificates'],
    ['for attributes', { extensions: scoped(der(0x85, yes)) }, 'other certificates'],
  ])('%s', (_, change, why) => {
    expect(readCrl(list(change), 'base', question)).toEqual({ unusable: expect.stringContaining(why) });
  });

  it('of an issuer that may not sign lists', () => {
    const reading = readCrl(list(), 'base', { ...question, issuer: readCertificate(silent.der) });
    expect(reading).toEqual({ unusable: expect.stringContaining('may not sign lists') });
  });

  it.each<[string, Partial<CrlRequest>, Partial<CrlRequest>, string]>([
    ['goes on from a later base', {}, { number: 9, deltaFrom: 6 }, 'goes on from list 6'],
    ['is not above the base', {}, { number: 5, deltaFrom: 5 }, 'not above 5'],
    ['of other certificates', {}, { extensions: scoped(named(url)) }, 'other certificates'],
  ])('a delta that %s', (_, base, more, why) => {
    const { status, message } = answer(read(base), delta(more));
    expect({ status, message }).toEqual({ status: 'unknown', message: expect.stringContaining(why) });
  });

  it('a base as a delta', () => {
    expect(readCrl(list(), 'delta', question)).toEqual({ unusable: 'it is no delta' });
  });

  it.each<[string, Partial<TestEntry>, string]>([
    ['lifts what only a delta lifts', { reason: 8 }, 'entry of a delta'],
    ['has an unknown reason', { reason: 7 }, 'reason'],
    ['has an unknown critical extension', { extensions: [{ id: '1.2.3', isCritical: true, value: der(5) }] }, '1.2.3'],
  ])('one whose entry %s', (_, change, why) => {
    const { status, message } = answer(read({ entries: [entry(change)] }));
    expect({ status, message }).toEqual({ status: 'unknown', message: expect.stringContaining(why) });
  });

  it('one whose bytes were changed, or are random', () => {
    const whole = list({ entries: [entry()] });
    const changed = fc.tuple(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }));
    fc.assert(
      fc.property(changed, ([at, by]) => {
        const bytes = Uint8Array.from(whole);
        bytes[at] = (bytes[at] ?? 0) ^ by;
        return 'unusable' in readCrl(bytes, 'base', question);
      }),
      { numRuns: 300 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => 'unusable' in readCrl(bytes, 'base', question)),
    );
    expect(readCrl(derInteger(1), 'base', question)).toHaveProperty('unusable');
  });

  it('one that is too large', () => {
    const reading = readCrl(new Uint8Array(32 * 1024 * 1024 + 1), 'base', question);
    expect(reading).toEqual({ unusable: expect.stringContaining('at most 33554432') });
  });
});
