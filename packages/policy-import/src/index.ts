export { type Conversion, convertPolicy, importFormats } from './convert.ts';
export type { ImportFormat, ImportOptions, Loss, LossEffect, PolicyInput } from './model.ts';
export { lossText } from './write.ts';
