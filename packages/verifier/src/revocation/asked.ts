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
