import type { RegistryReference } from '@signet/oci';
import { PolicyError } from '../../errors.ts';
import { foldHost } from './fold-host.ts';
import { globsOverlap, type Letters, matchesGlob, matchesSequence, sequencesOverlap } from './glob.ts';

/** `**` stands for any number of parts; a glob for one part, in which `*` stands for any number of characters. */
export type PatternPart = { readonly kind: 'any' } | { readonly kind: 'one'; readonly glob: string };

/** The images that a rule speaks of, folded as references are. */
export interface ImagePattern {
  /** As it was written. */
  readonly text: string;
  /** The host, then the parts of the repository's name. */
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
    matchesSequence(wide.parts, narrow.parts, partsCovered) &&
    (wide.tag === undefined || (narrow.tag !== undefined && matchesGlob(wide.tag, narrow.tag))) &&
    (wide.digest === undefined || (narrow.digest !== undefined && matchesGlob(wide.digest, narrow.digest)))
  );
}

const isAny = ({ kind }: PatternPart): boolean => kind === 'any';
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
    parts: foldName(name).map((part, at) => toPart(part, at, text)),
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  };
}

/** Host and path of a pattern, folded. `**` at the end becomes one part and any number more. */
function foldName(name: string): readonly string[] {
  if (name === '*' || name === '**') return ['**'];
  const [first = '', ...others] = name.split('/');
  const hasHost =
    others.length > 0 && (/[.:[]/.test(first) || first === 'localhost' || first === '*' || first === '**');
  const host = hasHost ? (first === '**' ? first : foldHost(first)) : 'docker.io';
  const path = hasHost ? others : [first, ...others];
  const folded = host === 'docker.io' && path.length === 1 && path[0] !== '**' ? ['library', ...path] : path;
  const whole = [host, ...folded];
  return whole.at(-1) === '**' ? [...whole.slice(0, -1), '*', '**'] : whole;
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

function invalid(text: string, why: string): PolicyError {
  return new PolicyError('POLICY_INVALID', `not an image pattern: ${JSON.stringify(text.slice(0, 200))}: ${why}`);
}
