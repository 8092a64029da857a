import { isDeepStrictEqual } from 'node:util';
import type { Digest, RegistryReference } from '@signet/oci';
import type { Refusals } from '@signet/verifier';
import { type CustomPaths, imagesOfObject, type NamedImage, WorkloadError } from '@signet/workloads';

/** An image in an object under review. */
export interface PlacedImage extends NamedImage {
  /** Kubernetes has it already, in the same container, and pinned, unless the object is being deleted: nothing new enters. */
  readonly isUnchanged: boolean;
}

/** The images of an object, and why some of it could not be read: an image may hide there. */
export interface PlacedImages {
  readonly images: readonly PlacedImage[];
  readonly unread: readonly { readonly path: string; readonly message: string }[];
}

/** What is read. */
export interface ObjectQuestion {
  readonly object: unknown;
  /** What it was before, of an update. */
  readonly oldObject?: unknown;
  readonly customPaths: CustomPaths;
  readonly refuse: Refusals;
}

/** Of one object: ten times what any workload holds, so that nobody keeps others waiting with what is looked at here. */
const limits = { maxImages: 1000, maxSteps: 300_000 };

/** Every image that an object runs, wherever its kind holds them; of an update, which of them it has had. Total. */
export function placedImages({ object, oldObject, customPaths, refuse }: ObjectQuestion): PlacedImages {
  const found = imagesIn(object, customPaths);
  // Whether a signature of an image is by a refused key is known only when it is verified again.
  const mayBeRefused = ({ digest }: RegistryReference) =>
    refuse.keyIds.size > 0 || refuse.digests.has(digest as Digest);
  const before =
    oldObject === undefined || oldObject === null ? new Set<string>() : identitiesIn(oldObject, customPaths);
  const isLeaving = isBeingDeleted(oldObject);
  const images = found.images.map((image) => {
    const staysSame = image.reference.digest !== undefined && !mayBeRefused(image.reference);
    return { ...image, isUnchanged: before.size > 0 && before.has(identityOf(image)) && (isLeaving || staysSame) };
  });
  const hidesNothingNew = isLeaving && isDeepStrictEqual(contentOf(object), contentOf(oldObject));
  return { images, unread: hidesNothingNew ? [] : found.unread };
}

/**
 * Deletion begins nothing any more: what it ran before it goes on with until it is gone, and its finalizers must be taken away, by an
 * update. Asked of the old object alone, which is what Kubernetes has: the new one is what somebody sent.
 */
function isBeingDeleted(oldObject: unknown): boolean {
  const deletionTimestamp = memberOf(memberOf(oldObject, 'metadata'), 'deletionTimestamp');
  return typeof deletionTimestamp === 'string' && deletionTimestamp !== '';
}

/** All but what deletion changes. */
function contentOf(object: unknown): unknown {
  if (typeof object !== 'object' || object === null) return object;
  const { metadata, status: _, ...content } = object as Readonly<Record<string, unknown>>;
  return { ...content, annotations: memberOf(metadata, 'annotations') };
}

function memberOf(value: unknown, name: string): unknown {
  const isMap = typeof value === 'object' && value !== null && Object.hasOwn(value, name);
  return isMap ? (value as Readonly<Record<string, unknown>>)[name] : undefined;
}

interface Found {
  readonly images: readonly NamedImage[];
  readonly unread: PlacedImages['unread'];
}

function imagesIn(object: unknown, customPaths: CustomPaths): Found {
  try {
    const { images, problems } = imagesOfObject(object, { customPaths, limits });
    const unread = problems
      .filter(({ severity }) => severity === 'unread')
      .map(({ path, message }) => ({ path, message }));
    return { images, unread };
  } catch (error) {
    if (!(error instanceof WorkloadError)) throw error;
    return { images: [], unread: [{ path: '', message: error.message }] };
  }
}

function identitiesIn(object: unknown, customPaths: CustomPaths): ReadonlySet<string> {
  return new Set(imagesIn(object, customPaths).images.map(identityOf));
}

/** The same text in the same container. Where containers have no names, their place counts. */
function identityOf({ written, role, path, container }: NamedImage): string {
  const place = container === undefined ? path : path.replace(/\[\d+\]((?:\.image)?(?:\.reference)?)$/, '[]$1');
  return JSON.stringify([written, role, place, container ?? null]);
}
