import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { type CertificateRequest, type MadeCertificate, makeCertificate } from '../support/certificates.ts';
import type { TestRegistry } from '../support/docker-registry.ts';
import { startEmbeddedRegistry } from '../support/embedded-registry.ts';
import { createNotationUser, type NotationUser } from '../support/notation.ts';
import {
  type IndexLine,
  opensslCrl,
  type ResponderOptions,
  startOpensslResponder,
  writeIndex,
} from '../support/openssl-responder.ts';
import { havePeers, itWithPeers } from '../support/peers.ts';
import type { StartedProcess } from '../support/process.ts';
import { tempDir } from '../support/temp.ts';
import { compareWithNotation, type SignedCase, type Verification } from './notary-comparison.ts';

const peers = ['notation'] as const;
const prefix = 'io.cncf.notary';
const day = 86_400_000;
const dead = 'http://127.0.0.1:1';

const levels: Readonly<Record<string, Verification>> = {
  strict: { level: 'strict' },
  permissive: { level: 'permissive' },
  audit: { level: 'audit' },
  'strict-but-revocation': { level: 'strict', override: { revocation: 'log' } },
  'strict-without-revocation': { level: 'strict', override: { revocation: 'skip' } },
  'audit-enforcing-revocation': { level: 'audit', override: { revocation: 'enforce' } },
};

const root = makeCertificate({ profile: 'ca', subject: 'C=US,ST=WA,O=Acme,CN=root' });
const delegate = makeCertificate({ profile: 'ocsp', subject: 'C=US,ST=WA,O=Acme,CN=responder', issuer: root });
const stranger = makeCertificate({ profile: 'ca', subject: 'C=US,ST=WA,O=Acme,CN=stranger' });
const serial = 0x4711n;
const good: IndexLine = { serial: '4711', status: 'good' };
const revoked: IndexLine = { serial: '4711', status: 'revoked', reason: 'keyCompromise' };
const held: IndexLine = { ...revoked, reason: 'certificateHold' };
const other: IndexLine = { serial: '4712', status: 'revoked' };

const signer = (request: CertificateRequest = {}): MadeCertificate =>
  makeCertificate({ subject: 'C=US,ST=WA,O=Acme,CN=signer', issuer: root, serial, ...request });
const by = (request: CertificateRequest): SignedCase => ({ chain: [signer(request), root] });
const byAuthority = (request: CertificateRequest, atMs: number): SignedCase => ({
  ...by(request),
  attributes: {
    [`${prefix}.signingScheme`]: 'notary.x509.signingAuthority',
    [`${prefix}.authenticSigningTime`]: `${new Date(atMs).toISOString().slice(0, 19)}Z`,
    [`${prefix}.signingTime`]: undefined,
  },
  critical: [`${prefix}.authenticSigningTime`],
});

const responders: StartedProcess[] = [];
async function responder(line: IndexLine, change: Partial<ResponderOptions> = {}): Promise<string> {
  const dir = tempDir();
  const started = await startOpensslResponder({ dir, index: writeIndex(dir, [line]), issuer: root, ...change });
  responders.push(started);
  return started.url;
}

async function crl(line: IndexLine, issuer = root): Promise<Uint8Array> {
  const dir = tempDir();
  return readFileSync(await opensslCrl(dir, { index: writeIndex(dir, [line]), issuer, validSeconds: 3600 }));
}

/** Serves lists by their paths. */
async function serveLists(lists: Readonly<Record<string, Uint8Array>>): Promise<{ server: Server; url: string }> {
  const server = createServer(({ url = '' }, response) => {
    const bytes = lists[url];
    response.writeHead(bytes === undefined ? 404 : 200).end(bytes);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

let registry: TestRegistry;
let user: NotationUser;
let lists: Server;
let cases: Readonly<Record<string, SignedCase>> = {};

beforeAll(async () => {
  if (!havePeers(peers)) return;
  registry = await startEmbeddedRegistry();
  user = await createNotationUser([]);
  for (const kind of ['ca', 'signingAuthority']) {
    const store = join(user.configHome, 'notation/truststore/x509', kind, 'acme');
    mkdirSync(store, { recursive: true });
    writeFileSync(join(store, 'root.crt'), root.pem);
  }
  const [saysGood, saysRevoked, saysOther, byDelegate, byStranger, withoutEnd] = await Promise.all([
    responder(good),
    responder(revoked),
    responder(other),
    responder(good, { signer: delegate }),
    responder(good, { signer: stranger }),
    responder(good, { more: [] }),
  ]);
  const served = await serveLists({
    '/good': await crl(other),
    '/revoked': await crl(revoked),
    '/held': await crl(held),
    '/stranger': await crl(other, stranger),
    '/intermediate': await crl({ serial: '4713', status: 'revoked' }),
  });
  lists = served.server;
  const list = (name: string): string => `${served.url}/${name}`;
  const between = makeCertificate({
    profile: 'ca',
    subject: 'C=US,ST=WA,O=Acme,CN=between',
    issuer: root,
    serial: 0x4713n,
    crlUrls: [list('intermediate')],
  });
  const long = Date.UTC(2021, 0, 1);
  cases = {
    'nobody to ask': by({}),
    'OCSP: good': by({ ocspUrls: [saysGood] }),
    'OCSP: revoked': by({ ocspUrls: [saysRevoked] }),
    'OCSP: does not know it': by({ ocspUrls: [saysOther] }),
    'OCSP: by a responder of the issuer': by({ ocspUrls: [byDelegate] }),
    'OCSP: by a stranger': by({ ocspUrls: [byStranger] }),
    'OCSP: without an end': by({ ocspUrls: [withoutEnd] }),
    'OCSP: not there': by({ ocspUrls: [dead] }),
    'OCSP: the first is not there, the second says good': by({ ocspUrls: [dead, saysGood] }),
    'OCSP: the first is not there, the second says revoked': by({ ocspUrls: [dead, saysRevoked] }),
    'OCSP: good, a list revokes it': by({ ocspUrls: [saysGood], crlUrls: [list('revoked')] }),
    'OCSP: not there, a list does not name it': by({ ocspUrls: [dead], crlUrls: [list('good')] }),
    'OCSP: not there, a list revokes it': by({ ocspUrls: [dead], crlUrls: [list('revoked')] }),
    'list: does not name it': by({ crlUrls: [list('good')] }),
    'list: revokes it': by({ crlUrls: [list('revoked')] }),
    'list: holds it': by({ crlUrls: [list('held')] }),
    'list: by a stranger': by({ crlUrls: [list('stranger')] }),
    'list: not there': by({ crlUrls: [list('none')] }),
    'list: https': by({ crlUrls: ['https://127.0.0.1:1/list'] }),
    'an intermediate is revoked': { chain: [signer({ issuer: between, ocspUrls: [] }), between, root] },
    'a signing authority, revoked before it signed': byAuthority({ ocspUrls: [saysRevoked] }, Date.now() - day),
    'a signing authority, revoked after it signed': byAuthority({ ocspUrls: [saysRevoked] }, Date.UTC(2020, 6, 1)),
    'a signing authority, nobody to ask': byAuthority({}, long),
    'of an image that it does not sign, and nobody answers': { ...by({ ocspUrls: [dead] }), target: { size: 7 } },
  };
});
afterAll(async () => {
  lists?.close();
  await Promise.all(responders.map((each) => each.stop()));
  await registry?.stop();
});

describe('revoked certificates', () => {
  itWithPeers(
    peers,
    'every level and every answer: Signet admits what notation admits, and what cannot be told is undecided',
    async () => {
      const trust = {
        trustStores: ['ca:acme', 'signingAuthority:acme'],
        trustedIdentities: ['x509.subject:C=US,ST=WA,O=Acme'],
      };
      const { ours, theirs, reports } = await compareWithNotation({ registry, user, levels, cases, trust });
      expect(ours).toEqual(theirs);
      expect(ours.filter((line) => line.endsWith('admitted')).length).toBeGreaterThan(ours.length / 3);
      expect(ours.filter((line) => line.endsWith('refused')).length).toBeGreaterThan(ours.length / 5);
      const verdict = (name: string): string | undefined => reports.get(`strict, ${name}`)?.verdict;
      for (const name of ['OCSP: not there', 'OCSP: by a stranger', 'list: not there', 'list: by a stranger'])
        expect(verdict(name), name).toBe('undecided');
      for (const name of ['OCSP: revoked', 'list: revokes it', 'an intermediate is revoked'])
        expect(verdict(name), name).toBe('denied');
    },
    300_000,
  );
});
