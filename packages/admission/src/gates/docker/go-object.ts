import { AdmissionError } from '../../errors.ts';

/** An object of JSON as Go's decoder fills a struct from it: a member counts for a field if the names are equal but for case. */
export interface GoObject {
  /** The member for a field; undefined where there is none, or where it is null, which Go leaves out. */
  field(name: string): unknown;
}

/**
 * `where` names the object in messages. @throws {AdmissionError} REQUEST_INVALID for what is no object, and for members that differ in case
 * alone: the daemon would take the last, others the first. Rule: Go encoding/json Unmarshal, "preferring exact matches but also accepting case-insensitive"
 */
export function goObject(value: unknown, where: string): GoObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new AdmissionError('REQUEST_INVALID', `${where} is no object`);
  const members = new Map<string, unknown>();
  for (const [name, member] of Object.entries(value)) {
    const folded = fold(name);
    if (members.has(folded))
      throw new AdmissionError('REQUEST_INVALID', `${where} has ${JSON.stringify(name.slice(0, 40))} in two spellings`);
    members.set(folded, member);
  }
  return { field: (name) => members.get(fold(name)) ?? undefined };
}

/** As Go folds names: ASCII, and the two letters beyond it that fold to ASCII. Rule: Go encoding/json fold.go */
function fold(name: string): string {
  return name.replaceAll('\u017f', 's').replaceAll('\u212a', 'k').toLowerCase();
}
