import { createHash } from 'node:crypto';
import type { NotaryEnvelope } from '@signet/core';
import { generateEnvelope, type VerifierCapability, verifySignature } from '@signet/core/notary-plugin';
import { beforeAll, describe, expect, it } from 'vitest';
import { type PluginKey, writePluginKey } from '../../support/plugins/install.ts';
import { tempDir } from '../../support/temp.ts';
import { answering, atMs, failureOf, payload, startablePlugin } from './questions.ts';

const identity: VerifierCapability = 'SIGNATURE_VERIFIER.TRUSTED_IDENTITY';
const revocation: VerifierCapability = 'SIGNATURE_VERIFIER.REVOCATION_CHECK';
const whole = (fault?: string) =>
  ({ name: 'whole', kind: 'envelope', ...(fault === undefined ? {} : { fault }) }) as const;
let key: PluginKey;
let envelope: NotaryEnvelope;
let leaf = '';
beforeAll(async () => {
  key = writePluginKey(tempDir('signet-plugin-key-'));
  leaf = createHash('sha256')
    .update(key.ders[0] ?? '')
    .digest('hex');
  const question = { keyId: 'key', form: 'jws', payload: payload.bytes, atMs } as const;
  envelope = (await generateEnvelope(await startablePlugin(whole()), question, { config: key.config })).envelope;
});

async function verify(
  capabilities: readonly VerifierCapability[],
  { trusted = ['*'], fault, config = {} }: { trusted?: string[]; fault?: string; config?: Record<string, string> } = {},
) {
  const program = await startablePlugin(whole(fault));
  return verifySignature(program, { envelope, trustedIdentities: trusted, capabilities }, { config });
}

describe('verify-signature', () => {
  it('by identity: trusted, or not', async () => {
    const yes = await verify([identity], { trusted: [`plugin:${leaf}`] });
    expect(yes).toEqual(new Map([[identity, { isSuccess: true }]]));
    const no = await verify([identity], { trusted: ['plugin:somebody'] });
    expect(no.get(identity)).toMatchObject({ isSuccess: false, reason: expect.stringContaining('none of those') });
  });

  it('by revocation: good, or revoked', async () => {
    expect((await verify([revocation])).get(revocation)).toEqual({ isSuccess: true, reason: 'not on the list' });
    const revoked = await verify([identity, revocation], { config: { revoked: leaf } });
    expect(revoked.get(revocation)).toEqual({ isSuccess: false, reason: 'the certificate was revoked' });
    expect(revoked.get(identity)?.isSuccess).toBe(true);
  });

  it('by nothing but its own attribute', async () => {
    expect(await verify([])).toEqual(new Map());
  });

  it('asks as notation does, without the attributes that name the plugin', async () => {
    const program = answering({});
    await failureOf(verifySignature(program, { envelope, trustedIdentities: ['a'], capabilities: [identity] }));
    const wanted = {
      contractVersion: '1.0',
      signature: {
        criticalAttributes: {
          contentType: 'application/vnd.cncf.notary.payload.v1+json',
          signingScheme: 'notary.x509',
          extendedAttributes: { 'com.example.approvedBy': 'somebody' },
        },
        unprocessedAttributes: ['com.example.approvedBy'],
        certificateChain: key.ders.map((each) => Buffer.from(each).toString('base64')),
      },
      trustPolicy: { trustedIdentities: ['a'], signatureVerification: [identity] },
    };
    expect(program.asked).toEqual([wanted]);
  });

  it('tells times, and bytes in base64; what JSON does not have it refuses', async () => {
    const said = (attributes: Partial<NotaryEnvelope['attributes']>): NotaryEnvelope => ({
      ...envelope,
      attributes: { ...envelope.attributes, extended: [], ...attributes },
    });
    const ask = (attributes: Parameters<typeof said>[0], program = answering({})) => {
      const question = { envelope: said(attributes), trustedIdentities: [], capabilities: [] };
      return { program, done: verifySignature(program, question) };
    };
    const times = ask({ expiryMs: atMs, authenticSigningTimeMs: atMs });
    await failureOf(times.done);
    expect(times.program.asked).toMatchObject([
      {
        signature: {
          criticalAttributes: { expiry: '2026-01-01T00:00:00Z', authenticSigningTime: '2026-01-01T00:00:00Z' },
          unprocessedAttributes: [],
        },
      },
    ]);
    const value = { of: [Uint8Array.of(1), true, null] };
    const bytes = ask({
      extended: [
        { name: 'a', value, isCritical: true },
        { name: 'b', value: 1, isCritical: false },
      ],
    });
    await failureOf(bytes.done);
    expect(bytes.program.asked).toMatchObject([
      { signature: { criticalAttributes: { extendedAttributes: { a: { of: ['AQ==', true, null] } } } } },
    ]);
    for (const extended of [
      [{ name: 7, value: 1, isCritical: true }],
      [{ name: 'a', value: new Map(), isCritical: true }],
      [{ name: 'a', value: 1n, isCritical: true }],
    ])
      await expect(ask({ extended }).done).rejects.toMatchObject({ code: 'ENVELOPE_UNSUPPORTED' });
  });

  it.each([
    ['no-result', `it does not answer for ${identity}`],
    ['more-results', 'it answers for "SIGNATURE_VERIFIER.OTHER", for which it was not asked'],
    ['not-processed', 'it has not processed the critical attribute "com.example.approvedBy"'],
    ['no-success', 'success is not true or false'],
  ])('%s is refused', async (fault, why) => {
    const error = await failureOf(verify([identity], { fault }));
    expect(error).toMatchObject({ code: 'PLUGIN_CONTRACT', message: expect.stringContaining(why) });
  });
});
