import type { RegistryReference } from '@signet/oci';
import type { Place } from './place.ts';

/** What an image is used for. */
export type ImageRole =
  | 'container'
  | 'init-container'
  | 'ephemeral-container'
  | 'image-volume'
  | 'custom'
  | 'service'
  | 'build-context'
  | 'from'
  | 'copy'
  | 'mount'
  | 'frontend'
  | 'listed';

/** The Kubernetes object that an image stands in. */
export interface ObjectName {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace?: string;
  /** Empty where the object has none yet (`generateName`). */
  readonly name: string;
  /** What Helm runs it for (`pre-install`), as the annotation says. */
  readonly hook?: string;
}

/** How a digest gets into the input: nothing to do, text put in at an offset, or a reason why neither is possible. */
export type Pin =
  | { readonly kind: 'pinned' }
  | { readonly kind: 'insert'; readonly offset: number }
  | { readonly kind: 'impossible'; readonly why: string };

/** One image in one object, whatever input it came from. */
export interface NamedImage {
  /** As it stands there, variables and all. */
  readonly written: string;
  /** After variables: what is pulled. Always a registry's, also where it is written `oci:…` (Docker Hub's image of that name). */
  readonly reference: RegistryReference;
  readonly role: ImageRole;
  /** `spec.template.spec.containers[0].image`, `services.web.image`, `FROM`. */
  readonly path: string;
  /** The name of the container, volume, service or build stage. */
  readonly container?: string;
  /** `os/arch` where the input asks for one. */
  readonly platform?: string;
  readonly object?: ObjectName;
}

/** One image at one place of an input. */
export interface ImageUse extends NamedImage {
  readonly place: Place;
  /** The file of the chart that it was rendered from (Helm's `# Source:` comment). */
  readonly origin?: string;
  readonly pin: Pin;
}

/** docs/inputs.md explains each; a test keeps both equal. */
export type InputProblemCode =
  | 'KIND_UNKNOWN'
  | 'DOCUMENT_UNKNOWN'
  | 'SHAPE_WRONG'
  | 'IMAGE_INVALID'
  | 'IMAGE_MISSING'
  | 'IMAGE_VARIABLE'
  | 'OTHER_FILE'
  | 'BUILD_ONLY'
  | 'STAGE_UNKNOWN'
  | 'NOT_PINNED';

/** Something that had to be told instead of an image. */
export interface NamedProblem {
  readonly code: InputProblemCode;
  readonly message: string;
  /** `unread`: an image may run that is not in the inventory. `note`: none is missing. */
  readonly severity: 'unread' | 'note';
  readonly path: string;
  readonly object?: ObjectName;
}

/** The same at its place. */
export interface InputProblem extends NamedProblem {
  readonly place: Place;
}

/** What the reader took an input for. */
export type InputKind = 'kubernetes' | 'compose' | 'dockerfile' | 'list';

/** All images of one input, in the order of their places. */
export interface Inventory {
  readonly file: string;
  readonly kinds: readonly InputKind[];
  readonly images: readonly ImageUse[];
  readonly problems: readonly InputProblem[];
}
