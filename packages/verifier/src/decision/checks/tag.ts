import { parseRegistryReference, RegistryError, type RegistryReference } from '@signet/oci';
import type { SignedName } from '../../evidence.ts';
import type { Check, Proven } from '../../finding.ts';
import { foldRepository } from '../../policy/match/fold-host.ts';
import type { Rule } from '../../policy/rule.ts';

/**
 * `bound` (and `trusted`, which asks for more elsewhere): the signed reference names the asked repository and tag; without an asked tag the
 * repository alone. Under `any` a mismatch is told but not held against the signature. Rule: design.md 4.
 */
export function checkTag(proven: Proven, rule: Rule, name: SignedName | undefined): Check {
  const compared = compareTag(proven.signedReference, name);
  if (rule.tag !== 'any' || compared.result === 'pass') return compared;
  return { ...compared, result: 'skip', code: 'NOT_ASKED', message: `not asked for: ${compared.message}` };
}

function compareTag(signed: string | undefined, name: SignedName | undefined): Check {
  const fail = { name: 'tag', rule: 'design.md 4', result: 'fail' } as const;
  const pass = { ...fail, result: 'pass' } as const;
  if (signed === undefined) {
    return { ...fail, code: 'TAG_UNSIGNED', message: 'the signature names no reference: it holds for the digest only' };
  }
  if (name === undefined) {
    const message = `signed for ${signed}, but an image layout has no name to compare it with`;
    return { ...fail, code: 'TAG_NOTHING_TO_COMPARE', message };
  }
  const parsed = parseSigned(signed);
  const asked = name.tag === undefined ? name.repository : `${name.repository}:${name.tag}`;
  const mismatch = { ...fail, code: 'TAG_MISMATCH', message: `signed for ${signed}, asked ${asked}` } as const;
  if (
    parsed === undefined ||
    foldRepository(`${parsed.registry}/${parsed.repository}`) !== foldRepository(name.repository)
  )
    return mismatch;
  if (name.tag === undefined) {
    return {
      ...pass,
      code: 'TAG_UNCHECKED',
      message: `signed for ${signed}; no tag was asked, so the tag is unchecked`,
    };
  }
  return parsed.tag === name.tag ? { ...pass, code: 'OK', message: `signed for ${signed}, as asked` } : mismatch;
}

/** The signer's text folded as references are; undefined for what is none. */
function parseSigned(text: string): RegistryReference | undefined {
  try {
    return parseRegistryReference(text);
  } catch (error) {
    // Signed, but no reference: it names nothing that could have been asked.
    if (error instanceof RegistryError) return undefined;
    throw error;
  }
}
