import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CertificateError,
  checkAnchor,
  checkChain,
  checkValidAt,
  identityOf,
  isWithin,
  nameText,
  parseIdentity,
  readCertificate,
  readChain,
} from '@signet/core/x509';
import { createRegistryClient } from '@signet/oci';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestRegistry } from '../support/docker-registry.ts';
import { startEmbeddedRegistry } from '../support/embedded-registry.ts';
import { attachNotaryEnvelope, signNotaryJws } from '../support/notary-signature.ts';
import { createNotationUser, type NotationUser } from '../support/notation.ts';
import { havePeers } from '../support/peers.ts';
import { chainCases, identityCases, type NotaryCase } from './notary-cases.ts';
import { pushRunnable } from './policy-world.ts';

/** Whether a signature is verified, and why not. */
interface Answer {
  readonly isVerified: boolean;
  readonly why: string;
}

const cases: readonly NotaryCase[] = [...chainCases(), ...identityCases()];
const client = createRegistryClient();

describe.runIf(havePeers(['notation']))('certificates and names, judged by Signet and by notation', () => {
  let registry: TestRegistry;
  let notation: NotationUser;
  const theirs = new Map<string, Answer>();
  const references = new Map<string, string>();

  beforeAll(async () => {
    [registry, notation] = await Promise.all([startEmbeddedRegistry(), createNotationUser([])]);
    writePolicy(notation, registry.host);
    for (const [at, each] of cases.entries()) references.set(each.title, await publish(registry.host, at, each));
    const waiting = [...cases];
    const work = async (): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift())
        theirs.set(next.title, await askNotation(notation, references.get(next.title) ?? ''));
    };
    await Promise.all([work(), work()]);
  }, 180_000);
  afterAll(async () => {
    await client.close();
    await registry.stop();
  });

  it('are enough cases, and notation verifies a third of them', () => {
    expect(cases.length).toBeGreaterThan(60);
    expect(new Set(cases.map(({ title }) => title)).size).toBe(cases.length);
    expect([...theirs.values()].filter(({ isVerified }) => isVerified).length).toBeGreaterThan(cases.length / 3);
  });

  it.each(cases.map((each) => [each.title, each] as const))('%s', (title, { made, differs, identity, theirReason }) => {
    const chain = made.map(({ der }) => der);
    const [signet, other] = [askSignet(chain, identity), theirs.get(title)];
    if (differs === undefined) expect(signet, `notation says: ${other?.why}`).toMatchObject(pick(other));
    else expect([signet.isVerified, other?.isVerified], differs).toEqual([false, true]);
    if (theirReason !== undefined) expect(other?.why).toContain(theirReason);
  });

  it('have their names printed in the same way', async () => {
    const named = cases.filter(({ identity }) => identity !== undefined);
    for (const { title, made } of named) {
      const reference = references.get(title) ?? '';
      const shown = JSON.parse(await notation.runOk('inspect', '--insecure-registry', '-o', 'json', reference));
      const names = shown.Signatures[0].certificates.map((each: { readonly issuedTo: string }) => each.issuedTo);
      expect(
        made.map(({ der }) => nameText(readCertificate(der).subject)),
        title,
      ).toEqual(names);
    }
    expect(named.length).toBeGreaterThan(20);
  });
});

const pick = (answer: Answer | undefined) => ({ isVerified: answer?.isVerified });

/** As a verification does it: chain, time, the first certificate's name. */
function askSignet(ders: readonly Uint8Array[], identity: string | undefined): Answer {
  try {
    const chain = readChain(ders);
    const problem = checkChain(chain, 'codeSigning') ?? checkValidAt(chain, Date.now());
    if (problem !== undefined) return { isVerified: false, why: `${problem.code}: ${problem.message}` };
    const [leaf] = chain;
    if (identity === undefined || leaf === undefined) return { isVerified: true, why: '' };
    return { isVerified: isWithin(parseIdentity(identity), identityOf(leaf.subject)), why: 'identity' };
  } catch (error) {
    if (error instanceof CertificateError) return { isVerified: false, why: error.message };
    throw error;
  }
}

async function askNotation(user: NotationUser, reference: string): Promise<Answer> {
  const { code, stderr, stdout } = await user.run('verify', '--insecure-registry', '-v', reference);
  return { isVerified: code === 0, why: `${stderr}${stdout}`.replaceAll(/^level=info.*\n/gm, '') };
}

/** One repository, trust store and statement for each case. */
function writePolicy(user: NotationUser, host: string): void {
  const folder = join(user.configHome, 'notation');
  const trustPolicies = cases.map(({ made, identity }, at) => {
    const store = join(folder, 'truststore/x509/ca', `case-${at}`);
    mkdirSync(store, { recursive: true });
    const anchors = made.slice(-1).filter(({ der }) => mayBeAnchor(der));
    for (const { pem } of anchors) writeFileSync(join(store, 'root.pem'), pem);
    return {
      name: `case-${at}`,
      registryScopes: [`${host}/case-${at}`],
      signatureVerification: { level: 'strict', override: { revocation: 'skip' } },
      trustStores: [`ca:case-${at}`],
      trustedIdentities: [identity === undefined ? '*' : `x509.subject:${identity}`],
    };
  });
  writeFileSync(join(folder, 'trustpolicy.json'), JSON.stringify({ version: '1.0', trustPolicies }));
}

function mayBeAnchor(der: Uint8Array): boolean {
  try {
    return checkAnchor(readCertificate(der), 'ca') === undefined;
  } catch {
    return false; // a case about a certificate that cannot be read
  }
}

async function publish(registry: string, at: number, { made }: NotaryCase): Promise<string> {
  const digest = await pushRunnable(client, registry, `case-${at}:1`);
  const store = client.repository({ registry, repository: `case-${at}` });
  const { descriptor } = await store.resolve(digest);
  const [leaf] = made;
  if (leaf !== undefined) {
    const envelope = signNotaryJws({ target: descriptor, chain: made.map(({ der }) => der), key: leaf.privateKey });
    await attachNotaryEnvelope(store, descriptor, envelope);
  }
  return `${registry}/case-${at}@${digest}`;
}
