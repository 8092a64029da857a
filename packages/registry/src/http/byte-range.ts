/** A part of a body: positions of its first and last byte. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * What a `Range` header asks of a body of `size` bytes: one range, `whole` (no header, another unit, several ranges or bad syntax: to be
 * ignored), or `unsatisfiable` (416). Rule: RFC 9110, 14.2; distribution-spec 1.1, "Pulling blobs".
 */
export function parseRange(header: string | undefined, size: number): ByteRange | 'whole' | 'unsatisfiable' {
  const match = header === undefined ? null : /^bytes=([0-9]{0,16})-([0-9]{0,16})$/.exec(header.replaceAll(' ', ''));
  if (match === null) return 'whole';
  const [first, last] = [match[1] ?? '', match[2] ?? ''];
  if (first === '') return suffix(last, size);
  const start = Number(first);
  const end = last === '' ? size - 1 : Math.min(Number(last), size - 1);
  // "500-0" is a syntax error by the RFC; registries and the conformance suite call it unsatisfiable.
  return start >= size || end < start ? 'unsatisfiable' : { start, end };
}

function suffix(last: string, size: number): ByteRange | 'whole' | 'unsatisfiable' {
  if (last === '') return 'whole';
  const length = Math.min(Number(last), size);
  return length === 0 ? 'unsatisfiable' : { start: size - length, end: size - 1 };
}

/**
 * The `Content-Range` of an uploaded chunk (`0-99`, also as `bytes 0-99/*`), or undefined when it is none.
 * Rule: distribution-spec 1.1, "Pushing a blob in chunks".
 */
export function parseChunkRange(header: string): ByteRange | undefined {
  const match = /^(?:bytes[ =])?([0-9]{1,15})-([0-9]{1,15})(?:\/(?:\*|[0-9]{1,16}))?$/.exec(header);
  if (match === null) return undefined;
  const [start, end] = [Number(match[1]), Number(match[2])];
  return end < start ? undefined : { start, end };
}
