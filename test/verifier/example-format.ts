import { digestOf } from '@signet/oci';
import type { Check, Envelope, Finding, VerifyFormat } from '@signet/verifier';
import { keyOf } from './evidence-data.ts';

/** What a format of the collecting tests signs with: nothing. An envelope names its signer, and `bad` says that the signature is wrong. */
export interface ExampleEnvelope {
  readonly signer: string;
  readonly subject: string;
  readonly bad?: boolean;
  readonly nonce?: number;
}

export function exampleBytes(envelope: ExampleEnvelope): Uint8Array {
  return Buffer.from(JSON.stringify(envelope));
}

/** The artifact and layer type of the format below. */
export const exampleType = 'application/vnd.example.signature';

/** A format without cryptography, for tests of collecting and ordering; it records what it was asked to verify. */
export function createExampleFormat(): VerifyFormat & { readonly verified: Envelope[] } {
  const verified: Envelope[] = [];
  return {
    name: 'example',
    verified,
    recognise: ({ artifactType }) => artifactType === undefined || artifactType === '' || artifactType === exampleType,
    recogniseLayer: ({ mediaType }) => mediaType === exampleType,
    annotationKeys: [],
    maxLayers: 1_000,
    isWanted: () => true,
    tagsFor: (subject) => [`${subject.replace(':', '-')}.example`],
    prospect(envelope, trust) {
      const said = parse(envelope);
      if (said === undefined) return 'none';
      if (said.signer === 'unnamed') return 'open';
      return trust.keys.some(({ id }) => id === keyOf(said.signer).id) ? 'likely' : 'unlikely';
    },
    async verify(envelope, subject, trust) {
      verified.push(envelope);
      const ids = trust.keys.map(({ id }) => id);
      return [toFinding(envelope, subject.digest, ids)];
    },
  };
}

function toFinding(envelope: Envelope, subject: string, trusted: readonly string[]): Finding {
  const said = parse(envelope);
  const id = keyOf(said?.signer ?? '').id;
  const check = (name: Check['name'], passes: boolean, code: Check['code']): Check => ({
    name,
    result: passes ? 'pass' : 'fail',
    code: passes ? 'OK' : code,
    message: code,
    rule: 'example',
  });
  const checks = [
    check('integrity', said !== undefined && said.bad !== true, 'SIGNATURE_INVALID'),
    check('authenticity', trusted.includes(id), 'KEY_NOT_TRUSTED'),
    check('subject', said?.subject === subject, 'SUBJECT_MISMATCH'),
  ];
  const { format, origin, foundIn } = envelope;
  const base = { format, origin, foundIn, checks, claims: {}, keyChecks: said === undefined ? 0 : trusted.length };
  if (said === undefined || checks.some(({ result }) => result === 'fail')) return base;
  return {
    ...base,
    proven: { identity: { kind: 'key', keyId: id }, subject: digestOf(Buffer.from('image')), annotations: {} },
  };
}

function parse({ bytes }: Envelope): ExampleEnvelope | undefined {
  try {
    return JSON.parse(Buffer.from(bytes).toString());
  } catch {
    return undefined;
  }
}
