import { PolicyError } from '@signet/verifier';
import {
  Composer,
  type CST,
  isAlias,
  isCollection,
  isMap,
  isNode,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  type Document as ParsedDocument,
  Parser,
} from 'yaml';
import type { PolicyInput } from './model.ts';

/** As in a policy file of Signet's own. Rule: design.md 6, limits of the loader. */
const maxBytes = 1024 * 1024;
const maxDocuments = 256;
const maxDepth = 64;
/** The parser's stack holds up to three entries a level. */
const maxStack = 3 * maxDepth;

/** Where something stands in a file; line and column count from 1. */
type Place = NonNullable<PolicyError['place']>;

/** A file as its parts know it. */
interface Source {
  readonly file: string;
  readonly lines: LineCounter;
  readonly document: ParsedDocument;
}

/** A value of a YAML or JSON file with its place: what is read of it is what it must be, or the reader is told where it is not. */
export class Cursor {
  private readonly raw: unknown;
  private resolved: { readonly node: unknown } | undefined;
  private readonly source: Source;
  private readonly depth: number;
  /** How one comes here: `trustPolicies[0].level`. */
  readonly path: string;

  constructor(source: Source, node: unknown, at: { readonly path: string; readonly depth: number }) {
    this.source = source;
    this.raw = node;
    this.path = at.path;
    this.depth = at.depth;
    if (at.depth > maxDepth) throw this.invalid(`nested deeper than ${maxDepth}`);
  }

  /** An alias costs a walk over the document: only those that are read are followed, once. */
  private get node(): unknown {
    this.resolved ??= { node: isAlias(this.raw) ? this.raw.resolve(this.source.document) : this.raw };
    return this.resolved.node;
  }

  /** Where it begins. */
  get place(): Place {
    const { line, col } = this.source.lines.linePos((isNode(this.node) ? this.node.range?.[0] : undefined) ?? 0);
    return { file: this.source.file, line: Math.max(line, 1), column: Math.max(col, 1) };
  }

  /** Nothing stands here, or `null`. */
  get isEmpty(): boolean {
    return !isCollection(this.node) && !(isScalar(this.node) && this.node.value !== null);
  }

  get isText(): boolean {
    return isScalar(this.node) && typeof this.node.value === 'string';
  }

  get isList(): boolean {
    return isSeq(this.node);
  }

  get isMap(): boolean {
    return isMap(this.node);
  }

  /** The field; undefined where it is missing or empty. @throws {PolicyError} POLICY_INVALID where this is no map */
  field(name: string): Cursor | undefined {
    return this.fields().find(([key, value]) => key === name && !value.isEmpty)?.[1];
  }

  /** @throws {PolicyError} POLICY_INVALID where it is missing or empty */
  needField(name: string): Cursor {
    const field = this.field(name);
    if (field === undefined) throw this.invalid(`${JSON.stringify(name)} is missing`);
    return field;
  }

  /** Names and values in their order. @throws {PolicyError} POLICY_INVALID where this is no map */
  fields(): readonly (readonly [string, Cursor])[] {
    if (!isMap(this.node)) throw this.invalid(`a map is expected`);
    const names = new Set<string>();
    return this.node.items.map(({ key, value }) => {
      const name = isScalar(key) ? String(key.value) : '';
      const path = this.path === '' ? name : `${this.path}.${name}`;
      const field = this.child(value, path, key);
      if (names.has(name)) throw field.invalid(`${JSON.stringify(name.slice(0, 80))} is there twice`);
      names.add(name);
      return [name, field];
    });
  }

  /** @throws {PolicyError} POLICY_INVALID where this is no list */
  items(): readonly Cursor[] {
    if (!isSeq(this.node)) throw this.invalid('a list is expected');
    return this.node.items.map((item, at) => this.child(item, `${this.path}[${at}]`, item));
  }

  /** @throws {PolicyError} POLICY_INVALID where this is no text */
  text(): string {
    if (!isScalar(this.node) || typeof this.node.value !== 'string') throw this.invalid('a text is expected');
    return this.node.value;
  }

  /** A file's name, written as it is. @throws {PolicyError} POLICY_INVALID where it could not stand in a policy of Signet's */
  fileName(): string {
    const text = this.text();
    if (text === '' || /\$\{|^-----BEGIN|\p{Cc}/u.test(text)) throw this.invalid('not the name of a file');
    return text;
  }

  /** The text, which must be one of these. @throws {PolicyError} POLICY_INVALID */
  oneOf<Text extends string>(allowed: readonly Text[]): Text {
    const text = this.text();
    const found = allowed.find((each) => each === text);
    if (found === undefined)
      throw this.invalid(`${JSON.stringify(text.slice(0, 80))} is none of ${allowed.join(', ')}`);
    return found;
  }

  /** @throws {PolicyError} POLICY_INVALID where this is neither true nor false */
  boolean(): boolean {
    if (!isScalar(this.node) || typeof this.node.value !== 'boolean') throw this.invalid('true or false is expected');
    return this.node.value;
  }

  /** @throws {PolicyError} POLICY_INVALID where this is no whole number from `least` on */
  count(least: number): number {
    const value = isScalar(this.node) ? this.node.value : undefined;
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < least)
      throw this.invalid(`a whole number from ${least} on is expected`);
    return value;
  }

  /** The texts of a list, or undefined where it is missing. @throws {PolicyError} POLICY_INVALID */
  texts(name: string): readonly string[] | undefined {
    return this.field(name)
      ?.items()
      .map((item) => item.text());
  }

  /** A field that is not among these. */
  others(known: readonly string[]): readonly (readonly [string, Cursor])[] {
    return this.fields().filter(([name, value]) => !known.includes(name) && !value.isEmpty);
  }

  /** An error about this place. */
  invalid(why: string): PolicyError {
    const where = this.path === '' ? '' : `${this.path}: `;
    return new PolicyError('POLICY_INVALID', `${where}${why}`, { place: this.place });
  }

  private child(node: unknown, path: string, near: unknown): Cursor {
    // An empty value has no place of its own: that of its name is told.
    return new Cursor(this.source, isNode(node) ? node : emptyAt(near), { path, depth: this.depth + 1 });
  }
}

/**
 * The documents of a YAML or JSON file; empty ones are left out.
 * @throws {PolicyError} POLICY_INVALID with the place: no YAML, a name twice, too large
 */
export function readDocuments({ file, text }: PolicyInput): readonly Cursor[] {
  const start: Place = { file, line: 1, column: 1 };
  if (Buffer.byteLength(text) > maxBytes)
    throw new PolicyError('POLICY_INVALID', `larger than ${maxBytes} bytes`, { place: start });
  const lines = new LineCounter();
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const documents = compose(tokensOf(text, lines, placeAt), text.length);
  if (documents.length > maxDocuments)
    throw new PolicyError('POLICY_INVALID', `more than ${maxDocuments} documents`, { place: start });
  for (const { errors } of documents) {
    const [error] = errors;
    if (error === undefined) continue;
    const why = error.message.split('\n', 1)[0] ?? '';
    throw new PolicyError('POLICY_INVALID', `not YAML or JSON: ${why}`, { place: placeAt(error.pos[0]) });
  }
  const cursors = documents.map((document) => {
    return new Cursor({ file, lines, document }, document.contents, { path: '', depth: 0 });
  });
  return cursors.filter((cursor) => !cursor.isEmpty);
}

/** Tokens of the concrete syntax. The parser keeps a stack of its own; what is composed of them recurses, so its depth is bounded here. */
function tokensOf(text: string, lines: LineCounter, placeAt: (offset: number) => Place): readonly CST.Token[] {
  const tokens: CST.Token[] = [];
  const parser = new Parser(lines.addNewLine);
  lines.addNewLine(0);
  for (const lexeme of new Lexer().lex(text)) {
    for (const token of parser.next(lexeme)) tokens.push(token);
    if (parser.stack.length > maxStack)
      throw new PolicyError('POLICY_INVALID', `nested deeper than ${maxDepth}`, { place: placeAt(parser.offset) });
  }
  return [...tokens, ...parser.end()];
}

/** Names that are there twice are found by whoever reads the map: the library compares each with all before it. */
function compose(tokens: readonly CST.Token[], length: number): readonly ParsedDocument[] {
  const composer = new Composer({ version: '1.2', uniqueKeys: false, prettyErrors: false, logLevel: 'silent' });
  return [...composer.compose(tokens, false, length)];
}

/** The one document that a file must hold. @throws {PolicyError} POLICY_INVALID */
export function readDocument(input: PolicyInput): Cursor {
  const [only, ...more] = readDocuments(input);
  const place: Place = { file: input.file, line: 1, column: 1 };
  if (only === undefined) throw new PolicyError('POLICY_INVALID', 'the file is empty', { place });
  if (more.length > 0) throw new PolicyError('POLICY_INVALID', 'more than one document', { place });
  return only;
}

function emptyAt(near: unknown): unknown {
  if (!isScalar(near)) return undefined;
  const node = near.clone();
  if (isScalar(node)) node.value = null;
  return node;
}

/** As {@link readDocument}, of a file that its own tool reads as JSON. @throws {PolicyError} POLICY_INVALID */
export function readJson(input: PolicyInput): Cursor {
  const root = readDocument(input);
  try {
    JSON.parse(input.text);
  } catch (error) {
    const why = error instanceof Error ? error.message.split('\n', 1)[0] : '';
    throw new PolicyError('POLICY_INVALID', `not JSON: ${why}`, { place: root.place, cause: error });
  }
  return root;
}
