import { formatReference, isDigest, isTag, parseJson, parseRegistryReference } from '@signet/oci';
import { AdmissionError } from '../../errors.ts';
import type { Switch } from './endpoints.ts';
import { type GoObject, goObject } from './go-object.ts';
import { parseQuery } from './request-uri.ts';

/** What the daemon tells of a request. Rule: moby pkg/authorization/api.go, Request */
export interface ApiRequest {
  readonly method: string;
  /** As it was sent: path with version, and query. */
  readonly uri: string;
  /** Only where it is JSON and not too large (1 MiB, later 4 MiB): the daemon shows no other. */
  readonly body?: Uint8Array;
  /** Of several of one name the last. */
  readonly headers: Readonly<Record<string, string>>;
}

/** An image that a request names, as the daemon will read it, and where it stands. */
export interface NamedImage {
  readonly image: string;
  readonly where: string;
}

/** What a request brings in: images, or something behind a switch, such as an archive to import. */
export type BroughtIn =
  | { readonly kind: 'images'; readonly images: readonly NamedImage[] }
  | { readonly kind: 'switched'; readonly by: Switch };

/**
 * `POST /images/create`: its image is in the query. Rule: moby api/server/router/image, postImagesCreate
 * @throws {AdmissionError} REQUEST_INVALID; {RegistryError} REFERENCE_INVALID
 */
export function readPull(query: string, { headers }: Pick<ApiRequest, 'headers'>): BroughtIn {
  const parameters = parseQuery(query);
  const [from = '', tag = '', source = ''] = ['fromImage', 'tag', 'fromSrc'].map((name) => parameters.get(name));
  if (from === '') return { kind: 'switched', by: 'import' };
  if (source !== '') throw invalid('it names an image and an archive');
  refuseBody(headers);
  return imagesOf([{ image: pulled(from, tag), where: 'fromImage' }]);
}

/**
 * `POST /containers/create`: the image, and those that are mounted. Rule: moby api/types/container CreateRequest
 * @throws {AdmissionError} REQUEST_INVALID; {RegistryError} JSON_INVALID
 */
export function readContainer({ body }: Pick<ApiRequest, 'body'>): BroughtIn {
  const container = bodyOf(body);
  const host = container.field('HostConfig');
  const mounts = host === undefined ? [] : mountedIn(goObject(host, 'HostConfig'), 'HostConfig');
  return imagesOf([{ image: textOf(container, 'Image', 'Image'), where: 'Image' }, ...mounts]);
}

/**
 * `POST /services/create` and `/services/ID/update`. Rule: moby api/types/swarm ServiceSpec
 * @throws {AdmissionError} REQUEST_INVALID; {RegistryError} JSON_INVALID
 */
export function readService(query: string, { body }: Pick<ApiRequest, 'body'>): BroughtIn {
  if (parseQuery(query).get('rollback'))
    throw invalid('a rollback does not say which image comes back: update the service to it, by its digest');
  const where = 'TaskTemplate.ContainerSpec';
  const task = goObject(bodyOf(body).field('TaskTemplate'), 'TaskTemplate');
  if (task.field('PluginSpec') !== undefined) return { kind: 'switched', by: 'plugins' };
  const spec = goObject(task.field('ContainerSpec'), where);
  return imagesOf([
    { image: textOf(spec, 'Image', `${where}.Image`), where: `${where}.Image` },
    ...mountedIn(spec, where),
  ]);
}

/** The daemon reads parameters from a body, too, and that first, but shows no such body. What has no type, or no length, is none. */
function refuseBody(headers: ApiRequest['headers']): void {
  const header = (wanted: string): string | undefined =>
    Object.entries(headers).find(([name]) => name.toLowerCase() === wanted)?.[1];
  if (header('content-type') !== undefined && header('content-length') !== '0')
    throw invalid('it may have a body, which could name another image than its address does');
}

/** The reference that the daemon makes of the two parameters; a digest in `tag` takes the place of what `fromImage` says. */
function pulled(from: string, tag: string): string {
  const written = parseRegistryReference(from.replace(/:$/, ''));
  const { kind, registry, repository } = written;
  if (isDigest(tag)) return formatReference({ kind, registry, repository, digest: tag });
  if (tag !== '' && !isTag(tag)) throw invalid(`${JSON.stringify(tag.slice(0, 140))} is not a tag`);
  if (tag !== '') return formatReference({ ...written, tag });
  if (written.tag !== undefined || written.digest !== undefined) return formatReference(written);
  throw invalid(`all tags of ${registry}/${repository} would be pulled: name one image, by its digest`);
}

function bodyOf(body: Uint8Array | undefined): GoObject {
  if (body === undefined || body.length === 0)
    throw invalid('its body is not shown by the daemon: it must be JSON, by its content type too, and not too large');
  return goObject(parseJson(body), 'its body');
}

function mountedIn(owner: GoObject, where: string): readonly NamedImage[] {
  const mounts = owner.field('Mounts') ?? [];
  if (!Array.isArray(mounts)) throw invalid(`${where}.Mounts is no list`);
  return mounts.flatMap((value: unknown, at) => {
    if (value === null) return [];
    const mount = goObject(value, `${where}.Mounts[${at}]`);
    const type = mount.field('Type');
    if (typeof type !== 'string' || type.toLowerCase() !== 'image') return [];
    return [{ image: textOf(mount, 'Source', `${where}.Mounts[${at}].Source`), where: `${where}.Mounts[${at}]` }];
  });
}

function textOf(object: GoObject, name: string, where: string): string {
  const text = object.field(name);
  if (typeof text === 'string' && text !== '') return text;
  throw invalid(`${where} names no image`);
}

function imagesOf(images: readonly NamedImage[]): BroughtIn {
  return { kind: 'images', images };
}

function invalid(why: string): AdmissionError {
  return new AdmissionError('REQUEST_INVALID', `the request cannot be judged: ${why}`);
}
