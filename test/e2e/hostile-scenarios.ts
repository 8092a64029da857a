import type { ServerResponse } from 'node:http';
import { type Digest, digestOf, MEDIA_TYPE_INDEX } from '@signet/oci';
import {
  answerFrom,
  attach,
  type BundleSigner,
  bundleFor,
  bundleSigner,
  type Content,
  embeddedEntry,
  imageContent,
  junkFor,
  type Listed,
  listingOf,
  pathOf,
  putListing,
} from '../support/hostile-content.ts';
import { type HostileRegistry, type SeenRequest, startHostileRegistry } from '../support/hostile-registry.ts';

/** An image `app:1` with a good signature by `signer`, on a registry that lies. */
export interface HostileWorld {
  readonly server: HostileRegistry;
  readonly content: Content;
  readonly image: Digest;
  readonly signer: BundleSigner;
  /** The listing's entry of the good signature, its manifest and blob apart. */
  readonly good: Listed;
}

/** One lie, and what must come of it. */
export interface Scenario {
  readonly title: string;
  readonly verdict: 'verified' | 'denied' | 'undecided';
  readonly code: string;
  /** Code of the gap that is told. */
  readonly gap?: string;
  /** Changes what is there before the first request. */
  readonly prepare?: (world: Omit<HostileWorld, 'server'>) => void;
  /** Writes the answer itself where it gives true; else the answer is honest. */
  readonly lie?: (request: SeenRequest, response: ServerResponse, world: Omit<HostileWorld, 'server'>) => boolean;
  /** Milliseconds for the whole; default: the program's own. */
  readonly timeoutMs?: number;
}

export async function startScenario({ prepare, lie }: Scenario): Promise<HostileWorld> {
  const { content, image } = imageContent();
  const signer = bundleSigner();
  const good = attach(content, image, bundleFor(image, signer));
  putListing(content, image, [good]);
  const world = { content, image, signer, good };
  prepare?.(world);
  const server = await startHostileRegistry((request, response) => {
    if (lie?.(request, response, world) !== true) answerFrom(content, request, response);
  });
  return { ...world, server };
}

type Reply = (response: ServerResponse, request: SeenRequest, world: Omit<HostileWorld, 'server'>) => unknown;

/** Lies where the path begins so. */
function at(path: string, reply: Reply): NonNullable<Scenario['lie']> {
  return (request, response, world) => {
    if (!pathOf(request).startsWith(path)) return false;
    reply(response, request, world);
    return true;
  };
}

/** Other bytes of the same length. */
const wrongBytes: Reply = (response, request, { content }) => {
  const { type = '', bytes = Buffer.alloc(0) } = content.get(pathOf(request)) ?? {};
  response.writeHead(200, { 'content-type': type }).end(Buffer.alloc(bytes.length, ' '));
};

const moreBytes: Reply = (response, request, { content }) => {
  const { type = '', bytes = Buffer.alloc(0) } = content.get(pathOf(request)) ?? {};
  response.writeHead(200, { 'content-type': type }).end(Buffer.concat([bytes, Buffer.from(' ')]));
};

const endless =
  (type: string): Reply =>
  (response) => {
    response.writeHead(200, { 'content-type': type });
    const more = (): void => {
      if (!response.destroyed) response.write(Buffer.alloc(65_536, ' '), more);
    };
    more();
  };

const dripping: Reply = (response) => {
  response.writeHead(200, { 'content-type': MEDIA_TYPE_INDEX });
  const timer = setInterval(() => response.write(' '), 50);
  response.on('close', () => clearInterval(timer));
};

const circle: Reply = (response, request) => response.writeHead(307, { location: request.url }).end();
const farther: Reply = (response, request) => response.writeHead(307, { location: `${request.url}x` }).end();
const status =
  (code: number): Reply =>
  (response) =>
    response.writeHead(code, { 'content-type': 'text/plain', 'retry-after': '0' }).end('no');

/** A page of the listing that says that there is another at this address. */
const pageThen =
  (
    next: (request: SeenRequest) => string,
    entries: (world: Omit<HostileWorld, 'server'>) => readonly object[],
  ): Reply =>
  (response, request, world) =>
    response
      .writeHead(200, { 'content-type': MEDIA_TYPE_INDEX, link: `<${next(request)}>; rel="next"` })
      .end(listingOf(entries(world)));

const deep = (depth: number) => Buffer.from(`${'['.repeat(depth)}${']'.repeat(depth)}`);
const nothing = () => [];
const onlyGood = ({ good }: Pick<HostileWorld, 'good'>) => [good];

/** The good signature behind thousands that name the same key and are none. */
function flood(count: number, hasGood: boolean): NonNullable<Scenario['prepare']> {
  return ({ content, image, signer }) => {
    const junk = Array.from({ length: count }, () => embeddedEntry(junkFor(image, signer)));
    const last = hasGood ? [embeddedEntry(bundleFor(image, signer))] : [];
    putListing(content, image, [...junk, ...last]);
  };
}

const controls = '\u001b[2J\u001b]0;title\u0007\u202e\u2028\r\nverified  \u009b31m';
const incomplete = { verdict: 'undecided', code: 'INCOMPLETE' } as const;
const unresolved = { verdict: 'undecided', code: 'UNRESOLVED' } as const;
const unsigned = { verdict: 'denied', code: 'NO_SIGNATURE' } as const;
const untrusted = { verdict: 'denied', code: 'NOT_TRUSTED' } as const;
const verified = { verdict: 'verified', code: 'VERIFIED' } as const;

export const scenarios: readonly Scenario[] = [
  { title: 'no lie', ...verified },

  {
    title: 'another digest stated for the tag',
    ...unresolved,
    gap: 'DIGEST_MISMATCH',
    lie: at('manifests/1', (response, _, { content }) => {
      const { type = '', bytes } = content.get('manifests/1') ?? {};
      response.writeHead(200, { 'content-type': type, 'docker-content-digest': digestOf(Buffer.from('x')) }).end(bytes);
    }),
  },
  {
    title: 'no manifest under the tag, but junk',
    ...unresolved,
    gap: 'JSON_INVALID',
    lie: at('manifests/1', (response) => response.end('<html>')),
  },
  {
    title: 'wrong bytes for a signature manifest',
    ...incomplete,
    gap: 'DIGEST_MISMATCH',
    lie: at('manifests/sha256:', wrongBytes),
  },
  { title: 'wrong bytes for an envelope', ...incomplete, gap: 'DIGEST_MISMATCH', lie: at('blobs/', wrongBytes) },
  {
    title: 'a signature manifest larger than listed',
    ...incomplete,
    gap: 'SIZE_MISMATCH',
    lie: at('manifests/sha256:', moreBytes),
  },
  { title: 'an envelope larger than declared', ...incomplete, gap: 'SIZE_MISMATCH', lie: at('blobs/', moreBytes) },
  {
    title: "a size in the listing that is not the manifest's",
    ...incomplete,
    gap: 'SIZE_MISMATCH',
    prepare: ({ content, image, good }) => putListing(content, image, [{ ...good, size: good.size + 1 }]),
  },

  { title: 'an endless manifest', ...unresolved, gap: 'TOO_LARGE', lie: at('manifests/1', endless(MEDIA_TYPE_INDEX)) },
  { title: 'an endless listing', ...incomplete, gap: 'TOO_LARGE', lie: at('referrers/', endless(MEDIA_TYPE_INDEX)) },
  {
    title: 'an endless envelope',
    ...incomplete,
    gap: 'SIZE_MISMATCH',
    lie: at('blobs/', endless('application/octet-stream')),
  },
  { title: 'a manifest that drips', ...unresolved, gap: 'TIMEOUT', timeoutMs: 800, lie: at('manifests/1', dripping) },
  { title: 'a listing that drips', ...incomplete, gap: 'TIMEOUT', timeoutMs: 800, lie: at('referrers/', dripping) },
  { title: 'an envelope that drips', ...incomplete, gap: 'TIMEOUT', timeoutMs: 800, lie: at('blobs/', dripping) },
  { title: 'no answer at all', ...incomplete, gap: 'TIMEOUT', timeoutMs: 800, lie: at('referrers/', () => undefined) },

  { title: 'a redirect in a circle', ...incomplete, gap: 'REDIRECT_REFUSED', lie: at('blobs/', circle) },
  { title: 'redirects without an end', ...incomplete, gap: 'REDIRECT_REFUSED', lie: at('blobs/', farther) },
  {
    title: 'a redirect to another scheme',
    ...incomplete,
    gap: 'REDIRECT_REFUSED',
    lie: at('blobs/', (response) => response.writeHead(307, { location: 'file:///etc/passwd' }).end()),
  },

  { title: 'a listing that needs credentials', ...incomplete, gap: 'UNAUTHORIZED', lie: at('referrers/', status(401)) },
  { title: 'a listing that is forbidden', ...incomplete, gap: 'FORBIDDEN', lie: at('referrers/', status(403)) },
  {
    title: 'a listing that always fails',
    ...incomplete,
    gap: 'SERVER_ERROR',
    timeoutMs: 20_000,
    lie: at('referrers/', status(500)),
  },
  { title: 'an envelope that is not there', ...incomplete, gap: 'NOT_FOUND', lie: at('blobs/', status(404)) },

  {
    title: 'pages in a circle',
    ...incomplete,
    gap: 'UNEXPECTED_ANSWER',
    lie: at(
      'referrers/',
      pageThen((request) => request.url, nothing),
    ),
  },
  {
    title: 'pages without an end',
    ...incomplete,
    gap: 'LIMIT_REACHED',
    lie: at(
      'referrers/',
      pageThen((request) => `${request.url.replace(/\?.*/, '')}?last=${Math.random()}`, nothing),
    ),
  },
  {
    title: 'a next page on another origin',
    ...incomplete,
    gap: 'UNEXPECTED_ANSWER',
    lie: at(
      'referrers/',
      pageThen(() => 'http://127.0.0.1:9/v2/app/referrers/x', nothing),
    ),
  },
  {
    title: 'a Link header that cannot be read: there may be a next page',
    ...incomplete,
    gap: 'UNEXPECTED_ANSWER',
    lie: at('referrers/', (response) =>
      response.writeHead(200, { 'content-type': MEDIA_TYPE_INDEX, link: '</next; rel="next"' }).end(listingOf([])),
    ),
  },
  {
    title: 'pages in a circle, the good signature on the first',
    ...verified,
    lie: at(
      'referrers/',
      pageThen((request) => request.url, onlyGood),
    ),
  },

  {
    title: 'a referrer whose manifest names another subject',
    ...unsigned,
    prepare: ({ content, image, signer }) => {
      const other = digestOf(Buffer.from('another image'));
      putListing(content, image, [attach(content, other, bundleFor(image, signer))]);
    },
  },
  {
    title: 'a signature of another image, attached to this one',
    ...untrusted,
    prepare: ({ content, image, signer }) => {
      putListing(content, image, [attach(content, image, bundleFor(digestOf(Buffer.from('another image')), signer))]);
    },
  },
  {
    title: 'a signature of another image, embedded in the listing',
    ...untrusted,
    prepare: ({ content, image, signer }) => {
      putListing(content, image, [embeddedEntry(bundleFor(digestOf(Buffer.from('another image')), signer))]);
    },
  },
  {
    title: 'a signature by another key',
    ...untrusted,
    prepare: ({ content, image }) => {
      putListing(content, image, [attach(content, image, bundleFor(image, bundleSigner()))]);
    },
  },
  {
    title: 'a listing that hides the signature',
    ...unsigned,
    prepare: ({ content, image }) => putListing(content, image, []),
  },

  {
    title: 'control characters in types and annotations',
    ...unsigned,
    prepare: ({ content, image, good }) => {
      const annotations = { [controls]: controls, 'dev.sigstore.bundle.predicateType': controls };
      const entry = { ...good, digest: digestOf(Buffer.from('gone')), annotations };
      putListing(content, image, [
        { ...entry, artifactType: controls },
        { ...entry, digest: digestOf(Buffer.from('gone too')) },
      ]);
    },
  },
  {
    title: 'control characters in a signature',
    ...untrusted,
    prepare: ({ content, image, signer }) => {
      putListing(content, image, [attach(content, image, bundleFor(image, { ...signer, hint: controls }, 'AAAA'))]);
    },
  },
  {
    title: 'control characters in an error',
    ...incomplete,
    gap: 'FORBIDDEN',
    lie: at('referrers/', (response) =>
      response
        .writeHead(403, { 'content-type': 'application/json' })
        .end(JSON.stringify({ errors: [{ code: 'DENIED', message: controls }] })),
    ),
  },

  { title: '10,000 junk referrers that name our key, the good one last', ...verified, prepare: flood(10_000, true) },
  { title: '10,000 junk referrers that name our key', ...untrusted, prepare: flood(10_000, false) },
  {
    title: '10,000 referrers of no type that are not there',
    ...unsigned,
    prepare: ({ content, image }) => {
      const entry = (n: number) => ({
        mediaType: 'application/vnd.oci.image.manifest.v1+json',
        digest: digestOf(Buffer.from(`${n}`)),
        size: 9,
      });
      putListing(
        content,
        image,
        Array.from({ length: 10_000 }, (_, n) => entry(n)),
      );
    },
  },

  {
    title: 'deep JSON for a manifest',
    ...unresolved,
    gap: 'JSON_INVALID',
    lie: at('manifests/1', (response) => response.end(deep(100_000))),
  },
  {
    title: 'deep JSON for a listing',
    ...incomplete,
    gap: 'JSON_INVALID',
    lie: at('referrers/', (response) =>
      response.writeHead(200, { 'content-type': MEDIA_TYPE_INDEX }).end(deep(1_000_000)),
    ),
  },
  {
    title: 'deep JSON for an envelope',
    ...untrusted,
    prepare: ({ content, image }) => putListing(content, image, [attach(content, image, deep(100_000))]),
  },
  {
    title: 'deep JSON in a signature manifest',
    ...unsigned,
    prepare: ({ content, image, signer }) => {
      const nested = JSON.parse(deep(500).toString());
      putListing(content, image, [attach(content, image, bundleFor(image, signer), { annotations: nested })]);
    },
  },
];
