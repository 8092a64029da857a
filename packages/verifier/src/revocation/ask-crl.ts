import { answerByCrl, type Crl, type RevocationQuestion } from '@signet/core/revocation';
import { type Asked, isHttp, serversOf } from './asked.ts';
import type { CrlSource, FoundCrl } from './crl-source.ts';

/**
 * What lists say of a certificate: its addresses in their order, until one gives a list that is of use. notation wants all of them; the
 * specification takes the first that answers. A delta that a list names and that cannot be had makes it unknown. Rule: wire-formats 9.6.
 */
export async function askCrl(question: RevocationQuestion, source: CrlSource): Promise<Asked> {
  let failed: Asked = { server: undefined, answer: { status: 'unknown', message: 'there is no address of a CRL' } };
  for (const server of serversOf(question.certificate.crlUrls)) {
    const base = await findOne(server, 'base', question, source);
    if ('failed' in base) {
      failed = { server, answer: { status: 'unknown', message: base.failed } };
      continue;
    }
    return { server, answer: await withDelta(base.crl, question, source) };
  }
  return failed;
}

async function withDelta(base: Crl, question: RevocationQuestion, source: CrlSource): Promise<Asked['answer']> {
  let failed: string | undefined;
  for (const url of serversOf(base.freshestUrls)) {
    const delta = await findOne(url, 'delta', question, source);
    if ('crl' in delta) return answerByCrl(base, delta.crl, question);
    failed = delta.failed;
  }
  const answer = answerByCrl(base, undefined, question);
  // What the base revokes for good no delta lifts; a hold stays one until it is seen that it was lifted.
  if (failed === undefined || answer.status === 'revoked') return answer;
  return { status: 'unknown', message: `the delta CRL is missing: ${failed}` };
}

async function findOne(
  url: string,
  kind: 'base' | 'delta',
  question: RevocationQuestion,
  source: CrlSource,
): Promise<FoundCrl> {
  return isHttp(url) ? source.find(url, kind, question) : { failed: 'only http addresses are asked' };
}
