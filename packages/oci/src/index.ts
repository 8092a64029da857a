export { askAhead, type FirstQuestion } from './ask-ahead.ts';
export { type AzureIdentityOptions, azureIdentity } from './auth/azure-identity.ts';
export { type AuthConfig, credentialIn, parseAuthConfig } from './auth/config-file.ts';
export { ACR_TOKEN_USER, type Credential, type CredentialSource, credentialOf } from './auth/credential.ts';
export { type ConfiguredCredentials, type LoadCredentialsOptions, loadCredentials } from './auth/credentials.ts';
export { verifyLogin } from './auth/login.ts';
export { eraseCredential, saveCredential } from './auth/save.ts';
export { decodeBase64 } from './base64.ts';
export { checkedBytes, checkedStream } from './checked.ts';
export { type CopyLimits, defaultCopyLimits } from './copy/budget.ts';
export { copy } from './copy/copy.ts';
export type { CopyEvent, CopyResult } from './copy/events.ts';
export type { CopyOptions } from './copy/run.ts';
export { forEachSideBySide } from './copy/side-by-side.ts';
export {
  asObject,
  type Descriptor,
  isMediaType,
  type Platform,
  parseAnnotations,
  parseDescriptor,
  toDescriptorJson,
} from './descriptor.ts';
export {
  createDigester,
  type Digest,
  type DigestAlgorithm,
  type Digester,
  digestAlgorithm,
  digestHex,
  digestOf,
  isDigest,
  parseDigest,
} from './digest.ts';
export {
  emptyContent,
  emptyDescriptor,
  encodeManifest,
  type NewImageManifest,
  type NewIndex,
} from './encode-manifest.ts';
export { RegistryError, type RegistryErrorCode } from './errors.ts';
export { decodeUtf8, parseJson } from './json.ts';
export { type LayoutOptions, type LayoutStore, openLayout } from './layout/layout.ts';
export { type LockFileOptions, takeLockFile } from './layout/lock-file.ts';
export { readRegular } from './layout/regular-file.ts';
export { defaultLimits, type Limits } from './limits.ts';
export { makeFolders } from './make-folders.ts';
export {
  artifactTypeOf,
  type ImageIndex,
  type ImageManifest,
  type Manifest,
  parseManifest,
  partsOf,
  toReferrerDescriptor,
} from './manifest.ts';
export {
  isIndexMediaType,
  isManifestMediaType,
  MEDIA_TYPE_CONFIG,
  MEDIA_TYPE_DOCKER_LIST,
  MEDIA_TYPE_DOCKER_MANIFEST,
  MEDIA_TYPE_EMPTY,
  MEDIA_TYPE_INDEX,
  MEDIA_TYPE_LAYER_GZIP,
  MEDIA_TYPE_MANIFEST,
  manifestMediaTypes,
} from './media-types.ts';
export { createMemoryStore, type MemoryStoreOptions } from './memory.ts';
export { openStore } from './open-store.ts';
export {
  canonicalHost,
  formatReference,
  isRepositoryName,
  isTag,
  type LayoutReference,
  parseReference,
  parseRegistryReference,
  type Reference,
  type RegistryReference,
} from './reference.ts';
export { type ListReferrersOptions, listReferrers } from './referrers-list.ts';
export { guardedLookup, type MayConnect } from './remote/address-guard.ts';
export { createRegistryClient, type RegistryClient } from './remote/client.ts';
export type { DocumentRequest } from './remote/document.ts';
export type { ClientOptions, RequestEvent, RetryOptions, Timeouts } from './remote/options.ts';
export type { Probe } from './remote/probe.ts';
export { isLoopbackHost } from './remote/proxy.ts';
export { fallbackTag } from './remote/referrers.ts';
export type {
  Pushed,
  ReadOptions,
  ReferrersOptions,
  ReferrersPage,
  Resolved,
  ResolveOptions,
  Source,
  Store,
  TagCondition,
  TagOptions,
  WriteOptions,
} from './store.ts';
export { unlessMissing } from './unless-missing.ts';
