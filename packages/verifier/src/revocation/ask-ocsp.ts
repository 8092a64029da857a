import {
  maxOcspBytes,
  ocspCall,
  ocspRequest,
  type RevocationQuestion,
  readOcspResponse,
} from '@signet/core/revocation';
import { type Asked, isHttp, serversOf } from './asked.ts';
import type { Fetched, RevocationFetcher } from './fetcher.ts';

/** Milliseconds for one responder. Rule: wire-formats 12. */
const timeoutMs = 2000;

/** What responders say of a certificate: its addresses in their order, until one says good or revoked. Rule: wire-formats 9.6. */
export async function askOcsp(
  question: RevocationQuestion,
  fetcher: RevocationFetcher,
  signal: AbortSignal | undefined,
): Promise<Asked> {
  const request = ocspRequest(question.certificate, question.issuer);
  let last: Asked = { server: undefined, answer: { status: 'unknown', message: 'there is no address of a responder' } };
  for (const server of serversOf(question.certificate.ocspUrls)) {
    const fetched = await askOne(server, request, { fetcher, signal });
    const answer: Asked['answer'] =
      'failed' in fetched ? { status: 'unknown', message: fetched.failed } : readOcspResponse(fetched.bytes, question);
    last = { server, answer };
    if (answer.status !== 'unknown') return last;
  }
  return last;
}

async function askOne(
  server: string,
  request: Uint8Array,
  { fetcher, signal }: { readonly fetcher: RevocationFetcher; readonly signal: AbortSignal | undefined },
): Promise<Fetched> {
  if (!isHttp(server)) return { failed: 'only http addresses are asked' };
  const call = ocspCall(server, request);
  const options = { maxBytes: maxOcspBytes, timeoutMs, signal };
  return call.method === 'GET'
    ? fetcher.get(call.url, options)
    : fetcher.post(call.url, call.body, { ...options, contentType: call.contentType });
}
