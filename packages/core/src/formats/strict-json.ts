import { parseJson, RegistryError } from '@signet/oci';
import { EnvelopeError, type EnvelopeErrorCode } from '../errors.ts';

/** Where in a document a value stands, and the code of the error that a wrong one gives. */
export interface Place {
  readonly path: string;
  readonly code: EnvelopeErrorCode;
}

/** Bounds on one document. */
export interface DocumentBounds {
  readonly place: Place;
  readonly maxBytes: number;
}

/**
 * JSON of an envelope or payload: bounded, UTF-8, no BOM, no trailing data, no duplicate keys. Rule: wire-formats 1.3.
 * @throws {EnvelopeError} the place's code
 */
export function parseDocument(bytes: Uint8Array, { place, maxBytes }: DocumentBounds): unknown {
  if (bytes.length > maxBytes)
    throw new EnvelopeError(place.code, `${place.path} has ${bytes.length} bytes, at most ${maxBytes} are read`);
  try {
    return parseJson(bytes);
  } catch (cause) {
    if (!(cause instanceof RegistryError)) throw cause;
    throw new EnvelopeError(place.code, `${place.path}: ${cause.message}`, { cause });
  }
}

/** The member or item below a place. */
export function below(place: Place, name: string | number): Place {
  return { ...place, path: typeof name === 'number' ? `${place.path}[${name}]` : `${place.path}.${name}` };
}

/** The error for a value that is not what it should be. */
export function malformed(place: Place, wanted: string): EnvelopeError {
  return new EnvelopeError(place.code, `${place.path} is not ${wanted}`);
}

/** @throws {EnvelopeError} the place's code when it is no plain object */
export function objectAt(value: unknown, place: Place): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed(place, 'an object');
  return value as Readonly<Record<string, unknown>>;
}

/** How the members of an object may be spelled. `proto`: lowerCamelCase or snake_case, as protobuf's JSON reader takes them. */
export type Spelling = 'exact' | 'proto';

/**
 * The members of an object by their names; `null` counts as absent, any member beyond `names` is refused. Rule: wire-formats 1.3.
 * @throws {EnvelopeError} the place's code
 */
export function membersAt<Name extends string>(
  value: unknown,
  place: Place,
  names: readonly Name[],
  spelling: Spelling = 'exact',
): Readonly<Partial<Record<Name, unknown>>> {
  const object = objectAt(value, place);
  const found: Partial<Record<Name, unknown>> = {};
  for (const key of Object.keys(object)) {
    const name = names.find((each) => each === key) ?? (spelling === 'proto' ? names.find(isSpelt(key)) : undefined);
    if (name === undefined) throw new EnvelopeError(place.code, `${place.path} has an unknown member ${shown(key)}`);
    if (Object.hasOwn(found, name))
      throw new EnvelopeError(place.code, `${place.path} has the member ${shown(name)} in two spellings`);
    found[name] = object[key] ?? undefined;
  }
  return found;
}

/** @throws {EnvelopeError} the place's code for no list or one that is too long; absent is empty */
export function listAt(value: unknown, place: Place, max: number): readonly unknown[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw malformed(place, 'a list');
  if (value.length > max)
    throw new EnvelopeError(place.code, `${place.path} has ${value.length} items, at most ${max} are read`);
  return value;
}

/** @throws {EnvelopeError} the place's code */
export function stringAt(value: unknown, place: Place): string {
  if (typeof value !== 'string') throw malformed(place, 'a string');
  return value;
}

/** The members whose value is a string; the others are left out. */
export function textMembersOf(object: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  const texts = Object.entries(object).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  return Object.fromEntries(texts);
}

/** Text from outside, short enough for a message. */
export function shown(text: string): string {
  return JSON.stringify(text.slice(0, 80));
}

/** Whether a name in snake case is this key. Most keys are not, which is seen at once. */
function isSpelt(key: string): (name: string) => boolean {
  if (!key.includes('_')) return () => false;
  return (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`) === key;
}
