import type { Certificate } from './certificate.ts';
import { nameText } from './name-text.ts';

/** The rule of a chain that is broken: each has a code of its own, told in docs/reasons.md. Rule: wire-formats 8.7. */
export type ChainCode =
  | 'CHAIN_INCOMPLETE'
  | 'CHAIN_ORDER'
  | 'CHAIN_SELF_SIGNED'
  | 'CERTIFICATE_NOT_VALID_YET'
  | 'CERTIFICATE_EXPIRED'
  | 'CERTIFICATE_SIGNATURE'
  | 'CERTIFICATE_WEAK_HASH'
  | 'CERTIFICATE_ALGORITHM'
  | 'CERTIFICATE_KEY'
  | 'CERTIFICATE_NOT_CA'
  | 'CERTIFICATE_IS_CA'
  | 'PATH_LENGTH'
  | 'KEY_USAGE'
  | 'EXTENDED_KEY_USAGE';

/** A rule that is broken, and by what. */
export interface ChainProblem {
  readonly code: ChainCode;
  readonly message: string;
}

export function problem(code: ChainCode, message: string): ChainProblem {
  return { code, message };
}

/** The first problem that `check` has with one of them; `at` counts from 0. */
export function firstProblem(
  chain: readonly Certificate[],
  check: (certificate: Certificate, at: number) => ChainProblem | undefined,
): ChainProblem | undefined {
  for (const [at, certificate] of chain.entries()) {
    const found = check(certificate, at);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A certificate in a message: its subject, as a quoted text without control characters. */
export function shown(certificate: Certificate | undefined): string {
  return certificate === undefined ? 'none' : JSON.stringify(nameText(certificate.subject).slice(0, maxShown));
}

/** Characters of a name in a message. */
const maxShown = 300;
