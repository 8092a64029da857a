import * as v from 'valibot';
import { DctError } from '../errors.ts';
import { dctLimits } from '../limits.ts';
import { canonicalBytes } from './canonical.ts';
import { bytes, count, type Members, malformed, members, name, readAs, readJson, time } from './reading.ts';

/** One signature of a file; not looked at yet. */
export interface FileSignature {
  readonly keyId: string;
  /** In lower case: Notary compares it so. */
  readonly method: string;
  readonly signature: Uint8Array;
}

/** A metadata file taken apart; nothing in it is believed yet. */
export interface SignedFile {
  /** For messages: the role, with the version of an older root. */
  readonly what: string;
  /** The whole file: what the hashes of other files are over. */
  readonly bytes: Uint8Array;
  readonly signed: Members;
  /** What the signatures are over: the canonical form of `signed`. */
  readonly message: Uint8Array;
  readonly signatures: readonly FileSignature[];
  readonly version: number;
  readonly expiresMs: number;
}

const envelopeSchema = v.object({
  signed: members,
  signatures: v.pipe(
    v.array(v.object({ keyid: name, method: v.string(), sig: bytes })),
    v.maxLength(dctLimits.maxSignatures),
  ),
});

/**
 * A file of the type that its role has. Members that Notary does not know are left alone, as Notary does.
 * Rule: TUF draft as Notary has it; `_type` is `Root`, `Targets`, `Snapshot` or `Timestamp`.
 * @throws {DctError} DCT_MALFORMED, DCT_TOO_LARGE
 */
export function parseSigned(
  file: Uint8Array,
  type: 'Root' | 'Targets' | 'Snapshot' | 'Timestamp',
  what: string,
): SignedFile {
  if (file.length > dctLimits.maxFileBytes)
    throw new DctError('DCT_TOO_LARGE', `${what} has ${file.length} bytes: at most ${dctLimits.maxFileBytes} are read`);
  const { signed, signatures } = readAs(envelopeSchema, readJson(file, what), what);
  const common = readAs(v.object({ _type: v.string(), version: count, expires: time }), signed, what);
  if (common._type !== type)
    throw malformed(`${what} has the type ${JSON.stringify(common._type.slice(0, 40))}, not ${type}`);
  return {
    what,
    bytes: file,
    signed,
    message: canonicalBytes(signed),
    signatures: signatures.map(({ keyid, method, sig }) => ({
      keyId: keyid,
      method: method.toLowerCase(),
      signature: sig,
    })),
    version: common.version,
    expiresMs: common.expires,
  };
}
