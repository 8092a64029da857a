import { type KeyObject, sign } from 'node:crypto';
import type { Descriptor } from '@signet/oci';
import { encode, rfc8949EncodeOptions, Tagged } from 'cborg';

/** What is in an envelope of COSE; all has a default, and each part can be given in bytes of its own. */
export interface NotaryCoseRequest {
  readonly target: Descriptor;
  readonly chain: readonly Uint8Array[];
  /** P-256. */
  readonly key: KeyObject;
  /** Labels of the protected header, `undefined` to take one away. */
  readonly labels?: ReadonlyMap<unknown, unknown>;
  /** Beside the certificates. */
  readonly open?: ReadonlyMap<unknown, unknown>;
  /** CBOR of the protected header, in place of what the labels give. */
  readonly head?: Uint8Array;
  readonly payload?: Uint8Array;
  /** CBOR of the unprotected header. */
  readonly openBytes?: Uint8Array;
  /** What stands before the list of four; default `d2`, tag 18. */
  readonly tag?: Uint8Array;
}

const prefix = 'io.cncf.notary';

/** A COSE_Sign1 envelope of the Notary Project, signed for real, whatever is in it. Rule: wire-formats 8.5 */
export function signNotaryCose(request: NotaryCoseRequest): Uint8Array {
  const { target, chain, key, labels = new Map(), open = new Map() } = request;
  const { mediaType, digest, size } = target;
  const payload = request.payload ?? Buffer.from(JSON.stringify({ targetArtifact: { digest, mediaType, size } }));
  const usual: readonly (readonly [unknown, unknown])[] = [
    [1, -7],
    [2, [`${prefix}.signingScheme`]],
    [3, 'application/vnd.cncf.notary.payload.v1+json'],
    [`${prefix}.signingTime`, new Tagged(1, 1_767_225_600)],
    [`${prefix}.signingScheme`, 'notary.x509'],
  ];
  const said = new Map([...usual, ...labels].filter(([, value]) => value !== undefined));
  for (const [name, value] of labels) if (value === undefined) said.delete(name);
  const head = request.head ?? cbor(said);
  const signed = cbor(['Signature1', head, new Uint8Array(0), payload]);
  const signature = sign('sha256', signed, { key, dsaEncoding: 'ieee-p1363' });
  const openBytes = request.openBytes ?? cbor(new Map<unknown, unknown>([[33, chain], ...open]));
  const parts = [cbor(head), openBytes, cbor(payload), cbor(signature)];
  return Buffer.concat([request.tag ?? Buffer.of(0xd2), Buffer.of(0x84), ...parts]);
}

function cbor(value: unknown): Uint8Array {
  return encode(value, rfc8949EncodeOptions);
}
