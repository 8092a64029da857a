import { Composer, type Document, Lexer, type ParsedNode, Parser } from 'yaml';
import { WorkloadError } from '../errors.ts';
import type { WorkloadLimits } from '../limits.ts';
import type { PlaceFinder } from '../place.ts';

/** One document of a stream: its content, and the comments before it. */
export interface YamlDocument {
  readonly contents: ParsedNode | null;
  /** What stands between the document's start and its content. */
  readonly prelude: string;
}

/** The text, and what bounds its reading. */
export interface YamlInput {
  readonly text: string;
  readonly places: PlaceFinder;
  readonly limits: WorkloadLimits;
}

/**
 * The documents of a YAML stream (JSON is one) one after the other: tokens, depth and number are bounded while they are read, and a
 * document that is done is let go.
 * Rule: YAML 1.2.2, core schema; equal keys are looked for in resolve.ts, since the library compares each with each.
 * @throws {WorkloadError} WORKLOAD_MALFORMED, WORKLOAD_TOO_LARGE
 */
export function* yamlDocuments(input: YamlInput): Generator<YamlDocument> {
  const { limits } = input;
  let documents = 0;
  for (const document of composed(input)) {
    const place = input.places.placeOf(spanOf(document));
    documents++;
    if (documents > limits.maxDocuments)
      throw new WorkloadError('WORKLOAD_TOO_LARGE', `more than ${limits.maxDocuments} documents`, { place });
    refuseErrors(document, input);
    yield { contents: document.contents, prelude: preludeOf(document, input.text) };
  }
}

function* composed(input: YamlInput): Generator<Document.Parsed> {
  // Equal keys: see above. Warnings are about tags, which resolve.ts judges.
  const composer = new Composer({ uniqueKeys: false, logLevel: 'silent', stringKeys: false });
  stopAtFirstError(composer, input);
  for (const token of tokens(input)) yield* composer.next(token);
  yield* composer.end();
}

/**
 * The library gathers errors and warnings, an object of some kilobytes for each: a text of bad escapes has millions. The first error is
 * enough, and no warning is wanted. (Its type calls this member private; were it gone, {@link refuseErrors} would find the errors.)
 */
function stopAtFirstError(composer: Composer, input: YamlInput): void {
  let first: WorkloadError | undefined;
  // What is thrown is caught on the way out of each level, and told here once more.
  const onError = (source: unknown, _code: unknown, message: unknown, isWarning: unknown): void => {
    if (isWarning === true) return;
    first ??= notYaml(String(message), startOf(source), input);
    throw first;
  };
  Reflect.set(composer, 'onError', onError);
}

/** An offset, a range, or a token. */
function startOf(source: unknown): number {
  const [start] = Array.isArray(source) ? source : [source];
  const offset: unknown = typeof start === 'object' && start !== null && 'offset' in start ? start.offset : start;
  return typeof offset === 'number' ? offset : 0;
}

function* tokens(input: YamlInput): ReturnType<Parser['parse']> {
  const parser = new Parser();
  const bounds = createBounds(input, parser);
  for (const lexeme of new Lexer().lex(input.text)) {
    for (const token of parser.next(lexeme)) {
      if (token.type === 'error') throw notYaml(token.message, token.offset, input);
      bounds.see(token.type);
      yield token;
    }
    bounds.spend();
  }
  yield* parser.end();
}

interface Bounds {
  /** A document, a directive, or what stands between them. */
  readonly see: (type: string) => void;
  /** One more token. */
  readonly spend: () => void;
}

function createBounds({ places, limits }: YamlInput, parser: Parser): Bounds {
  let count = 0;
  let inDocument = 0;
  let directives = 0;
  const check = (value: number, most: number, what: string): void => {
    if (value <= most) return;
    const place = places.placeOf({ start: parser.offset, end: parser.offset });
    throw new WorkloadError('WORKLOAD_TOO_LARGE', what.replace('#', String(most)), { place });
  };
  return {
    see(type) {
      if (type === 'document') inDocument = 0;
      if (type === 'directive') check(++directives, limits.maxDocuments, 'more than # directives');
    },
    spend() {
      check(++count, limits.maxTokens, 'more than # tokens');
      check(++inDocument, limits.maxDocumentTokens, 'more than # tokens in one document');
      check(parser.stack.length, limits.maxDepth, 'nested deeper than # levels');
    },
  };
}

function refuseErrors(document: Document.Parsed, input: YamlInput): void {
  const [error] = document.errors;
  if (error !== undefined) throw notYaml(error.message, error.pos[0], input);
}

function notYaml(message: string, start: number, { text, places }: YamlInput): WorkloadError {
  const what = message.split('\n', 1)[0] ?? '';
  return new WorkloadError('WORKLOAD_MALFORMED', `not YAML: ${what}${templateHint(text, start)}`, {
    place: places.placeOf({ start, end: start }),
  });
}

/** A chart's own template is a frequent mistake. */
function templateHint(text: string, offset: number): string {
  const line = text.slice(text.lastIndexOf('\n', offset - 1) + 1).split('\n', 1)[0] ?? '';
  return line.slice(0, 2000).includes('{{') ? ' (a template? Render it first, with helm template)' : '';
}

function preludeOf(document: Document.Parsed, text: string): string {
  const { start } = spanOf(document);
  return text.slice(start, document.contents?.range[0] ?? start);
}

function spanOf(document: Document.Parsed): { readonly start: number; readonly end: number } {
  const [start] = document.range;
  return { start, end: start };
}
