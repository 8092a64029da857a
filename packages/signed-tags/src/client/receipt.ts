import type { Digest } from '@signet/oci';
import { isTag } from '@signet/oci';
import * as v from 'valibot';
import type { Item } from '../catalogue/content.ts';
import { encodeJson, timeText } from '../catalogue/encode.ts';
import { digestSchema, readAs, readJson, textSchema, timeSchema } from '../catalogue/schema.ts';
import { TagsError } from '../errors.ts';

/** Type of the file that holds a receipt. */
export const RECEIPT_TYPE = 'application/vnd.signet.receipt.v1+json';

/** What a publisher was told: a deploy that has it cannot be set back behind its build. Rule: signed-tags.md 4.2 */
export interface Receipt {
  readonly collection: string;
  readonly tag: string;
  readonly digest: Digest;
  /** Of the tag's item, milliseconds since 1970 UTC. */
  readonly atMs: number;
  /** Of the catalogue file that holds it, milliseconds since 1970 UTC. */
  readonly issuedMs: number;
}

/** The bytes of a receipt's file. */
export function encodeReceipt({ collection, tag, digest, atMs, issuedMs }: Receipt): Uint8Array {
  return encodeJson({ _type: RECEIPT_TYPE, collection, tag, digest, at: timeText(atMs), issued: timeText(issuedMs) });
}

/** @throws {TagsError} RECEIPT_INVALID */
export function parseReceipt(bytes: Uint8Array): Receipt {
  if (bytes.length > maxReceiptBytes)
    throw invalid(`it has ${bytes.length} bytes: at most ${maxReceiptBytes} are read`);
  try {
    const { collection, tag, digest, at, issued } = readAs(receiptSchema, readJson(bytes, 'it'), 'it');
    return { collection, tag, digest, atMs: at, issuedMs: issued };
  } catch (cause) {
    if (!(cause instanceof TagsError)) throw cause;
    throw invalid(cause.message, { cause });
  }
}

/** What the tag was when the receipt was given: {@link compareItems} tells whether another item is less. */
export function itemOfReceipt({ digest, atMs }: Receipt): Item {
  return { kind: 'entry', entry: { digest, mediaType: '', size: 0, atMs, statements: [] } };
}

const maxReceiptBytes = 16 * 1024;

const receiptSchema = v.strictObject({
  _type: v.literal(RECEIPT_TYPE),
  collection: textSchema,
  tag: v.pipe(v.string(), v.check(isTag, 'a tag is wanted')),
  digest: digestSchema,
  at: timeSchema,
  issued: timeSchema,
});

function invalid(why: string, options?: ErrorOptions): TagsError {
  return new TagsError('RECEIPT_INVALID', `this is no receipt: ${why}`, options);
}
