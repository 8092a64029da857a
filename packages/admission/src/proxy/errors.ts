import { type Digest, isDigest, RegistryError, type RegistryErrorCode } from '@signet/oci';
import { ApiError, show } from '@signet/registry';
import { escapeForTerminal, type Report } from '@signet/verifier';
import type { Outcome } from '../review/outcome.ts';
import { refusalMessage } from '../review/texts.ts';

/** Seconds after which it is worth asking again. */
const retryAfter = { undecided: '5', throttled: '30' } as const;

/** The answer to an image that does not pass. Rule: distribution-spec 1.1 "Error Codes" */
export function refusalOf(image: string, outcome: Outcome, report: Report): ApiError {
  const { verdict, code, rule, remedy } = outcome;
  if (verdict === 'undecided' && isMissing(report))
    return new ApiError(404, 'MANIFEST_UNKNOWN', `${image} is not in the registry`);
  const message = refusalMessage([{ image, outcome }]) ?? `${verdict} (${code})`;
  const detail = {
    image,
    verdict,
    code,
    ...(report.digest === undefined ? {} : { digest: report.digest }),
    ...(rule === undefined ? {} : { rule }),
    ...(remedy === undefined ? {} : { remedy }),
  };
  if (verdict === 'denied') return new ApiError(403, 'DENIED', message, { detail });
  return new ApiError(503, 'UNDECIDED', message, { detail, headers: { 'Retry-After': retryAfter.undecided } });
}

/** The registry does not know the tag or digest. */
function isMissing({ code, gaps }: Report): boolean {
  return code === 'UNRESOLVED' && gaps.some((gap) => gap.what === 'resolve' && gap.code === 'NOT_FOUND');
}

/** @throws {ApiError} DIGEST_INVALID */
export function parseContentDigest(text: string): Digest {
  if (isDigest(text)) return text;
  const wanted = 'sha256:<64 lower-case hex digits> or sha512:<128>';
  throw new ApiError(400, 'DIGEST_INVALID', `${show(text)} is not ${wanted}`);
}

/** The answer where the registry behind the proxy did not give what was asked for; any other error as it is. */
export function upstreamError(error: unknown, missing: () => ApiError): unknown {
  if (!(error instanceof RegistryError)) return error;
  const message = escapeForTerminal(error.message, 500);
  if (error.code === 'NOT_FOUND') return missing();
  if (error.code === 'THROTTLED')
    return new ApiError(429, 'TOOMANYREQUESTS', message, { headers: { 'Retry-After': retryAfter.throttled } });
  if (error.code === 'UNSUPPORTED') return new ApiError(404, 'UNSUPPORTED', message);
  const detail = { code: error.code };
  if (wrongAnswers.has(error.code)) return new ApiError(502, 'UNDECIDED', message, { detail });
  return new ApiError(503, 'UNDECIDED', message, { detail, headers: { 'Retry-After': retryAfter.undecided } });
}

/** What the registry sent is of no use, and asking again is none either. */
const wrongAnswers: ReadonlySet<RegistryErrorCode> = new Set([
  'DIGEST_MISMATCH',
  'SIZE_MISMATCH',
  'TOO_LARGE',
  'MANIFEST_INVALID',
  'JSON_INVALID',
  'UNEXPECTED_ANSWER',
  'REDIRECT_REFUSED',
]);
