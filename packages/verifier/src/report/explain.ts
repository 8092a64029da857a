import type { Decision } from '../decision/decide.ts';
import type { Evidence } from '../evidence.ts';
import type { Check, Finding } from '../finding.ts';
import { canBeMet } from '../policy/requirement.ts';
import type { Ruling } from '../policy/ruling.ts';
import { trustOf } from '../trust.ts';
import { shortKey } from './key-name.ts';

/** One sentence that says why, with the nearest miss. Texts from outside are in it: escape it when printing. */
export function summaryOf(ruling: Ruling, evidence: Evidence, decision: Decision): string {
  const gap = evidence.gaps.find(({ what }) => what === 'resolve') ?? evidence.gaps[0];
  switch (decision.code) {
    case 'VERIFIED':
      return `signed by ${yesNames(decision)}`;
    case 'NO_SIGNATURE':
      return neverText(ruling) ?? noSignature(evidence, decision);
    case 'NOT_TRUSTED':
      return neverText(ruling) ?? notTrusted(ruling, decision);
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
    case 'IMAGE_NOT_REPLICATED':
      return 'the image that the signed catalogue names is not in this registry (yet)';
    default:
      return 'the signed catalogue leads to no image';
  }
}

/** Whether there is a name by which a rule could be chosen: an image layout on disk has none of its own. */
export function hasName({ asked }: Evidence): boolean {
  return asked.image !== undefined || asked.name !== undefined;
}

function notChecked({ rule }: Ruling): string {
  return rule === undefined
    ? 'no rule is for this image, and the policy allows such images (default: allow): no signature was looked at'
    : `rule "${rule.name}" exempts this image: no signature was looked at`;
}

function neverText({ rule }: Ruling): string | undefined {
  if (rule === undefined || canBeMet(rule.require)) return undefined;
  return `rule "${rule.name}" is satisfied by no signature (require: never)`;
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
