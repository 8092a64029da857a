import { CertificateError } from '../errors.ts';
import type { NotaryAlgorithm } from '../notary/algorithms.ts';
import type { Certificate } from '../x509/certificate.ts';
import { readChain } from '../x509/certificate-file.ts';
import { checkChain, checkValidAt } from '../x509/chain.ts';
import { notaryAlgorithmOf } from '../x509/key-rules.ts';
import { type Answer, breach } from './program.ts';

/** What a chain that a plugin brings is held to. */
export interface ChainDemand {
  /** That of the first certificate's key. */
  readonly algorithm: NotaryAlgorithm;
  /** Milliseconds since 1970 UTC: when all of them have to be valid. */
  readonly atMs: number;
}

/**
 * The certificates of a plugin's answer by the rules that every verifier holds them to. Rule: wire-formats 8.4, 8.7.
 * @throws {PluginError} PLUGIN_CONTRACT
 */
export function readSigningChain(
  answer: Omit<Answer, 'bytes'>,
  ders: readonly Uint8Array[],
  { algorithm, atMs }: ChainDemand,
): Certificate {
  const chain = chainOf(answer, ders);
  const problem = checkChain(chain, 'codeSigning') ?? checkValidAt(chain, atMs);
  if (problem !== undefined) throw breach(answer, problem.message);
  const [leaf] = chain;
  if (leaf === undefined || notaryAlgorithmOf(leaf) !== algorithm)
    throw breach(answer, `the key of the first certificate does not sign with ${algorithm.name}`);
  return leaf;
}

function chainOf(answer: Omit<Answer, 'bytes'>, ders: readonly Uint8Array[]): readonly Certificate[] {
  try {
    return readChain(ders);
  } catch (cause) {
    if (cause instanceof CertificateError) throw breach(answer, cause.message, cause);
    throw cause;
  }
}
