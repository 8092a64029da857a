export { type Conversion, convertBlobPolicy, convertPolicy, importFormats } from './convert.ts';
export type { BlobStatement } from './formats/notation-blob.ts';
export type { ImportFormat, ImportOptions, Loss, LossEffect, PolicyInput } from './model.ts';
export { type Cursor, readJson } from './reading.ts';
export { lossText } from './write.ts';
