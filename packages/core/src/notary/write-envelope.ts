import { encode, rfc8949EncodeOptions, Tagged } from 'cborg';
import { formatSeconds } from '../formats/signed-annotations.ts';
import type { NotaryAlgorithm } from './algorithms.ts';
import { NOTARY_PAYLOAD_TYPE } from './attributes.ts';
import type { NotaryForm } from './envelope.ts';

/** What an envelope says beside its payload. */
export interface NewEnvelope {
  readonly algorithm: NotaryAlgorithm;
  readonly payload: Uint8Array;
  /** Milliseconds since 1970 UTC; whole seconds are written. */
  readonly signingTimeMs: number;
  readonly expiryMs?: number;
}

/** An envelope before its key has signed: the bytes to sign, and what makes it whole. */
export interface OpenEnvelope {
  readonly toSign: Uint8Array;
  readonly seal: (parts: SealedParts) => Uint8Array;
}

/** What comes to it once it is signed. */
export interface SealedParts {
  /** As the key made it: ECDSA as r and s. */
  readonly signature: Uint8Array;
  /** DER, the signer's own first. */
  readonly certificates: readonly Uint8Array[];
  /** DER of a time stamp token over the signature. */
  readonly timestamp?: Uint8Array;
}

const prefix = 'io.cncf.notary.';
const agent = 'signet';
const scheme = 'notary.x509';

/** An envelope of this form, scheme `notary.x509`. Rule: wire-formats 8.3, 8.5 */
export function openEnvelope(form: NotaryForm, envelope: NewEnvelope): OpenEnvelope {
  return form === 'jws' ? openJws(envelope) : openCose(envelope);
}

function openJws({ algorithm, payload, signingTimeMs, expiryMs }: NewEnvelope): OpenEnvelope {
  const header = {
    alg: algorithm.jws,
    crit: [`${prefix}signingScheme`, ...(expiryMs === undefined ? [] : [`${prefix}expiry`])],
    cty: NOTARY_PAYLOAD_TYPE,
    ...(expiryMs === undefined ? {} : { [`${prefix}expiry`]: formatSeconds(expiryMs) }),
    [`${prefix}signingScheme`]: scheme,
    [`${prefix}signingTime`]: formatSeconds(signingTimeMs),
  };
  const head = Buffer.from(JSON.stringify(header)).toString('base64url');
  const body = Buffer.from(payload).toString('base64url');
  return {
    toSign: Buffer.from(`${head}.${body}`),
    seal: ({ signature, certificates, timestamp }) =>
      Buffer.from(
        JSON.stringify({
          payload: body,
          protected: head,
          header: {
            x5c: certificates.map((each) => Buffer.from(each).toString('base64')),
            ...(timestamp === undefined
              ? {}
              : { [`${prefix}timestampSignature`]: Buffer.from(timestamp).toString('base64') }),
            [`${prefix}signingAgent`]: agent,
          },
          signature: Buffer.from(signature).toString('base64url'),
        }),
      ),
  };
}

function openCose({ algorithm, payload, signingTimeMs, expiryMs }: NewEnvelope): OpenEnvelope {
  const head = cbor(
    new Map<unknown, unknown>([
      [1, algorithm.cose],
      [2, [`${prefix}signingScheme`, ...(expiryMs === undefined ? [] : [`${prefix}expiry`])]],
      [3, NOTARY_PAYLOAD_TYPE],
      ...(expiryMs === undefined ? [] : [[`${prefix}expiry`, timeOf(expiryMs)] as const]),
      [`${prefix}signingTime`, timeOf(signingTimeMs)],
      [`${prefix}signingScheme`, scheme],
    ]),
  );
  return {
    toSign: cbor(['Signature1', head, new Uint8Array(0), payload]),
    seal: ({ signature, certificates, timestamp }) => {
      const unprotected = new Map<unknown, unknown>([
        [33, certificates],
        ...(timestamp === undefined ? [] : [[`${prefix}timestampSignature`, timestamp] as const]),
        [`${prefix}signingAgent`, agent],
      ]);
      return cbor(new Tagged(18, [head, unprotected, payload, signature]));
    },
  };
}

/** The keys of maps in the order of their bytes. Rule: RFC 8949, 4.2.1 */
function cbor(value: unknown): Uint8Array {
  return encode(value, rfc8949EncodeOptions);
}

/** Rule: RFC 8949, 3.4.2: whole seconds since 1970 UTC. */
function timeOf(ms: number): Tagged {
  return new Tagged(1, Math.floor(ms / 1000));
}
