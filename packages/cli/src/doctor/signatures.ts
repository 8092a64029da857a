import { PREDICATE_TYPE_SIGN } from '@signet/core';
import type { Reference, Source } from '@signet/oci';
import type { Gap } from '@signet/verifier';
import { type FoundSignature, findSignatures } from '../signatures.ts';
import type { DoctorFinding } from './finding.ts';

const about = 'signatures';

/** Which signatures of which formats are there, and what could not be read. Never throws for what a store does. */
export async function examineSignatures(
  reference: Reference,
  source: Source,
  signal: AbortSignal,
): Promise<readonly DoctorFinding[]> {
  const { found, gaps } = await findSignatures(reference, source, signal);
  return [describeFound(found), ...gaps.map(notRead)];
}

function describeFound(found: readonly FoundSignature[]): DoctorFinding {
  if (found.length === 0) return { about, state: 'note', text: 'none that Signet can read' };
  return { about, state: 'good', text: `${counted(found.map(kindOf))} (none of them was verified here)` };
}

/** An attestation is no signature of the image, though it may lie in the same kind of envelope. Rule: design.md 7. */
function kindOf({ inspection: { format, predicateType } }: FoundSignature): string {
  const isAttestation = predicateType !== undefined && predicateType !== PREDICATE_TYPE_SIGN;
  return isAttestation ? `${format} attestation` : format;
}

function notRead({ what, code, message }: Gap): DoctorFinding {
  return { about, state: 'problem', code, text: `not read: ${what}: ${message}` };
}

/** `2 × a, 1 × b` */
function counted(names: readonly string[]): string {
  return [...Map.groupBy(names, (name) => name)].map(([name, { length }]) => `${length} × ${name}`).join(', ');
}
