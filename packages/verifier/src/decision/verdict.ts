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
  | 'NOT_CHECKED';
