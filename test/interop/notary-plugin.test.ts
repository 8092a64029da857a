import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRegistryClient } from '@signet/oci';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jsonLines } from '../e2e/cli-world.ts';
import { signet } from '../support/cli.ts';
import { startDockerRegistry, type TestRegistry } from '../support/docker-registry.ts';
import { startEmbeddedRegistry } from '../support/embedded-registry.ts';
import { createNotationUser, type NotationKey, type NotationUser, notationKeys } from '../support/notation.ts';
import { havePeers } from '../support/peers.ts';
import { installTestPlugin, type PluginKey, writePluginKey } from '../support/plugins/install.ts';
import type { RunResult } from '../support/process.ts';
import { tempDir } from '../support/temp.ts';
import { pushRunnable } from './policy-world.ts';

const kinds = Object.keys(notationKeys) as readonly NotationKey[];

describe.runIf(havePeers(['notation', 'docker-registry'])).each([
  ['docker-registry', startDockerRegistry],
  ['embedded', startEmbeddedRegistry],
] as const)('one plugin for notation and Signet, registry: %s', (_, start) => {
  let registry: TestRegistry;
  let notation: NotationUser;
  const client = createRegistryClient();
  const keys = new Map<string, PluginKey>();
  let count = 0;

  beforeAll(async () => {
    [registry, notation] = await Promise.all([start(), createNotationUser(['ec-256'])]);
    const folder = join(notation.configHome, 'notation');
    for (const name of ['raw', 'envelope'] as const) installTestPlugin(folder, { name, kind: name });
    const store = join(folder, 'truststore/x509/ca/plugins');
    mkdirSync(store, { recursive: true });
    for (const kind of kinds) {
      const key = writePluginKey(join(folder, 'localkeys'), kind, `plugin-${kind}`);
      keys.set(kind, key);
      writeFileSync(join(store, `${kind}.crt`), key.rootPem);
    }
    trust(['*']);
  });
  afterAll(async () => {
    await client.close();
    await registry.stop();
  });

  /** What notation trusts, and Signet by its files. */
  function trust(trustedIdentities: readonly string[]): void {
    const policy = {
      name: 'all',
      registryScopes: ['*'],
      signatureVerification: { level: 'strict' },
      trustStores: ['ca:plugins'],
      trustedIdentities,
    };
    const text = JSON.stringify({ version: '1.0', trustPolicies: [policy] });
    writeFileSync(join(notation.configHome, 'notation/trustpolicy.json'), text);
  }

  const keyOf = (kind: NotationKey): PluginKey => keys.get(kind) ?? expect.unreachable(kind);
  const run = (...args: readonly string[]): Promise<RunResult> => signet(args, { env: notation.env });
  const config = (kind: NotationKey): readonly string[] =>
    Object.entries(keyOf(kind).config).flatMap(([name, value]) => ['--plugin-config', `${name}=${value}`]);

  async function image(): Promise<string> {
    count += 1;
    const digest = await pushRunnable(client, registry.host, `plugin/app:${count}`);
    return `${registry.host}/plugin/app@${digest}`;
  }

  const sign = (plugin: string, kind: NotationKey, ...more: readonly string[]): Promise<RunResult> =>
    run('sign', '--format', 'notary', '--plugin', plugin, '--id', 'k', ...config(kind), '-o', 'json', ...more);
  const theyVerify = (reference: string, ...more: readonly string[]): Promise<RunResult> =>
    notation.run('verify', '--insecure-registry', ...more, reference);
  const weVerify = (reference: string, ...more: readonly string[]): Promise<RunResult> =>
    run('verify', '--policy', 'notation', ...more, reference);

  it.each(kinds.flatMap((kind) => (['jws', 'cose'] as const).map((form) => [kind, form] as const)))(
    'raw, %s, %s: what each signs both verify',
    { timeout: 60_000 },
    async (kind, form) => {
      const ours = await image();
      expect(await sign('raw', kind, '--envelope', form, ours)).toMatchObject({ code: 0, stderr: '' });
      expect(await theyVerify(ours)).toMatchObject({ code: 0 });
      expect(await weVerify(ours)).toMatchObject({ code: 0 });
      const theirs = await image();
      const how = ['--insecure-registry', '--signature-format', form, '--plugin', 'raw', '--id', 'k'];
      await notation.runOk('sign', ...how, ...config(kind), theirs);
      expect(await theyVerify(theirs)).toMatchObject({ code: 0 });
      expect(await weVerify(theirs)).toMatchObject({ code: 0 });
    },
  );

  it('a key that notation key add names signs by its name, and by default', async () => {
    const named = ['--plugin', 'raw', '--id', 'k', ...config('ec-256'), '--default', 'release'];
    await notation.runOk('key', 'add', ...named);
    const [byName, byDefault] = [await image(), await image()];
    const first = await run('sign', '--format', 'notary', '--key-name', 'release', byName);
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(await run('sign', '--format', 'notary', byDefault)).toMatchObject({ code: 0, stderr: '' });
    for (const each of [byName, byDefault]) expect(await theyVerify(each)).toMatchObject({ code: 0 });
    await notation.runOk('sign', '--insecure-registry', '--key', 'release', await image());
  });

  it('a key in files that signingkeys.json names signs by its name', async () => {
    const done = await run('sign', '--format', 'notary', '--key-name', 'ec-256', '-o', 'json', await image());
    expect(done).toMatchObject({ code: 0, stderr: '' });
    expect(jsonLines(done.stdout)).toMatchObject([{ outcome: 'new', format: 'notary' }]);
    const none = await run('sign', '--format', 'notary', '--key-name', 'nobody', await image());
    expect(none).toMatchObject({ code: 2, stderr: expect.stringContaining('error[KEY_NOT_NAMED]') });
  });

  it("envelopes are COSE where notation's config.json says so", async () => {
    const path = join(notation.configHome, 'notation/config.json');
    writeFileSync(path, JSON.stringify({ signatureFormat: 'cose' }));
    try {
      const reference = await image();
      expect(await run('sign', '--format', 'notary', '--key-name', 'ec-256', reference)).toMatchObject({ code: 0 });
      const shown = await notation.runOk('inspect', '--insecure-registry', '-o', 'json', reference);
      expect(JSON.parse(shown).Signatures[0].mediaType).toBe('application/cose');
    } finally {
      writeFileSync(path, '{}');
    }
  });

  it('a plugin whose certificates are named signs once, and by no others', async () => {
    const reference = await image();
    const { chainFile } = keyOf('ec-256').config;
    const outcome = async (...more: readonly string[]) =>
      jsonLines((await sign('raw', 'ec-256', ...more, reference)).stdout).map((each) => each.outcome);
    expect(await outcome('--cert', chainFile)).toEqual(['new']);
    expect(await outcome('--cert', chainFile)).toEqual(['already-there']);
    expect(await outcome()).toEqual(['new']);
    const other = await sign('raw', 'ec-256', '--cert', keyOf('ec-384').config.chainFile, await image());
    expect(other).toMatchObject({ code: 1, stderr: expect.stringContaining('other certificates') });
  });

  it('whole envelopes: both verify them by the plugin that they name, and neither without', async () => {
    const ours = await image();
    expect(await sign('envelope', 'ec-256', '--expiry', '24h', ours)).toMatchObject({ code: 0, stderr: '' });
    expect(await theyVerify(ours)).toMatchObject({ code: 0 });
    const shown = JSON.parse(await notation.runOk('inspect', '--insecure-registry', '-o', 'json', ours));
    expect(JSON.stringify(shown)).toContain('"com.example.approvedBy":"somebody"');
    expect(await weVerify(ours)).toMatchObject({ code: 0, stdout: expect.stringContaining('verified') });
    const folder = join(notation.configHome, 'notation');
    const elsewhere = { ...notation.env, XDG_CONFIG_HOME: tempDir() };
    const byPath = ['verify', '--policy', join(folder, 'trustpolicy.json'), '-o', 'json', ours];
    expect(await signet(byPath, { env: elsewhere })).toMatchObject({
      code: 3,
      stdout: expect.stringContaining('there is no plugin envelope'),
    });
    const theirs = await image();
    const how = ['--insecure-registry', '--plugin', 'envelope', '--id', 'k', ...config('ec-256')];
    await notation.runOk('sign', ...how, theirs);
    expect(await theyVerify(theirs)).toMatchObject({ code: 0 });
    expect(await weVerify(theirs)).toMatchObject({ code: 0 });
  });

  it('the plugin is asked who is trusted, and what was revoked', async () => {
    const reference = await image();
    expect(await sign('envelope', 'ec-256', reference)).toMatchObject({ code: 0 });
    const leaf = createHash('sha256')
      .update(keyOf('ec-256').ders[0] ?? '')
      .digest('hex');
    const revoked = await theyVerify(reference, '-d', '--plugin-config', `revoked=${leaf}`);
    expect(revoked).toMatchObject({ code: 1, stderr: expect.stringContaining('the certificate was revoked') });
    const ours = await weVerify(reference, '--plugin-config', `revoked=${leaf}`);
    expect(ours).toMatchObject({ code: 1, stdout: expect.stringContaining('the certificate was revoked') });
    trust([`plugin:${leaf}`]);
    expect(await theyVerify(reference)).toMatchObject({ code: 0 });
    expect(await weVerify(reference)).toMatchObject({ code: 0 });
    trust(['plugin:somebody']);
    expect(await theyVerify(reference)).toMatchObject({ code: 1 });
    const other = await weVerify(reference);
    expect(other).toMatchObject({ code: 1, stdout: expect.stringContaining('none of those that are trusted') });
    trust(['*']);
  });

  it.each([
    ['raw', 'der-signature', 'it looks like DER'],
    ['raw', 'other-bytes', 'does not verify'],
    ['raw', 'signs-with-other-key', 'answers for "another"'],
    ['envelope', 'other-digest', 'has another digest'],
    ['envelope', 'changed-signature', 'does not verify'],
    ['envelope', 'other-type', 'asked for application/jose+json'],
  ] as const)(
    'a plugin that breaks the contract (%s, %s) signs for neither, and nothing is stored',
    async (kind, fault, why) => {
      const name = `bad-${fault}`;
      installTestPlugin(join(notation.configHome, 'notation'), { name, kind, fault });
      const reference = await image();
      const ours = await sign(name, 'ec-256', reference);
      expect(ours).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining(why) });
      const how = ['--insecure-registry', '--plugin', name, '--id', 'k', ...config('ec-256')];
      expect((await notation.run('sign', ...how, reference)).code).not.toBe(0);
      expect((await run('inspect', reference)).stdout).toContain('no signature is attached');
    },
  );

  it('is told how to be called', async () => {
    const reference = await image();
    const notary = ['sign', '--format', 'notary'];
    const { keyFile } = keyOf('ec-256').config;
    for (const [args, why] of [
      [[...notary, '--plugin', 'raw'], '--plugin needs --id'],
      [[...notary, '--id', 'k', '--key', keyFile], '--id is for --plugin'],
      [[...notary, '--plugin', 'raw', '--id', 'k', '--key', keyFile], 'said twice'],
      [[...notary, '--plugin', 'raw', '--id', 'k', '--plugin-config', 'x'], 'NAME=VALUE is wanted'],
      [[...notary, '--plugin', 'none', '--id', 'k'], 'error[PLUGIN_NOT_FOUND]'],
      [[...notary, '--key-name', 'ec-256', '--plugin-config', 'a=b'], 'is in files'],
      [['sign', '--key', keyFile, '--plugin', 'raw'], '--plugin is for --format notary'],
      [['sign', '--key', keyFile, '--key-name', 'x'], '--key-name is for --format notary'],
    ] as const)
      expect(await run(...args, reference), args.join(' ')).toMatchObject({
        code: 2,
        stderr: expect.stringContaining(why),
      });
    expect(readFileSync(keyFile, 'utf8')).toContain('PRIVATE KEY');
  });
});
