import type { RegistryReference } from '@signet/oci';
import { PolicyError } from '../../errors.ts';
import { foldHost } from './fold-host.ts';
import { globsOverlap, type Letters, matchesGlob, matchesSequence, sequencesOverlap } from './glob.ts';

/** `**` stands for any number of parts; a glob for one part, in which `*` stands for any number of characters. */
export type PatternPart = { readonly kind: 'any' } | { readonly kind: 'one'; readonly glob: string };

/** Whether it stands for any number of parts. */
export function isAny(part: PatternPart): part is PatternPart & { readonly kind: 'any' } {
  return part.kind === 'any';
}

/** The images that a rule speaks of, folded as references are. */
export interface ImagePattern {
  /** As it was written. */
  readonly text: string;
  /** The host, then the parts of the repository's name; patterns that match the same names have the same parts. */
  readonly parts: readonly PatternPart[];
  readonly tag?: string;
  readonly digest?: string;
}

/** An image's name as patterns see it: the folded host, then the parts of the repository's name. */
export function namePartsOf({
  registry,
  repository,
}: Pick<RegistryReference, 'registry' | 'repository'>): readonly string[] {
  return [foldHost(registry), ...repository.split('/')];
}

/** Whether host and path fit; a tag or digest pattern is a condition of its own, for which the registry may have to be asked. */
export function matchesName(pattern: ImagePattern, name: readonly string[]): boolean {
  return matchesSequence(pattern.parts, name, partsOfName);
}

/** Whether some reference could match both. */
export function patternsOverlap(one: ImagePattern, other: ImagePattern): boolean {
  return (
    sequencesOverlap(one.parts, other.parts, partsOfPattern) &&
    globsOverlap(one.tag ?? '*', other.tag ?? '*') &&
    globsOverlap(one.digest ?? '*', other.digest ?? '*')
  );
}

/** Whether everything that `narrow` matches, `wide` matches too; false also where that cannot be told from the patterns' letters. */
export function patternCovers(wide: ImagePattern, narrow: ImagePattern): boolean {
  return (
    matchesSequence(spread(wide.parts), narrow.parts, partsCovered) &&
    (wide.tag === undefined || (narrow.tag !== undefined && matchesGlob(wide.tag, narrow.tag))) &&
    (wide.digest === undefined || (narrow.digest !== undefined && matchesGlob(wide.digest, narrow.digest)))
  );
}

/** The same said so that a `**` of the other may stand at any place of a run of stars: `**` before and behind each. */
function spread(parts: readonly PatternPart[]): readonly PatternPart[] {
  const any: PatternPart = { kind: 'any' };
  return runsOf(parts, isStar).flatMap((run) => (run.some(isAny) ? run.flatMap((part) => [any, part, any]) : run));
}

function isStar(part: PatternPart): boolean {
  return isAny(part) || part.glob === '*';
}

/** Cut into runs of those that the test is true for, and single others. */
function runsOf<Part>(parts: readonly Part[], isInRun: (part: Part) => boolean): readonly (readonly Part[])[] {
  const runs: Part[][] = [];
  for (const [at, part] of parts.entries()) {
    const before = parts[at - 1];
    if (isInRun(part) && before !== undefined && isInRun(before)) runs.at(-1)?.push(part);
    else runs.push([part]);
  }
  return runs;
}

const partsOfName: Letters<PatternPart, string> = {
  isAny,
  fits: (part, text) => part.kind === 'one' && matchesGlob(part.glob, text),
};
/** A star of the narrow one is read as a letter, which only a star of the wide one stands for. */
const partsCovered: Letters<PatternPart, PatternPart> = {
  isAny,
  fits: (wide, narrow) => wide.kind === 'one' && narrow.kind === 'one' && matchesGlob(wide.glob, narrow.glob),
};
const partsOfPattern: Letters<PatternPart, PatternPart> = {
  isAny,
  fits: (one, other) => one.kind === 'one' && other.kind === 'one' && globsOverlap(one.glob, other.glob),
};

const maxLength = 512;
const pathPart = /^[a-z0-9._*-]+$/;
const hostPart = /^(?:[a-z0-9.*-]+|\[[0-9a-f:.]+\])(?::(?:[0-9]{1,5}|\*))?$/;
const tagText = /^[a-zA-Z0-9_.*-]{1,128}$/;
const digestText = /^(?:sha256|sha512):[0-9a-f*]{1,128}$/;

/**
 * `HOST/PATH[:TAG][@DIGEST]`, or `*` for every image. Without a host it is Docker Hub's. `**` at the end stands for at least one part.
 * Rule: design.md 6.
 * @throws {PolicyError} POLICY_INVALID, naming the bad part
 */
export function parseImagePattern(text: string): ImagePattern {
  if (text.length > maxLength) throw invalid(text, `it is longer than ${maxLength} characters`);
  const [named, digest] = cut(text, text.indexOf('@'));
  const colon = named.lastIndexOf(':');
  const [name, tag] = cut(named, colon > named.lastIndexOf('/') ? colon : -1);
  if (digest !== undefined && !digestText.test(digest))
    throw invalid(text, `${quoted(digest)} is no pattern of a digest`);
  if (tag !== undefined && !tagText.test(tag)) throw invalid(text, `${quoted(tag)} is no pattern of a tag`);
  return {
    text,
    parts: foldName(name, text).map((part, at) => toPart(part, at, text)),
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  };
}

/** Host and path of a pattern, folded. */
function foldName(name: string, text: string): readonly string[] {
  if (name === '*' || name === '**') return foldStars(['**']);
  const [first = '', ...others] = name.split('/');
  const hasHost = others.length > 0 && isHost(first);
  if (!hasHost && first.includes('*')) throw unclearHost(first, others, text);
  if (/\*:443$/.test(first)) throw hiddenPort(first, text);
  if (hasHost && first === '**') return foldStars([first, ...others]);
  const host = hasHost ? foldHost(first) : 'docker.io';
  const path = hasHost ? others : [first, ...others];
  const isOfficial = host === 'docker.io' && path.length === 1 && path[0] !== '**';
  return foldStars([host, ...(isOfficial ? ['library', ...path] : path)]);
}

/** As in references, or one that is left open. */
function isHost(first: string): boolean {
  return /[.:[]/.test(first) || ['localhost', '*', '**'].includes(first) || first !== first.toLowerCase();
}

/**
 * One spelling of what matches the same. `**` at the end is one part and any number more. A name has two parts at least, host and path:
 * where `**` stands for some of them, they are written. In a run of stars those for one part come first, then one `**` for all.
 */
function foldStars(parts: readonly string[]): readonly string[] {
  const whole = parts.at(-1) === '**' ? [...parts.slice(0, -1), '*', '**'] : parts;
  const hidden = parts[0] === '**' ? Math.max(0, 2 - whole.filter((part) => part !== '**').length) : 0;
  const written = [...Array<string>(hidden).fill('*'), ...whole];
  return runsOf(written, (part) => part === '*' || part === '**').flatMap((run) =>
    run.includes('**') ? [...run.filter((part) => part === '*'), '**'] : run,
  );
}

/** `ghc*` before a slash: a host without dot and port cannot be told from a name on Docker Hub, and a star hides both. */
function unclearHost(first: string, others: readonly string[], text: string): PolicyError {
  const onHub = ['docker.io', ...(others.length === 0 ? ['library'] : []), first, ...others].join('/');
  const dotted = `${first}${first.endsWith('*') ? '' : '*'}.*`;
  const hint = `on Docker Hub: ${onHub}; hosts have a dot: ${dotted}/${others.length === 0 ? '**' : others.join('/')}`;
  return invalid(text, `${quoted(first)} is a name on Docker Hub as it stands, and could be meant as a host`, hint);
}

/** The default port is left out of references: behind a star it could not be told from every other port. */
function hiddenPort(first: string, text: string): PolicyError {
  return invalid(text, `${quoted(first)} cannot mean port 443 alone`, 'leave the port out: * is for every port then');
}

function toPart(part: string, at: number, text: string): PatternPart {
  if (part === '**') return { kind: 'any' };
  if (part.includes('**')) throw invalid(text, `** stands for whole parts: ${quoted(part)}`);
  if (!(at === 0 ? hostPart : pathPart).test(part))
    throw invalid(text, `${quoted(part)} is no pattern of a ${at === 0 ? 'host' : 'part of a name'}`);
  return { kind: 'one', glob: part };
}

function cut(text: string, at: number): readonly [string, string | undefined] {
  return at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 80));
}

function invalid(text: string, why: string, hint?: string): PolicyError {
  const message = `not an image pattern: ${JSON.stringify(text.slice(0, 200))}: ${why}`;
  return new PolicyError('POLICY_INVALID', message, hint === undefined ? {} : { hint });
}
