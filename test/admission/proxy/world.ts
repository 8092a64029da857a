import {
  createMemoryStore,
  type Descriptor,
  digestOf,
  MEDIA_TYPE_CONFIG,
  MEDIA_TYPE_EMPTY,
  MEDIA_TYPE_INDEX,
  MEDIA_TYPE_LAYER_GZIP,
  MEDIA_TYPE_MANIFEST,
  type RegistryReference,
  type Resolved,
  type Source,
  type Store,
  toDescriptorJson,
} from '@signet/oci';
import type { Policy } from '@signet/verifier';
import { pino } from 'pino';
import {
  createJudge,
  createMetrics,
  createUpstreams,
  type Judge,
  type JudgeOptions,
  type ProxyOptions,
  parseUpstream,
  type RunningProxy,
  startProxy,
} from '../../../packages/admission/src/index.ts';
import { policyOf, type Rules } from '../../verifier/policies.ts';
import { bundleMediaType, bundleOf, statementOf, type TestKey, testKey } from '../../verifier/signatures.ts';

/** The key that policies of these tests trust. */
export const alice: TestKey = testKey('p256');
export const mallory: TestKey = testKey('p256');

/** One repository of the registry behind a proxy. */
export interface Repository {
  readonly store: Store;
  blob(content: string | Uint8Array, mediaType?: string): Promise<Descriptor>;
  manifest(members: object, options?: { readonly tag?: string; readonly mediaType?: string }): Promise<Resolved>;
  /** An image with one layer of this content. */
  image(content: string, tag?: string): Promise<Resolved>;
  index(children: readonly Descriptor[], tag?: string): Promise<Resolved>;
  /** A Sigstore bundle as a referrer; its manifest. */
  sign(subject: Resolved, key?: TestKey, annotations?: Readonly<Record<string, string>>): Promise<Resolved>;
}

export function createRepository(store: Store = createMemoryStore()): Repository {
  const blob: Repository['blob'] = async (content, mediaType = 'application/octet-stream') => {
    const bytes = Buffer.from(content);
    const descriptor = { mediaType, digest: digestOf(bytes), size: bytes.length };
    await store.push(bytes, descriptor);
    return descriptor;
  };
  const manifest: Repository['manifest'] = async (members, { tag, mediaType = MEDIA_TYPE_MANIFEST } = {}) => {
    const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, ...members }));
    const resolved = { bytes, descriptor: { mediaType, digest: digestOf(bytes), size: bytes.length } };
    await store.push(bytes, resolved.descriptor);
    if (tag !== undefined) await store.tag(resolved, tag);
    return resolved;
  };
  return {
    store,
    blob,
    manifest,
    async image(content, tag) {
      const config = await blob(JSON.stringify({ note: content }), MEDIA_TYPE_CONFIG);
      const layers = [toDescriptorJson(await blob(content, MEDIA_TYPE_LAYER_GZIP))];
      return await manifest({ config: toDescriptorJson(config), layers }, tag === undefined ? {} : { tag });
    },
    index: (children, tag) =>
      manifest(
        { manifests: children.map(toDescriptorJson) },
        { mediaType: MEDIA_TYPE_INDEX, ...(tag === undefined ? {} : { tag }) },
      ),
    async sign({ descriptor }, key = alice, annotations = {}) {
      const layer = await blob(bundleOf(statementOf(descriptor.digest, annotations), key), bundleMediaType);
      return await manifest({
        artifactType: bundleMediaType,
        config: toDescriptorJson(await blob('{}', MEDIA_TYPE_EMPTY)),
        layers: [toDescriptorJson(layer)],
        subject: toDescriptorJson(descriptor),
      });
    },
  };
}

/** A proxy in this process, over repositories in memory. */
export interface ProxyWorld {
  readonly proxy: RunningProxy;
  readonly judge: Judge;
  /** `r.example/NAME`, made when it is first asked for. */
  repository(name: string): Repository;
  /** What the registry was asked: `resolve r.example/app 1`. */
  readonly asked: string[];
  /** The log, as objects. */
  readonly log: Record<string, unknown>[];
  get(path: string, init?: RequestInit): Promise<Got>;
}

export interface Got {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Buffer;
  /** The first error, where the body is the spec's. */
  readonly error?: { readonly code: string; readonly message: string; readonly detail?: Record<string, unknown> };
}

/** How a world differs from the plain one. `open`: another source for a repository than its memory. */
export interface WorldOptions
  extends Partial<Omit<ProxyOptions, 'judge' | 'upstreams' | 'open' | 'metrics' | 'logger'>> {
  readonly rules?: Rules;
  readonly policy?: Partial<Policy>;
  readonly upstreams?: readonly string[];
  readonly judge?: Partial<JudgeOptions>;
  readonly open?: (name: string, store: Store) => Source;
}

/** The policy of a world: alice's signatures for all of r.example. */
export function worldPolicy(rules: Rules = { 'r.example/**': {} }, changes: Partial<Policy> = {}): Policy {
  return policyOf(alice, rules, changes);
}

export async function startProxyWorld(options: WorldOptions = {}): Promise<ProxyWorld> {
  const { rules, policy = {}, upstreams = ['https://r.example'], open = (_name, store) => store, ...others } = options;
  const repositories = new Map<string, Repository>();
  const asked: string[] = [];
  const log: Record<string, unknown>[] = [];
  const repository = (name: string): Repository => {
    const known = repositories.get(name) ?? createRepository();
    repositories.set(name, known);
    return known;
  };
  const openSource = ({ registry, repository: path }: Pick<RegistryReference, 'registry' | 'repository'>): Source => {
    const name = `${registry}/${path}`;
    return watched(open(name, repository(name).store), (what) =>
      asked.push(`${what.split(' ')[0]} ${name} ${what.split(' ')[1]}`),
    );
  };
  const metrics = createMetrics();
  const judge = createJudge({
    policy: worldPolicy(rules, policy),
    open: openSource,
    onAnswer: metrics.image,
    ...options.judge,
  });
  const logger = pino({ level: 'debug', base: null }, { write: (line: string) => void log.push(JSON.parse(line)) });
  const proxy = await startProxy({
    ...others,
    judge,
    upstreams: createUpstreams(upstreams.map(parseUpstream)),
    open: openSource,
    metrics,
    logger,
  });
  return {
    proxy,
    judge,
    repository: (name) => repository(name.includes('.example/') ? name : `r.example/${name}`),
    asked,
    log,
    get: (path, init) => get(`${proxy.url}${path}`, init),
  };
}

/** One request. */
export async function get(url: string, init: RequestInit = {}): Promise<Got> {
  const response = await fetch(url, init);
  const bytes = Buffer.from(await response.arrayBuffer());
  const isJson = response.headers.get('content-type') === 'application/json' && response.status >= 400;
  const [error] = isJson && bytes.length > 0 ? JSON.parse(bytes.toString()).errors : [];
  return { status: response.status, headers: response.headers, bytes, ...(error === undefined ? {} : { error }) };
}

function watched(source: Source, note: (what: string) => void): Source {
  return {
    resolve(reference, options) {
      note(`resolve ${reference}`);
      return source.resolve(reference, options);
    },
    fetch: (target, options) => source.fetch(target, options),
    open(target, options) {
      note(`open ${target.digest}`);
      return source.open(target, options);
    },
    exists: (target, options) => source.exists(target, options),
    referrers: (subject, options) => source.referrers(subject, options),
    tags(options) {
      note('tags -');
      return source.tags(options);
    },
  };
}
