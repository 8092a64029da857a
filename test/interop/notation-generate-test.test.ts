import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Certificate, readCertificateFile } from '@signet/core/x509';
import { createRegistryClient } from '@signet/oci';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jsonLines } from '../e2e/cli-world.ts';
import { signet } from '../support/cli.ts';
import type { TestRegistry } from '../support/docker-registry.ts';
import { startEmbeddedRegistry } from '../support/embedded-registry.ts';
import { createNotationUser, type NotationUser } from '../support/notation.ts';
import { havePeers } from '../support/peers.ts';
import { pushRunnable } from './policy-world.ts';

describe.runIf(havePeers(['notation']))('signet cert generate-test, beside notation cert generate-test', () => {
  const client = createRegistryClient();
  let registry: TestRegistry;
  let notation: NotationUser;

  beforeAll(async () => {
    [registry, notation] = await Promise.all([startEmbeddedRegistry(), createNotationUser([])]);
    const made = await signet(['cert', 'generate-test', '--default', 'ours', '-o', 'json'], { env: notation.env });
    expect(made).toMatchObject({ code: 0, stderr: '' });
    expect(jsonLines(made.stdout)).toMatchObject([{ name: 'ours', bits: 2048, default: true }]);
    await notation.runOk('cert', 'generate-test', 'them');
    const trustPolicies = ['ours', 'them'].map((name) => ({
      name,
      registryScopes: [`${registry.host}/test/${name}`],
      signatureVerification: { level: 'strict' },
      trustStores: [`ca:${name}`],
      trustedIdentities: [`x509.subject: C=US, ST=WA, L=Seattle, O=Notary, CN=${name}`],
    }));
    const file = join(notation.configHome, 'p.json');
    writeFileSync(file, JSON.stringify({ version: '1.0', trustPolicies }));
    await notation.runOk('policy', 'import', file);
  });
  afterAll(async () => {
    await client.close();
    await registry.stop();
  });

  const place = (name: string): string => join(notation.configHome, 'notation', name);
  const certificate = (name: string): Certificate => {
    const [only, ...more] = readCertificateFile(readFileSync(place(`localkeys/${name}.crt`)));
    expect(more).toEqual([]);
    return only ?? expect.unreachable(name);
  };
  const image = async (name: string, tag: string): Promise<string> =>
    `${registry.host}/test/${name}@${await pushRunnable(client, registry.host, `test/${name}:${tag}`)}`;

  it('makes what notation makes, but for the key, the number and the name', () => {
    const [ours, theirs] = [certificate('ours'), certificate('them')];
    expect(factsOf(ours)).toEqual(factsOf(theirs));
    expect(ours.subjectBytes).toEqual(ours.issuerBytes);
    const named = Buffer.from(ours.subjectBytes).toString('latin1').slice(2);
    expect(named.replace('ours', '')).toBe(
      Buffer.from(theirs.subjectBytes).toString('latin1').slice(2).replace('them', ''),
    );
  });

  it('notation lists both, and ours signs by default', async () => {
    const keys = await notation.runOk('key', 'ls');
    expect(keys).toMatch(/\* ours +\S+ours\.key +\S+ours\.crt/);
    expect(keys).toMatch(/^them /m);
    expect(await notation.runOk('cert', 'ls')).toMatch(/ca +ours +ours\.crt/);
  });

  it.each(['ours', 'them'])('both sign with the key %s, and verify what the other signed', async (name) => {
    const env = { env: notation.env };
    const byNotation = await image(name, 'notation');
    await notation.runOk('sign', '--insecure-registry', '--key', name, byNotation);
    const bySignet = await image(name, 'signet');
    const signed = await signet(['sign', '--format', 'notary', '--key-name', name, bySignet], env);
    expect(signed).toMatchObject({ code: 0, stderr: '' });
    for (const reference of [byNotation, bySignet]) {
      expect(await notation.run('verify', '--insecure-registry', reference)).toMatchObject({ code: 0 });
      expect(await signet(['verify', '--policy', 'notation', reference], env)).toMatchObject({ code: 0 });
    }
  });

  it('both sign with it where no key is named, and neither makes it a second time', async () => {
    const env = { env: notation.env };
    const reference = await image('ours', 'default');
    expect(await signet(['sign', '--format', 'notary', reference], env)).toMatchObject({ code: 0 });
    expect(await notation.run('verify', '--insecure-registry', reference)).toMatchObject({ code: 0 });
    const before = readFileSync(place('signingkeys.json'), 'utf8');
    expect(await signet(['cert', 'generate-test', 'them'], env)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('error[FILE_EXISTS]'),
    });
    expect(await notation.run('cert', 'generate-test', 'ours')).toMatchObject({ code: 1 });
    expect(readFileSync(place('signingkeys.json'), 'utf8')).toBe(before);
  });
});

/** All that a reader sees but what is different by nature. */
function factsOf(certificate: Certificate): unknown {
  const { der, thumbprint, subject, issuer, subjectBytes, issuerBytes, serialNumber, ...kept } = certificate;
  const { notBeforeMs, notAfterMs, publicKey, spki, keyId, ...facts } = kept;
  return { ...facts, lasts: notAfterMs - notBeforeMs, ...publicKey.asymmetricKeyDetails };
}
