import type { ReadContext } from '../context.ts';
import { unread } from '../gathering.ts';
import type { ImageRole, Pin } from '../inventory.ts';
import { createPlaceFinder } from '../place.ts';
import type { Spot } from '../tree/tree.ts';
import { createArguments, type GlobalArguments, plainEnd } from './arguments.ts';
import type { Dockerfile, Instruction, Joined } from './instruction.ts';
import { parseDockerfile } from './lines.ts';
import { createStages, type Stages } from './stages.ts';
import { createVariableUses, type VariableUses } from './variable-uses.ts';
import { splitWords, type Word, wordAt } from './words.ts';

/**
 * The images that building a Dockerfile pulls: its frontend, FROM, COPY --from, RUN --mount=from; not its own stages, not `scratch`.
 * Rule: Dockerfile reference
 * @throws {WorkloadError} WORKLOAD_MALFORMED, WORKLOAD_TOO_LARGE
 */
export function readDockerfile(context: ReadContext): void {
  context.kinds.add('dockerfile');
  readParsed(parseDockerfile(context.text, context), context);
}

/** The same for a text within another input; the places are the gathering's affair. @throws {WorkloadError} WORKLOAD_MALFORMED, WORKLOAD_TOO_LARGE */
export function readDockerfileText(text: string, context: ReadContext): void {
  const places = createPlaceFinder(`${context.options.file} (dockerfile_inline)`, text);
  readParsed(parseDockerfile(text, { ...context, places }), context);
}

interface Reader {
  readonly context: ReadContext;
  readonly escaper: string;
  readonly args: GlobalArguments;
  readonly stages: Stages;
  readonly uses: VariableUses;
}

function readParsed({ escaper, directives, instructions }: Dockerfile, context: ReadContext): void {
  for (const { name, value, offset } of directives) {
    const end = offset + value.length;
    const spot = { span: { start: offset, end }, pin: { kind: 'insert', offset: end } } as const;
    if (name === 'syntax')
      context.gathering.image({ written: value, resolved: value, role: 'frontend', path: '# syntax', spot });
  }
  const args = createArguments(context.options.buildArgs ?? {}, { escaper, maxLength: context.limits.maxReference });
  const reader = { context, escaper, args, stages: createStages(), uses: createVariableUses(instructions, escaper) };
  for (const instruction of instructions) readInstruction(instruction, reader);
}

function readInstruction(instruction: Instruction, reader: Reader): void {
  const { keyword, joined, bodyStart } = instruction;
  if (keyword === 'arg' && reader.stages.count() === 0) reader.args.read(instruction);
  else if (keyword === 'from') readFrom(instruction, reader);
  else if (keyword === 'copy' || keyword === 'add') readFlags(instruction, reader, copySources);
  else if (keyword === 'run') readFlags(instruction, reader, mountSources);
  else if (keyword === 'onbuild') {
    const [head = '', inner = ''] = /^(\S+)\s*/.exec(joined.text.slice(bodyStart)) ?? [];
    // Its triggers run in another build, which knows other stages; a name that is one here is taken for one.
    if (inner.toLowerCase() !== 'onbuild')
      readInstruction({ keyword: inner.toLowerCase(), joined, bodyStart: bodyStart + head.length }, reader);
  }
}

function readFrom(instruction: Instruction, reader: Reader): void {
  const { joined, bodyStart } = instruction;
  const { gathering } = reader.context;
  const words = splitWords(joined.text, bodyStart, reader.escaper) ?? [];
  const firstOther = words.findIndex((word) => !word.text.startsWith('--'));
  const flags = firstOther === -1 ? words : words.slice(0, firstOther);
  const [image, as, name, ...more] = words.slice(flags.length);
  const isNamed = as === undefined || (as.text.toLowerCase() === 'as' && name !== undefined && more.length === 0);
  if (image === undefined || !isNamed) {
    gathering.problem({
      ...unread('SHAPE_WRONG', 'FROM wants an image, or an image AS a name', { path: 'FROM' }),
      spot: spotOf(joined, wholeOf(joined)),
    });
  } else addFrom(image, { joined, flags, name: name?.text }, reader);
  reader.stages.add(name?.text);
}

interface From {
  readonly joined: Joined;
  readonly flags: readonly Word[];
  readonly name: string | undefined;
}

function addFrom(image: Word, { joined, flags, name }: From, reader: Reader): void {
  const { gathering, limits } = reader.context;
  const written = image.text.slice(0, limits.maxReference + 1);
  const expanded = reader.args.expand(written);
  const spot = { ...spotOf(joined, image), pin: fromPin(image, joined, reader) };
  if (expanded.kind !== 'value') {
    gathering.problem({ ...unread('IMAGE_VARIABLE', expanded.message, { path: 'FROM' }), spot });
    return;
  }
  if (expanded.value === 'scratch' || reader.stages.has(expanded.value)) return;
  const container = name ?? String(reader.stages.count());
  gathering.image({
    written,
    resolved: expanded.value,
    role: 'from',
    path: 'FROM',
    container,
    spot,
    ...platformOf(flags, reader),
  });
}

/** At the end of the word; where that is a variable, at the end of its default, if nothing else looks at it. */
function fromPin(image: Word, joined: Joined, { args, uses, escaper }: Reader): Pin {
  const end = plainEnd(image, escaper);
  if (end !== undefined) return { kind: 'insert', offset: joined.offsetOf(end - 1) + 1 };
  const name = /^[^"'$\\`]*\$(?:\{(\w+)\}|(\w+))$/
    .exec(image.text)
    ?.slice(1)
    .find((each) => each !== undefined);
  if (name === undefined) return { kind: 'impossible', why: 'it has a variable that is not all of its end' };
  const argument = args.get(name);
  if (argument === undefined) return { kind: 'impossible', why: `${name} has no default in this file` };
  if ('why' in argument.end) return { kind: 'impossible', why: argument.end.why };
  if (!uses.isOnlyIn(name, image.text)) return { kind: 'impossible', why: `${name} is used for something else too` };
  return { kind: 'insert', offset: argument.end.offset };
}

function platformOf(flags: readonly Word[], { args }: Reader): { readonly platform?: string } {
  const flag = flags.map(({ text }) => /^--platform=(.+)$/.exec(text)?.[1]).find((each) => each !== undefined);
  const expanded = flag === undefined ? undefined : args.expand(flag.slice(0, 256));
  return expanded?.kind === 'value' && expanded.value !== '' ? { platform: expanded.value } : {};
}

/** A part of a flag that names an image or a stage. */
interface Source {
  readonly word: Word;
  readonly role: ImageRole;
  readonly path: string;
}

function readFlags(instruction: Instruction, reader: Reader, sourcesOf: (flag: Word) => readonly Source[]): void {
  const { joined, bodyStart } = instruction;
  for (const flag of leadingFlags(joined.text, bodyStart, reader.escaper)) {
    for (const source of sourcesOf(flag)) addSource(source, joined, reader);
  }
}

/** Flags are words before the first that is none. */
function leadingFlags(text: string, start: number, escaper: string): readonly Word[] {
  const flags: Word[] = [];
  let word = wordAt(text, start, escaper);
  while (word?.text.startsWith('--') === true && word.text !== '--') {
    flags.push(word);
    word = wordAt(text, word.end, escaper);
  }
  return flags;
}

function copySources(flag: Word): readonly Source[] {
  const word = partAfter(flag, /^--from=/);
  return word === undefined ? [] : [{ word, role: 'copy', path: 'COPY --from' }];
}

/** Each `from=` of the comma-separated fields. Rule: Dockerfile reference "RUN --mount" */
function mountSources(flag: Word): readonly Source[] {
  if (!flag.text.startsWith('--mount=')) return [];
  return [...flag.text.matchAll(/(?<=[=,"'])from=([^,"']*)/gi)].map(({ 0: field, 1: text = '', index }) => {
    const start = flag.start + index + field.length - text.length;
    return { word: { text, start, end: start + text.length }, role: 'mount', path: 'RUN --mount' };
  });
}

function partAfter({ text, start, end }: Word, before: RegExp): Word | undefined {
  const length = before.exec(text)?.[0].length;
  return length === undefined ? undefined : { text: text.slice(length), start: start + length, end };
}

function addSource({ word, role, path }: Source, joined: Joined, reader: Reader): void {
  const { context, stages, escaper } = reader;
  const { gathering, limits } = context;
  const name = word.text.replace(/^(["'])(.*)\1$/, '$2');
  const end = plainEnd(word, escaper);
  const pin: Pin =
    end === undefined
      ? { kind: 'impossible', why: 'it is not plain text' }
      : { kind: 'insert', offset: joined.offsetOf(end - 1) + 1 };
  const spot = { ...spotOf(joined, word), pin };
  const problem = (code: 'STAGE_UNKNOWN' | 'IMAGE_VARIABLE', message: string): void =>
    gathering.problem({ ...unread(code, message, { path }), spot });
  if (/^\d+$/.test(name)) {
    if (Number(name) >= stages.count())
      problem('STAGE_UNKNOWN', `there is no build stage ${name.slice(0, 20)} before this line`);
  } else if (name.includes('$')) problem('IMAGE_VARIABLE', `${path} knows no variables`);
  else if (name !== 'scratch' && !stages.has(name)) {
    const written = name.slice(0, limits.maxReference + 1);
    gathering.image({ written, resolved: written, role, path, container: stages.last(), spot });
  }
}

function spotOf(joined: Joined, { start, end }: Word): Spot {
  const span = {
    start: joined.offsetOf(start),
    end: joined.offsetOf(Math.max(start, end - 1)) + (end > start ? 1 : 0),
  };
  return { span, pin: { kind: 'impossible', why: 'it is no image' } };
}

function wholeOf({ text }: Joined): Word {
  return { text, start: 0, end: text.length };
}
