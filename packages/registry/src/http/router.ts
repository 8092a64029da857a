import { isRepositoryName } from '@signet/oci';
import { ApiError, show } from '../errors.ts';

/** What a path names. Rule: distribution-spec 1.1, "Endpoints". */
export type Route =
  | { readonly kind: 'base' }
  | { readonly kind: 'token' }
  | { readonly kind: 'catalog' }
  | { readonly kind: 'tags'; readonly name: string }
  | { readonly kind: 'uploads'; readonly name: string }
  | { readonly kind: 'upload'; readonly name: string; readonly id: string }
  | { readonly kind: 'blob'; readonly name: string; readonly reference: string }
  | { readonly kind: 'manifest'; readonly name: string; readonly reference: string }
  | { readonly kind: 'referrers'; readonly name: string; readonly reference: string };

export interface Target {
  readonly route: Route;
  readonly query: URLSearchParams;
}

const noQuery = new URLSearchParams();
/** One name may be 255 characters, a digest 135, a page token as much, ten tags 1,300. */
const maxUrlLength = 8192;

/**
 * The route and the query of a request's target.
 * @throws {ApiError} NAME_INVALID, UNSUPPORTED (no such endpoint, 404; an over-long target, 414)
 */
export function parseTarget(target: string): Target {
  if (target.length > maxUrlLength) throw new ApiError(414, 'UNSUPPORTED', `longer than ${maxUrlLength} characters`);
  const mark = target.indexOf('?');
  const query = mark === -1 ? noQuery : new URLSearchParams(target.slice(mark + 1));
  return { route: parsePath(decodePath(mark === -1 ? target : target.slice(0, mark))), query };
}

function decodePath(path: string): string {
  if (!path.includes('%')) return path;
  try {
    return decodeURIComponent(path);
  } catch {
    throw new ApiError(400, 'NAME_INVALID', `${show(path)} is wrongly percent-encoded`); // URIError says no more than that
  }
}

function parsePath(path: string): Route {
  if (path === '/v2/' || path === '/v2') return { kind: 'base' };
  if (path === '/token') return { kind: 'token' };
  if (path === '/v2/_catalog') return { kind: 'catalog' };
  if (!path.startsWith('/v2/')) throw noEndpoint(path);
  const parts = path.slice('/v2/'.length).split('/');
  const last = parts.pop() ?? '';
  const verb = parts.pop() ?? '';
  return parseRepositoryPath(parts, verb, last) ?? fail(path);
}

function parseRepositoryPath(before: string[], verb: string, last: string): Route | undefined {
  if (verb === 'tags' && last === 'list') return { kind: 'tags', name: nameOf(before) };
  if (verb === 'manifests') return { kind: 'manifest', name: nameOf(before), reference: last };
  if (verb === 'referrers') return { kind: 'referrers', name: nameOf(before), reference: last };
  if (verb === 'uploads' && before.at(-1) === 'blobs') {
    const name = nameOf(before.slice(0, -1));
    return last === '' ? { kind: 'uploads', name } : { kind: 'upload', name, id: last };
  }
  if (verb === 'blobs' && last === 'uploads') return { kind: 'uploads', name: nameOf(before) };
  if (verb === 'blobs') return { kind: 'blob', name: nameOf(before), reference: last };
  return undefined;
}

function nameOf(parts: readonly string[]): string {
  const name = parts.join('/');
  if (isRepositoryName(name)) return name;
  throw new ApiError(400, 'NAME_INVALID', `${show(name)} is not a repository name`);
}

function fail(path: string): never {
  throw noEndpoint(path);
}

function noEndpoint(path: string): ApiError {
  return new ApiError(404, 'UNSUPPORTED', `${show(path)} is not an endpoint of this registry`);
}
