import { EnvelopeError } from '../errors.ts';

const reserved = 'io.cncf.notary';

/** Names of user metadata that are the Notary Project's own. Rule: wire-formats 8.1 @throws {EnvelopeError} ANNOTATION_INVALID */
export function refuseReserved(annotations: Readonly<Record<string, string>>): void {
  const bad = Object.keys(annotations).find((name) => name.startsWith(reserved));
  if (bad === undefined) return;
  throw new EnvelopeError(
    'ANNOTATION_INVALID',
    `names that begin with ${reserved} are the Notary Project's own: ${JSON.stringify(bad.slice(0, 80))}`,
  );
}
