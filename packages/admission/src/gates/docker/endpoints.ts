/** Ways by which content comes in that nobody signs for; each is closed unless it is switched on. */
export const switches = ['build', 'load', 'import', 'tag', 'commit', 'plugins', 'swarm', 'unknown'] as const;
export type Switch = (typeof switches)[number];

/** What a request does, as far as it matters here. */
export type Endpoint =
  /** Brings nothing in. */
  | { readonly kind: 'open' }
  /** Names images, which are judged: by its query, or by its body. */
  | { readonly kind: 'pull' | 'create' | 'service' }
  /** Brings something in that cannot be judged. `unknown`: a changing request that is none of those that are known. */
  | { readonly kind: 'switched'; readonly by: Switch };

const name = '.*';
const part = '[^/]+';

/** Requests that name images. Rule: Docker Engine API v1.51 */
const judged: readonly (readonly [string, 'pull' | 'create' | 'service'])[] = [
  ['/images/create', 'pull'],
  ['/containers/create', 'create'],
  ['/services/create', 'service'],
  [`/services/${part}/update`, 'service'],
];

/** With them a local image could pose as a signed one, or run without anybody having looked. */
const switched: readonly (readonly [string, Switch])[] = [
  ['/build', 'build'],
  ['/session', 'build'],
  ['/grpc', 'build'],
  ['/images/load', 'load'],
  [`/images/${name}/tag`, 'tag'],
  ['/commit', 'commit'],
  ['/plugins/pull', 'plugins'],
  ['/plugins/create', 'plugins'],
  [`/plugins/${name}/(?:enable|upgrade|set)`, 'plugins'],
  // The tasks of a swarm are run without a request to this daemon: another manager may have created them.
  ['/swarm/(?:init|join|unlock|update)', 'swarm'],
  [`/nodes/${part}/update`, 'swarm'],
];

/** Changing requests that bring no image in, by method. */
const open: Readonly<Record<string, readonly string[]>> = {
  POST: [
    '/auth',
    '/build/(?:prune|cancel)',
    '/containers/prune',
    `/containers/${name}/(?:kill|pause|unpause|restart|start|stop|wait|resize|attach|exec|rename|update)`,
    `/exec/${name}/(?:start|resize)`,
    '/images/prune',
    `/images/${name}/push`,
    '/networks/(?:create|prune)',
    `/networks/${name}/(?:connect|disconnect)`,
    '/volumes/(?:create|prune)',
    `/plugins/${name}/(?:disable|push)`,
    '/(?:secrets|configs)/create',
    `/(?:secrets|configs)/${part}/update`,
    '/swarm/leave',
  ],
  PUT: [`/containers/${name}/archive`, `/volumes/${name}`],
  DELETE: [`/(?:containers|images|networks|volumes|plugins)/${name}`, `/(?:services|secrets|configs|nodes)/${part}`],
};

const reading: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** What a request is, by its method and the path that the daemon matches (without the version). */
export function endpointOf(method: string, path: string): Endpoint {
  if (reading.has(method)) return { kind: 'open' };
  if (method === 'POST') {
    const kind = found(judged, path);
    if (kind !== undefined) return { kind };
    const by = found(switched, path);
    if (by !== undefined) return { kind: 'switched', by };
  }
  const isOpen = (Object.hasOwn(open, method) ? open[method] : [])?.some((pattern) => matches(pattern, path)) === true;
  return isOpen ? { kind: 'open' } : { kind: 'switched', by: 'unknown' };
}

function found<T>(table: readonly (readonly [string, T])[], path: string): T | undefined {
  return table.find(([pattern]) => matches(pattern, path))?.[1];
}

function matches(pattern: string, path: string): boolean {
  let compiled = patterns.get(pattern);
  if (compiled === undefined) {
    compiled = new RegExp(`^${pattern}$`);
    patterns.set(pattern, compiled);
  }
  return compiled.test(path);
}

/** Each made once. The patterns are this file's own, and none goes back over what it has read: a path cannot make one slow. */
const patterns = new Map<string, RegExp>();
