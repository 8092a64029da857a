import { type Digest, isDigest } from '@signet/oci';
import { EnvelopeError } from '../errors.ts';
import {
  below,
  malformed,
  membersAt,
  objectAt,
  type Place,
  parseDocument,
  stringAt,
  textMembersOf,
} from './strict-json.ts';

/** Media type of the layers of a `.sig` manifest. Rule: wire-formats 1.2. */
export const MEDIA_TYPE_SIMPLE_SIGNING = 'application/vnd.dev.cosign.simplesigning.v1+json';
/** `critical.type` of cosign's image signatures. Rule: wire-formats 6.2. */
export const SIMPLE_SIGNING_TYPE = 'cosign container image signature';

/** The payload of cosign's older form. Parse it only from bytes whose signature was verified. */
export interface SimpleSigning {
  /** What the signer called the image: a repository, or a reference with a tag. */
  readonly dockerReference: string;
  readonly digest: Digest;
  /** The members of `optional` whose value is a string; others are left out. */
  readonly annotations: Readonly<Record<string, string>>;
}

/** Rule: wire-formats 12. */
const maxPayloadBytes = 4 * 1024 * 1024;

/**
 * cosign's simple signing payload, strictly: names exact in case, nothing unknown in `critical`, the type exact; cosign itself is laxer.
 * Rule: wire-formats 6.2, 11.
 * @throws {EnvelopeError} PAYLOAD_MALFORMED
 */
export function parseSimpleSigning(bytes: Uint8Array): SimpleSigning {
  const place: Place = { path: 'payload', code: 'PAYLOAD_MALFORMED' };
  const document = parseDocument(bytes, { place, maxBytes: maxPayloadBytes });
  const payload = membersAt(document, place, ['critical', 'optional']);
  const critical = below(place, 'critical');
  const { identity, image, type } = membersAt(payload.critical, critical, ['identity', 'image', 'type']);
  if (type !== SIMPLE_SIGNING_TYPE)
    throw new EnvelopeError(place.code, `payload.critical.type is not "${SIMPLE_SIGNING_TYPE}"`);
  return {
    dockerReference: memberAt(identity, below(critical, 'identity'), 'docker-reference'),
    digest: digestAt(image, below(critical, 'image')),
    annotations: textMembersOf(objectAt(payload.optional ?? {}, below(place, 'optional'))),
  };
}

function memberAt(value: unknown, place: Place, name: string): string {
  return stringAt(membersAt(value, place, [name])[name], below(place, name));
}

function digestAt(value: unknown, place: Place): Digest {
  const name = 'docker-manifest-digest';
  const digest = memberAt(value, place, name);
  if (!isDigest(digest)) throw malformed(below(place, name), 'a sha256 or sha512 digest');
  return digest;
}
