import { EnvelopeError } from '../errors.ts';
import { type BundleMaterial, materialAt } from './bundle-material.ts';
import { type DsseEnvelope, dsseAt } from './dsse.ts';
import { bytesAt } from './proto-values.ts';
import { below, malformed, membersAt, objectAt, type Place, parseDocument, shown, stringAt } from './strict-json.ts';

/** The version that is written. Rule: wire-formats 1.2. */
export const MEDIA_TYPE_BUNDLE = 'application/vnd.dev.sigstore.bundle.v0.3+json';

/** Versions that are read; all have one shape, with small differences in what must be there. */
export type BundleVersion = '0.1' | '0.2' | '0.3';

/** Hash names as a message signature writes them. The digest is a hint: the artifact is hashed again. Rule: wire-formats 5.1. */
export type BundleHash = 'SHA2_256' | 'SHA2_384' | 'SHA2_512';

/** What was signed: an envelope that holds its payload, or bytes that lie elsewhere. */
export type BundleContent =
  | { readonly kind: 'dsse'; readonly envelope: DsseEnvelope }
  | {
      readonly kind: 'message';
      readonly signature: Uint8Array;
      readonly digest?: { readonly algorithm: BundleHash; readonly value: Uint8Array };
    };

/** A Sigstore bundle, its shape checked; nothing in it is proven. Rule: wire-formats 5.1. */
export interface Bundle extends BundleMaterial {
  readonly version: BundleVersion;
  readonly content: BundleContent;
}

/** Bytes of a bundle that is an image's signature; an attestation may have more. Rule: wire-formats 12. */
export const MAX_SIGNATURE_BYTES: number = 4 * 1024 * 1024;

const versions: Readonly<Record<string, BundleVersion>> = {
  'application/vnd.dev.sigstore.bundle+json;version=0.1': '0.1',
  'application/vnd.dev.sigstore.bundle+json;version=0.2': '0.2',
  'application/vnd.dev.sigstore.bundle+json;version=0.3': '0.3',
  [MEDIA_TYPE_BUNDLE]: '0.3',
};
/** By number too, as protobuf's JSON reader takes enumerations. Rule: sigstore_common.proto, HashAlgorithm. */
const hashes: readonly (readonly [BundleHash, number])[] = [
  ['SHA2_256', 1],
  ['SHA2_384', 2],
  ['SHA2_512', 3],
];

/**
 * A Sigstore bundle from its bytes, versions 0.1 to 0.3, by the rules of protobuf's strict JSON reader. Rule: wire-formats 1.3, 5.1.
 * @throws {EnvelopeError} ENVELOPE_MALFORMED; ENVELOPE_UNSUPPORTED for other versions, hashes and cosign's old bundle; SIGNATURE_COUNT
 */
export function parseBundle(bytes: Uint8Array, options: { readonly maxBytes?: number } = {}): Bundle {
  const place: Place = { path: 'bundle', code: 'ENVELOPE_MALFORMED' };
  const document = parseDocument(bytes, { place, maxBytes: options.maxBytes ?? MAX_SIGNATURE_BYTES });
  refuseOldBundle(document, place);
  const names = ['mediaType', 'verificationMaterial', 'dsseEnvelope', 'messageSignature'] as const;
  const bundle = membersAt(document, place, names, 'proto');
  const version = versionOf(stringAt(bundle.mediaType, below(place, 'mediaType')));
  const content = contentOf(bundle, place);
  return {
    version,
    content,
    ...materialAt(bundle.verificationMaterial, below(place, 'verificationMaterial'), version),
  };
}

/** Rule: wire-formats 5.1 (what `sign-blob --bundle` of cosign 2 wrote). */
function refuseOldBundle(document: unknown, place: Place): void {
  const keys = Object.keys(objectAt(document, place));
  if (!keys.includes('base64Signature') || keys.includes('mediaType')) return;
  throw new EnvelopeError(
    'ENVELOPE_UNSUPPORTED',
    'a legacy cosign bundle (base64Signature): sign again, or convert it',
  );
}

function versionOf(mediaType: string): BundleVersion {
  const version = Object.hasOwn(versions, mediaType) ? versions[mediaType] : undefined;
  if (version !== undefined) return version;
  throw new EnvelopeError(
    'ENVELOPE_UNSUPPORTED',
    `bundle.mediaType ${shown(mediaType)} is none of versions 0.1 to 0.3`,
  );
}

function contentOf(
  bundle: { readonly dsseEnvelope?: unknown; readonly messageSignature?: unknown },
  place: Place,
): BundleContent {
  const { dsseEnvelope, messageSignature } = bundle;
  if ((dsseEnvelope === undefined) === (messageSignature === undefined))
    throw new EnvelopeError(place.code, 'the bundle must have exactly one of dsseEnvelope and messageSignature');
  if (dsseEnvelope !== undefined)
    return { kind: 'dsse', envelope: dsseAt(dsseEnvelope, below(place, 'dsseEnvelope'), 'proto') };
  return messageAt(messageSignature, below(place, 'messageSignature'));
}

function messageAt(value: unknown, place: Place): BundleContent {
  const message = membersAt(value, place, ['messageDigest', 'signature'], 'proto');
  const signature = bytesAt(message.signature, below(place, 'signature'));
  if (signature.length === 0) throw malformed(below(place, 'signature'), 'a signature');
  if (message.messageDigest === undefined) return { kind: 'message', signature };
  return { kind: 'message', signature, digest: digestAt(message.messageDigest, below(place, 'messageDigest')) };
}

function digestAt(value: unknown, place: Place): { algorithm: BundleHash; value: Uint8Array } {
  const digest = membersAt(value, place, ['algorithm', 'digest'], 'proto');
  const known = hashes.find((names) => names.some((name) => name === digest.algorithm));
  if (known === undefined) throw new EnvelopeError('ENVELOPE_UNSUPPORTED', `${place.path}.algorithm is not known`);
  const bytes = bytesAt(digest.digest, below(place, 'digest'));
  const length = { SHA2_256: 32, SHA2_384: 48, SHA2_512: 64 }[known[0]];
  if (bytes.length !== length) throw malformed(below(place, 'digest'), `a digest of ${length} bytes`);
  return { algorithm: known[0], value: bytes };
}
