import { type Field, mapOf, string, type Type, timestamp } from './types.ts';

/** What a condition may name: one row a variable. `evaluate.ts` gives each its value. */
export const conditionVariables: Readonly<Record<string, Type>> = {
  image: record('image', {
    registry: { type: string, about: 'host as the policy compares it: lower case, without the default port' },
    repository: { type: string, about: 'path within the registry, such as `prod/web`' },
    tag: { type: string, about: 'the tag that was asked for; empty where none was' },
    digest: { type: string, about: 'of the manifest that is verified, `sha256:…`' },
    platform: { type: string, about: '`os/arch` or `os/arch/variant`; empty where none was asked for' },
  }),
  signature: record('signature', {
    format: { type: string, about: '`sigstore`, `cosign`, …' },
    signer: {
      about: 'who signed',
      type: record('signature.signer', {
        kind: { type: string, about: '`key`, `x509` or `keyless`' },
        keyId: { type: string, about: 'of a key: hex SHA-256 of its SPKI; else empty' },
        issuer: { type: string, about: 'of a certificate or identity: who vouches for it; empty for a key' },
        subject: { type: string, about: 'of a certificate or identity: whose it is; empty for a key' },
      }),
    },
    reference: { type: string, about: 'the reference in the signed payload; empty where there is none' },
    annotations: { type: mapOf(string, string), about: 'all annotations in the signed payload' },
    claimedAt: { type: timestamp, optional: true, about: 'when the signer says that it signed' },
    verifiedAt: { type: timestamp, optional: true, about: 'when it was signed by a trusted timestamp or log' },
  }),
};

function record(name: string, fields: Readonly<Record<string, Field>>): Type {
  return { kind: 'record', name, fields };
}
