import type { Digest } from '@signet/oci';
import { EnvelopeError } from '../errors.ts';
import type { Payload, SealOptions, SignatureArtifact, SignFormat, StoredSignature } from '../format.ts';
import type { Signer } from '../signer.ts';
import { checkUnmoved } from './place.ts';
import type { Planned } from './plan.ts';

/** What was signed: the manifest, what the payload calls it, and the payload itself. */
export interface SignedFacts {
  readonly digest: Digest;
  readonly mediaType: string;
  /** `REGISTRY/REPO:TAG` inside the payload. */
  readonly signedReference?: string;
  /** For `already-there` the one that would have been signed: that which is stored says the same at another time. */
  readonly payload: Payload;
}

/** Where a signature is. */
export interface StoredFacts {
  /** Digest of the manifest that holds it: a referrer, or the one under cosign's `.sig` tag. */
  readonly signatureManifest: Digest;
  /** How it is found: see {@link StoredSignature}. */
  readonly stored: StoredSignature['via'];
}

/** What came of one manifest. */
export type SignResult =
  | (SignedFacts & StoredFacts & { readonly outcome: 'new'; readonly artifact: SignatureArtifact })
  | (SignedFacts & StoredFacts & { readonly outcome: 'already-there' })
  | (SignedFacts & { readonly outcome: 'dry-run' });

/** What is needed beside the plan. */
export interface SigningOptions extends Pick<SealOptions, 'scheme'> {
  readonly format: SignFormat;
  readonly signer: Signer;
  readonly signedAtMs: number;
  readonly force?: boolean;
}

/**
 * Signs and stores one manifest of a plan. The tag is asked for before anything is written, so that no signature is left behind for a tag
 * that moved while a slow key signed, and again at the end.
 * @throws {EnvelopeError} SUBJECT_CHANGED, SIGNATURE_SELF_CHECK, SIGNATURE_NOT_STORED, ENVELOPE_UNSUPPORTED; {KeyError}; {RegistryError}
 */
export async function signPlanned(planned: Planned, options: SigningOptions): Promise<SignResult> {
  const { format, signer } = options;
  const { subject, payload, place } = planned;
  const within = { ...place, subject };
  const before = options.force === true ? undefined : await format.find(payload, signer.publicKey, within);
  if (before !== undefined) {
    await checkUnmoved(subject.digest, place);
    return { outcome: 'already-there', ...toFacts(planned), ...toStoredFacts(before) };
  }
  const artifact = await sealChecked(planned, options);
  await checkUnmoved(subject.digest, place);
  const stored = await format.store(artifact, options.signedAtMs, within);
  await checkUnmoved(subject.digest, place);
  return { outcome: 'new', ...toFacts(planned), ...toStoredFacts(stored), artifact };
}

/** The part of a result that is known before signing. */
export function toFacts({ subject, payload, signedReference }: Planned): SignedFacts {
  const { digest, mediaType } = subject;
  return { digest, mediaType, payload, ...(signedReference === undefined ? {} : { signedReference }) };
}

function toStoredFacts({ manifest, via }: StoredSignature): StoredFacts {
  return { signatureManifest: manifest, stored: via };
}

/** A signer whose public key is not the one that it signs with would store what nobody can verify. */
async function sealChecked({ payload, place }: Planned, options: SigningOptions): Promise<SignatureArtifact> {
  const { format, signer, scheme } = options;
  const artifact = await format.seal(payload, signer, {
    ...(scheme === undefined ? {} : { scheme }),
    ...(place.signal === undefined ? {} : { signal: place.signal }),
  });
  if (format.verifies(artifact, payload, signer.publicKey)) return artifact;
  throw new EnvelopeError(
    'SIGNATURE_SELF_CHECK',
    "the signature that was made does not verify with the signer's own public key: nothing was stored",
  );
}
