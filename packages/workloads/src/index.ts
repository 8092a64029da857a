export type { ReadOptions } from './context.ts';
export { WorkloadError, type WorkloadErrorCode } from './errors.ts';
export type {
  ImageRole,
  ImageUse,
  InputKind,
  InputProblem,
  InputProblemCode,
  Inventory,
  NamedImage,
  NamedProblem,
  ObjectName,
  Pin,
} from './inventory.ts';
export { readingOfName } from './kind-of.ts';
export { toJsonPointer } from './kubernetes/json-pointer.ts';
export { type CustomPaths, checkCustomPaths } from './kubernetes/kind-table.ts';
export { defaultWorkloadLimits, type WorkloadLimits } from './limits.ts';
export { imagesOfObject, type ObjectImages } from './objects.ts';
export { type DigestOf, type PinnedInput, type PinOptions, pinImages } from './pin/pin-images.ts';
export type { Place } from './place.ts';
export { readImages } from './read.ts';
