import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { readCertificate } from '@signet/core/x509';
import { describe, expect, it, onTestFinished } from 'vitest';
import { checkRevocation, type RevocationResult } from '../../../packages/verifier/src/revocation/check-revocation.ts';
import { createCrlFolder } from '../../../packages/verifier/src/revocation/crl-folder.ts';
import { createCrlSource } from '../../../packages/verifier/src/revocation/crl-source.ts';
import { createHttpFetcher } from '../../../packages/verifier/src/revocation/http-fetcher.ts';
import { crlPoints, oids } from '../../support/certificate-der.ts';
import { makeCertificate } from '../../support/certificates.ts';
import {
  type IndexLine,
  opensslCrl,
  type ResponderOptions,
  startOpensslResponder,
  writeIndex,
} from '../../support/openssl-responder.ts';
import { makeCrl } from '../../support/revocation-data.ts';
import { tempDir } from '../../support/temp.ts';

/** These servers know the true time alone. */
const now = Date.now();
const minuteMs = 60_000;
const root = makeCertificate({ profile: 'ca', subject: 'CN=openssl root' });
const serial = 0x4711n;
const good: IndexLine = { serial: '4711', status: 'good' };
const revoked: IndexLine = { serial: '4711', status: 'revoked', reason: 'keyCompromise' };

interface Urls {
  readonly ocspUrls?: readonly string[];
  readonly crlUrls?: readonly string[];
}

async function check(
  urls: Urls,
  { atMs = now, folder }: { atMs?: number; folder?: string } = {},
): Promise<RevocationResult | undefined> {
  const leaf = makeCertificate({ subject: 'CN=openssl leaf', issuer: root, serial, ...urls });
  const fetcher = createHttpFetcher({ allowPrivate: true });
  onTestFinished(() => fetcher.close());
  const crls = createCrlSource(fetcher, folder === undefined ? undefined : createCrlFolder(folder));
  const chain = [readCertificate(leaf.der), readCertificate(root.der)];
  const [first] = await checkRevocation(chain, { fetcher, crls, atMs });
  return first;
}

async function responder(line: IndexLine, change: Partial<ResponderOptions> = {}): Promise<string> {
  const dir = tempDir();
  const started = await startOpensslResponder({ dir, index: writeIndex(dir, [line]), issuer: root, ...change });
  onTestFinished(() => started.stop());
  return started.url;
}

async function serve(answers: Readonly<Record<string, Uint8Array>>) {
  const asked: (string | undefined)[] = [];
  const server = createServer(({ url = '' }, response) => {
    asked.push(url);
    const bytes = answers[url];
    response.writeHead(bytes === undefined ? 404 : 200).end(bytes);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { asked, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

async function crlOf(line: IndexLine, { issuer = root, validSeconds = 3600 } = {}): Promise<Uint8Array> {
  const dir = tempDir();
  return readFileSync(await opensslCrl(dir, { index: writeIndex(dir, [line]), issuer, validSeconds }));
}

describe("openssl's OCSP responder", () => {
  const delegate = makeCertificate({ profile: 'ocsp', subject: 'CN=openssl responder', issuer: root });
  const without = makeCertificate({ subject: 'CN=openssl no responder', issuer: root });
  const stranger = makeCertificate({ profile: 'ca', subject: 'CN=openssl stranger' });
  it.each<[string, IndexLine, Partial<ResponderOptions>, string, string]>([
    ['good', good, {}, 'ok', 'is good'],
    ['revoked', revoked, {}, 'revoked', 'keyCompromise'],
    ['good, by a responder', good, { signer: delegate }, 'ok', 'is good'],
    [
      'revoked, by a responder, by its key',
      revoked,
      { signer: delegate, more: ['-nmin', '10', '-resp_key_id'] },
      'revoked',
      'keyCompromise',
    ],
    ['good, by a responder that may not sign', good, { signer: without }, 'unknown', 'may sign OCSP'],
    ['good, by a stranger', good, { signer: stranger }, 'unknown', 'not issued by'],
    [
      'good, by a responder that leaves its certificate out',
      good,
      { signer: delegate, more: ['-nmin', '10', '-resp_no_certs'] },
      'unknown',
      'no certificate',
    ],
    ['a certificate that it does not know', { serial: '4712', status: 'good' }, {}, 'unknown', 'does not know'],
    ['good, without an end', good, { more: [] }, 'unknown', 'until when'],
    ['good, signed with SHA-1', good, { more: ['-nmin', '10', '-rmd', 'sha1'] }, 'unknown', 'SHA-1'],
  ])('%s', async (_, line, change, status, why) => {
    const server = await responder(line, change);
    expect(await check({ ocspUrls: [server] })).toMatchObject({
      status,
      method: 'ocsp',
      server,
      message: expect.stringContaining(why),
    });
  });

  it('an answer that was good is stale after its end', async () => {
    const ocspUrls = [await responder(good)];
    expect((await check({ ocspUrls }, { atMs: now + 5 * minuteMs }))?.status).toBe('ok');
    expect(await check({ ocspUrls }, { atMs: now + 15 * minuteMs })).toMatchObject({
      status: 'unknown',
      message: expect.stringContaining('stale'),
    });
  });

  it('the second is asked where the first is not there; a list where none is', async () => {
    const dead = 'http://127.0.0.1:1';
    const ocsp = await responder(revoked);
    expect(await check({ ocspUrls: [dead, ocsp] })).toMatchObject({ status: 'revoked', server: ocsp });
    expect(await check({ ocspUrls: [dead] })).toMatchObject({ status: 'unknown', server: dead });
    const { url } = await serve({ '/crl': await crlOf(revoked) });
    expect(await check({ ocspUrls: [dead], crlUrls: [`${url}/crl`] })).toMatchObject({
      status: 'revoked',
      method: 'crl',
    });
  });

  it('one that is silent is waited for two seconds, and one that sends too much is not read', {
    timeout: 10_000,
  }, async () => {
    const server = createServer(() => undefined);
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const silent = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    expect(await check({ ocspUrls: [silent] })).toMatchObject({
      status: 'unknown',
      message: expect.stringContaining('too long'),
    });
    const large = createServer((_, response) => void response.end(Buffer.alloc(21 * 1024)));
    await new Promise<void>((resolve) => void large.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void large.close());
    const url = `http://127.0.0.1:${(large.address() as AddressInfo).port}`;
    expect(await check({ ocspUrls: [url] })).toMatchObject({
      status: 'unknown',
      message: expect.stringContaining('20480'),
    });
  });
});

describe("openssl's lists", () => {
  it.each<[string, IndexLine, string, string]>([
    ['that does not name it', { ...revoked, serial: '4712' }, 'ok', 'does not name'],
    ['that revokes it', revoked, 'revoked', 'keyCompromise'],
    ['that holds it', { ...revoked, reason: 'certificateHold' }, 'revoked', 'certificateHold'],
  ])('one %s', async (_, line, status, why) => {
    const { url } = await serve({ '/crl': await crlOf(line) });
    expect(await check({ crlUrls: [`${url}/crl`] })).toMatchObject({
      status,
      method: 'crl',
      message: expect.stringContaining(why),
    });
  });

  it('one that is stale, one by another key, and none', async () => {
    const twin = makeCertificate({ profile: 'ca', subject: 'CN=openssl root', key: 'ec-384' });
    const { url } = await serve({ '/good': await crlOf(good), '/twin': await crlOf(good, { issuer: twin }) });
    const at = (path: string, atMs = now) => check({ crlUrls: [`${url}${path}`] }, { atMs });
    expect(await at('/good')).toMatchObject({ status: 'ok' });
    expect(await at('/good', now + 120 * minuteMs)).toMatchObject({
      status: 'unknown',
      message: expect.stringContaining('stale'),
    });
    expect(await at('/twin')).toMatchObject({
      status: 'unknown',
      message: expect.stringContaining('signature is not'),
    });
    expect(await at('/none')).toMatchObject({ status: 'unknown', message: expect.stringContaining('status 404') });
  });

  it('a hold of a base is lifted by its delta', async () => {
    const hold = { serial: Buffer.from('4711', 'hex'), atMs: now - minuteMs, reason: 6 };
    const answers: Record<string, Uint8Array> = {};
    const { url } = await serve(answers);
    const extensions = [crlPoints([`${url}/delta`], oids.freshestCrl)];
    answers['/base'] = makeCrl({ by: root, atMs: now, number: 5, entries: [hold], extensions });
    answers['/delta'] = makeCrl({ by: root, atMs: now, number: 6, deltaFrom: 5, entries: [{ ...hold, reason: 8 }] });
    expect(await check({ crlUrls: [`${url}/base`] })).toMatchObject({ status: 'ok' });
    delete answers['/delta'];
    expect(await check({ crlUrls: [`${url}/base`] })).toMatchObject({ status: 'revoked' });
  });

  it('is fetched once while it holds', async () => {
    const { url, asked } = await serve({ '/crl': await crlOf(revoked) });
    const folder = join(tempDir(), 'crl');
    const ask = (atMs?: number) => check({ crlUrls: [`${url}/crl`] }, { folder, ...(atMs !== undefined && { atMs }) });
    expect([await ask(), await ask()].map((result) => result?.status)).toEqual(['revoked', 'revoked']);
    expect(asked).toEqual(['/crl']);
    expect((await ask(now + 120 * minuteMs))?.status).toBe('unknown');
    expect(asked).toEqual(['/crl', '/crl']);
  });
});
