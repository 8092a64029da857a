import { notaryAlgorithms } from '@signet/core';
import { describeKey, generateSignature, type SignatureQuestion } from '@signet/core/notary-plugin';
import { describe, expect, it } from 'vitest';
import { makeChain, testKey } from '../../support/certificates.ts';
import type { NotationKey } from '../../support/notation.ts';
import { signBytes } from '../../support/plugins/good-plugin.ts';
import { answering, atMs, failureOf, pluginKey, startablePlugin } from './questions.ts';

const [algorithm] = notaryAlgorithms.filter(({ keySpec }) => keySpec === 'EC-256');
if (algorithm === undefined) throw new RangeError('no algorithm of P-256');
const message = Buffer.from('what is signed');
const question: SignatureQuestion = { keyId: 'key', algorithm, payload: message, atMs };
const raw = (fault?: string) => ({ name: 'raw', kind: 'raw', ...(fault === undefined ? {} : { fault }) }) as const;

describe('describe-key', () => {
  it.each(notaryAlgorithms.map((each) => [each.keySpec, each] as const))('%s', async (keySpec, wanted) => {
    const program = answering({ keyId: 'k', keySpec });
    expect(await describeKey(program, 'k', { config: { a: 'b' } })).toBe(wanted);
    expect(program.asked).toEqual([{ contractVersion: '1.0', keyId: 'k', pluginConfig: { a: 'b' } }]);
  });

  it.each([
    ['other-key', 'asked for the key "key", it answers for "another"'],
    ['odd-key', 'a key of kind "RSA-1024" signs nothing here'],
  ])('%s is refused', async (fault, why) => {
    const { config } = pluginKey();
    const error = await failureOf(describeKey(await startablePlugin(raw(fault)), 'key', { config }));
    expect(error).toMatchObject({ code: 'PLUGIN_CONTRACT', message: expect.stringContaining(why) });
  });
});

describe('generate-signature', () => {
  it.each(['ec-256', 'ec-384', 'ec-521', 'rsa-2048', 'rsa-3072', 'rsa-4096'] as const)(
    '%s: signs, with the chain',
    { timeout: 30_000 },
    async (kind: NotationKey) => {
      const { config, ders } = pluginKey(kind);
      const program = await startablePlugin(raw());
      const own = await describeKey(program, 'key', { config });
      const signed = await generateSignature(program, { ...question, algorithm: own }, { config });
      expect(signed.certificates.map((each) => Buffer.from(each))).toEqual(ders.map((each) => Buffer.from(each)));
    },
  );

  it('asks as notation does', async () => {
    const program = answering({});
    await failureOf(generateSignature(program, question, { config: { a: 'b' } }));
    const wanted = {
      contractVersion: '1.0',
      keyId: 'key',
      pluginConfig: { a: 'b' },
      keySpec: 'EC-256',
      hashAlgorithm: 'SHA-256',
      payload: message.toString('base64'),
    };
    expect(program.asked).toEqual([wanted]);
  });

  it.each([
    ['signs-with-other-key', 'asked for the key "key", it answers for "another"'],
    ['other-algorithm', 'a key EC-256 signs with ECDSA-SHA-256, not "ECDSA-SHA-512"'],
    ['no-chain', 'there is none'],
    ['half-chain', 'the root is missing'],
    ['not-base64', 'signature is not base64 of some bytes'],
    ['other-bytes', 'does not verify with the key of the first certificate'],
    ['der-signature', 'it looks like DER, and r and s side by side are wanted'],
  ])('%s is refused', async (fault, why) => {
    const { config } = pluginKey();
    const program = await startablePlugin(raw(fault));
    const error = await failureOf(generateSignature(program, question, { config }));
    expect(error).toMatchObject({ code: 'PLUGIN_CONTRACT', message: expect.stringContaining(why) });
  });
});

describe('the chain of a signature', () => {
  const answerOf = (request: Parameters<typeof makeChain>[0]) => {
    const { leaf, ders } = makeChain(request);
    return answering({
      keyId: 'key',
      signature: signBytes(leaf.privateKey, message).toString('base64'),
      signingAlgorithm: 'ECDSA-SHA-256',
      certificateChain: ders.map((each) => Buffer.from(each).toString('base64')),
    });
  };

  it('is taken where verifiers take it', async () => {
    expect((await generateSignature(answerOf({}), question)).certificates).toHaveLength(3);
  });

  it.each([
    ['has ended', { leaf: { toMs: atMs - 1000 } }, 'had expired'],
    ['has not begun', { leaf: { fromMs: atMs + 1000 } }, 'was not valid yet'],
    ['is no leaf', { leaf: { profile: 'ca' } }, 'leaf'],
    ['is of another key', { leaf: { key: 'ec-384' } }, 'does not sign with ECDSA-SHA-256'],
  ] as const)('is refused where it %s', async (_, request, why) => {
    const error = await failureOf(generateSignature(answerOf(request), question));
    expect(error).toMatchObject({ code: 'PLUGIN_CONTRACT' });
    expect(error.message).toContain(why);
  });

  it('is refused with bytes that are no certificate', async () => {
    const key = testKey('ec-256', 'junk');
    const answer = {
      keyId: 'key',
      signature: signBytes(key, message).toString('base64'),
      signingAlgorithm: 'ECDSA-SHA-256',
      certificateChain: ['AAAA'],
    };
    expect(await failureOf(generateSignature(answering(answer), question))).toMatchObject({ code: 'PLUGIN_CONTRACT' });
    const many = { ...answer, certificateChain: Array.from({ length: 11 }, () => 'AAAA') };
    const error = await failureOf(generateSignature(answering(many), question));
    expect(error.message).toContain('has 11 items, at most 10 are read');
  });
});
