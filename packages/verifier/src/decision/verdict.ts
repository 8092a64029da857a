/** The answer. *denied*: the evidence was read and does not satisfy the policy. *undecided*: it could not be read. Rule: design.md 1.3. */
export type Verdict = 'verified' | 'denied' | 'undecided';

/** Why, in one stable word. */
export type ReportCode =
  | 'VERIFIED'
  | 'REFUSED_DIGEST'
  | 'REFUSED_KEY'
  | 'NO_SIGNATURE'
  | 'NOT_TRUSTED'
  | 'TAG_MISMATCH'
  | 'ANNOTATION_MISMATCH'
  | 'SIGNATURE_TIME'
  | 'CONDITION_FAILED'
  | 'INCOMPLETE'
  | 'UNRESOLVED'
  | 'NO_RULE'
  | 'NOT_CHECKED'
  | TagCode;

/** Why a signed catalogue leads to no image, in one stable word. Rule: signed-tags.md 4.1 */
export type TagCode =
  | 'CATALOGUE_MISSING'
  | 'CATALOGUE_EXPIRED'
  | 'CATALOGUE_TOO_OLD'
  | 'CATALOGUE_NOT_TRUSTED'
  | 'CATALOGUE_MALFORMED'
  | 'COLLECTION_MISMATCH'
  | 'ROLLBACK'
  | 'TAG_NOT_SIGNED'
  | 'DIGEST_REVOKED'
  | 'DIGEST_NOT_LISTED'
  | 'DIGEST_NOT_CURRENT'
  | 'RECEIPT_NOT_REACHED'
  | 'CLOCK_BEHIND'
  | 'IMAGE_NOT_REPLICATED';
