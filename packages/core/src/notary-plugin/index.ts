export { PluginError, type PluginErrorCode, type PluginFailure } from '../errors.ts';
export type { PluginCommand } from './command.ts';
export { describeKey } from './describe-key.ts';
export { findPlugin, listPluginNames, pluginsFolder } from './find-plugin.ts';
export { type EnvelopeQuestion, generateEnvelope, type MadeEnvelope } from './generate-envelope.ts';
export { generateSignature, type RawSignature, type SignatureQuestion } from './generate-signature.ts';
export {
  isVerifierCapability,
  needCapability,
  type PluginCapability,
  type PluginMetadata,
  pluginMetadata,
  type VerifierCapability,
} from './metadata.ts';
export { notaryPluginFormat } from './plugin-format.ts';
export { checkPluginName, type PluginPlace, pluginFileName, pluginNameOfFile } from './plugin-name.ts';
export { type NotaryPluginSigner, openPluginSigner, type PluginSealed, type PluginSigning } from './plugin-signer.ts';
export {
  type AskOptions,
  type PluginConfig,
  type PluginProgram,
  pluginProgram,
} from './program.ts';
export { type RunPluginOptions, runPlugin } from './run-plugin.ts';
export {
  type PluginVerdict,
  type PluginVerdicts,
  type VerifyQuestion,
  verifySignature,
} from './verify-signature.ts';
export { comparePluginVersions, isPluginVersion } from './version.ts';
