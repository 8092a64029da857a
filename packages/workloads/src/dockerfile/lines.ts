import type { ReadContext } from '../context.ts';
import { WorkloadError } from '../errors.ts';
import type { PlaceFinder } from '../place.ts';
import { heredocsOf } from './heredoc.ts';
import type { Directive, Dockerfile, Instruction, Joined } from './instruction.ts';

interface Line {
  readonly text: string;
  readonly offset: number;
}

/**
 * Directives, comments, continuation lines and heredocs, as BuildKit takes them: blank lines and comments within an instruction are left out.
 * Rule: Dockerfile reference "Format", "Parser directives", "Here-documents"
 * @throws {WorkloadError} WORKLOAD_MALFORMED for a heredoc that does not end, WORKLOAD_TOO_LARGE
 */
export function parseDockerfile(text: string, { places, limits }: Pick<ReadContext, 'places' | 'limits'>): Dockerfile {
  const { maxDockerfile } = limits;
  if (text.length > maxDockerfile)
    throw new WorkloadError('WORKLOAD_TOO_LARGE', `a Dockerfile of more than ${maxDockerfile} characters`, {
      place: places.placeOf({ start: 0, end: 0 }),
    });
  const lines = linesOf(text);
  const directives = directivesOf(lines);
  const escaper = directives.find(({ name, value }) => name === 'escape' && value === '`')?.value ?? '\\';
  const instructions: Instruction[] = [];
  let at = 0;
  while (at < lines.length) {
    const taken = takeInstruction(lines, at, escaper);
    at = taken.next;
    if (taken.joined === undefined) continue;
    const instruction = instructionOf(taken.joined);
    instructions.push(instruction);
    for (const heredoc of heredocsOf(instruction, escaper)) {
      const end = endOfHeredoc(lines, at, heredoc);
      if (end === undefined) throw notEnded(heredoc.name, taken.joined, places);
      at = end;
    }
  }
  return { escaper, directives, instructions };
}

function linesOf(text: string): readonly Line[] {
  const lines = [...text.matchAll(/([^\n]*)(?:\n|$)/g)].map(({ 1: line = '', index }) => ({
    text: line.endsWith('\r') ? line.slice(0, -1) : line,
    offset: index,
  }));
  const [first] = lines;
  if (first?.text.startsWith('\uFEFF')) lines[0] = { text: first.text.slice(1), offset: 1 };
  return lines;
}

/** They end with the first line that is none. */
function directivesOf(lines: readonly Line[]): readonly Directive[] {
  const directives: Directive[] = [];
  for (const { text, offset } of lines) {
    const match = /^(#\s*([A-Za-z][A-Za-z0-9]*)\s*=\s*)(\S.*)$/.exec(text);
    if (match === null) break;
    const [, before = '', name = '', value = ''] = match;
    directives.push({ name: name.toLowerCase(), value: value.trimEnd(), offset: offset + before.length });
  }
  return directives;
}

interface Taken {
  readonly next: number;
  readonly joined?: Joined;
}

function takeInstruction(lines: readonly Line[], start: number, escaper: string): Taken {
  const pieces: Line[] = [];
  let at = start;
  let isOpen = true;
  while (isOpen && at < lines.length) {
    const line = lines[at] ?? { text: '', offset: 0 };
    at++;
    const trimmed = line.text.trimStart();
    const isFirst = pieces.length === 0;
    if (trimmed === '' || trimmed.startsWith('#')) {
      if (isFirst) return { next: at };
      continue;
    }
    const piece = isFirst ? { text: trimmed, offset: line.offset + line.text.length - trimmed.length } : line;
    const content = withoutContinuation(piece.text, escaper);
    isOpen = content !== undefined;
    pieces.push({ ...piece, text: content ?? piece.text });
  }
  return { next: at, joined: join(pieces) };
}

/** The line without the character that continues it; undefined where there is none. Twice that character is an escaped one. */
function withoutContinuation(text: string, escaper: string): string | undefined {
  const content = withoutBlanksAtEnd(text);
  if (!content.endsWith(escaper) || content.endsWith(escaper + escaper)) return undefined;
  return content.slice(0, -1);
}

/** A regular expression would look at each run of blanks once for each of them. */
function withoutBlanksAtEnd(text: string): string {
  let end = text.length;
  while (text[end - 1] === ' ' || text[end - 1] === '\t') end--;
  return text.slice(0, end);
}

function join(pieces: readonly Line[]): Joined {
  const starts: number[] = [];
  let length = 0;
  for (const { text } of pieces) {
    starts.push(length);
    length += text.length;
  }
  return {
    text: pieces.map(({ text }) => text).join(''),
    offsetOf(index) {
      let piece = starts.length - 1;
      while (piece > 0 && (starts[piece] ?? 0) > index) piece--;
      return (pieces[piece]?.offset ?? 0) + index - (starts[piece] ?? 0);
    },
  };
}

function instructionOf(joined: Joined): Instruction {
  const [head = '', keyword = ''] = /^(\S+)\s*/.exec(joined.text) ?? [];
  return { keyword: keyword.toLowerCase(), bodyStart: head.length, joined };
}

function endOfHeredoc(
  lines: readonly Line[],
  start: number,
  heredoc: { name: string; chomp: boolean },
): number | undefined {
  for (let at = start; at < lines.length; at++) {
    const text = lines[at]?.text ?? '';
    if ((heredoc.chomp ? text.replace(/^\t+/, '') : text) === heredoc.name) return at + 1;
  }
  return undefined;
}

function notEnded(name: string, joined: Joined, places: PlaceFinder): WorkloadError {
  const start = joined.offsetOf(0);
  return new WorkloadError('WORKLOAD_MALFORMED', `the heredoc ${JSON.stringify(name.slice(0, 80))} does not end`, {
    place: places.placeOf({ start, end: start }),
  });
}
