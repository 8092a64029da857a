import { createHash } from 'node:crypto';
import { parseStatement, STATEMENT_TYPE } from './statement.ts';
import { malformed, objectAt, type Place, parseDocument } from './strict-json.ts';

/** What is attested of a file. */
export interface BlobAttestation {
  readonly predicateType: string;
  /** The bytes of a JSON object; absent is `{}`. */
  readonly predicate?: Uint8Array;
  readonly name?: string;
}

/** With it the bundle stays below the 4 MiB that verifiers read. */
const maxPredicateBytes = 2 * 1024 * 1024;

/**
 * An in-toto Statement over the file's SHA-256. The predicate stands in it as it came, numbers and white space included.
 * Rule: wire-formats 4.2.
 * @throws {EnvelopeError} PAYLOAD_MALFORMED
 */
export function encodeBlobStatement(blob: Uint8Array, { predicateType, predicate, name }: BlobAttestation): Uint8Array {
  const place: Place = { path: 'predicate', code: 'PAYLOAD_MALFORMED' };
  if (!predicateType.isWellFormed() || name?.isWellFormed() === false)
    throw malformed({ ...place, path: 'predicateType or name' }, 'Unicode text');
  const sha256 = createHash('sha256').update(blob).digest('hex');
  const head = JSON.stringify({
    _type: STATEMENT_TYPE,
    subject: [{ ...(name === undefined ? {} : { name }), digest: { sha256 } }],
    predicateType,
  });
  const text = predicate === undefined ? Buffer.from('{}') : checkedPredicate(predicate, place);
  const statement = Buffer.concat([Buffer.from(`${head.slice(0, -1)},"predicate":`), text, Buffer.from('}')]);
  parseStatement(statement);
  return statement;
}

function checkedPredicate(bytes: Uint8Array, place: Place): Uint8Array {
  objectAt(parseDocument(bytes, { place, maxBytes: maxPredicateBytes }), place);
  return bytes;
}
