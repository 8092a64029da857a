import { escapeForTerminal } from '@signet/verifier';
import type { Outcome } from '../review/outcome.ts';

/** A verification as Ratify v0.x gives it, which the constraint templates of its users read. */
export interface RatifyValue {
  readonly version: string;
  readonly isSuccess: boolean;
  readonly traceID: string;
  readonly timestamp: string;
  readonly verifierReports: readonly RatifyReport[];
}

interface RatifyReport {
  readonly subject: string;
  readonly isSuccess: boolean;
  readonly verifierName: string;
  readonly name: string;
  readonly type: string;
  readonly message: string;
  readonly extensions: Readonly<Record<string, string>>;
  readonly artifactType: string;
  readonly nestedResults: readonly never[];
}

/** `isSuccess` is what the rule's mode makes of the verdict; the report has the verdict itself. */
export function toRatifyValue(
  subject: string,
  { isAllowed, isUnpinned, verdict, code, why, rule, digest }: Outcome,
  { atMs, traceId }: { readonly atMs: number; readonly traceId: string },
): RatifyValue {
  const report = {
    subject,
    isSuccess: verdict === 'verified',
    verifierName: 'signet',
    name: 'signet',
    type: 'signet',
    message: escapeForTerminal(`${verdict} (${code}): ${why}`),
    extensions: {
      verdict,
      code,
      ...(rule === undefined ? {} : { rule }),
      ...(digest === undefined ? {} : { digest }),
      ...(isUnpinned ? { unpinned: 'true' } : {}),
    },
    artifactType: '',
    nestedResults: [],
  };
  return {
    version: '0.2.0',
    isSuccess: isAllowed,
    traceID: traceId,
    timestamp: new Date(atMs).toISOString(),
    verifierReports: [report],
  };
}
