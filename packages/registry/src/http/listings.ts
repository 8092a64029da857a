import { MEDIA_TYPE_INDEX } from '@signet/oci';
import { ApiError, show } from '../errors.ts';
import type { Referrer } from '../storage/contents.ts';
import { sendJson } from './answer.ts';
import { digestParameter, type Exchange, knownRepository } from './exchange.ts';

/** Rule: distribution-spec 1.1, "Listing Tags". @throws {ApiError} NAME_UNKNOWN */
export async function listTags(exchange: Exchange, name: string): Promise<void> {
  const repository = await knownRepository(exchange.registry, name);
  const { items, headers } = page(exchange, repository.tags(), `/v2/${name}/tags/list`);
  sendJson(exchange.response, { name, tags: items }, headers);
}

/** Repositories that the client may list. Rule: Docker Registry HTTP API V2, "Listing Repositories" (the OCI spec reserves `_catalog`). */
export function listRepositories(exchange: Exchange): void {
  const { items, headers } = page(exchange, exchange.registry.repositories.names(), '/v2/_catalog');
  sendJson(exchange.response, { repositories: items }, headers);
}

/**
 * Always an index, empty for what nothing refers to. Rule: distribution-spec 1.1, "Listing Referrers".
 * @throws {ApiError} DIGEST_INVALID, 404 UNSUPPORTED where the API is turned off
 */
export async function listReferrers(exchange: Exchange, name: string, reference: string): Promise<void> {
  const { registry, query, response } = exchange;
  if (!registry.referrersApi) throw new ApiError(404, 'UNSUPPORTED', 'this registry has no referrers API');
  const subject = digestParameter(reference, 'the digest');
  const repository = await registry.repositories.find(name);
  const artifactType = query.get('artifactType');
  const all = repository?.referrers(subject) ?? [];
  const wanted = artifactType === null ? all : all.filter((referrer) => referrer.artifactType === artifactType);
  const { entries, last } = referrersPage(exchange, wanted);
  const filter = artifactType === null ? {} : { artifactType };
  const next = last === undefined ? undefined : new URLSearchParams({ ...filter, last });
  sendJson(response, indexOf(entries), {
    'Content-Type': MEDIA_TYPE_INDEX,
    ...(artifactType === null ? {} : { 'OCI-Filters-Applied': 'artifactType' }),
    ...(next === undefined ? {} : { Link: `</v2/${name}/referrers/${subject}?${next}>; rel="next"` }),
  });
}

interface ReferrersPage {
  readonly entries: readonly Referrer[];
  /** Set where more follow. */
  readonly last?: string;
}

function referrersPage({ registry, query }: Exchange, wanted: readonly Referrer[]): ReferrersPage {
  const { maxReferrersBytes, maxReferrersEntries } = registry.limits;
  const after = query.get('last') ?? '';
  const entries: Referrer[] = [];
  let bytes = 0;
  for (const referrer of wanted) {
    if (referrer.digest <= after) continue;
    bytes += referrer.json.length;
    const last = entries.at(-1)?.digest;
    if (last !== undefined && (bytes > maxReferrersBytes || entries.length >= maxReferrersEntries))
      return { entries, last };
    entries.push(referrer);
  }
  return { entries };
}

function indexOf(referrers: readonly Referrer[]): string {
  const manifests = referrers.map((referrer) => referrer.json).join(',');
  return `{"schemaVersion":2,"mediaType":"${MEDIA_TYPE_INDEX}","manifests":[${manifests}]}`;
}

interface Page {
  readonly items: readonly string[];
  readonly headers: { readonly Link?: string };
}

/** A part of a sorted list by `n` and `last`; without `n`, as much as a page may hold. */
function page({ query, registry }: Exchange, sorted: readonly string[], path: string): Page {
  const limit = parseCount(query.get('n'), registry.limits.maxPageEntries);
  const after = query.get('last') ?? '';
  const start = after === '' ? 0 : firstAfter(sorted, after);
  const items = sorted.slice(start, start + limit);
  const last = items.at(-1);
  if (last === undefined || start + limit >= sorted.length) return { items, headers: {} };
  const next = new URLSearchParams({ n: String(limit), last });
  return { items, headers: { Link: `<${path}?${next}>; rel="next"` } };
}

function parseCount(text: string | null, most: number): number {
  if (text === null || text === '') return most;
  if (/^[0-9]{1,9}$/.test(text)) return Math.min(Number(text), most);
  throw new ApiError(400, 'UNSUPPORTED', `n is ${show(text)}: wanted a number`);
}

/** The position of the first element after `text`, by halving. */
function firstAfter(sorted: readonly string[], text: string): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? '') > text) high = middle;
    else low = middle + 1;
  }
  return low;
}
