import type { Digest } from '@signet/oci';
import type { SourceAnswer } from '../decision/answers.ts';
import type { ReportCode, Verdict } from '../decision/verdict.ts';
import type { SignedFile } from '../evidence.ts';
import { type Check, type CheckCode, type Finding, type Identity, isAccepted, isPossible } from '../finding.ts';
import { summaryOf } from '../report/explain.ts';
import { identityText } from '../report/report-text.ts';
import type { JudgedBlob } from './notary-blob.ts';

/** The answer about one file with a Notary signature. */
export interface NotaryBlobReport {
  readonly verdict: Verdict;
  /** `VERIFIED`; else the code of the check that decided, or of the decision where none did. */
  readonly code: ReportCode | CheckCode;
  /** What the rule makes of it: one that only warns, or exempts, lets pass what is not verified. */
  readonly allowed: boolean;
  /** sha256 of the file. */
  readonly digest: Digest;
  /** What was signed, of a signature that is proven. */
  readonly signed?: SignedFile;
  readonly rule?: string;
  readonly identity?: Identity;
  /** User metadata, of a signature that is proven. */
  readonly annotations?: Readonly<Record<string, string>>;
  readonly checks: readonly Check[];
  readonly sources: readonly SourceAnswer[];
  readonly summary: string;
}

/** The report of a decision about a file. Total. */
export function toNotaryBlobReport({ ruling, evidence, decision }: JudgedBlob): NotaryBlobReport {
  const { verdict, allowed, sources } = decision;
  const { subject } = evidence;
  if (subject === undefined) throw new TypeError('a file has been read before it is judged');
  const finding = tellingFinding(decision.findings, verdict);
  const { rule } = ruling;
  const { proven, checks = [] } = finding ?? {};
  return {
    verdict,
    ...reasonOf({ ruling, evidence, decision }, finding),
    allowed,
    digest: subject.digest,
    ...(rule === undefined ? {} : { rule: rule.name }),
    ...(proven === undefined || subject.file === undefined
      ? {}
      : { signed: subject.file, identity: proven.identity, annotations: proven.annotations }),
    checks,
    sources,
  };
}

/** There is one for each source of certificates: the one that says why it came out as it did. */
function tellingFinding(findings: readonly Finding[], verdict: Verdict): Finding | undefined {
  const tells = {
    verified: isAccepted,
    undecided: (finding: Finding) => isPossible(finding) && !isAccepted(finding),
    denied: (finding: Finding) => !isPossible(finding),
  }[verdict];
  return findings.find(tells) ?? findings[0];
}

type Reason = Pick<NotaryBlobReport, 'code' | 'summary'>;

function reasonOf({ ruling, evidence, decision }: JudgedBlob, finding: Finding | undefined): Reason {
  const { verdict, code } = decision;
  const own = ownTexts[code];
  if (own !== undefined) return { code, summary: own };
  if (verdict === 'verified' && finding?.proven !== undefined)
    return { code, summary: `signed by ${identityText(finding.proven.identity)}` };
  const result = verdict === 'undecided' ? 'unknown' : 'fail';
  const check = finding?.checks.find((each) => each.result === result);
  if (check !== undefined) return { code: check.code, summary: check.message };
  return { code, summary: summaryOf(ruling, evidence, decision) };
}

/** What is said otherwise of images. */
const ownTexts: Partial<Readonly<Record<ReportCode, string>>> = {
  NO_RULE: 'the policy has no rule for this file',
  NOT_CHECKED: 'the policy asks for no signature of this file: nothing was checked',
  NO_SIGNATURE: 'the policy trusts no certificates: no Notary signature of a file meets it',
  REFUSED_DIGEST: 'the policy refuses this file: its digest is on the list',
  REFUSED_KEY: 'the policy refuses this file: it is signed by a key that is on the list',
};
