import type { RevocationAnswer } from '@signet/core/revocation';

/** An answer, and the address that gave it, or that was asked last. */
export interface Asked {
  readonly server: string | undefined;
  readonly answer: RevocationAnswer;
}

/** Answers are signed: https would ask for a certificate whose revocation is to be looked at in turn. Rule: wire-formats 9.6. */
export function isHttp(url: string): boolean {
  return URL.parse(url)?.protocol === 'http:';
}

/** Addresses of one kind that are asked for one certificate: each may take its whole time, and a certificate may name dozens. */
const maxServers = 8;

/** The addresses that are asked, in their order. Those beyond are left out: what nobody says then is unknown. */
export function serversOf(urls: readonly string[]): readonly string[] {
  return urls.slice(0, maxServers);
}
