import { decodeBase64 } from '@signet/oci';
import { EnvelopeError } from '../errors.ts';
import { below, listAt, membersAt, objectAt, type Place, parseDocument, stringAt } from '../formats/strict-json.ts';
import { notaryAlgorithms } from './algorithms.ts';
import { readAttributes } from './attributes.ts';
import { boundedChain } from './certificates.ts';
import type { NotaryEnvelope } from './envelope.ts';
import { parseRfc3339 } from './rfc3339.ts';

const place: Place = { path: 'envelope', code: 'ENVELOPE_MALFORMED' };
const maxBytes = 4 * 1024 * 1024;
/** Headers of a protected header: more than anybody writes. */
const maxHeaders = 100;

/**
 * A JWS in flattened JSON with one signature, as the Notary Project writes it; members beyond the four are refused. Rule: wire-formats 8.3.
 * @throws {EnvelopeError} ENVELOPE_MALFORMED, ENVELOPE_UNSUPPORTED
 */
export function parseJws(bytes: Uint8Array): NotaryEnvelope {
  const document = parseDocument(bytes, { place, maxBytes });
  const members = membersAt(document, place, ['payload', 'protected', 'header', 'signature']);
  const [payload, head, signature] = (['payload', 'protected', 'signature'] as const).map((name) =>
    stringAt(members[name], below(place, name)),
  ) as [string, string, string];
  const { algorithm, attributes } = readProtected(base64Url(head, 'protected'));
  return {
    form: 'jws',
    algorithm,
    attributes,
    payload: base64Url(payload, 'payload'),
    toVerify: Buffer.from(`${head}.${payload}`, 'latin1'),
    signature: base64Url(signature, 'signature'),
    ...readUnprotected(members.header),
  };
}

function readProtected(bytes: Uint8Array): Pick<NotaryEnvelope, 'algorithm' | 'attributes'> {
  const at = below(place, 'protected');
  const { alg, crit, cty, ...others } = objectAt(parseDocument(bytes, { place: at, maxBytes }), at);
  const algorithm = notaryAlgorithms.find(({ jws }) => jws === alg);
  if (algorithm === undefined)
    throw new EnvelopeError(
      'ENVELOPE_UNSUPPORTED',
      `the algorithm ${JSON.stringify(alg)?.slice(0, 80)} is none of the six`,
    );
  const attributes = new Map(Object.entries(others));
  if (attributes.size > maxHeaders) throw new EnvelopeError(place.code, `more than ${maxHeaders} protected headers`);
  const critAt = below(at, 'crit');
  const critical = listAt(crit, critAt, maxHeaders).map((name, index) => stringAt(name, below(critAt, index)));
  return { algorithm, attributes: readAttributes({ contentType: cty, critical, attributes, toTime }) };
}

function toTime(value: unknown): number | undefined {
  return typeof value === 'string' ? parseRfc3339(value) : undefined;
}

/** What nobody signed: the certificates, which prove themselves, and hints. */
function readUnprotected(value: unknown): Pick<NotaryEnvelope, 'certificates' | 'timestamp' | 'signingAgent'> {
  const at = below(place, 'header');
  const names = ['x5c', 'io.cncf.notary.timestampSignature', 'io.cncf.notary.signingAgent'] as const;
  const header = membersAt(value, at, names);
  const x5c = below(at, 'x5c');
  const certificates = listAt(header.x5c, x5c, maxHeaders).map((each, index) => base64(each, below(x5c, index)));
  const [, stamp, agent] = names;
  return {
    certificates: boundedChain(certificates),
    ...(header[stamp] === undefined ? {} : { timestamp: base64(header[stamp], below(at, stamp)) }),
    ...(header[agent] === undefined ? {} : { signingAgent: stringAt(header[agent], below(at, agent)) }),
  };
}

/** Without padding, and in its one spelling. Rule: RFC 7515, 2. */
function base64Url(text: string, name: string): Uint8Array {
  const bytes = Buffer.from(text, 'base64url');
  if (bytes.length === 0 || bytes.toString('base64url') !== text)
    throw new EnvelopeError(place.code, `${place.path}.${name} is not base64url`);
  return bytes;
}

function base64(value: unknown, at: Place): Uint8Array {
  const bytes = decodeBase64(stringAt(value, at));
  if (bytes === undefined || bytes.length === 0) throw new EnvelopeError(at.code, `${at.path} is not base64`);
  return bytes;
}
