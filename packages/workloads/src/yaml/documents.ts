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
  for (const token of tokens(input)) yield* composer.next(token);
  yield* composer.end();
}

function* tokens({ text, places, limits }: YamlInput): ReturnType<Parser['parse']> {
  const parser = new Parser();
  let count = 0;
  let inDocument = 0;
  const refuse = (what: string): WorkloadError =>
    new WorkloadError('WORKLOAD_TOO_LARGE', what, {
      place: places.placeOf({ start: parser.offset, end: parser.offset }),
    });
  for (const lexeme of new Lexer().lex(text)) {
    for (const token of parser.next(lexeme)) {
      if (token.type === 'document') inDocument = 0;
      yield token;
    }
    count++;
    inDocument++;
    if (count > limits.maxTokens) throw refuse(`more than ${limits.maxTokens} tokens`);
    if (inDocument > limits.maxDocumentTokens)
      throw refuse(`more than ${limits.maxDocumentTokens} tokens in one document`);
    if (parser.stack.length > limits.maxDepth) throw refuse(`nested deeper than ${limits.maxDepth} levels`);
  }
  yield* parser.end();
}

function refuseErrors(document: Document.Parsed, { text, places }: YamlInput): void {
  const [error] = document.errors;
  if (error === undefined) return;
  const [start, end] = error.pos;
  const what = error.message.split('\n', 1)[0] ?? '';
  throw new WorkloadError('WORKLOAD_MALFORMED', `not YAML: ${what}${templateHint(text, start)}`, {
    place: places.placeOf({ start, end }),
    cause: error,
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
