import type { Decision } from '../decision/decide.ts';
import type { Evidence } from '../evidence.ts';
import type { Check, Finding } from '../finding.ts';
import { sourcesOf } from '../policy/rule.ts';
import type { Ruling } from '../policy/ruling.ts';
import { type TrustSource, takesFormat, trusts } from '../policy/source.ts';
import { trustOf } from '../trust.ts';
import { shortKey } from './key-name.ts';

/** One sentence that says why, with the nearest miss. Texts from outside are in it: escape it when printing. */
export function summaryOf(ruling: Ruling, evidence: Evidence, decision: Decision): string {
  const gap = evidence.gaps.find(({ what }) => what === 'resolve') ?? evidence.gaps[0];
  switch (decision.code) {
    case 'VERIFIED':
      return `signed by ${yesNames(decision)}`;
    case 'NO_SIGNATURE':
      return noSignature(evidence, decision);
    case 'NOT_TRUSTED':
      return notTrusted(ruling, decision);
    case 'TAG_MISMATCH':
      return missOf(decision, 'tag') ?? 'the signature is for another tag';
    case 'ANNOTATION_MISMATCH':
      return missOf(decision, 'annotations') ?? 'the signed annotations are not those that were asked for';
    case 'INCOMPLETE':
      return `could not decide: ${gap?.message ?? openCheck(decision) ?? 'not everything was read'}`;
    case 'UNRESOLVED':
      return `the reference could not be resolved: ${gap?.message ?? 'no digest'}`;
    case 'NO_RULE':
      return hasName(evidence)
        ? 'no rule of the policy matches this image'
        : 'an image layout has no name by which a rule of the policy could be chosen';
    case 'SIGNATURE_TIME':
      return missOf(decision, 'age') ?? 'the signature is not of the time that was asked for';
    case 'CONDITION_FAILED':
      return missOf(decision, 'condition') ?? 'the condition of the rule does not hold';
    case 'REFUSED_DIGEST':
      return 'the policy refuses this image: its digest, or that of an image in it or of its index, is on the list';
    case 'REFUSED_KEY':
      return 'the policy refuses this image: it is signed by a key that is on the list';
    case 'NOT_CHECKED':
      return notChecked(ruling);
  }
}

/** What to do next, in one sentence; undefined where nothing can be done or need be. */
export function remedyOf(ruling: Ruling, evidence: Evidence, decision: Decision): string | undefined {
  switch (decision.code) {
    case 'NO_SIGNATURE':
      return 'sign the image (signet sign), or copy its signatures along (signet copy)';
    case 'NOT_TRUSTED':
      if (isInOtherFormat(ruling, decision))
        return 'sign again in a format that counts (signet sign --format), or let its format count (formats of the source)';
      return trustsFew(ruling)
        ? 'sign with a trusted key, or trust the key that signed if you know it'
        : 'sign with as many trusted keys as are asked for';
    case 'TAG_MISMATCH':
      return tagRemedy(decision);
    case 'ANNOTATION_MISMATCH':
      return 'sign again with the asked annotations (signet sign --annotation)';
    case 'INCOMPLETE':
      return evidence.gaps.some(({ what, code }) => what === 'limit' && code === 'LIMIT_REACHED')
        ? 'delete what is attached and not needed, or raise the limit that was reached (for signatures: --max-signatures)'
        : 'try again; signet doctor shows what the registry answers';
    case 'UNRESOLVED':
      return 'check the reference, the credentials and the registry; a replica may lag behind';
    case 'SIGNATURE_TIME':
      return 'sign again, with a timestamp: a signature without one proves no time';
    case 'CONDITION_FAILED':
      return 'see the condition (where) of the rule; signet policy explain shows the rule';
    case 'REFUSED_DIGEST':
      return 'deploy another build; only the policy (refuse) can let this one through';
    case 'REFUSED_KEY':
      return 'build and sign again with a key that is not refused';
    case 'NO_RULE':
      return hasName(evidence)
        ? 'add a rule for this image to the policy'
        : 'say by which name it is known: --signed-reference REGISTRY/REPO:TAG';
    default:
      return undefined;
  }
}

function hasName({ asked }: Evidence): boolean {
  return asked.image !== undefined || asked.name !== undefined;
}

function notChecked({ rule }: Ruling): string {
  return rule === undefined
    ? 'no rule is for this image, and the policy allows such images (default: allow): no signature was looked at'
    : `rule "${rule.name}" exempts this image: no signature was looked at`;
}

function yesNames({ sources }: Decision): string {
  return sources
    .filter(({ answer }) => answer === 'yes')
    .map(({ source }) => source)
    .join(', ');
}

function noSignature(evidence: Evidence, decision: Decision): string {
  const attestations = decision.findings.length;
  if (attestations > 0)
    return `no signature: of what is attached, ${attestations} attest something else about the image`;
  const others = evidence.skippedTotal;
  return others === 0
    ? 'no signature is attached to this image'
    : `no signature is attached to this image (${others} other referrers were passed over)`;
}

/** The signature that came furthest, and what stopped it. */
function notTrusted(ruling: Ruling, decision: Decision): string {
  const proven = decision.findings.filter(({ proven }) => proven !== undefined);
  if (proven.length > 0 && decision.sources.some(({ answer }) => answer === 'yes')) {
    const missing = decision.sources.filter(({ answer }) => answer !== 'yes').map(({ source }) => source);
    return `signed by ${yesNames(decision)}, but not by enough of the required signers (missing: ${missing.join(', ') || 'a second signer'})`;
  }
  const nearest = decision.findings.toSorted((a, b) => passed(b) - passed(a))[0];
  const failed = nearest === undefined ? undefined : firstFailure(nearest);
  const suffix = failed?.code === 'KEY_NOT_TRUSTED' ? notAmong(ruling) : '';
  return failed === undefined ? sourcesText(decision) : `${failed.message}${suffix}`;
}

/** Signatures that pass every check, and still are not enough: what each source says to that. */
function sourcesText({ sources }: Decision): string {
  const texts = sources.map(({ source, reason }) => `${source}: ${reason}`);
  return texts.length === 0 ? 'no trusted signature' : texts.slice(0, 3).join('; ');
}

/** Whom the rule trusts instead: a rule of a policy by its name, keys of a command line by theirs. */
function notAmong(ruling: Ruling): string {
  const { rule } = ruling;
  if (rule?.images !== undefined) return `, which rule "${rule.name}" does not trust`;
  const trusted = trustOf(ruling).keys.map(({ id }) => shortKey(id));
  return `; you trust ${trusted.slice(0, 3).join(', ')}${trusted.length > 3 ? ', …' : ''}`;
}

function passed({ checks }: Finding): number {
  return checks.filter(({ result }) => result === 'pass').length;
}

function firstFailure({ checks }: Finding): Check | undefined {
  return (
    checks.find(({ result, code }) => result === 'fail' && code !== 'NOT_A_SIGNATURE') ??
    checks.find(({ result }) => result === 'fail')
  );
}

function missOf({ findings }: Decision, name: Check['name']): string | undefined {
  return findings.flatMap(({ checks }) => checks).find((check) => check.name === name && check.result === 'fail')
    ?.message;
}

function openCheck({ findings }: Decision): string | undefined {
  return findings.flatMap(({ checks }) => checks).find(({ result }) => result === 'unknown')?.message;
}

function trustsFew({ rule }: Ruling): boolean {
  return rule === undefined || rule.require.kind !== 'atLeast';
}

function isInOtherFormat({ rule }: Ruling, { findings }: Decision): boolean {
  const sources = rule === undefined ? [] : sourcesOf(rule.require);
  return findings.some(({ format, proven }) => {
    const isMissed = (source: TrustSource): boolean => !takesFormat(source, { format });
    return proven !== undefined && sources.some((source) => trusts(source, proven.identity) && isMissed(source));
  });
}

function tagRemedy({ findings }: Decision): string {
  const codes = findings.flatMap(({ checks }) => checks).map(({ code }) => code);
  if (codes.includes('TAG_NOTHING_TO_COMPARE')) return 'say what to compare with: --signed-reference REGISTRY/REPO:TAG';
  return 'sign this tag (signet sign REPO:TAG@DIGEST), or check why the tag names this image now';
}
