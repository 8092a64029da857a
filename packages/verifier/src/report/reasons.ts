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
  CATALOGUE_MISSING: {
    verdict: 'denied',
    title: 'There is no signed catalogue for this image.',
    meaning:
      'The rule asks for a signed catalogue, the registry has none for this repository (the tag `signet-tags`), and none was seen before that could still be used.',
    remedy:
      'publish the catalogue anew; in a mirror, copy the tag `signet-tags` too. Who deletes a catalogue must not gain by it: that is why this is a no.',
  },
  CATALOGUE_EXPIRED: {
    verdict: 'denied',
    title: 'The signed catalogue has expired.',
    meaning:
      'The newest signed catalogue of this repository has expired: nobody says any more that its tags are current.',
    remedy:
      'publish it anew, and look why that was not done in time. `graceAfterExpiry` in the policy allows for a missed refresh.',
  },
  CATALOGUE_TOO_OLD: {
    verdict: 'denied',
    title: 'The signed catalogue is older than the policy takes.',
    meaning:
      'The newest signed catalogue of this repository was issued longer ago than the policy takes (`maxAge`), or before the time that it asks for (`notBefore`).',
    remedy: 'publish it anew; a mirror or replica may lag behind: `--wait` asks again.',
  },
  CATALOGUE_NOT_TRUSTED: {
    verdict: 'denied',
    title: 'The catalogue is not signed by whom the policy trusts.',
    meaning: 'A catalogue is there, and it is not signed as the policy asks (`signedBy`).',
    remedy: 'publish it with a key that the policy trusts, or look who put this one there.',
  },
  CATALOGUE_MALFORMED: {
    verdict: 'denied',
    title: 'What is there is no catalogue.',
    meaning: 'Under `signet-tags` lies something that is no catalogue, or one that breaks the rules of its format.',
    remedy: 'publish the catalogue anew, and look who put this there.',
  },
  COLLECTION_MISMATCH: {
    verdict: 'denied',
    title: 'The catalogue is that of another repository.',
    meaning:
      'The catalogue was signed for another repository, or the catalogue that the rule names is not for this one.',
    remedy:
      'name mirrors under `mirrors` of the catalogue in the policy; a catalogue cannot be copied under another name.',
  },
  ROLLBACK: {
    verdict: 'denied',
    title: 'The registry shows an older state than was seen before.',
    meaning:
      'The registry shows an older catalogue, or an older state of this tag, than was seen before, and what was seen cannot be used any more, or the policy does not want it used (`onRollback: deny`).',
    remedy:
      'ask the registry in which the catalogue is published; a replica may lag behind: `--wait` asks again. If somebody put it back there, publish it anew.',
  },
  TAG_NOT_SIGNED: {
    verdict: 'denied',
    title: 'The signed catalogue does not have this tag.',
    meaning: 'The signed catalogue does not have this tag: nobody signed it for this repository, or it was removed.',
    remedy: 'sign the tag and publish that; if it was done just now, `--wait` asks again.',
  },
  DIGEST_REVOKED: {
    verdict: 'denied',
    title: 'The image is revoked.',
    meaning: 'The signed catalogue says that this image is not to be used any more, whoever signed it.',
    remedy: 'build and sign the image anew: what is revoked stays revoked.',
  },
  DIGEST_NOT_LISTED: {
    verdict: 'denied',
    title: 'No tag of the signed catalogue is this image.',
    meaning: 'The image was asked for by its digest, and no tag of the signed catalogue is that image now.',
    remedy: 'deploy what a tag names now, or let `digestReferences` or `superseded` in the policy allow more.',
  },
  DIGEST_NOT_CURRENT: {
    verdict: 'denied',
    title: 'The tag is another image by now.',
    meaning: 'The reference has a tag and a digest, and by the signed catalogue the tag is another image now.',
    remedy:
      'deploy what the tag names now. `superseded` in the policy says for how long what it named before may still be used.',
  },
  RECEIPT_NOT_REACHED: {
    verdict: 'denied',
    title: 'The catalogue does not have what the receipt says.',
    meaning: 'The receipt says what was published for this tag, and the catalogue is older than that.',
    remedy: 'wait for the registry to show it (`--wait`), or ask the one in which it was published.',
  },
  CLOCK_BEHIND: {
    verdict: 'undecided',
    title: 'The clock of this machine is behind.',
    meaning:
      'A trusted catalogue was issued later than the clock of this machine says that it is: nothing can be said of what has expired.',
    remedy: 'set the clock; if it is right, that of the publisher is wrong.',
  },
  IMAGE_NOT_REPLICATED: {
    verdict: 'undecided',
    title: 'The image that the signed catalogue names is not in this registry.',
    meaning: 'By the signed catalogue the tag is an image that this registry does not have (yet).',
    remedy: 'wait until it is copied (`--wait`), or ask the registry that it was pushed to.',
  },
};
