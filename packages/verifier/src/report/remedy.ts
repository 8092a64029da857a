import type { Decision } from '../decision/decide.ts';
import type { Evidence } from '../evidence.ts';
import { isAccepted } from '../finding.ts';
import { canBeMet } from '../policy/requirement.ts';
import { sourcesOf } from '../policy/rule.ts';
import type { Ruling } from '../policy/ruling.ts';
import { type TrustSource, takesFormat, trusts } from '../policy/source.ts';
import { hasName } from './explain.ts';

/** What to do next, in one sentence; undefined where nothing can be done or need be. */
export function remedyOf(ruling: Ruling, evidence: Evidence, decision: Decision): string | undefined {
  switch (decision.code) {
    case 'NO_SIGNATURE':
      return signRemedy(ruling, evidence);
    case 'NOT_TRUSTED':
      return trustRemedy(ruling, evidence, decision);
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
      return timeRemedy(decision);
    case 'CONDITION_FAILED':
      return 'see the condition (where) of the rule; signet policy explain shows the rule';
    case 'REFUSED_DIGEST':
      return 'deploy another build; only the policy (refuse) can let this one through';
    case 'REFUSED_KEY':
      return 'build and sign again with a key that is not refused';
    case 'IMAGE_NOT_REPLICATED':
      return 'wait until it is copied here (--wait), or ask the registry that it was pushed to';
    case 'NO_RULE':
      return hasName(evidence)
        ? 'add a rule for this image to the policy'
        : 'say by which name it is known: --signed-reference REGISTRY/REPO:TAG';
    default:
      return undefined;
  }
}

function signRemedy({ rule }: Ruling, { subject }: Evidence): string {
  if (rule !== undefined && !canBeMet(rule.require)) return neverRemedy;
  const isOfIndex = subject?.index !== undefined;
  const how = isOfIndex ? 'signet sign --recursive signs every image of an index' : 'signet sign';
  return `sign the image (${how}), or copy its signatures along (signet copy)`;
}

const neverRemedy = 'deploy another image, or change the rule';

function trustRemedy({ rule }: Ruling, { subject }: Evidence, { findings }: Decision): string {
  if (rule !== undefined && !canBeMet(rule.require)) return neverRemedy;
  const sources = rule === undefined ? [] : sourcesOf(rule.require);
  const own = findings.filter(({ proven }) => {
    const isOurs = (source: TrustSource): boolean => proven !== undefined && trusts(source, proven.identity);
    return proven?.subject === subject?.digest && sources.some(isOurs);
  });
  if (own.some((finding) => sources.some((source) => !takesFormat(source, finding))))
    return 'sign again in a format that counts (signet sign --format), or let its format count (formats of the source)';
  return own.some(isAccepted)
    ? 'sign with as many trusted keys as are asked for'
    : 'sign with a trusted key, or trust the key that signed if you know it';
}

function timeRemedy({ findings }: Decision): string {
  const isUnproven = findings.some(({ checks }) => checks.some(({ code }) => code === 'SIGNATURE_TIME_UNPROVEN'));
  return isUnproven
    ? 'timestamps and logs are not read yet: leave maxAge and notBefore out of the rule'
    : 'sign again, with a timestamp';
}

function tagRemedy({ findings }: Decision): string {
  const codes = findings.flatMap(({ checks }) => checks).map(({ code }) => code);
  if (codes.includes('TAG_NOTHING_TO_COMPARE')) return 'say what to compare with: --signed-reference REGISTRY/REPO:TAG';
  return 'sign this tag (signet sign REPO:TAG@DIGEST), or check why the tag names this image now';
}
