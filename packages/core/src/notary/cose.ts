import { encode, Tagged } from 'cborg';
import { EnvelopeError } from '../errors.ts';
import { notaryAlgorithms } from './algorithms.ts';
import { readAttributes } from './attributes.ts';
import { decodeCbor } from './cbor.ts';
import { boundedChain } from './certificates.ts';
import type { NotaryEnvelope } from './envelope.ts';

/** Labels of COSE headers. Rule: RFC 9052, 3.1; RFC 9360, 2. */
const label = { algorithm: 1, critical: 2, contentType: 3, x5chain: 33 } as const;
/** Those that the list of critical headers must not name: everybody knows them. Rule: RFC 9052, 3.1. */
const registered: readonly unknown[] = [0, 1, 2, 3, 4, 5, 6, 7, 8];
const stampLabel = 'io.cncf.notary.timestampSignature';
const agentLabel = 'io.cncf.notary.signingAgent';

/**
 * COSE_Sign1 under tag 18 with its payload inside, as the Notary Project writes it. Rule: wire-formats 8.5.
 * @throws {EnvelopeError} ENVELOPE_MALFORMED, ENVELOPE_UNSUPPORTED
 */
export function parseCose(bytes: Uint8Array): NotaryEnvelope {
  const tagged = decodeCbor(bytes, 'envelope');
  if (!(tagged instanceof Tagged) || tagged.tag !== 18) throw malformed('the envelope is not tagged as COSE_Sign1');
  const parts: unknown = tagged.value;
  if (!Array.isArray(parts) || parts.length !== 4) throw malformed('COSE_Sign1 is not a list of four');
  const [head, unprotected, payload, signature] = parts as readonly unknown[];
  const protectedBytes = bytesOf(head, 'the protected header');
  const protectedMap = mapOf(decodeCbor(protectedBytes, 'the protected header'), 'the protected header');
  const unprotectedMap = mapOf(unprotected, 'the unprotected header');
  const twice = [...unprotectedMap.keys()].find((name) => protectedMap.has(name));
  if (twice !== undefined) throw malformed(`the header ${String(twice)} is both protected and not`);
  const payloadBytes = bytesOf(payload, 'the payload');
  return {
    form: 'cose',
    ...readProtected(protectedMap),
    payload: payloadBytes,
    // Rule: RFC 9052, 4.4; the protected header as it was received.
    toVerify: encode(['Signature1', protectedBytes, new Uint8Array(0), payloadBytes]),
    signature: bytesOf(signature, 'the signature'),
    ...readUnprotected(unprotectedMap),
  };
}

type Headers = ReadonlyMap<string | number, unknown>;

function readProtected(headers: Headers): Pick<NotaryEnvelope, 'algorithm' | 'attributes'> {
  const id = headers.get(label.algorithm);
  const algorithm = notaryAlgorithms.find(({ cose }) => cose === id);
  if (algorithm === undefined) throw new EnvelopeError('ENVELOPE_UNSUPPORTED', 'the algorithm is none of the six');
  const critical = headers.get(label.critical);
  if (!Array.isArray(critical) || !critical.every(isLabel))
    throw malformed('the list of critical headers is none, or missing');
  const attributes = new Map(headers);
  for (const name of registered) attributes.delete(name as number);
  const contentType = headers.get(label.contentType);
  return { algorithm, attributes: readAttributes({ contentType, critical, attributes, toTime }) };
}

/** Seconds since 1970 UTC under tag 1, whole. Rule: RFC 8949, 3.4.2; wire-formats 8.5. */
function toTime(value: unknown): number | undefined {
  const isTime = value instanceof Tagged && value.tag === 1 && Number.isSafeInteger(value.value);
  return isTime ? value.value * 1000 : undefined;
}

function readUnprotected(headers: Headers): Pick<NotaryEnvelope, 'certificates' | 'timestamp' | 'signingAgent'> {
  const chain = headers.get(label.x5chain);
  // Rule: wire-formats 8.5: a list also where there is one; RFC 9360's bare certificate is not taken, as notation does not.
  if (!Array.isArray(chain)) throw malformed('the certificates (x5chain) are no list, or missing');
  const stamp = headers.get(stampLabel);
  const agent = headers.get(agentLabel);
  if (agent !== undefined && typeof agent !== 'string') throw malformed('the signing agent is no text');
  return {
    certificates: boundedChain(chain.map((each) => bytesOf(each, 'a certificate'))),
    ...(stamp === undefined ? {} : { timestamp: bytesOf(stamp, 'the time stamp') }),
    ...(agent === undefined ? {} : { signingAgent: agent }),
  };
}

function mapOf(value: unknown, what: string): Headers {
  if (!(value instanceof Map)) throw malformed(`${what} is no map`);
  if (![...value.keys()].every(isLabel)) throw malformed(`${what} has a label that is neither text nor a number`);
  return value as Headers;
}

function isLabel(value: unknown): value is string | number {
  return typeof value === 'string' || (typeof value === 'number' && Number.isSafeInteger(value));
}

function bytesOf(value: unknown, what: string): Uint8Array {
  if (!(value instanceof Uint8Array) || value.length === 0) throw malformed(`${what} is no byte string, or empty`);
  return value;
}

function malformed(message: string): EnvelopeError {
  return new EnvelopeError('ENVELOPE_MALFORMED', message);
}
