import { isIPv6 } from 'node:net';
import { type Digest, isDigest } from './digest.ts';
import { RegistryError } from './errors.ts';

/** An image in a registry: `host[:port]/name[:tag][@digest]`, folded (docker.io's defaults filled in, host in lower case). */
export interface RegistryReference {
  readonly kind: 'registry';
  /** Host with port where one was given: `docker.io`, `localhost:5000`, `[::1]:5000`. */
  readonly registry: string;
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: Digest;
}

/** An image in an OCI image layout on disk: `oci:DIR[:TAG][@DIGEST]`. */
export interface LayoutReference {
  readonly kind: 'layout';
  readonly path: string;
  readonly tag?: string;
  readonly digest?: Digest;
}

export type Reference = RegistryReference | LayoutReference;

const repositoryPattern = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const tagPattern = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;
const hostPattern =
  /^(?:\[[0-9a-fA-F:.]+\]|[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*)(?::[0-9]{1,5})?$/;
/** Rule: distribution reference ParseNormalizedNamed (64 hex digits); containerd CRI LocalResolve (a digest, or the beginning of one). */
const localId = /^(?:sha(?:256|384|512):|[0-9a-f]{64}$)/;
/** Host and name together. Rule: distribution-spec 1.1 "Pulling manifests". */
const maxNameLength = 255;
/** The longest path that Linux takes, with tag and sha512 digest. */
const maxLayoutLength = 4096 + 300;

/** Whether the text is a tag. Rule: distribution-spec 1.1 "Pulling manifests". */
export function isTag(text: string): boolean {
  return tagPattern.test(text);
}

/** Whether the text is a repository name (without host). */
export function isRepositoryName(text: string): boolean {
  return text.length <= maxNameLength && repositoryPattern.test(text);
}

/**
 * A reference as people write it. Without a registry part it is Docker Hub's; without tag and digest both stay absent: the caller
 * chooses whether `latest` is meant.
 * @throws {RegistryError} REFERENCE_INVALID, naming the bad part
 */
export function parseReference(text: string): Reference {
  return text.startsWith('oci:') ? parseLayoutReference(text) : parseRegistryReference(text);
}

/** @throws {RegistryError} REFERENCE_INVALID */
export function parseRegistryReference(text: string): RegistryReference {
  if (text.length > 512) throw invalid(text, 'it is longer than 512 characters');
  if (localId.test(text))
    throw invalid(text, 'to container engines it is the id of an image that they have, not a name');
  const [named, digest] = splitDigest(text);
  const slash = named.indexOf('/');
  const first = named.slice(0, slash);
  const hasHost = slash !== -1 && (/[.:[]/.test(first) || first === 'localhost' || first !== first.toLowerCase());
  const host = hasHost ? first : 'docker.io';
  const [path, tag] = splitTag(hasHost ? named.slice(slash + 1) : named);
  if (!isHost(host)) throw invalid(text, `${JSON.stringify(host.slice(0, 80))} is not a registry host`);
  if (tag !== undefined && !isTag(tag)) throw invalid(text, `${JSON.stringify(tag.slice(0, 140))} is not a tag`);
  const registry = canonicalHost(host);
  const repository = registry === 'docker.io' && !path.includes('/') ? `library/${path}` : path;
  if (!repositoryPattern.test(repository))
    throw invalid(text, `${JSON.stringify(path.slice(0, 80))} is not a repository name${upperHint(path)}`);
  if (registry.length + 1 + repository.length > maxNameLength)
    throw invalid(text, 'host and name are longer than 255 characters');
  return {
    kind: 'registry',
    registry,
    repository,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  };
}

/** The one spelling of a reference; `parseReference(formatReference(r))` is `r`. */
export function formatReference(reference: Reference): string {
  const tag = reference.tag === undefined ? '' : `:${reference.tag}`;
  const digest = reference.digest === undefined ? '' : `@${reference.digest}`;
  const name = reference.kind === 'layout' ? `oci:${reference.path}` : `${reference.registry}/${reference.repository}`;
  return `${name}${tag}${digest}`;
}

function parseLayoutReference(text: string): LayoutReference {
  if (text.length > maxLayoutLength) throw invalid(text, `it is longer than ${maxLayoutLength} characters`);
  const [named, digest] = splitLayoutDigest(text);
  const colon = named.lastIndexOf(':');
  // A colon before a separator (C:\images, a:b/c) belongs to the path.
  const isTagColon = colon !== -1 && !/[\\/]/.test(named.slice(colon));
  const path = isTagColon ? named.slice(0, colon) : named;
  const tag = isTagColon ? named.slice(colon + 1) : undefined;
  if (path.includes('\0')) throw invalid(text, 'the folder of the image layout has a zero character');
  if (path === '') throw invalid(text, 'the folder of the image layout is missing');
  if (tag !== undefined && !isTag(tag)) throw invalid(text, `${JSON.stringify(tag.slice(0, 140))} is not a tag`);
  return { kind: 'layout', path, ...(tag === undefined ? {} : { tag }), ...(digest === undefined ? {} : { digest }) };
}

/** In a path `@` may stand for itself: only what begins like a digest is one. */
function splitLayoutDigest(text: string): [string, Digest | undefined] {
  const named = text.slice('oci:'.length);
  return /@sha(?:256|512):[^@]*$/i.test(named) ? splitDigest(named) : [named, undefined];
}

function splitDigest(text: string): [string, Digest | undefined] {
  const at = text.lastIndexOf('@');
  if (at === -1) return [text, undefined];
  const digest = text.slice(at + 1);
  if (isDigest(digest)) return [text.slice(0, at), digest];
  throw invalid(text, `${JSON.stringify(digest.slice(0, 160))} is not a sha256 or sha512 digest`);
}

function splitTag(path: string): [string, string | undefined] {
  const colon = path.lastIndexOf(':');
  return colon === -1 ? [path, undefined] : [path.slice(0, colon), path.slice(colon + 1)];
}

/** The one spelling of a host in references: lower case, Docker Hub by one name. The port stays as it is written. */
export function canonicalHost(host: string): string {
  const folded = host.toLowerCase();
  return folded === 'index.docker.io' || folded === 'registry-1.docker.io' || folded === 'registry.hub.docker.com'
    ? 'docker.io'
    : folded;
}

function isHost(host: string): boolean {
  if (!hostPattern.test(host)) return false;
  const address = /^\[([^\]]*)\]/.exec(host)?.[1];
  if (address !== undefined && !isIPv6(address)) return false;
  const port = /:([0-9]+)$/.exec(host.replace(/^\[[^\]]*\]/, ''))?.[1];
  return port === undefined || (Number(port) > 0 && Number(port) <= 65_535);
}

function upperHint(path: string): string {
  return path !== path.toLowerCase() ? ' (names are in lower case)' : '';
}

function invalid(text: string, why: string): RegistryError {
  return new RegistryError(
    'REFERENCE_INVALID',
    `not an image reference: ${JSON.stringify(text.slice(0, 200))}: ${why}`,
  );
}
