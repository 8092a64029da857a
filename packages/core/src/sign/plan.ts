import {
  type Descriptor,
  parseRegistryReference,
  type Reference,
  RegistryError,
  type RegistryReference,
  type Resolved,
  type Store,
} from '@signet/oci';
import { EnvelopeError } from '../errors.ts';
import type { Pace, Payload, SignFormat, SignRequest } from '../format.ts';
import { defaultPace } from '../pace.ts';
import { childrenOf } from './children.ts';
import { type Place, resolvePlace } from './place.ts';

/** What is to be signed, before any key is used. */
export interface ImageToSign {
  /** The repository or layout that `reference` lies in; signatures are stored there too. */
  readonly store: Store;
  /** A tag is resolved once; `TAG@DIGEST` must agree; a digest alone is signed without a tag; neither means `latest`. */
  readonly reference: Reference;
  readonly format: SignFormat;
  /** The signer's own claim, milliseconds since 1970 UTC. */
  readonly signedAtMs: number;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Leaves the signed reference out of the payload. */
  readonly noTag?: boolean;
  /** `REGISTRY/REPO:TAG` to put into the payload: for layouts on disk, and for an image that is published under another name. */
  readonly signedReference?: string;
  /** Signs every manifest that an index names too, without the tag. */
  readonly recursive?: boolean;
  readonly pace?: Pace;
  readonly signal?: AbortSignal;
}

/** One manifest, and the bytes that its signature is over. */
export interface Planned {
  readonly subject: Descriptor;
  readonly payload: Payload;
  readonly signedReference?: string;
  /** Where a tag led to it: it must still do so when all is done. */
  readonly place: Place;
}

/** What one call signs. `children` is empty unless `recursive`. */
export interface Plan {
  readonly root: Planned;
  readonly children: readonly Planned[];
}

/**
 * Resolves the reference and makes the payloads: for `--dry-run`, and for signing elsewhere (`toSign` of the payload, then `attachSignature`).
 * @throws {EnvelopeError} SUBJECT_CHANGED, ANNOTATION_INVALID, ENVELOPE_UNSUPPORTED; {RegistryError} REFERENCE_INVALID, what the store throws
 */
export async function planImage(image: ImageToSign): Promise<Plan> {
  const name = nameOf(image);
  const place: Place = { store: image.store, pace: image.pace ?? defaultPace, ...signalOf(image) };
  const { resolved, tag } = await resolvePlace(image.reference, place);
  const root = { ...plan(subjectOf(resolved), image, name), place: tag === undefined ? place : { ...place, tag } };
  if (image.recursive !== true) return { root, children: [] };
  const children = await childrenOf(resolved, place);
  const { signedReference: _, ...untagged } = name;
  return { root, children: children.map((child) => ({ ...plan(child, image, untagged), place })) };
}

type Name = Pick<SignRequest, 'repository' | 'signedReference'>;

function plan(subject: Descriptor, image: ImageToSign, name: Name): Omit<Planned, 'place'> {
  const { format, signedAtMs, annotations = {} } = image;
  const { signedReference } = name;
  return {
    subject,
    payload: format.payload({ subject, ...name, signedAtMs, annotations }),
    ...(signedReference === undefined ? {} : { signedReference }),
  };
}

/** The descriptor that is signed and stored as `subject`: nothing but what the bytes themselves say. */
function subjectOf({ descriptor: { mediaType, digest, size } }: Resolved): Descriptor {
  return { mediaType, digest, size };
}

/** What the payload calls the image. A digest alone has no tag to bind. */
function nameOf(image: ImageToSign): Name {
  const { reference } = image;
  if (image.signedReference !== undefined) {
    if (image.noTag === true)
      throw new EnvelopeError('ANNOTATION_INVALID', 'a reference to sign and leaving it out were both asked for');
    return fullName(parseSignedReference(image.signedReference));
  }
  if (reference.kind === 'layout') return {};
  const { registry, repository, tag, digest } = reference;
  const name = { kind: 'registry', registry, repository } as const;
  if (image.noTag === true || (tag === undefined && digest !== undefined))
    return { repository: `${registry}/${repository}` };
  return fullName({ ...name, tag: tag ?? 'latest' });
}

function fullName({ registry, repository, tag }: RegistryReference & { readonly tag: string }): Name {
  return { repository: `${registry}/${repository}`, signedReference: `${registry}/${repository}:${tag}` };
}

function parseSignedReference(text: string): RegistryReference & { readonly tag: string } {
  const parsed = parseRegistryReference(text);
  const { tag, digest } = parsed;
  if (tag !== undefined && digest === undefined) return { ...parsed, tag };
  throw new RegistryError(
    'REFERENCE_INVALID',
    `the reference to sign must be REGISTRY/REPOSITORY:TAG, without a digest: ${JSON.stringify(text.slice(0, 200))}`,
  );
}

function signalOf({ signal }: ImageToSign): { readonly signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}
