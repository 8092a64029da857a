export { type AskOptions, toAsked } from './asked.ts';
export { type BlobEvidence, type BlobReport, type BlobVerification, verifyBlob } from './blob.ts';
export { type CollectOptions, collect, type TagResolver } from './collect.ts';
export { type Decision, decide, type ReportCode, type SourceAnswer, type Verdict } from './decide.ts';
export { PolicyError, type PolicyErrorCode } from './errors.ts';
export { escapeForTerminal, toJsonText } from './escape.ts';
export type { Asked, Envelope, Evidence, Gap, SignedName, Skipped, Subject } from './evidence.ts';
export type { Check, CheckCode, CheckName, Finding, FoundIn, Identity, Proven } from './finding.ts';
export type { Prospect, TrustMaterial, VerifyFormat } from './format.ts';
export { defaultFormats } from './formats/index.ts';
export { type ClaimedSigner, type Inspection, inspectSignature, renderInspection } from './inspect.ts';
export { defaultVerifyLimits, type VerifyLimits } from './limits.ts';
export {
  type KeyRuleOptions,
  type Mode,
  type Requirement,
  type Rule,
  ruleForKeys,
  sourcesOf,
  type TrustSource,
  trustOf,
} from './policy.ts';
export { type Report, type TagAnswer, toReport } from './report.ts';
export { type ReportJson, toReportJson } from './report-json.ts';
export { identityText, type RenderOptions, renderReport } from './report-text.ts';
export { buildTree, type Tree, type TreeLink, type TreeNode, type TreeOptions } from './tree.ts';
export { renderTree } from './tree-text.ts';
export { type Verification, verify } from './verify.ts';
