import {
  type Digest,
  isTag,
  listReferrers,
  MEDIA_TYPE_INDEX,
  MEDIA_TYPE_MANIFEST,
  RegistryError,
  type Source,
  toDescriptorJson,
} from '@signet/oci';
import { type Answer, ApiError, show } from '@signet/registry';
import { LRUCache } from 'lru-cache';
import { createSingleFlight } from '../cache/single-flight.ts';
import type { Target } from './upstreams.ts';

/** What repositories behind the proxy list; for a short time one answer serves all who ask, page by page. */
export interface Lists {
  /** Rule: distribution-spec 1.1 "Listing Tags". @throws {ApiError}, {RegistryError} */
  tags(target: Target, query: URLSearchParams): Promise<Answer>;
  /** Hints and no more: what is listed is judged when it is asked for. Rule: distribution-spec 1.1 "Listing Referrers" */
  referrers(target: Target, subject: Digest, query: URLSearchParams): Promise<Answer>;
}

/** Bytes of all lists that are kept, of one that is read, and milliseconds that they are kept. */
const maxKeptBytes = 32 * 1024 * 1024;
const maxListBytes = 16 * 1024 * 1024;
const keptMs = 5000;
const perItem = 100;
const maxRunning = 200;
/** The end of what goes on after its caller went away. */
const listMs = 30_000;
/** Tags of one repository. */
const maxTags = 100_000;
/** Entries and bytes of one page. Rule: distribution-spec 1.1, "Pushing Manifests" (4 MiB) */
const maxPage = 1000;
const maxPageBytes = 3 * 1024 * 1024;

export function createLists(open: (target: Target) => Source): Lists {
  const tags = createKept<string>((tag) => tag.length);
  const referrers = createKept<Entry>(({ json }) => json.length);
  return {
    async tags(target, query) {
      const all = await tags.get(target.image, () => readTags(open(target), AbortSignal.timeout(listMs)));
      const after = query.get('last') ?? '';
      const rest = all.filter((tag) => tag > after);
      const limit = parseCount(query.get('n'));
      const items = rest.slice(0, limit);
      const next = rest.length > items.length ? items.at(-1) : undefined;
      return {
        status: 200,
        headers: { 'Content-Type': 'application/json', ...linkOf(target, 'tags/list', next, { n: String(limit) }) },
        body: JSON.stringify({ name: target.asked, tags: items }),
      };
    },
    async referrers(target, subject, query) {
      const type = query.get('artifactType') ?? undefined;
      const read = () => readReferrers(open(target), subject, type, AbortSignal.timeout(listMs));
      const all = await referrers.get(JSON.stringify([target.image, subject, type]), read);
      const { items, next } = pageOf(all, query.get('last') ?? '');
      const filter = type === undefined ? {} : { artifactType: type };
      return {
        status: 200,
        headers: {
          'Content-Type': MEDIA_TYPE_INDEX,
          ...(type === undefined ? {} : { 'OCI-Filters-Applied': 'artifactType' }),
          ...linkOf(target, `referrers/${subject}`, next, filter),
        },
        body: `{"schemaVersion":2,"mediaType":"${MEDIA_TYPE_INDEX}","manifests":[${items.join(',')}]}`,
      };
    },
  };
}

/** One entry of a list of referrers. */
interface Entry {
  readonly digest: Digest;
  readonly json: string;
}

interface Kept<T> {
  get(key: string, read: () => Promise<readonly T[]>): Promise<readonly T[]>;
}

function createKept<T>(bytesOf: (item: T) => number): Kept<T> {
  const lists = new LRUCache<string, readonly T[]>({
    maxSize: maxKeptBytes,
    sizeCalculation: (list) => list.reduce((bytes, item) => bytes + bytesOf(item) + perItem, perItem),
    ttl: keptMs,
  });
  const reading = createSingleFlight<readonly T[]>(maxRunning);
  return {
    async get(key, read) {
      const known = lists.get(key);
      if (known !== undefined) return known;
      return await reading.run(key, async () => {
        const list = await read();
        lists.set(key, list);
        return list;
      });
    },
  };
}

async function readTags(source: Source, signal: AbortSignal): Promise<readonly string[]> {
  const tags: string[] = [];
  for await (const tag of source.tags({ signal })) {
    if (tags.length >= maxTags) throw new RegistryError('LIMIT_REACHED', `more than ${maxTags} tags are not listed`);
    if (isTag(tag)) tags.push(tag);
  }
  return tags.sort(inOrder);
}

async function readReferrers(
  source: Source,
  digest: Digest,
  artifactType: string | undefined,
  signal: AbortSignal,
): Promise<readonly Entry[]> {
  // Only its digest is asked with.
  const subject = { mediaType: MEDIA_TYPE_MANIFEST, digest, size: 0 };
  const wanted = artifactType === undefined ? {} : { artifactType };
  const listed = await listReferrers(bounded(source), subject, { signal, ...wanted });
  const entries = listed.map((each) => ({ digest: each.digest, json: JSON.stringify(toDescriptorJson(each)) }));
  return entries.sort((one, other) => inOrder(one.digest, other.digest));
}

/** Lists of a size that can be held: what is annotated may be long. */
function bounded(source: Source): Pick<Source, 'referrers'> {
  return {
    async *referrers(subject, options) {
      let bytes = 0;
      for await (const page of source.referrers(subject, options)) {
        bytes += JSON.stringify(page.descriptors.map(toDescriptorJson)).length;
        if (bytes > maxListBytes)
          throw new RegistryError('LIMIT_REACHED', `a list of referrers of more than ${maxListBytes} bytes`);
        yield page;
      }
    },
  };
}

/** As many entries as a page holds, and the last of them where more follow. */
function pageOf(all: readonly Entry[], after: string): { readonly items: readonly string[]; readonly next?: Digest } {
  const items: string[] = [];
  let bytes = 0;
  let last: Digest | undefined;
  for (const { digest, json } of all) {
    if (digest <= after) continue;
    bytes += Buffer.byteLength(json);
    if (last !== undefined && (bytes > maxPageBytes || items.length >= maxPage)) return { items, next: last };
    items.push(json);
    last = digest;
  }
  return { items };
}

function linkOf(
  { asked, space }: Target,
  path: string,
  last: string | undefined,
  more: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  if (last === undefined) return {};
  const query = new URLSearchParams({ ...more, ...(space === undefined ? {} : { ns: space }), last });
  return { Link: `</v2/${asked}/${path}?${query}>; rel="next"` };
}

function parseCount(text: string | null): number {
  if (text === null || text === '') return maxPage;
  if (/^[0-9]{1,9}$/.test(text)) return Math.min(Number(text), maxPage);
  throw new ApiError(400, 'UNSUPPORTED', `n is ${show(text)}: a number is wanted`);
}

/** As bytes. Rule: distribution-spec 1.1 "Listing Tags" (lexical order) */
function inOrder(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
