import { parseNotaryEnvelope, publicKeyFrom } from '@signet/core';
import {
  type NotaryPluginSigner,
  notaryPluginFormat,
  openPluginSigner,
  type PluginSigning,
} from '@signet/core/notary-plugin';
import { readCertificate } from '@signet/core/x509';
import { describe, expect, it } from 'vitest';
import type { PluginSetup } from '../../support/plugins/good-plugin.ts';
import { installTestPlugin, writePluginKey } from '../../support/plugins/install.ts';
import { tempDir } from '../../support/temp.ts';
import { atMs, failureOf, payload } from './questions.ts';

interface Opened {
  readonly signer: NotaryPluginSigner;
  readonly ders: readonly Uint8Array[];
}

async function open(
  kind: PluginSetup['kind'],
  more: Partial<PluginSigning> & { fault?: string } = {},
): Promise<Opened> {
  const folder = tempDir('signet-plugins-');
  const { fault, ...others } = more;
  installTestPlugin(folder, { name: 'mine', kind, ...(fault === undefined ? {} : { fault }) });
  const { config, ders } = writePluginKey(folder);
  const env = { PATH: process.env.PATH };
  return { signer: await openPluginSigner({ folder, name: 'mine', keyId: 'key', config, env, atMs, ...others }), ders };
}

describe.each(['raw', 'envelope'] as const)('a signer by a plugin: %s', (kind) => {
  it('seals what verifies, and knows its key from then on', async () => {
    const { signer, ders } = await open(kind);
    expect(signer).toMatchObject({ kind, isKnown: false, plugin: { name: 'mine' } });
    expect(() => signer.publicKey).toThrow(expect.objectContaining({ code: 'KEY_REFUSED' }));
    expect(() => signer.chain).toThrow(expect.objectContaining({ code: 'KEY_REFUSED' }));
    const format = notaryPluginFormat(signer);
    const artifact = await format.seal(payload, signer);
    expect(signer.isKnown).toBe(true);
    expect(format.verifies(artifact, payload, signer.publicKey)).toBe(true);
    expect(signer.publicKey.id).toBe(publicKeyFrom(readCertificate(ders[0] ?? new Uint8Array()).publicKey).id);
    expect(artifact).toMatchObject({ format: 'notary', envelopeMediaType: 'application/jose+json' });
    expect(artifact.manifestAnnotations).toEqual(kind === 'raw' ? {} : { 'com.example.made-by': 'mine' });
  });

  it('its self-check fails for another key, another payload and other bytes', async () => {
    const { signer } = await open(kind);
    const format = notaryPluginFormat(signer);
    const artifact = await format.seal(payload, signer);
    const other = publicKeyFrom(readCertificate(signer.chain[1] ?? new Uint8Array()).publicKey);
    expect(format.verifies(artifact, payload, other)).toBe(false);
    const bytes = Buffer.from(Buffer.from(payload.bytes).toString().replace('423', '424'));
    expect(format.verifies(artifact, { ...payload, bytes }, signer.publicKey)).toBe(false);
    expect(format.verifies({ ...artifact, envelope: Buffer.from('{}') }, payload, signer.publicKey)).toBe(false);
  });

  it('signs with the certificates that were named, or not at all', async () => {
    const { ders } = await open(kind);
    const named = await open(kind, { chain: ders });
    // Each key is made once for its name: both have the same, and other certificates.
    expect(named.signer.isKnown).toBe(true);
    const error = await failureOf(named.signer.seal(payload, {}));
    expect(error).toMatchObject({ code: 'PLUGIN_CONTRACT', message: expect.stringContaining('other certificates') });
  });

  it('ends: the envelope says so', async () => {
    const { signer } = await open(kind);
    const { envelope } = await signer.seal(payload, { lifetimeMs: 3_600_000 });
    const { attributes } = parseNotaryEnvelope(envelope, 'jws');
    expect((attributes.expiryMs ?? 0) - (attributes.signingTimeMs ?? 0)).toBe(3_600_000);
  });

  it('is none where the plugin cannot sign, or is not there', async () => {
    expect(await failureOf(open(kind, { fault: 'cannot-sign' }))).toMatchObject({ code: 'PLUGIN_INCAPABLE' });
    expect(await failureOf(open(kind, { name: 'other' }))).toMatchObject({ code: 'PLUGIN_NOT_FOUND' });
  });
});

describe('a signer by a plugin that signs bytes', () => {
  it('writes COSE too, and asks for a time stamp over its signature', async () => {
    const { signer } = await open('raw');
    const stamped: Uint8Array[] = [];
    const timestamp = async (signature: Uint8Array) => {
      stamped.push(signature);
      return Uint8Array.of(1, 2, 3);
    };
    const { envelope } = await signer.seal(payload, { form: 'cose', timestamp });
    const read = parseNotaryEnvelope(envelope, 'cose');
    expect(read.signature).toEqual(new Uint8Array(stamped[0] ?? []));
    expect(read.timestamp).toEqual(Uint8Array.of(1, 2, 3));
  });

  it('signs by the one scheme of its key', async () => {
    const { signer } = await open('raw');
    expect(await signer.sign(Buffer.from('x'), 'ECDSA_SHA256')).toHaveLength(64);
    await expect(signer.sign(Buffer.from('x'), 'ECDSA_SHA384')).rejects.toMatchObject({ code: 'KEY_REFUSED' });
  });

  it('gives nothing that does not verify', async () => {
    const { signer } = await open('raw', { fault: 'other-bytes' });
    expect(await failureOf(signer.seal(payload, {}))).toMatchObject({ code: 'PLUGIN_CONTRACT' });
    expect(signer.isKnown).toBe(false);
  });
});

describe('a signer by a plugin that makes envelopes', () => {
  it('signs no bytes, and gets no time stamp here', async () => {
    const { signer } = await open('envelope');
    await expect(signer.sign(Buffer.from('x'), 'ECDSA_SHA256')).rejects.toMatchObject({ code: 'KEY_REFUSED' });
    const timestamp = async () => Uint8Array.of(1);
    await expect(signer.seal(payload, { timestamp })).rejects.toMatchObject({ code: 'ENVELOPE_UNSUPPORTED' });
  });

  it('may have added annotations to the payload, and changed none', async () => {
    const { signer } = await open('envelope', { fault: 'added-annotation' });
    const format = notaryPluginFormat(signer);
    expect(format.verifies(await format.seal(payload, signer), payload, signer.publicKey)).toBe(true);
    const bad = await open('envelope', { fault: 'changed-annotation' });
    expect(await failureOf(notaryPluginFormat(bad.signer).seal(payload, bad.signer))).toMatchObject({
      code: 'PLUGIN_CONTRACT',
    });
  });
});
