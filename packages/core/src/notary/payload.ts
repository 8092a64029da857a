import { EnvelopeError } from '../errors.ts';
import { below, objectAt, type Place, parseDocument, stringAt } from '../formats/strict-json.ts';

/** What a Notary signature is about. Rule: wire-formats 8.1. */
export interface TargetArtifact {
  readonly mediaType: string;
  /** Of a manifest sha256 or sha512; of a blob also sha384. */
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
  /** What the signer wrote beside it: user metadata. */
  readonly annotations: Readonly<Record<string, string>>;
}

/** Far above what anybody writes: annotations are a few lines. */
const maxBytes = 1024 * 1024;
const digestPattern = /^(?:sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128})$/;

/**
 * The artifact that a payload names. Other members are the signer's own affair, as for notation.
 * @throws {EnvelopeError} PAYLOAD_MALFORMED
 */
export function parseNotaryPayload(bytes: Uint8Array): TargetArtifact {
  const place: Place = { path: 'payload', code: 'PAYLOAD_MALFORMED' };
  const root = objectAt(parseDocument(bytes, { place, maxBytes }), place);
  const at = below(place, 'targetArtifact');
  const target = objectAt(root.targetArtifact, at);
  const mediaType = stringAt(target.mediaType, below(at, 'mediaType'));
  const digest = stringAt(target.digest, below(at, 'digest'));
  if (!digestPattern.test(digest)) throw new EnvelopeError(place.code, `${at.path}.digest is no digest`);
  const { size } = target;
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0)
    throw new EnvelopeError(place.code, `${at.path}.size is no number of bytes`);
  return { mediaType, digest, size, annotations: annotationsAt(target.annotations, below(at, 'annotations')) };
}

function annotationsAt(value: unknown, place: Place): Readonly<Record<string, string>> {
  if (value === undefined || value === null) return {};
  const entries = Object.entries(objectAt(value, place));
  return Object.fromEntries(entries.map(([key, text]) => [key, stringAt(text, below(place, key))]));
}
