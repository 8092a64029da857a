export { type AskOptions, toAsked } from './asked.ts';
export {
  type BlobReport,
  type BlobStreamVerification,
  type BlobVerification,
  verifyBlob,
  verifyBlobStream,
} from './blob.ts';
export type { BlobEvidence, BlobTrust } from './blob-evidence.ts';
export { collect } from './collect.ts';
export type { CollectOptions, TagResolver } from './collecting.ts';
export { type Decision, decide, type ReportCode, type SourceAnswer, type Verdict } from './decide.ts';
export { PolicyError, type PolicyErrorCode } from './errors.ts';
export { escapeForTerminal, toJsonText } from './escape.ts';
export type { Asked, Envelope, Evidence, Gap, GapCode, SignedName, Skipped, SkippedCode, Subject } from './evidence.ts';
export type { Check, CheckCode, CheckName, Finding, FoundIn, Identity, Proven } from './finding.ts';
export type { Prospect, VerifyFormat } from './format.ts';
export { defaultFormats } from './formats/index.ts';
export { createHabit, type Habit } from './habit.ts';
export { type ClaimedSigner, type Inspection, inspectSignature, renderInspection } from './inspect.ts';
export { defaultVerifyLimits, type VerifyLimits } from './limits.ts';
export { type Mode, type Requirement, type Rule, sourcesOf, type TrustSource } from './policy.ts';
export { type Report, type ReportParts, type TagAnswer, toReport } from './report.ts';
export { type ReportJson, toReportJson } from './report-json.ts';
export { identityText, type RenderOptions, renderReport } from './report-text.ts';
export { type KeyRuleOptions, ruleForKeys } from './rule-for-keys.ts';
export { buildTree, type Tree, type TreeLink, type TreeNode, type TreeOptions } from './tree.ts';
export { renderTree } from './tree-text.ts';
export { type TrustMaterial, trustOf } from './trust.ts';
export { type Verification, verify } from './verify.ts';
