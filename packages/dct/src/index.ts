export { DctError, type DctErrorCode } from './errors.ts';
export { type DctLimits, dctLimits } from './limits.ts';
export { type Delegation, type KeyIds, readTrustData, type TrustData, type TrustQuestion } from './read-trust-data.ts';
export type { MetadataFile, MetadataSource } from './source.ts';
export { folderSource } from './sources/folder.ts';
export { serverSource } from './sources/server.ts';
export type { SignedTarget, Tags, TrustedTag, UnreleasedTag } from './tags.ts';
export type { Expired } from './verify/freshness.ts';
export type { RootPin } from './verify/pin.ts';
