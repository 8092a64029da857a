/** Why a catalogue, or what is remembered of one, could not be read or made. */
export type TagsErrorCode =
  | 'CATALOGUE_MALFORMED'
  | 'CATALOGUE_TOO_LARGE'
  | 'CATALOGUE_MISSING'
  | 'CATALOGUE_NOT_TRUSTED'
  | 'COLLECTION_MISMATCH'
  | 'TAG_NOT_SIGNED'
  | 'HEAD_MALFORMED'
  | 'RECEIPT_INVALID'
  | 'HEAD_MISSING'
  | 'HEAD_TOO_OLD'
  | 'WRITER_COLD'
  | 'CLOCK_DIFFERS'
  | 'SIGNER_NOT_TRUSTED'
  | 'OPERATION_REFUSED'
  | 'CATALOGUE_EXISTS'
  | 'CATALOGUE_NEWER'
  | 'PUBLISH_TIMEOUT'
  | 'JOURNAL_TOO_LARGE'
  | 'STATE_INVALID'
  | 'STATE_REFUSED';

/** What went wrong with signed tags. */
export class TagsError extends Error {
  override readonly name = 'TagsError';
  readonly code: TagsErrorCode;

  constructor(code: TagsErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
