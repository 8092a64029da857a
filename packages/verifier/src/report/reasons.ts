import type { ReportCode, Verdict } from '../decision/verdict.ts';

/** What a reason code of a report means, for documents that explain themselves. docs/reasons.md has the same words; a test keeps both equal. */
export interface Reason {
  readonly verdict: Verdict;
  /** One sentence for a list. */
  readonly title: string;
  readonly meaning: string;
  readonly remedy: string;
}

/** Where docs/reasons.md is published. */
const page = 'https://signet.dev/docs/reasons';

/** The address of a code's entry. */
export function reasonAddress(code: string): string {
  return `${page}#${code.toLowerCase()}`;
}

/** Every code that a report may have. */
export const reasons: Readonly<Record<ReportCode, Reason>> = {
  VERIFIED: {
    verdict: 'verified',
    title: 'The image has the signatures that its rule asks for.',
    meaning:
      'The image has the signatures that the rule asks for. The report names who signed, and what is known of the tag.',
    remedy: 'deploy the digest that the report names, not the tag: a tag can move.',
  },
  NO_SIGNATURE: {
    verdict: 'denied',
    title: 'The image is not signed.',
    meaning:
      'Everything was read, and nothing attached to this image signs it. Attestations do not count as signatures.',
    remedy: 'sign the image (`signet sign`), or copy its signatures along with it (`signet copy`).',
  },
  NOT_TRUSTED: {
    verdict: 'denied',
    title: 'The image is signed, but not by whom its rule trusts.',
    meaning:
      'There are signatures, and none (or not enough of them) is by a key that the rule trusts, valid, and for this image.',
    remedy:
      '`--verbose` shows each signature with the check that it failed; sign with a trusted key, or trust the key that signed if you know whose it is.',
  },
  TAG_MISMATCH: {
    verdict: 'denied',
    title: 'The image was signed for another repository or tag.',
    meaning:
      'The signature is valid for this image, and was made for another repository or tag: the tag was moved, or the image was copied under another name.',
    remedy:
      'if the move is right, sign this tag (`signet sign REPOSITORY:TAG@DIGEST`); if not, look who moved it. For mirrors: `rename` in the policy, or `--signed-reference`.',
  },
  ANNOTATION_MISMATCH: {
    verdict: 'denied',
    title: 'The signature lacks an annotation that its rule asks for.',
    meaning:
      'The signed payload does not hold an annotation that was asked for, with exactly the value that was asked for.',
    remedy: 'sign again with `--annotation name=value`, or ask for what was signed.',
  },
  REFUSED_DIGEST: {
    verdict: 'denied',
    title: 'The policy refuses this image.',
    meaning:
      "The policy's `refuse` list names this image's digest, that of the index it was found in, or that of an image in it.",
    remedy: 'deploy another build. A refusal wins over every signature; only the policy can take it back.',
  },
  REFUSED_KEY: {
    verdict: 'denied',
    title: 'The image is signed by a key that the policy refuses.',
    meaning: "A signature of this image was made by a key that the policy's `refuse` list names.",
    remedy: 'build anew and sign with a key that is not refused; what a lost key signed is not to be trusted.',
  },
  SIGNATURE_TIME: {
    verdict: 'denied',
    title: 'The image was not signed at a time that its rule takes.',
    meaning:
      'The image is signed by whom the rule trusts, but not at a time that the rule takes (`maxAge`, `notBefore`), or no trusted timestamp proves the time.',
    remedy:
      'sign again, with a timestamp; where no time is proven, take `maxAge` and `notBefore` out of the rule until timestamps are read.',
  },
  CONDITION_FAILED: {
    verdict: 'denied',
    title: 'The condition of the rule does not hold.',
    meaning:
      "The image is signed by whom the rule trusts, but the rule's condition (`where`) does not hold for the signature.",
    remedy: 'look at the condition and at what was signed (`signet inspect`).',
  },
  INCOMPLETE: {
    verdict: 'undecided',
    title: 'Not everything that could decide could be read.',
    meaning:
      'What was found does not suffice, and something that might have been a signature could not be read or was left unread.',
    remedy:
      "the report's gaps say what and why; mend that and ask again, or let `--wait` do it. Do not take it for *denied* in a dashboard, nor for *verified* anywhere.",
  },
  UNRESOLVED: {
    verdict: 'undecided',
    title: 'The registry does not say what the reference names.',
    meaning: 'The registry does not know the reference, or did not say what it names.',
    remedy: 'check spelling, credentials and registry; a replica may lag behind: `--wait` asks again.',
  },
  NO_RULE: {
    verdict: 'denied',
    title: 'No rule of the policy is for this image.',
    meaning: 'No rule of the policy matches this image, and the policy denies what no rule is for.',
    remedy: 'add a rule for it to the policy; `signet policy explain` shows which patterns fit.',
  },
  NOT_CHECKED: {
    verdict: 'undecided',
    title: 'The image is let through unchecked.',
    meaning:
      'The rule that matches exempts this image (`mode: skip`), or no rule matches and the policy says `default: allow`. Nothing was read; the image is allowed.',
    remedy: 'nothing, if the exemption is meant; else change the mode of the rule, or add one.',
  },
};
