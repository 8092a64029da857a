import { readCertificate } from '@signet/core/x509';
import { describe, expect, it } from 'vitest';
import { chainStatus, checkRevocation } from '../../../packages/verifier/src/revocation/check-revocation.ts';
import { createCrlSource } from '../../../packages/verifier/src/revocation/crl-source.ts';
import type { CrlCache, Fetched, RevocationFetcher } from '../../../packages/verifier/src/revocation/fetcher.ts';
import { crlPoints, oids } from '../../support/certificate-der.ts';
import { makeCertificate } from '../../support/certificates.ts';
import { type CrlRequest, makeCrl, makeOcspAnswer, type OcspAnswerRequest } from '../../support/revocation-data.ts';

const atMs = Date.UTC(2026, 5, 1);
const root = makeCertificate({ profile: 'ca', subject: 'CN=check root' });
const [one, two, crlOne, crlTwo, deltaUrl] = ['o1', 'o2', 'c1', 'c2', 'd'].map((name) => `http://${name}.test/x`) as [
  string,
  string,
  string,
  string,
  string,
];

/** Answers by the beginnings of addresses; what is not there cannot be reached. */
function fetcherOf(answers: Readonly<Record<string, Uint8Array>>) {
  const asked: string[] = [];
  const give = (url: string): Promise<Fetched> => {
    const found = Object.keys(answers).find((start) => url.startsWith(start));
    asked.push(new URL(url).host);
    const bytes = found === undefined ? undefined : answers[found];
    return Promise.resolve(bytes === undefined ? { failed: 'unreachable' } : { bytes });
  };
  const fetcher: RevocationFetcher = { get: give, post: give };
  return { asked, fetcher };
}

function world(urls: { readonly ocspUrls?: readonly string[]; readonly crlUrls?: readonly string[] }) {
  const leaf = readCertificate(makeCertificate({ subject: 'CN=check leaf', issuer: root, ...urls }).der);
  const chain = [leaf, readCertificate(root.der)];
  return {
    leaf,
    ocsp: (change: Partial<OcspAnswerRequest> = {}) =>
      makeOcspAnswer({ certificate: leaf, issuer: root, atMs, ...change }),
    crl: (change: Partial<CrlRequest> = {}) => makeCrl({ by: root, atMs, number: 5, ...change }),
    revokes: { entries: [{ serial: Buffer.from(leaf.serialNumber, 'hex'), atMs, reason: 1 }] },
    async check(answers: Readonly<Record<string, Uint8Array>>, cache?: CrlCache) {
      const { asked, fetcher } = fetcherOf(answers);
      const results = await checkRevocation(chain, { fetcher, crls: createCrlSource(fetcher, cache), atMs });
      return { asked, results, first: results[0] };
    },
  };
}

describe('revocation of a chain', () => {
  it('a certificate that names nobody, and the root, cannot be revoked', async () => {
    const { results, asked } = await world({}).check({});
    expect(results.map(({ status }) => status)).toEqual(['nonRevocable', 'nonRevocable']);
    expect(asked).toEqual([]);
    expect(chainStatus(results)).toBe('ok');
  });

  it('asks responders in their order until one answers', async () => {
    const w = world({ ocspUrls: [one, two] });
    const second = await w.check({ [two]: w.ocsp() });
    expect(second.first).toMatchObject({ status: 'ok', method: 'ocsp', server: two });
    expect(second.asked).toEqual(['o1.test', 'o2.test']);
    expect((await w.check({ [one]: w.ocsp({ status: { atMs } }), [two]: w.ocsp() })).first?.status).toBe('revoked');
    const none = await w.check({});
    expect(none.first).toMatchObject({ status: 'unknown', message: 'unreachable' });
    expect(chainStatus(none.results)).toBe('unknown');
  });

  it('falls back to lists where responders say nothing, and only then', async () => {
    const w = world({ ocspUrls: [one], crlUrls: [crlOne] });
    const unreachable = await w.check({ [crlOne]: w.crl(w.revokes) });
    expect(unreachable.first).toMatchObject({ status: 'revoked', method: 'crl', server: crlOne });
    expect((await w.check({ [one]: w.ocsp({ status: 'unknown' }), [crlOne]: w.crl() })).first?.status).toBe('ok');
    expect((await w.check({ [one]: w.ocsp(), [crlOne]: w.crl(w.revokes) })).asked).toEqual(['o1.test']);
  });

  it('takes the first list that is of use', async () => {
    const w = world({ crlUrls: [crlOne, crlTwo] });
    expect((await w.check({ [crlTwo]: w.crl(w.revokes) })).first).toMatchObject({ status: 'revoked', server: crlTwo });
    expect((await w.check({ [crlOne]: Uint8Array.of(1), [crlTwo]: w.crl() })).first?.status).toBe('ok');
    expect((await w.check({ [crlOne]: w.crl({ toMs: atMs - 1000 }) })).first?.status).toBe('unknown');
  });

  it('a delta counts, and one that is missing makes it unknown', async () => {
    const w = world({ crlUrls: [crlOne] });
    const base = w.crl({ extensions: [crlPoints([deltaUrl], oids.freshestCrl)] });
    const delta = w.crl({ ...w.revokes, number: 6, deltaFrom: 5 });
    expect((await w.check({ [crlOne]: base, [deltaUrl]: delta })).first?.status).toBe('revoked');
    expect((await w.check({ [crlOne]: base, [deltaUrl]: w.crl({ number: 6, deltaFrom: 5 }) })).first?.status).toBe(
      'ok',
    );
    expect((await w.check({ [crlOne]: base })).first).toMatchObject({ status: 'unknown' });
  });

  it('asks the first 8 addresses of a kind, however many a certificate or a list names', async () => {
    const many = (kind: string) => Array.from({ length: 60 }, (_, at) => `http://${kind}${at}.test/x`);
    const w = world({ ocspUrls: many('o'), crlUrls: many('c') });
    const all = await w.check({});
    expect(all.first).toMatchObject({ status: 'unknown', method: 'crl' });
    expect(all.asked).toEqual([...many('o').slice(0, 8), ...many('c').slice(0, 8)].map((url) => new URL(url).host));
    expect((await w.check({ 'http://o7.test': w.ocsp() })).first?.status).toBe('ok');
    expect((await w.check({ 'http://o8.test': w.ocsp() })).first?.status).toBe('unknown');
    const base = w.crl({ extensions: [crlPoints(many('d'), oids.freshestCrl)] });
    const deltas = await world({ crlUrls: [crlOne] }).check({ [crlOne]: base });
    expect(deltas.asked.length).toBeLessThanOrEqual(9);
  });

  it('asks no address but those of http', async () => {
    const { first, asked } = await world({ ocspUrls: ['https://o.test/'], crlUrls: ['ldap://c.test/x'] }).check({});
    expect(first).toMatchObject({ status: 'unknown', message: expect.stringContaining('only http') });
    expect(asked).toEqual([]);
  });

  it('takes a list from the cache while it holds, and never one that is broken', async () => {
    const w = world({ crlUrls: [crlOne] });
    const kept = new Map<string, Uint8Array>();
    const cache: CrlCache = {
      read: (url) => Promise.resolve(kept.get(url)),
      write: (url, bytes) => Promise.resolve(void kept.set(url, bytes)),
    };
    await w.check({ [crlOne]: w.crl(w.revokes) }, cache);
    expect((await w.check({}, cache)).first?.status).toBe('revoked');
    kept.set(
      crlOne,
      makeCrl({ by: makeCertificate({ profile: 'ca', subject: 'CN=check root', key: 'ec-384' }), atMs }),
    );
    expect((await w.check({ [crlOne]: w.crl(w.revokes) }, cache)).asked).toEqual(['c1.test']);
    kept.set(crlOne, w.crl({ toMs: atMs - 1000 }));
    expect((await w.check({}, cache)).first?.status).toBe('unknown');
  });
});
