import { EnvelopeError } from '../errors.ts';
import { bytesAt } from './proto-values.ts';
import { below, listAt, malformed, membersAt, type Place, type Spelling, stringAt } from './strict-json.ts';

/** A DSSE envelope with its one signature. `keyid` is unproven and never used to decide. Rule: wire-formats 4.1. */
export interface DsseEnvelope {
  readonly payloadType: string;
  readonly payload: Uint8Array;
  readonly signature: Uint8Array;
  readonly keyid?: string;
}

/** payloadType of an in-toto Statement. Rule: in-toto attestation, envelope.md. */
export const PAYLOAD_TYPE_IN_TOTO = 'application/vnd.in-toto+json';

/** The bytes that a DSSE signature is over; lengths are in bytes. Rule: DSSE protocol.md, "Signature Definition". */
export function pae(payloadType: string, body: Uint8Array): Uint8Array {
  const head = `DSSEv1 ${Buffer.byteLength(payloadType)} ${payloadType} ${body.length} `;
  return Buffer.concat([Buffer.from(head), body]);
}

/**
 * A DSSE envelope from parsed JSON: exactly one signature, as in a Sigstore bundle.
 * @throws {EnvelopeError} the place's code; SIGNATURE_COUNT for none or several signatures. Rule: wire-formats 4.1, 5.4
 */
export function dsseAt(value: unknown, place: Place, spelling: Spelling): DsseEnvelope {
  const envelope = membersAt(value, place, ['payload', 'payloadType', 'signatures'], spelling);
  const payloadType = stringAt(envelope.payloadType, below(place, 'payloadType'));
  if (payloadType === '') throw malformed(below(place, 'payloadType'), 'a media type');
  return { payloadType, payload: bytesAt(envelope.payload, below(place, 'payload')), ...oneSignature(envelope, place) };
}

/** More than a few signatures are refused by their number alone, before they are looked at. */
function oneSignature(
  envelope: { readonly signatures?: unknown },
  place: Place,
): Pick<DsseEnvelope, 'signature' | 'keyid'> {
  const list = below(place, 'signatures');
  const signatures = listAt(envelope.signatures, list, Number.POSITIVE_INFINITY);
  if (signatures.length !== 1)
    throw new EnvelopeError('SIGNATURE_COUNT', `${list.path} has ${signatures.length} items: exactly one is required`);
  const { sig, keyid } = membersAt(signatures[0], below(list, 0), ['sig', 'keyid'], 'proto');
  const signature = bytesAt(sig, below(below(list, 0), 'sig'));
  if (signature.length === 0) throw malformed(below(below(list, 0), 'sig'), 'a signature');
  const name = keyid === undefined ? '' : stringAt(keyid, below(below(list, 0), 'keyid'));
  return { signature, ...(name === '' ? {} : { keyid: name }) };
}
