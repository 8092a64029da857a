import { matchesGlob, PolicyError, parseImagePattern } from '@signet/verifier';

/** A foreign glob in pieces: text, any characters but `/`, any characters; `other`: something that Signet's patterns have no sign for. */
export type GlobPiece =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'inPart' }
  | { readonly kind: 'any' }
  | { readonly kind: 'other' };

/** Signet's patterns for a foreign glob over whole references. `exact`: they match the same images together; else more of them. */
export interface Translated {
  /** Empty where the glob can match nothing. */
  readonly images: readonly string[];
  readonly exact: boolean;
  /** One of them names a digest: Signet tries it on a tag, too, that names this digest. */
  readonly namesDigest: boolean;
}

/** Signs that no pattern has stand for the two kinds of star while the text is cut. */
const inPart = '\uE000';
const any = '\uE001';
const stars = /[\uE000\uE001]/;
const maxExpansions = 16;

/** What the glob is compared with: `docker.io` as it is written out there, and whether a name without tag and digest is compared. */
export interface GlobDialect {
  readonly dockerHub: 'docker.io' | 'index.docker.io';
  /** A glob without stars at its end matches references that are written without a tag: those are `latest`. */
  readonly matchesUntagged: boolean;
  /** Names without a host are compared too, as they are written. */
  readonly shortNames: boolean;
}

/** The patterns for a glob. What cannot be said exactly is widened, never narrowed. */
export function translateGlob(pieces: readonly GlobPiece[], dialect: GlobDialect): Translated {
  const other = pieces.findIndex(({ kind }) => kind === 'other');
  const known = other === -1 ? pieces : [...pieces.slice(0, other), { kind: 'any' } as const];
  const text = known
    .map((piece) => (piece.kind === 'text' ? piece.text : piece.kind === 'any' ? any : inPart))
    .join('');
  const merged = text.replace(/[\uE000\uE001]*\uE001[\uE000\uE001]*/g, any).replace(/\uE000+/g, inPart);
  const { name, tail, exact, more = [] } = cutTail(merged, dialect);
  const names = namesOf(name, dialect);
  const joined = names.names.flatMap((each) => tail.map((end) => `${each}${end}`));
  const images = [...new Set([...joined, ...more])].filter(isPattern);
  const namesDigest = tail.some((end) => end.startsWith('@'));
  return { images, exact: exact && names.exact && other === -1, namesDigest };
}

interface Cut {
  readonly name: string;
  /** What follows the name in the pattern: nothing, `:TAG` or `@DIGEST`; empty where nothing can match. */
  readonly tail: readonly string[];
  readonly exact: boolean;
  /** Patterns beside those. */
  readonly more?: readonly string[];
}

/** Name and tag or digest. A star at the end takes the tag and the digest with it. */
function cutTail(text: string, dialect: GlobDialect): Cut {
  const at = text.lastIndexOf('@');
  if (at !== -1) return cutDigest(text.slice(0, at), text.slice(at + 1));
  const last = text.slice(text.lastIndexOf('/') + 1);
  const colon = last.lastIndexOf(':');
  const before = text.slice(0, text.length - last.length);
  if (colon === -1) return { ...withoutTag(before, last, dialect) };
  const [name, tag] = [last.slice(0, colon), glob(last.slice(colon + 1))];
  const isOpen = isStarLast(name);
  if (before === '' && name.includes(':')) return { name: any, tail: [''], exact: false };
  if (tag === '*' && name.endsWith(any)) return { name: before + name, tail: [''], exact: true };
  // Without a slash before it the colon may be a port's, and a star after it may take the whole path.
  if (before === '' && last.slice(colon + 1).includes(any)) {
    if (tag !== '*' || isOpen) return { name: any, tail: [''], exact: false };
    return { name, tail: [':*'], exact: true, more: [`${glob(name)}:*/**`] };
  }
  if (tag === '*' && isOpen) return { name: before + name, tail: [''], exact: true };
  // A star before the colon takes `NAME@sha256` too: what follows may then be the digest's hex.
  if (isOpen && /^[0-9a-f]*\*[0-9a-f*]*$/.test(tag)) return { name: before + name, tail: [''], exact: false };
  return { name: before + name, tail: [`:${tag}`], exact: true };
}

function cutDigest(name: string, digest: string): Cut {
  const text = glob(digest);
  const tail = text === '*' ? ['@sha256:*', '@sha512:*'] : [`@${text.replace(/^(sha(?:256|512))\*$/, '$1:*')}`];
  // `repo:tag@digest`: Signet's pattern would ask for the tag of a reference that is written without it.
  const hasTag = name.slice(name.lastIndexOf('/') + 1).includes(':');
  return hasTag ? { name: name.slice(0, name.lastIndexOf(':')), tail, exact: false } : { name, tail, exact: true };
}

function withoutTag(before: string, last: string, dialect: GlobDialect): Cut {
  const star = last.search(stars);
  if (star === -1) return { name: before + last, tail: dialect.matchesUntagged ? [':latest'] : [], exact: true };
  if (star === last.length - 1) return { name: before + last, tail: [''], exact: true };
  // What follows a star may stand in the tag or in a digest: all that begins so is more.
  return { name: `${before}${last.slice(0, star)}${any}`, tail: [''], exact: false };
}

function isStarLast(text: string): boolean {
  return text.endsWith(any) || text.endsWith(inPart);
}

interface Names {
  readonly names: readonly string[];
  readonly exact: boolean;
}

/** Signet's patterns for host and path. */
function namesOf(text: string, dialect: GlobDialect): Names {
  if (text === any) return { names: ['*'], exact: true };
  const parts = text.split('/');
  let made: readonly string[] = [''];
  for (const [at, part] of parts.entries()) {
    const options = optionsFor(part, { isFirst: at === 0, isLast: at === parts.length - 1 });
    made = made.flatMap((start) => options.map((option) => (at === 0 ? option : `${start}/${option}`)));
    if (made.length > maxExpansions) return { names: ['*'], exact: false };
  }
  return settleHosts(made, dialect);
}

interface Position {
  readonly isFirst: boolean;
  readonly isLast: boolean;
}

/** What a part between slashes may become: a star that crosses slashes becomes more parts. */
function optionsFor(part: string, at: Position): readonly string[] {
  const { isFirst, isLast } = at;
  if (part === any) return [isLast && !isFirst ? '**' : '*/**'];
  const crossing = part.indexOf(any);
  if (crossing === -1) return [glob(part)];
  const [before, after] = [glob(part.slice(0, crossing)), part.slice(crossing + 1)];
  if (isLast && after === '') return [`${before}*`, `${before}*/**`];
  const rest = optionsFor(after, { isFirst: false, isLast });
  // A colon is a port's: it stands in the host alone.
  if (isFirst && before === '' && after.includes(':')) return rest.map((each) => `*${each}`);
  if (isFirst && before === '') return rest.map((each) => `**/*${each}`);
  return rest.flatMap((each) => [`${before}*${each}`, `${before}*/**/*${each}`]);
}

function settleHosts(names: readonly string[], dialect: GlobDialect): Names {
  const settled = names.map((name) => {
    const known = withKnownPort(name);
    const { names: made, exact } = settleHost(known, dialect);
    return { names: made, exact: exact && known === name };
  });
  return { names: settled.flatMap((each) => each.names), exact: settled.every(({ exact }) => exact) };
}

/** A port stands whole in Signet's patterns, or as `*`: of one that is known in part, every port is meant. */
function withKnownPort(name: string): string {
  return name.replace(/^([^/]*):(?!\*(?:\/|$))[0-9*]*\*[0-9*]*(?=\/|$)/, '$1:*');
}

/** Signet reads a first part without dot, port or a bare star as a name on Docker Hub; others take it for a host. */
function settleHost(name: string, dialect: GlobDialect): Names {
  const [host = '', ...path] = name.split('/');
  // A whole name without a slash: * alone would be every image here.
  if (path.length === 0) return { names: dialect.shortNames ? [`docker.io/library/${name}`] : [], exact: true };
  if (host === '*' || host === '**') return { names: [name], exact: true };
  const isHost = /[.:[]/.test(host) || host === 'localhost';
  if (!isHost && !host.includes('*')) return { names: dialect.shortNames ? [name] : [], exact: true };
  return onHost(name, isHost ? [host] : hostsLike(host), dialect);
}

function onHost(name: string, hosts: readonly string[], { dockerHub }: GlobDialect): Names {
  const [host = '', ...path] = name.split('/');
  const onHub = matchesGlob(host, dockerHub);
  // One part under docker.io stands for library/ here; who writes that out has no such names.
  const isWhole = path.length !== 1 || path[0] === '**' || dockerHub === 'docker.io';
  const all = onHub && host !== dockerHub ? [...hosts, 'docker.io'] : hosts;
  const isPort = hosts[0] !== host && /[0-9]$/.test(host);
  return { names: all.map((each) => `${each}/${path.join('/')}`), exact: (!onHub || isWhole) && !isPort };
}

/** A host has a dot or a port: without one Signet reads a name on Docker Hub. They are in one of the stars. */
function hostsLike(host: string): readonly string[] {
  const stars = [...host.matchAll(/\*/g)].map(({ index }) => index);
  const dotted = stars.map((at) => `${host.slice(0, at)}*.*${host.slice(at + 1)}`);
  const local = matchesGlob(host, 'localhost') ? ['localhost'] : [];
  return [...dotted, ...local, ...(host.endsWith('*') ? [`${host}:*`] : [])];
}

function glob(text: string): string {
  return text.replace(/[\uE000\uE001]+/g, '*');
}

/** What is no pattern of Signet's, such as a name with upper-case letters, is no reference either. */
function isPattern(text: string): boolean {
  try {
    parseImagePattern(text);
    return true;
  } catch (error) {
    if (error instanceof PolicyError) return false;
    throw error;
  }
}
