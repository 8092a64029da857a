import type { Asked } from '../../evidence.ts';
import type { Check, Finding, Identity, Proven } from '../../finding.ts';
import type { ConditionAnswer, ConditionFacts, SignatureFacts } from '../../policy/condition.ts';
import type { Rule } from '../../policy/rule.ts';

/** The rule's `where`, over this signature and the image that it is of. */
export function checkCondition(finding: Finding & { readonly proven: Proven }, rule: Rule, asked: Asked): Check {
  const check = { name: 'condition', rule: 'design.md 6' } as const;
  const { condition } = rule;
  if (condition === undefined)
    return { ...check, result: 'skip', code: 'NOT_ASKED', message: 'the rule has no condition' };
  const { result, message } = condition.evaluate(factsOf(finding, asked));
  return { ...check, result, code: codes[result], message };
}

const codes: Readonly<Record<ConditionAnswer['result'], Check['code']>> = {
  pass: 'OK',
  fail: 'CONDITION_FALSE',
  unknown: 'CONDITION_UNKNOWN',
};

function factsOf({ format, proven }: Finding & { readonly proven: Proven }, asked: Asked): ConditionFacts {
  return {
    image: {
      registry: asked.image?.registry ?? '',
      repository: asked.image?.repository ?? '',
      tag: asked.tag ?? '',
      digest: proven.subject, // of another image a signature does not count at all
      platform: asked.platform ?? '',
    },
    signature: signatureFacts(format, proven),
  };
}

function signatureFacts(format: string, proven: Proven): SignatureFacts {
  const { identity, signedReference = '', annotations, claimedAtMs, verifiedAtMs } = proven;
  return {
    format,
    signer: signerFacts(identity),
    reference: signedReference,
    annotations,
    ...(claimedAtMs === undefined ? {} : { claimedAtMs }),
    ...(verifiedAtMs === undefined ? {} : { verifiedAtMs }),
  };
}

function signerFacts(identity: Identity): SignatureFacts['signer'] {
  switch (identity.kind) {
    case 'key':
      return { kind: 'key', keyId: identity.keyId, issuer: '', subject: '' };
    case 'x509':
      return { kind: 'x509', keyId: '', issuer: identity.anchor, subject: identity.subject };
    case 'keyless':
      return { kind: 'keyless', keyId: '', issuer: identity.issuer, subject: identity.subject };
  }
}
