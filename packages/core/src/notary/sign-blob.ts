import { createHash, X509Certificate } from 'node:crypto';
import { EnvelopeError } from '../errors.ts';
import type { Payload, SealOptions } from '../format.ts';
import { checkAnnotations } from '../formats/signed-annotations.ts';
import { publicKeyFrom } from '../keys/public-key.ts';
import type { NotaryHash } from './algorithms.ts';
import { NOTARY_PAYLOAD_TYPE } from './attributes.ts';
import type { NotaryForm } from './envelope.ts';
import { checkMediaType } from './media-type.ts';
import { parseNotaryEnvelope } from './parse-envelope.ts';
import { refuseReserved } from './reserved.ts';
import { type EnvelopeKey, type NotarySigning, sealEnvelope } from './seal-envelope.ts';
import { verifyNotarySignature } from './signature.ts';

/** A file that is to be signed. */
export interface NotaryBlob {
  /** Its bytes, read once and not held. */
  readonly pieces: AsyncIterable<Uint8Array>;
  /** Default: {@link NOTARY_BLOB_TYPE}. */
  readonly mediaType?: string;
  /** Signed beside it. */
  readonly userMetadata?: Readonly<Record<string, string>>;
  /** Milliseconds since 1970 UTC. */
  readonly signedAtMs: number;
}

/** The detached signature, and what it says of the file. */
export interface SignedNotaryBlob {
  readonly envelope: Uint8Array;
  /** By the hash of the key: sha256, sha384 or sha512. */
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
  readonly mediaType: string;
}

/** The media type of a file of which none is said, as notation has it. */
export const NOTARY_BLOB_TYPE = 'application/octet-stream';

/** How an envelope of a file is sealed: certificates that count and annotations of an image have no meaning here. */
export type BlobSigning = Pick<NotarySigning, 'form' | 'lifetimeMs' | 'timestamp'> & Pick<SealOptions, 'signal'>;

/**
 * A detached signature over a file, as `notation blob sign` writes it: the digest is by the hash that the key signs with, and nothing is signed
 * beside it but what the caller says. Checked with the key of its own first certificate. Rule: wire-formats 8.1
 * @throws {EnvelopeError} ANNOTATION_INVALID, MEDIA_TYPE_INVALID, SIGNATURE_SELF_CHECK; what reading the file, the key and the authority of the time throw
 */
export async function signNotaryBlob(
  blob: NotaryBlob,
  key: EnvelopeKey,
  signing: BlobSigning = {},
): Promise<SignedNotaryBlob> {
  const { mediaType = NOTARY_BLOB_TYPE, userMetadata = {}, signedAtMs } = blob;
  checkMediaType(mediaType);
  refuseReserved(userMetadata);
  checkAnnotations(userMetadata);
  const described = { ...(await describe(blob.pieces, key.algorithm.hash)), mediaType };
  const { form = 'jws' } = signing;
  const payload = payloadOf(described, userMetadata, form);
  const envelope = await sealEnvelope(payload, key, { ...signing, signedAtMs });
  checkOwn(envelope, form, payload);
  return { envelope, ...described };
}

type Described = Omit<SignedNotaryBlob, 'envelope'>;

async function describe(pieces: AsyncIterable<Uint8Array>, name: NotaryHash): Promise<Omit<Described, 'mediaType'>> {
  const hash = createHash(name);
  let size = 0;
  for await (const piece of pieces) {
    hash.update(piece);
    size += piece.length;
  }
  return { digest: `${name}:${hash.digest('hex')}`, size };
}

/** Compact JSON, byte by byte as notation writes it: names sorted in a JWS, in the order of OCI descriptors in COSE. */
function payloadOf(
  { digest, mediaType, size }: Described,
  userMetadata: Readonly<Record<string, string>>,
  form: NotaryForm,
): Payload {
  const entries = Object.entries(userMetadata).sort(([left], [right]) => (left < right ? -1 : 1));
  const annotations = entries.length === 0 ? {} : { annotations: Object.fromEntries(entries) };
  const targetArtifact =
    form === 'jws' ? { ...annotations, digest, mediaType, size } : { mediaType, digest, size, ...annotations };
  const bytes = Buffer.from(JSON.stringify({ targetArtifact }));
  return { format: 'notary', payloadType: NOTARY_PAYLOAD_TYPE, bytes, toSign: bytes };
}

/** The envelope is read as any verifier reads it. */
function checkOwn(bytes: Uint8Array, form: NotaryForm, payload: Payload): void {
  const envelope = parseNotaryEnvelope(bytes, form);
  const [leaf] = envelope.certificates;
  const isOwn =
    leaf !== undefined && verifyNotarySignature(publicKeyFrom(new X509Certificate(leaf).publicKey), envelope);
  if (isOwn && Buffer.from(envelope.payload).equals(payload.bytes)) return;
  throw new EnvelopeError(
    'SIGNATURE_SELF_CHECK',
    'the signature that was made does not verify with its own certificate',
  );
}
