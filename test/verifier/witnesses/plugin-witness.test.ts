import { parseNotaryEnvelope } from '@signet/core';
import { digestOf } from '@signet/oci';
import { createWitnesses, type PluginAsk } from '@signet/verifier';
import { describe, expect, it } from 'vitest';
import { makeChain } from '../../support/certificates.ts';
import { signNotaryJws } from '../../support/notary-signature.ts';
import { ownAttribute, type PluginSetup } from '../../support/plugins/good-plugin.ts';
import { installTestPlugin } from '../../support/plugins/install.ts';
import { tempDir } from '../../support/temp.ts';

const { leaf, ders } = makeChain();
const attributes = { 'io.cncf.notary.verificationPlugin': 'tested', [ownAttribute]: 'somebody' };
const envelope = parseNotaryEnvelope(
  signNotaryJws({
    target: { mediaType: 'application/x', digest: digestOf(Buffer.from('x')), size: 1 },
    chain: ders,
    key: leaf.privateKey,
    attributes,
    critical: Object.keys(attributes),
  }),
  'jws',
);
const question: PluginAsk = { name: 'tested', envelope, identities: ['*'], wantsRevocation: true };

const witnessesWith = (setup: Partial<PluginSetup> = {}, signal?: AbortSignal) => {
  const folder = tempDir();
  installTestPlugin(folder, { name: 'tested', kind: 'raw', ...setup });
  const { plugin } = createWitnesses({ folder: () => folder, env: process.env, config: { revoked: '' } });
  return (ask: Partial<PluginAsk> = {}) => plugin({ ...question, ...ask }, signal);
};

describe('a plugin as a witness', () => {
  it('says what it was asked for', async () => {
    const ask = witnessesWith();
    expect(await ask()).toEqual({
      kind: 'answer',
      capabilities: ['SIGNATURE_VERIFIER.TRUSTED_IDENTITY', 'SIGNATURE_VERIFIER.REVOCATION_CHECK'],
      verdicts: new Map([
        ['SIGNATURE_VERIFIER.TRUSTED_IDENTITY', { isSuccess: true }],
        ['SIGNATURE_VERIFIER.REVOCATION_CHECK', { isSuccess: true, reason: 'not on the list' }],
      ]),
    });
    const without = await ask({ wantsRevocation: false, identities: ['plugin:somebody'] });
    expect(without).toMatchObject({
      kind: 'answer',
      verdicts: new Map([
        [
          'SIGNATURE_VERIFIER.TRUSTED_IDENTITY',
          { isSuccess: false, reason: 'the identity is none of those that are trusted' },
        ],
      ]),
    });
  });

  it('has to be at least of the version that the signature wants', async () => {
    expect(await witnessesWith()({ minVersion: '1.2.3' })).toMatchObject({ kind: 'answer' });
    expect(await witnessesWith()({ minVersion: '1.2.4' })).toEqual({
      kind: 'none',
      message: 'the plugin tested has the version 1.2.3, 1.2.4 is needed',
    });
    expect(await witnessesWith({ version: 'one' })({ minVersion: '1.0.0' })).toMatchObject({ kind: 'none' });
    expect(await witnessesWith()({ minVersion: 'one' })).toMatchObject({ kind: 'none' });
  });

  it.each<[string, Partial<PluginSetup>, Partial<PluginAsk>, string]>([
    ['that is not there', {}, { name: 'another' }, 'there is no plugin another'],
    ['whose name leads elsewhere', {}, { name: '../tested' }, 'name'],
    ['that verifies nothing', { fault: 'cannot-sign' }, {}, 'verifies nothing'],
    ['that writes no JSON', { fault: 'bad-json' }, {}, 'breaks its contract'],
    ['that fails', { fault: 'denied' }, {}, 'no access to the key'],
    ['that leaves an attribute out', { fault: 'not-processed' }, {}, 'has not processed'],
    ['that leaves an answer out', { fault: 'no-result' }, {}, 'does not answer'],
  ])('%s has not answered', async (_, setup, ask, why) => {
    expect(await witnessesWith(setup)(ask)).toEqual({ kind: 'none', message: expect.stringContaining(why) });
  });

  it('is ended when the time is up, and has not answered', async () => {
    const ask = witnessesWith({ fault: 'hangs' }, AbortSignal.timeout(300));
    expect(await ask()).toMatchObject({ kind: 'none', message: expect.stringContaining('aborted') });
  });

  it("has not answered where notation's folder is not known", async () => {
    const folder = (): string => {
      throw new RangeError('HOME is not set');
    };
    const { plugin } = createWitnesses({ folder, env: {} });
    expect(await plugin(question)).toEqual({ kind: 'none', message: 'HOME is not set' });
  });
});
