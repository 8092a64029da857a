import { EnvelopeError } from '../errors.ts';
import {
  below,
  listAt,
  malformed,
  membersAt,
  objectAt,
  type Place,
  parseDocument,
  shown,
  stringAt,
  textMembersOf,
} from './strict-json.ts';

/** `_type` of the Statement that is written. Rule: in-toto attestation, statement.md. */
export const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1';
/** `_type` that is read too: `cosign attest` writes it. */
export const STATEMENT_TYPE_V01 = 'https://in-toto.io/Statement/v0.1';
/** predicateType of an image's signature; any other is an attestation and no signature. Rule: wire-formats 4.2. */
export const PREDICATE_TYPE_SIGN = 'https://sigstore.dev/cosign/sign/v1';

/** What a Statement is about. Matched by digest, never by name. */
export interface StatementSubject {
  readonly name?: string;
  /** Algorithm to value; sha256, sha384 and sha512 are lower-case hex of the right length. */
  readonly digest: Readonly<Record<string, string>>;
  /** Those whose value is a string; others are left out. */
  readonly annotations: Readonly<Record<string, string>>;
}

/** An in-toto Statement. Parse it only from bytes whose signature was verified. */
export interface Statement {
  readonly type: typeof STATEMENT_TYPE | typeof STATEMENT_TYPE_V01;
  readonly subject: readonly StatementSubject[];
  readonly predicateType: string;
  /** Undefined where it is missing or null. */
  readonly predicate?: Readonly<Record<string, unknown>>;
}

/** Bytes of a Statement: an attestation's predicate may be long. Rule: wire-formats 12. */
const maxStatementBytes = 16 * 1024 * 1024;
const maxSubjects = 1024;
const maxDigests = 32;
const hexLengths: Readonly<Record<string, number>> = { sha256: 64, sha384: 96, sha512: 128 };

/**
 * An in-toto Statement, version 1 or 0.1, strictly: unknown members are refused, as cosign refuses them. Rule: wire-formats 4.2.
 * @throws {EnvelopeError} PAYLOAD_MALFORMED
 */
export function parseStatement(bytes: Uint8Array): Statement {
  const place: Place = { path: 'statement', code: 'PAYLOAD_MALFORMED' };
  const document = parseDocument(bytes, { place, maxBytes: maxStatementBytes });
  const statement = membersAt(document, place, ['_type', 'subject', 'predicateType', 'predicate']);
  const predicateType = stringAt(statement.predicateType, below(place, 'predicateType'));
  if (predicateType === '') throw malformed(below(place, 'predicateType'), 'a type');
  return {
    type: typeOf(stringAt(statement._type, below(place, '_type')), place),
    subject: subjectsAt(statement.subject, below(place, 'subject')),
    predicateType,
    ...(statement.predicate === undefined
      ? {}
      : { predicate: objectAt(statement.predicate, below(place, 'predicate')) }),
  };
}

function typeOf(type: string, place: Place): Statement['type'] {
  if (type === STATEMENT_TYPE || type === STATEMENT_TYPE_V01) return type;
  throw new EnvelopeError(place.code, `statement._type ${shown(type)} is not a known version`);
}

function subjectsAt(value: unknown, place: Place): readonly StatementSubject[] {
  const subjects = listAt(value, place, maxSubjects).map((each, at) => subjectAt(each, below(place, at)));
  if (subjects.length === 0) throw new EnvelopeError(place.code, `${place.path} is empty`);
  return subjects;
}

/** Members of a ResourceDescriptor. Rule: in-toto attestation, resource_descriptor.md. */
function subjectAt(value: unknown, place: Place): StatementSubject {
  const names = ['name', 'uri', 'digest', 'content', 'downloadLocation', 'mediaType', 'annotations'] as const;
  const subject = membersAt(value, place, names);
  return {
    ...(subject.name === undefined ? {} : { name: stringAt(subject.name, below(place, 'name')) }),
    digest: digestSetAt(subject.digest, below(place, 'digest')),
    annotations: textMembersOf(objectAt(subject.annotations ?? {}, below(place, 'annotations'))),
  };
}

/** Rule: in-toto attestation, digest_set.md. Algorithms that are not known here keep whatever text they have. */
function digestSetAt(value: unknown, place: Place): Readonly<Record<string, string>> {
  const entries = Object.entries(objectAt(value, place));
  if (entries.length === 0 || entries.length > maxDigests)
    throw malformed(place, `a set of 1 to ${maxDigests} digests`);
  return Object.fromEntries(entries.map(([name, text]) => [name, digestAt(name, text, below(place, shown(name)))]));
}

function digestAt(algorithm: string, value: unknown, place: Place): string {
  const text = stringAt(value, place);
  const length = Object.hasOwn(hexLengths, algorithm) ? hexLengths[algorithm] : undefined;
  if (length !== undefined && (text.length !== length || !/^[0-9a-f]+$/.test(text)))
    throw malformed(place, `${length} lower-case hex digits`);
  return text;
}
