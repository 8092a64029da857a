import { readCertificate } from '@signet/core/x509';
import { expect, it } from 'vitest';
import type { RevocationFetcher } from '../../../packages/verifier/src/revocation/fetcher.ts';
import { createRevocationWitness } from '../../../packages/verifier/src/witnesses/revocation-witness.ts';
import { makeCertificate } from '../../support/certificates.ts';

const root = makeCertificate({ profile: 'ca', subject: 'CN=witness root' });
const chainOf = (serial: bigint) => {
  const leaf = makeCertificate({ subject: 'CN=l', issuer: root, serial, ocspUrls: ['http://responder.example/'] });
  return [readCertificate(leaf.der), readCertificate(root.der)];
};

function createCounting() {
  const asked: boolean[] = [];
  const fetcher = (allowPrivate: boolean): RevocationFetcher => {
    const answer = async () => {
      asked.push(allowPrivate);
      return { failed: 'nobody is there' };
    };
    return { get: answer, post: answer };
  };
  return { asked, witness: createRevocationWitness({ fetcher }) };
}

const ask = { chain: chainOf(1n), atMs: 1_000_000, allowPrivate: false };

it('who asks for the same at a time, or within a minute, gets the same answer', async () => {
  const { asked, witness } = createCounting();
  const both = await Promise.all([witness(ask), witness(ask)]);
  expect(both[0]).toMatchObject([{ status: 'unknown' }, { status: 'nonRevocable' }]);
  expect(both[1]).toEqual(both[0]);
  await witness({ ...ask, atMs: ask.atMs + 59_999 });
  expect(asked).toHaveLength(1);
  await witness({ ...ask, atMs: ask.atMs + 60_000 });
  expect(asked).toHaveLength(2);
});

it('an answer from a later time is none for an earlier one', async () => {
  const { asked, witness } = createCounting();
  await witness(ask);
  await witness({ ...ask, atMs: ask.atMs - 1 });
  expect(asked).toHaveLength(2);
});

it('other certificates, other signing times, and private addresses are other questions', async () => {
  const { asked, witness } = createCounting();
  await witness(ask);
  await witness({ ...ask, chain: chainOf(2n) });
  await witness({ ...ask, signedAtMs: 5 });
  await witness({ ...ask, allowPrivate: true });
  expect(asked).toEqual([false, false, false, true]);
});

it('a thousand answers are kept, the newest', async () => {
  const { asked, witness } = createCounting();
  for (let at = 0; at <= 1000; at += 1) await witness({ ...ask, signedAtMs: at });
  await witness({ ...ask, signedAtMs: 1000 });
  await witness({ ...ask, signedAtMs: 1 });
  expect(asked).toHaveLength(1001);
  await witness({ ...ask, signedAtMs: 0 });
  expect(asked).toHaveLength(1002);
});
