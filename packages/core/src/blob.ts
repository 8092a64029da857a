import { createHash } from 'node:crypto';
import { EnvelopeError } from './errors.ts';
import type { SealOptions } from './format.ts';
import { encodeBlobStatement } from './formats/blob-statement.ts';
import { type BundleHash, parseBundle } from './formats/bundle.ts';
import { toMessageBundle } from './formats/bundle-write.ts';
import { schemeFor, toWireSignature, verifyingScheme } from './formats/detached.ts';
import { isImagePayload } from './formats/image-payload.ts';
import { sigstoreFormat, statementPayload } from './formats/sigstore-format.ts';
import type { PublicKey } from './keys/public-key.ts';
import { SCHEME_HASH } from './signature.ts';
import type { SignatureScheme, Signer } from './signer.ts';

/**
 * What is written. `bundle`: a Sigstore bundle with a message signature, as `cosign sign-blob` writes it. `statement`: a bundle with an in-toto
 * Statement that attests `predicate` (the bytes of a JSON object, `{}` where absent) of the file. `signature`: the bare signature, DER for ECDSA.
 */
export type BlobForm =
  | { readonly kind: 'bundle' }
  | {
      readonly kind: 'statement';
      readonly predicateType: string;
      readonly predicate?: Uint8Array;
      /** What the statement calls the file; nobody matches by it. */
      readonly name?: string;
    }
  | {
      readonly kind: 'signature';
      /** The blob is what `planImage` made, and is signed for `attachSignature`: otherwise such a blob is refused. */
      readonly imagePayload?: boolean;
    };

/** How a file is signed; `form` defaults to `bundle`. */
export interface SignBlobOptions extends SealOptions {
  readonly blob: Uint8Array;
  readonly signer: Signer;
  readonly form?: BlobForm;
}

/**
 * Signs a file and checks the result with the signer's own public key. Ed25519 signs the file itself, never its hash (no Ed25519ph); P-384 and
 * P-521 sign SHA-256 unless the scheme says otherwise. Rule: wire-formats 3.3, 5.1.
 * @throws {EnvelopeError} BLOB_IS_PAYLOAD, ENVELOPE_UNSUPPORTED, PAYLOAD_MALFORMED for the predicate, SIGNATURE_SELF_CHECK; {KeyError} what the
 * signer throws
 */
export async function signBlob(options: SignBlobOptions): Promise<Uint8Array> {
  const { form = { kind: 'bundle' } } = options;
  if (form.kind === 'statement') return signStatement(form, options);
  checkBlob(options.blob, form);
  const { signature, scheme } = await signMessage(options);
  if (form.kind === 'signature') return signature;
  const { hint } = options.signer.publicKey;
  const hash = bundleHashOf(scheme);
  const digest = createHash(hashNames[hash]).update(options.blob).digest();
  const bundle = await toMessageBundle({ signature, hash, digest, hint });
  checkMessageBundle(bundle, options);
  return bundle;
}

/** Who signs files that others hand in must not sign their images without knowing it: in a bare signature nothing tells one from the other. */
function checkBlob(blob: Uint8Array, form: Exclude<BlobForm, { readonly kind: 'statement' }>): void {
  if ((form.kind === 'signature' && form.imagePayload === true) || !isImagePayload(blob)) return;
  const message = "the file is the payload of an image's signature: signed as a file, it would sign that image";
  throw new EnvelopeError('BLOB_IS_PAYLOAD', message);
}

async function signMessage({ blob, signer, ...options }: SignBlobOptions): Promise<{
  readonly signature: Uint8Array;
  readonly scheme: SignatureScheme;
}> {
  const { publicKey } = signer;
  const scheme = schemeFor(publicKey, { ...options, format: 'sigstore-message' });
  const signature = toWireSignature(await signer.sign(blob, scheme, options.signal), scheme, publicKey);
  checkOwn(publicKey, verifyingScheme(publicKey, { message: blob, signature }, 'sigstore-message') === scheme);
  return { signature, scheme };
}

const hashNames: Readonly<Record<BundleHash, string>> = { SHA2_256: 'sha256', SHA2_384: 'sha384', SHA2_512: 'sha512' };

/** The digest beside a message signature is by the hash that was signed; pure Ed25519 hashes inside, and gets SHA-256. */
function bundleHashOf(scheme: SignatureScheme): BundleHash {
  const name = scheme === 'ED25519' || scheme === 'ED25519_PH' ? 'sha256' : SCHEME_HASH[scheme];
  return name === 'sha384' ? 'SHA2_384' : name === 'sha512' ? 'SHA2_512' : 'SHA2_256';
}

async function signStatement(
  form: Extract<BlobForm, { readonly kind: 'statement' }>,
  { blob, signer, scheme, signal }: SignBlobOptions,
): Promise<Uint8Array> {
  const payload = statementPayload(encodeBlobStatement(blob, form));
  const artifact = await sigstoreFormat.seal(payload, signer, {
    ...(scheme === undefined ? {} : { scheme }),
    ...(signal === undefined ? {} : { signal }),
  });
  checkOwn(signer.publicKey, sigstoreFormat.verifies(artifact, payload, signer.publicKey));
  return artifact.envelope;
}

/** The bundle is read as any verifier reads it. */
function checkMessageBundle(bundle: Uint8Array, { blob, signer }: SignBlobOptions): void {
  const { content } = parseBundle(bundle);
  const isOwn =
    content.kind === 'message' &&
    verifyingScheme(signer.publicKey, { message: blob, signature: content.signature }, 'sigstore-message') !==
      undefined;
  checkOwn(signer.publicKey, isOwn);
}

function checkOwn(key: PublicKey, isOwn: boolean): void {
  if (isOwn) return;
  throw new EnvelopeError(
    'SIGNATURE_SELF_CHECK',
    `the signature that was made does not verify with the signer's own public key (${key.kind}, ${key.id.slice(0, 12)})`,
  );
}
