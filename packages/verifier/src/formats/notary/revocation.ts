import type { Certificate } from '@signet/core/x509';
import type { Check } from '../../finding.ts';
import { chainStatus, type RevocationResult } from '../../revocation/check-revocation.ts';
import type { NamedX509Trust } from '../../trust.ts';
import type { Testimony } from '../../witnesses/witnesses.ts';
import { byAction } from './by-action.ts';
import { answererFor } from './plugin.ts';
import type { SoundEnvelope } from './sound-envelope.ts';

const base = { name: 'revocation', rule: 'wire-formats 9.6' } as const;

/** That no certificate was revoked, by what was asked before, or by the plugin whose affair that is. Rule: wire-formats 9.6 */
export function checkRevocation(sound: SoundEnvelope, { revocation }: NamedX509Trust, testimony: Testimony): Check {
  if (revocation === 'skip')
    return { ...base, result: 'skip', code: 'NOT_ASKED', message: 'whether certificates were revoked is not asked' };
  return byAction(statusOf(sound, testimony), revocation);
}

function statusOf(sound: SoundEnvelope, testimony: Testimony): Check {
  const answerer = answererFor('SIGNATURE_VERIFIER.REVOCATION_CHECK', sound, testimony);
  // Where a plugin has not answered, its own check stays open.
  if (answerer.kind !== 'plugin') return checkChainStatus(sound.chain, testimony.revocation);
  const { isSuccess, message } = answerer;
  return isSuccess
    ? { ...base, result: 'pass', code: 'OK', message }
    : { ...base, result: 'fail', code: 'CERTIFICATE_REVOKED', message };
}

function checkChainStatus(chain: readonly Certificate[], answers: readonly RevocationResult[] | undefined): Check {
  const { status, message } = revocationOf(chain, answers);
  if (status === 'ok') return { ...base, result: 'pass', code: 'OK', message };
  return status === 'revoked'
    ? { ...base, result: 'fail', code: 'CERTIFICATE_REVOKED', message }
    : { ...base, result: 'unknown', code: 'REVOCATION_UNKNOWN', message };
}

/** What a chain is by the answers, one for each certificate; where none names anybody who could say that it was revoked, none are needed. */
export function revocationOf(
  chain: readonly Certificate[],
  answers: readonly RevocationResult[] | undefined,
): { readonly status: 'ok' | 'revoked' | 'unknown'; readonly message: string } {
  const unknown = (message: string) => ({ status: 'unknown', message }) as const;
  if (!mayBeRevoked(chain)) {
    const message = 'no certificate names anybody who could say that it was revoked';
    return { status: 'ok', message };
  }
  if (answers === undefined) return unknown('whether certificates were revoked was not asked');
  // Answers about other certificates are none.
  if (answers.length !== chain.length || answers.some(({ thumbprint }, at) => thumbprint !== chain[at]?.thumbprint))
    return unknown('the answers are not about these certificates');
  const status = chainStatus(answers);
  if (status === 'ok') return { status, message: 'no certificate is revoked' };
  const at = answers.findIndex((answer) => answer.status === status);
  return { status, message: `certificate ${at + 1} of ${chain.length}: ${answers[at]?.message ?? ''}` };
}

/** Whether anybody can be asked: the root is not asked about. Rule: wire-formats 9.6 */
export function mayBeRevoked(chain: readonly Certificate[]): boolean {
  return chain.slice(0, -1).some(({ ocspUrls, crlUrls }) => ocspUrls.length + crlUrls.length > 0);
}
