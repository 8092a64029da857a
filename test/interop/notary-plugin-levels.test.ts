import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { type MadeCertificate, makeCertificate } from '../support/certificates.ts';
import type { TestRegistry } from '../support/docker-registry.ts';
import { startEmbeddedRegistry } from '../support/embedded-registry.ts';
import { createNotationUser, type NotationUser } from '../support/notation.ts';
import { havePeers, itWithPeers } from '../support/peers.ts';
import { ownAttribute } from '../support/plugins/good-plugin.ts';
import { installTestPlugin } from '../support/plugins/install.ts';
import { compareWithNotation, type SignedCase, type Verification } from './notary-comparison.ts';

const peers = ['notation'] as const;
const prefix = 'io.cncf.notary';

const levels: Readonly<Record<string, Verification>> = {
  strict: { level: 'strict' },
  permissive: { level: 'permissive' },
  audit: { level: 'audit' },
  skip: { level: 'skip' },
  'strict-without-revocation': { level: 'strict', override: { revocation: 'skip' } },
  'strict-but-authenticity': { level: 'strict', override: { authenticity: 'log' } },
};

/** Plugins that break the contract when they verify; the name of each is that of its fault. */
const faults = [
  'bad-json',
  'silent',
  'exit-1',
  'exit-2',
  'denied',
  'wrong-name',
  'wrong-contract',
  'no-capabilities',
  'no-result',
  'not-processed',
  'no-success',
] as const;

const root = makeCertificate({ profile: 'ca', subject: 'C=US,ST=WA,O=Acme,CN=root' });
const other = makeCertificate({ profile: 'ca', subject: 'C=US,ST=WA,O=Acme,CN=other' });
const signer = (name: string, issuer = root): MadeCertificate =>
  makeCertificate({ subject: `C=US,ST=WA,O=Acme,CN=${name}`, issuer });
const [trusted, unknown, revoked] = [signer('trusted'), signer('unknown'), signer('revoked')];
const hashOf = ({ der }: MadeCertificate): string => createHash('sha256').update(der).digest('hex');

/** A signature that names a plugin. */
function naming(name: string, { leaf = trusted, by = root, minVersion, own = 'somebody' }: Naming = {}): SignedCase {
  const attributes = {
    [`${prefix}.verificationPlugin`]: name,
    ...(minVersion === undefined ? {} : { [`${prefix}.verificationPluginMinVersion`]: minVersion }),
    ...(own === undefined ? {} : { [ownAttribute]: own }),
  };
  return { chain: [leaf, by], attributes, critical: Object.keys(attributes) };
}
interface Naming {
  readonly leaf?: MadeCertificate;
  readonly by?: MadeCertificate;
  readonly minVersion?: string;
  readonly own?: string;
}

const unknownAttribute = 'an attribute that nobody knows, and no plugin';

const cases: Readonly<Record<string, SignedCase>> = {
  'the plugin answers': naming('good'),
  'the plugin answers, new enough': naming('good', { minVersion: '1.2.3' }),
  'the plugin is not there': naming('nobody'),
  'the plugin is too old': naming('good', { minVersion: '1.2.4' }),
  'the plugin has a version that is none': naming('oddly', { minVersion: '1.0.0' }),
  'the plugin trusts somebody else': naming('good', { leaf: unknown }),
  'the plugin knows that it was revoked': naming('good', { leaf: revoked }),
  'the plugin does not know the attribute': naming('good', { own: 'nobody' }),
  'by another authority': naming('good', { leaf: signer('elsewhere', other), by: other }),
  'of another size': { ...naming('good'), target: { size: 7 } },
  [unknownAttribute]: {
    chain: [trusted, root],
    attributes: { [ownAttribute]: 'somebody' },
    critical: [ownAttribute],
  },
  'no plugin is named, and only a plugin knows who is trusted': { chain: [trusted, root] },
  ...Object.fromEntries(faults.map((fault) => [`the plugin: ${fault}`, naming(fault)])),
};

/**
 * Where the specification decides, not notation: RFC 7515 4.1.11, "If any of the listed extension Header Parameters are not understood and supported
 * by the recipient, then the JWS is invalid." The Notary Project asks for the same; notation 1.3.2 looks at such attributes only where a plugin is named.
 */
const differences: readonly string[] = ['audit', 'strict-but-authenticity'].map(
  (level) => `${level}, ${unknownAttribute}: refused`,
);

let registry: TestRegistry;
let user: NotationUser;
beforeAll(async () => {
  if (!havePeers(peers)) return;
  registry = await startEmbeddedRegistry();
  user = await createNotationUser([]);
  const folder = join(user.configHome, 'notation');
  const store = join(folder, 'truststore/x509/ca/acme');
  mkdirSync(store, { recursive: true });
  writeFileSync(join(store, 'root.crt'), root.pem);
  installTestPlugin(folder, { name: 'good', kind: 'raw' });
  installTestPlugin(folder, { name: 'oddly', kind: 'raw', version: 'one' });
  for (const fault of faults) installTestPlugin(folder, { name: fault, kind: 'raw', fault });
});
afterAll(() => registry?.stop());

describe('plugins that verify', () => {
  itWithPeers(
    peers,
    'every level and every plugin: Signet admits what notation admits, and where no plugin answers it is undecided',
    async () => {
      const { ours, theirs, reports } = await compareWithNotation({
        registry,
        user,
        levels,
        cases,
        trust: {
          trustStores: ['ca:acme'],
          trustedIdentities: [trusted, revoked].map((each) => `plugin:${hashOf(each)}`),
        },
        more: ['--plugin-config', `revoked=${hashOf(revoked)}`],
      });
      expect(ours.filter((line, at) => line !== theirs[at])).toEqual(differences);
      expect(ours.filter((line) => line.endsWith('admitted')).length).toBeGreaterThan(ours.length / 4);
      const verdict = (name: string): string | undefined => reports.get(`strict, ${name}`)?.verdict;
      for (const name of [
        'the plugin is not there',
        'the plugin is too old',
        ...faults.map((each) => `the plugin: ${each}`),
      ])
        expect(verdict(name), name).toBe('undecided');
      for (const name of ['the plugin trusts somebody else', 'the plugin knows that it was revoked', 'of another size'])
        expect(verdict(name), name).toBe('denied');
    },
    300_000,
  );
});
