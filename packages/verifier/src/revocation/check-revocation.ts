import type { RevocationQuestion } from '@signet/core/revocation';
import type { Certificate } from '@signet/core/x509';
import { askCrl } from './ask-crl.ts';
import { askOcsp } from './ask-ocsp.ts';
import type { Asked } from './asked.ts';
import type { CrlSource } from './crl-source.ts';
import type { RevocationFetcher } from './fetcher.ts';

/** What was found out about one certificate. */
export interface RevocationResult {
  /** Of the certificate, as `Certificate.thumbprint`. */
  readonly thumbprint: string;
  readonly status: 'ok' | 'nonRevocable' | 'revoked' | 'unknown';
  /** What gave the answer; `none` where a certificate names nobody to ask. */
  readonly method: 'ocsp' | 'crl' | 'none';
  /** The address that gave it, or was asked last. */
  readonly server?: string;
  readonly message: string;
}

/** Times are milliseconds since 1970 UTC. */
export interface RevocationCheck {
  readonly fetcher: RevocationFetcher;
  readonly crls: CrlSource;
  readonly atMs: number;
  /** The authentic signing time, of the scheme signingAuthority alone. */
  readonly signedAtMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Whether certificates are revoked: one result for each, in their order; the root, the last, is not asked for. All are asked for side by
 * side; the chain, its owner's own first, was checked and found trusted before: its certificates choose the addresses. Rule: wire-formats 9.6.
 */
export function checkRevocation(
  chain: readonly Certificate[],
  using: RevocationCheck,
): Promise<readonly RevocationResult[]> {
  return Promise.all(
    chain.map((certificate, at) => {
      const issuer = chain[at + 1];
      if (issuer === undefined) return toNone(certificate, 'a root is not asked for');
      const { atMs, signedAtMs } = using;
      return checkOne({ certificate, issuer, atMs, signedAtMs }, using);
    }),
  );
}

/** What a chain is, by its certificates: any that is revoked, else any that is unknown. Rule: wire-formats 9.6. */
export function chainStatus(results: readonly RevocationResult[]): 'ok' | 'revoked' | 'unknown' {
  if (results.some(({ status }) => status === 'revoked')) return 'revoked';
  return results.some(({ status }) => status === 'unknown') ? 'unknown' : 'ok';
}

async function checkOne(question: RevocationQuestion, using: RevocationCheck): Promise<RevocationResult> {
  const { certificate } = question;
  const hasCrl = certificate.crlUrls.length > 0;
  if (certificate.ocspUrls.length === 0) {
    if (!hasCrl) return toNone(certificate, 'it names nobody to ask');
    return toResult(certificate, 'crl', await askCrl(question, using.crls));
  }
  const byOcsp = await askOcsp(question, using.fetcher, using.signal);
  if (byOcsp.answer.status !== 'unknown' || !hasCrl) return toResult(certificate, 'ocsp', byOcsp);
  const byCrl = toResult(certificate, 'crl', await askCrl(question, using.crls));
  return { ...byCrl, message: `${byCrl.message} (OCSP before: ${byOcsp.answer.message})` };
}

function toNone({ thumbprint }: Certificate, message: string): RevocationResult {
  return { thumbprint, status: 'nonRevocable', method: 'none', message };
}

function toResult(
  { thumbprint }: Certificate,
  method: 'ocsp' | 'crl',
  { server, answer: { status, message } }: Asked,
): RevocationResult {
  const answer = { thumbprint, status: status === 'good' ? 'ok' : status, method, message } as const;
  return server === undefined ? answer : { ...answer, server };
}
