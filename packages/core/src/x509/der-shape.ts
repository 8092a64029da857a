/** Deeper than any structure of X.509 or CMS. */
const maxDepth = 32;
/** Of a long list of revoked certificates, four for each of a million. */
const defaultMaxElements = 4_000_000;

/**
 * One DER element and nothing behind it: definite lengths in their shortest form, numbers, truth values and bit strings in their one
 * spelling, bounded depth and number. It comes before any decoder, which may take BER and goes as deep as it is told. Contents of octet and
 * bit strings are not looked into. Rule: X.690, 10.1, 11.1, 11.2, 8.3.2.
 * @throws what `fail` makes
 */
export function checkDer(
  bytes: Uint8Array,
  fail: (why: string) => Error,
  maxElements: number = defaultMaxElements,
): void {
  if (bytes.length === 0) throw fail('DER that ends too early');
  const { end } = elementAt(bytes, 0, bytes.length, fail);
  if (end !== bytes.length) throw fail(`${bytes.length - end} bytes follow it`);
  checkElements({ bytes, fail, maxElements, count: 0 }, { start: 0, end, depth: 0 });
}

/** One look over bytes; `count` grows. */
interface Look {
  readonly bytes: Uint8Array;
  readonly fail: (why: string) => Error;
  readonly maxElements: number;
  count: number;
}

function checkElements(
  look: Look,
  within: { readonly start: number; readonly end: number; readonly depth: number },
): void {
  const { bytes, fail, maxElements } = look;
  const depth = within.depth + 1;
  if (depth > maxDepth + 1) throw fail(`nested deeper than ${maxDepth} levels`);
  for (let at = within.start; at < within.end; ) {
    look.count += 1;
    if (look.count > maxElements) throw fail(`more than ${maxElements} elements`);
    const { contentStart, end, isConstructed } = elementAt(bytes, at, within.end, fail);
    if (isConstructed) checkElements(look, { start: contentStart, end, depth });
    at = end;
  }
}

const constructed = 0x20;

/** Where the content of an element starts, and where it ends. */
interface Element {
  readonly contentStart: number;
  readonly end: number;
  readonly isConstructed: boolean;
}

/** The element at a place: its head, and its content where that is no other elements. */
function elementAt(bytes: Uint8Array, at: number, limit: number, fail: (why: string) => Error): Element {
  const tag = bytes[at];
  if (tag === undefined || at + 2 > limit) throw fail('DER that ends too early');
  if ((tag & 0x1f) === 0x1f) throw fail('a DER tag above 30');
  const isConstructed = (tag & constructed) !== 0;
  if (isConstructed && simpleTypes.has(tag & ~constructed)) throw fail('a simple value in parts');
  const { contentStart, end } = contentAt(bytes, at + 1, fail);
  if (end > limit) throw fail('DER that ends too early');
  const why = isConstructed ? undefined : oddContent(tag, bytes.subarray(contentStart, end));
  if (why !== undefined) throw fail(why);
  return { contentStart, end, isConstructed };
}

/** What the length at a place says. */
function contentAt(bytes: Uint8Array, at: number, fail: (why: string) => Error): Omit<Element, 'isConstructed'> {
  const first = bytes[at] ?? 0;
  const long = first < 0x80 ? 0 : first & 0x7f;
  if (first === 0x80 || long > 4) throw fail('a length that DER does not allow');
  let length = long === 0 ? first : 0;
  for (let index = 1; index <= long; index += 1) length = length * 256 + (bytes[at + index] ?? 0);
  const isShortest = long === 0 || (length >= 0x80 && length >= 256 ** (long - 1));
  if (!isShortest) throw fail('a length that is not in its shortest form');
  const contentStart = at + 1 + long;
  return { contentStart, end: contentStart + length };
}

/** BOOLEAN, INTEGER, BIT STRING, OCTET STRING, NULL, OBJECT IDENTIFIER, ENUMERATED, strings and times: never made of others. Rule: X.690, 10.2. */
const simpleTypes: ReadonlySet<number> = new Set([1, 2, 3, 4, 5, 6, 10, 12, 18, 19, 20, 22, 23, 24, 26, 28, 30]);

/** What is odd about the content of a simple value; undefined where it is in its one spelling. */
function oddContent(tag: number, content: Uint8Array): string | undefined {
  switch (tag) {
    case 0x01:
      return content.length === 1 && (content[0] === 0 || content[0] === 0xff) ? undefined : 'a truth value of BER';
    case 0x02:
    case 0x0a:
      return isShortestInteger(content) ? undefined : 'a number that is not in its shortest form';
    case 0x03:
      return isCleanBitString(content) ? undefined : 'a bit string with bits behind its end';
    case 0x05:
      return content.length === 0 ? undefined : 'a NULL with a content';
    default:
      return undefined;
  }
}

function isShortestInteger(content: Uint8Array): boolean {
  const [first, second] = [content[0], content[1]];
  if (first === undefined) return false;
  if (second === undefined) return true;
  return !(first === 0x00 && second < 0x80) && !(first === 0xff && second >= 0x80);
}

function isCleanBitString(content: Uint8Array): boolean {
  const unused = content[0];
  if (unused === undefined || unused > 7) return false;
  const last = content.at(-1) ?? 0;
  return content.length === 1 ? unused === 0 : (last & ((1 << unused) - 1)) === 0;
}
