export {
  type BlobReport,
  type BlobStreamVerification,
  type BlobVerification,
  verifyBlob,
  verifyBlobStream,
} from './blob/blob.ts';
export type { BlobEvidence, BlobTrust } from './blob/blob-evidence.ts';
export { type BlobJudgement, type BlobSigner, type BlobToJudge, judgeBlob, signersMeet } from './blob/judge-blob.ts';
export { type JudgedBlob, judgeNotaryBlob, type NotaryBlobQuestion } from './blob/notary-blob.ts';
export { type NotaryBlobReport, toNotaryBlobReport } from './blob/notary-blob-report.ts';
export { type AskOptions, toAsked } from './collect/asked.ts';
export { collect } from './collect/collect.ts';
export type { CollectOptions, TagResolver } from './collect/collecting.ts';
export { toGap } from './collect/gaps.ts';
export { createHabit, type Habit, sparingHabit } from './collect/habit.ts';
export type { SourceAnswer } from './decision/answers.ts';
export { type Decision, decide } from './decision/decide.ts';
export type { ReportCode, TagCode, Verdict } from './decision/verdict.ts';
export { PolicyError, type PolicyErrorCode } from './errors.ts';
export type {
  Asked,
  Envelope,
  Evidence,
  Gap,
  GapCode,
  SignedFile,
  SignedName,
  Skipped,
  SkippedCode,
  Subject,
} from './evidence.ts';
export {
  type Check,
  type CheckCode,
  type CheckName,
  type Finding,
  type FoundIn,
  type Identity,
  isAccepted,
  isKeyOf,
  type Proven,
  signerId,
} from './finding.ts';
export type { FoundFormat, Prospect, VerifyFormat } from './format.ts';
export { type FormatName, formatNames } from './format-names.ts';
export { defaultFormats } from './formats/index.ts';
export { inspectSignature, renderInspection } from './inspect/inspect.ts';
export type {
  ClaimedSigner,
  InspectedCertificate,
  InspectedTimestamp,
  Inspection,
  NotaryInspection,
} from './inspect/inspection.ts';
export { buildTree, type Tree, type TreeLink, type TreeNode, type TreeOptions } from './inspect/tree.ts';
export { renderTree } from './inspect/tree-text.ts';
export { defaultVerifyLimits, type VerifyLimits } from './limits.ts';
export { type CollectionPlace, collectionOf, type RepositoryPattern, type TagCatalogue } from './policy/catalogue.ts';
export { askedImage, type ChosenRule, chooseRule } from './policy/choose-rule.ts';
export type { Condition, ConditionAnswer, ConditionFacts, ImageFacts, SignatureFacts } from './policy/condition.ts';
export {
  type EffectivePolicy,
  type EffectiveRule,
  effectivePolicy,
  effectiveRule,
  type RequirementText,
} from './policy/effective.ts';
export { type Candidate, type ChoiceExplanation, type ExplainOptions, explainChoice } from './policy/explain-choice.ts';
export { foldHost } from './policy/match/fold-host.ts';
export { matchesGlob } from './policy/match/glob.ts';
export { type ImagePattern, parseImagePattern, patternCovers, patternsOverlap } from './policy/match/image-pattern.ts';
export { type AskedImage, type Choice, RuleIndex } from './policy/match/rule-index.ts';
export { compareSpecificity, type Specificity, specificityOf } from './policy/match/specificity.ts';
export type { Scoped } from './policy/match/ties.ts';
export type { Place } from './policy/place.ts';
export { noRefusals, type Policy, type Refusals, type Rename } from './policy/policy.ts';
export type { Requirement } from './policy/requirement.ts';
export { type Mode, type Rule, sourcesOf } from './policy/rule.ts';
export { type KeyRuleOptions, ruleForKeys } from './policy/rule-for-keys.ts';
export { needsEvidence, type Ruling, rulingOf } from './policy/ruling.ts';
export type { TrustSource } from './policy/source.ts';
export type { Expected, MadeSignature, PolicyTable, TableCase } from './policy/table/case.ts';
export { type CaseResult, runTable } from './policy/table/run.ts';
export { durationText } from './policy/time-text.ts';
export { type CheckAction, levelActions, type X509Trust } from './policy/x509-trust.ts';
export { escapeForTerminal, escapeJsonLine, toJsonText } from './report/escape.ts';
export { toJunit } from './report/junit.ts';
export { type JunitCase, type JunitOutcome, type JunitSuite, junitDocument } from './report/junit-document.ts';
export { type FileProblem, problemsToSarif } from './report/problems-sarif.ts';
export { type Reason, reasonAddress, reasons } from './report/reasons.ts';
export { type PlatformAnswer, type Report, type ReportParts, type TagAnswer, toReport } from './report/report.ts';
export { type ReportJson, toReportJson } from './report/report-json.ts';
export { identityText, type RenderOptions, renderReport } from './report/report-text.ts';
export {
  type DocumentOptions,
  type FailureOutcome,
  type ImageUse,
  passes,
  type ReportOutcome,
  type ResultEntry,
  toOutcome,
} from './report/result-entry.ts';
export { type SarifLog, toSarif } from './report/sarif.ts';
export { shorten } from './report/shorten.ts';
export { parseSignedAt } from './signed-at.ts';
export { type TrustMaterial, trustOf } from './trust.ts';
export type { TagFacts, TrustedAnswer, TrustedQuestion, TrustedTags } from './trusted/trusted-tags.ts';
export { type Verification, verify, verifyAsked, withoutEvidence } from './verify.ts';
export { type PolicyVerification, undecidedBy, verifyByPolicy } from './verify-by-policy.ts';
export type { Verifying } from './verify-one.ts';
export { createWitnesses, type WitnessOptions } from './witnesses/create-witnesses.ts';
export type {
  PluginAsk,
  PluginTestimony,
  RevocationAsk,
  Testimonies,
  Testimony,
  Witnesses,
} from './witnesses/witnesses.ts';
