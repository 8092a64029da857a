import { RegistryError } from './errors.ts';
import { defaultLimits } from './limits.ts';

/**
 * JSON from outside: UTF-8 without a BOM, one value, no duplicate keys, bounded depth; `JSON.parse` alone keeps the last of two equal keys
 * and recurses as deep as it is told. Rule: wire-formats 1.3.
 * @throws {RegistryError} JSON_INVALID
 */
export function parseJson(
  bytes: Uint8Array,
  options: { readonly maxDepth?: number; readonly allowDuplicateKeys?: boolean } = {},
): unknown {
  const text = decodeUtf8(bytes);
  scan(text, options.maxDepth ?? defaultLimits.maxJsonDepth, options.allowDuplicateKeys ?? false);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new RegistryError('JSON_INVALID', `not JSON: ${(cause as Error).message.slice(0, 200)}`, { cause });
  }
}

/** Keeps nothing from one text to the next. */
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** @throws {RegistryError} JSON_INVALID for bytes that are not UTF-8 or begin with a BOM */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    const text = strictUtf8.decode(bytes);
    if (!text.startsWith('\uFEFF')) return text;
  } catch (cause) {
    throw new RegistryError('JSON_INVALID', 'not UTF-8', { cause });
  }
  throw new RegistryError('JSON_INVALID', 'begins with a byte order mark');
}

interface Level {
  /** Those seen; a list has none. */
  keys: Set<string> | undefined;
  readonly isObject: boolean;
  expectsKey: boolean;
}

/**
 * One pass over strings and brackets, before JSON.parse: depth and duplicate keys. Other syntax is left to JSON.parse. Each character is
 * looked at once, also where a string never ends: a regular expression would begin anew at every quote, in quadratic time.
 */
function scan(text: string, maxDepth: number, allowDuplicateKeys: boolean): void {
  const levels: Level[] = [];
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (character === '"') {
      const end = endOfString(text, at);
      const level = levels.at(-1);
      if (takesKey(level) && !allowDuplicateKeys) addKey(level, text.slice(at + 1, end - 1));
      at = end - 1;
    } else if (character === '{' || character === '[') openLevel(levels, character, maxDepth);
    else if (character === '}' || character === ']') levels.pop();
    else if (character === ',') takeComma(levels.at(-1));
  }
}

/** The place after the closing quote; after the text where there is none. Most strings are long and have no escapes: their end is searched for. */
function endOfString(text: string, start: number): number {
  let quote = text.indexOf('"', start + 1);
  while (quote !== -1 && isEscaped(text, quote)) quote = text.indexOf('"', quote + 1);
  return quote === -1 ? text.length : quote + 1;
}

/** Whether an odd number of backslashes stands before a quote. Those before the last quote are not counted again. */
function isEscaped(text: string, quote: number): boolean {
  let before = quote;
  while (text[before - 1] === '\\') before -= 1;
  return (quote - before) % 2 === 1;
}

function openLevel(levels: Level[], bracket: string, maxDepth: number): void {
  if (levels.length >= maxDepth) throw new RegistryError('JSON_INVALID', `nested deeper than ${maxDepth} levels`);
  levels.push({ keys: undefined, isObject: bracket === '{', expectsKey: bracket === '{' });
}

function takeComma(level: Level | undefined): void {
  if (level !== undefined) level.expectsKey = level.isObject;
}

/** Whether the string that comes is a key: in an object the first after `{` or a comma. */
function takesKey(level: Level | undefined): level is Level {
  if (level?.expectsKey !== true) return false;
  level.expectsKey = false;
  return true;
}

function addKey(level: Level, raw: string): void {
  const key = raw.includes('\\') ? unescapeKey(raw) : raw;
  level.keys ??= new Set();
  if (level.keys.has(key))
    throw new RegistryError('JSON_INVALID', `the key ${JSON.stringify(key.slice(0, 80))} stands twice in one object`);
  level.keys.add(key);
}

function unescapeKey(raw: string): string {
  try {
    return JSON.parse(`"${raw}"`) as string;
  } catch (cause) {
    throw new RegistryError('JSON_INVALID', 'a key with a wrong escape', { cause });
  }
}
