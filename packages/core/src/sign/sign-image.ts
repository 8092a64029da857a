import { type Digest, forEachSideBySide } from '@signet/oci';
import type { SealOptions } from '../format.ts';
import type { Signer } from '../signer.ts';
import { type ImageToSign, type Planned, planImage } from './plan.ts';
import { type SignResult, signPlanned, toFacts } from './sign-planned.ts';

/** How an image is signed. */
export interface SignImageOptions extends ImageToSign, Pick<SealOptions, 'scheme'> {
  readonly signer: Signer;
  /** Signs although the same signature of the same key is there. */
  readonly force?: boolean;
  /** Tells what would be signed: the key is not used, nothing is written. */
  readonly dryRun?: boolean;
}

/** Children of an index that are signed at once. */
const sideBySide = 4;

/**
 * Signs the image that the reference names now, and with `recursive` every child of an index: resolves once, seals, checks the signature with
 * the signer's own public key, stores it, and reads it back. The children come first, so that an index whose signature is there is signed whole;
 * in the results the reference's own manifest comes first. Rule: design.md 4.
 * @throws {EnvelopeError} SUBJECT_CHANGED when the tag names, or comes to name, another image; SIGNATURE_SELF_CHECK, SIGNATURE_NOT_STORED,
 * ANNOTATION_INVALID, ENVELOPE_UNSUPPORTED; {KeyError} what the signer throws; {RegistryError} what the store throws
 */
export async function signImage(options: SignImageOptions): Promise<readonly SignResult[]> {
  const { root, children } = await planImage(options);
  if (options.dryRun === true) return [root, ...children].map((each) => ({ outcome: 'dry-run', ...toFacts(each) }));
  const signed = new Map<Digest, SignResult>();
  const sign = async (each: Planned): Promise<void> => {
    signed.set(each.subject.digest, await signPlanned(each, options));
  };
  await forEachSideBySide(children, sideBySide, sign);
  await sign(root);
  return [root, ...children].flatMap(({ subject }) => signed.get(subject.digest) ?? []);
}
