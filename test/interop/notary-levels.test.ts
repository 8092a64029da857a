import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { digestOf } from '@signet/oci';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { type CertificateRequest, type MadeCertificate, makeCertificate } from '../support/certificates.ts';
import type { TestRegistry } from '../support/docker-registry.ts';
import { startEmbeddedRegistry } from '../support/embedded-registry.ts';
import { createNotationUser, type NotationUser } from '../support/notation.ts';
import { havePeers, itWithPeers } from '../support/peers.ts';
import { compareWithNotation, type SignedCase, type Verification } from './notary-comparison.ts';

const peers = ['notation'] as const;
const prefix = 'io.cncf.notary';
const day = 86_400_000;
const name = 'C=US,ST=WA,O=Acme,CN=signer';

/** Statements of a trustpolicy.json, by name: one scope for each. */
const levels: Readonly<Record<string, Verification>> = {
  strict: { level: 'strict' },
  permissive: { level: 'permissive' },
  audit: { level: 'audit' },
  skip: { level: 'skip' },
  'strict-but-authenticity': { level: 'strict', override: { authenticity: 'log' } },
  'strict-but-time': { level: 'strict', override: { authenticTimestamp: 'log' } },
  'strict-but-expiry': { level: 'strict', override: { expiry: 'log' } },
  'strict-but-all': {
    level: 'strict',
    override: { authenticity: 'log', authenticTimestamp: 'log', expiry: 'log', revocation: 'skip' },
  },
  'permissive-enforcing': { level: 'permissive', override: { authenticTimestamp: 'enforce', expiry: 'enforce' } },
  'audit-enforcing-authenticity': { level: 'audit', override: { authenticity: 'enforce' } },
};

interface Faults {
  readonly anchor: MadeCertificate;
  readonly faults: Readonly<Record<string, SignedCase>>;
}

/** What is wrong with a signature, alone. `none` is what all others differ from. */
function createFaults(): Faults {
  const now = Date.now();
  const root = makeCertificate({ profile: 'ca', subject: 'C=US,ST=WA,O=Acme,CN=root' });
  const other = makeCertificate({ profile: 'ca', subject: 'C=US,ST=WA,O=Acme,CN=other' });
  const signer = (request: CertificateRequest = {}): MadeCertificate =>
    makeCertificate({ subject: name, issuer: root, ...request });
  const chain = [signer(), root];
  const at = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;
  const expiry = (ms: number): SignedCase => ({
    chain,
    attributes: { [`${prefix}.expiry`]: at(ms) },
    critical: [`${prefix}.expiry`],
  });
  const authority = (ms: number, by: readonly MadeCertificate[]): SignedCase => ({
    chain: by,
    attributes: {
      [`${prefix}.signingScheme`]: 'notary.x509.signingAuthority',
      [`${prefix}.authenticSigningTime`]: at(ms),
      [`${prefix}.signingTime`]: undefined,
    },
    critical: [`${prefix}.authenticSigningTime`],
  });
  const ended = [signer({ fromMs: now - 30 * day, toMs: now - day }), root];
  return {
    anchor: root,
    faults: {
      none: { chain },
      'by another authority': { chain: [signer({ issuer: other }), other] },
      'by another name': { chain: [signer({ subject: 'C=US,ST=WA,O=Other,CN=signer' }), root] },
      'by a certificate that ended': { chain: ended },
      'by a certificate that has not begun': { chain: [signer({ fromMs: now + day, toMs: now + 9 * day }), root] },
      'until tomorrow': expiry(now + day),
      'until yesterday': expiry(now - day),
      'until yesterday by another authority': { ...expiry(now - day), chain: [signer({ issuer: other }), other] },
      'of another digest': { chain, target: { digest: digestOf(Buffer.from('another')) } },
      'of another size': { chain, target: { size: 7 } },
      'of another media type': { chain, target: { mediaType: 'application/vnd.oci.image.index.v1+json' } },
      'changed afterwards': { chain, change: flipSignature },
      'cut short': { chain, change: (bytes) => bytes.subarray(0, bytes.length / 2) },
      'by a signing authority': authority(now - day, chain),
      'by a signing authority while its certificate was valid': authority(now - 2 * day, ended),
      'by a signing authority after its certificate ended': authority(now - day / 2, ended),
      'without its root': { chain: chain.slice(0, 1) },
      'by a certificate that signs no code': {
        chain: [signer({ without: ['2.5.29.15'] }), root],
      },
    },
  };
}

function flipSignature(bytes: Uint8Array): Uint8Array {
  const envelope = JSON.parse(Buffer.from(bytes).toString('utf8'));
  const signature = Buffer.from(envelope.signature, 'base64url');
  signature[0] = (signature[0] ?? 0) ^ 1;
  return Buffer.from(JSON.stringify({ ...envelope, signature: signature.toString('base64url') }));
}

const { anchor, faults } = createFaults();

let registry: TestRegistry;
let user: NotationUser;
beforeAll(async () => {
  if (!havePeers(peers)) return;
  registry = await startEmbeddedRegistry();
  user = await createNotationUser([]);
  for (const kind of ['ca', 'signingAuthority']) {
    const store = join(user.configHome, 'notation/truststore/x509', kind, 'acme');
    mkdirSync(store, { recursive: true });
    writeFileSync(join(store, 'root.crt'), anchor.pem);
  }
});
afterAll(() => registry?.stop());

describe("notation's own policy, unchanged", () => {
  itWithPeers(
    peers,
    'every level and every fault: Signet admits what notation admits',
    async () => {
      const trust = {
        trustStores: ['ca:acme', 'signingAuthority:acme'],
        trustedIdentities: ['x509.subject:C=US,ST=WA,O=Acme'],
      };
      const { ours, theirs } = await compareWithNotation({ registry, user, levels, cases: faults, trust });
      expect(ours).toEqual(theirs);
      expect(ours.filter((line) => line.endsWith('admitted')).length).toBeGreaterThan(ours.length / 4);
      expect(ours.filter((line) => line.endsWith('refused')).length).toBeGreaterThan(ours.length / 4);
    },
    300_000,
  );
});
