export type { Envelope, Evidence, Gap, Skipped } from './evidence.ts';
export type { Check, CheckName, Finding, FoundIn, Identity, Proven } from './finding.ts';
export type { TrustMaterial, VerifyFormat } from './format.ts';
export type { Requirement, Rule, TrustSource } from './policy.ts';
export type { Report, ReportCode, SourceAnswer, Verdict } from './report.ts';
