import { parseNotaryPayload } from '@signet/core';
import { type EnvelopeQuestion, generateEnvelope } from '@signet/core/notary-plugin';
import { beforeAll, describe, expect, it } from 'vitest';
import type { PluginKey } from '../../support/plugins/install.ts';
import { writePluginKey } from '../../support/plugins/install.ts';
import { tempDir } from '../../support/temp.ts';
import { answering, atMs, failureOf, payload, startablePlugin } from './questions.ts';

const question: EnvelopeQuestion = { keyId: 'key', form: 'jws', payload: payload.bytes, atMs };
const envelope = (fault?: string) =>
  ({ name: 'whole', kind: 'envelope', ...(fault === undefined ? {} : { fault }) }) as const;
let key: PluginKey;
beforeAll(() => {
  key = writePluginKey(tempDir('signet-plugin-key-'));
});

async function make(fault?: string, lifetimeSeconds?: number) {
  const program = await startablePlugin(envelope(fault));
  const lifetime = lifetimeSeconds === undefined ? {} : { lifetimeSeconds };
  return generateEnvelope(program, { ...question, ...lifetime }, { config: key.config });
}

describe('generate-envelope', () => {
  it('gives an envelope that says what was asked for', async () => {
    const made = await make();
    expect(Buffer.from(made.envelope.payload)).toEqual(Buffer.from(payload.bytes));
    expect(made.envelope.attributes.verificationPlugin).toBe('whole');
    expect(made.annotations).toEqual({ 'com.example.made-by': 'whole' });
  });

  it('with an end where one is asked for', async () => {
    const { attributes } = (await make(undefined, 3600)).envelope;
    expect((attributes.expiryMs ?? 0) - (attributes.signingTimeMs ?? 0)).toBe(3_600_000);
  });

  it('may add to the annotations', async () => {
    const { annotations } = parseNotaryPayload((await make('added-annotation')).envelope.payload);
    expect(annotations).toEqual({ ...parseNotaryPayload(payload.bytes).annotations, 'com.example.ticket': '42' });
  });

  it('asks as notation does', async () => {
    const program = answering({});
    await failureOf(generateEnvelope(program, { ...question, form: 'cose', lifetimeSeconds: 60 }));
    const wanted = {
      contractVersion: '1.0',
      keyId: 'key',
      expiryDurationInSeconds: 60,
      payload: Buffer.from(payload.bytes).toString('base64'),
      payloadType: 'application/vnd.cncf.notary.payload.v1+json',
      signatureEnvelopeType: 'application/cose',
    };
    expect(program.asked).toEqual([wanted]);
  });

  it.each([
    ['other-type', 'asked for application/jose+json, it answers with "application/cose"'],
    ['no-envelope', 'envelope'],
    ['own-annotation', 'it wants the annotation "dev.signet.envelope", which is not its own'],
    ['changed-signature', 'the signature of the envelope does not verify'],
    ['other-digest', 'has another digest'],
    ['other-size', 'has another size'],
    ['other-media-type', 'has another mediaType'],
    ['changed-annotation', 'has another annotation "dev.signet.signed-at"'],
    ['lost-annotations', 'has another annotation'],
    ['added-member', 'has a member that was not given, "more"'],
    ['unverifiable', '"com.example.approvedBy" is critical, and no plugin is named'],
  ])('%s is refused', async (fault, why) => {
    const error = await failureOf(make(fault));
    expect(error).toMatchObject({ code: 'PLUGIN_CONTRACT', message: expect.stringContaining(why) });
  });

  it('a name that was not to be signed is not added', async () => {
    const bare = JSON.parse(Buffer.from(payload.bytes).toString());
    delete bare.targetArtifact.annotations['org.opencontainers.image.ref.name'];
    const untagged = { ...question, payload: Buffer.from(JSON.stringify(bare)) };
    const ask = async (fault?: string) =>
      generateEnvelope(await startablePlugin(envelope(fault)), untagged, { config: key.config });
    expect((await ask()).envelope.payload).toBeDefined();
    const error = await failureOf(ask('added-reference'));
    expect(error.message).toContain('has got the annotation "org.opencontainers.image.ref.name"');
  });

  it.each([
    ['no-end', 'an end was asked for, and the envelope has none'],
    ['later-end', 'counts for longer than was asked for'],
  ])('%s is refused', async (fault, why) => {
    const error = await failureOf(make(fault, 3600));
    expect(error).toMatchObject({ code: 'PLUGIN_CONTRACT', message: expect.stringContaining(why) });
  });

  it('annotations without bounds are refused', async () => {
    const many = Object.fromEntries(Array.from({ length: 101 }, (_, at) => [`n${at}`, '']));
    for (const annotations of [many, { a: 'x'.repeat(65_536) }, { a: 1 }, []]) {
      const answer = { signatureEnvelope: 'AAAA', signatureEnvelopeType: 'application/jose+json', annotations };
      const error = await failureOf(generateEnvelope(answering(answer), question));
      expect(error).toMatchObject({ code: 'PLUGIN_CONTRACT', message: expect.stringContaining('annotations') });
    }
  });
});
