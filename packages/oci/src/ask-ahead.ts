import type { Descriptor } from './descriptor.ts';
import type { ReadOptions, ReferrersPage, Resolved, Source } from './store.ts';

/** A thing that somebody will ask a source, with the bound on bytes that he will ask with: with another it is another question. */
export type FirstQuestion =
  | { readonly what: 'resolve'; readonly tagOrDigest: string; readonly maxBytes: number }
  | { readonly what: 'referrers'; readonly subject: Descriptor; readonly maxBytes: number };

/**
 * Asks at once what the caller of the source that is given back will ask first, and gives him the answers then: what is needed to judge them can
 * be made ready meanwhile. Everything else goes to the source itself, and so does the same question a second time. His signal counts
 * as soon as he asks. `source`: a plain object, as the Store of a registry is.
 */
export function askAhead<S extends Source>(source: S, first: readonly FirstQuestion[]): S {
  return first.reduce<S>(
    (asked, each) => (each.what === 'resolve' ? resolveAhead(asked, each) : referrersAhead(asked, each)),
    source,
  );
}

function resolveAhead<S extends Source>(source: S, first: FirstQuestion & { readonly what: 'resolve' }): S {
  const { tagOrDigest, maxBytes } = first;
  const { signal, follow } = laterSignal();
  let asked: Promise<Resolved> | undefined = source.resolve(tagOrDigest, { maxBytes, signal });
  asked.catch(() => undefined); // told to who asks
  const resolve: Source['resolve'] = async (wanted, options = {}) => {
    const answer = asked;
    if (answer === undefined || wanted !== tagOrDigest || options.maxBytes !== maxBytes)
      return source.resolve(wanted, options);
    asked = undefined;
    follow(options);
    return answer;
  };
  return { ...source, resolve };
}

function referrersAhead<S extends Source>(source: S, first: FirstQuestion & { readonly what: 'referrers' }): S {
  const { subject, maxBytes } = first;
  const { signal, follow } = laterSignal();
  const pages = source.referrers(subject, { maxBytes, signal })[Symbol.asyncIterator]();
  let asked: Promise<IteratorResult<ReferrersPage>> | undefined = pages.next();
  asked.catch(() => undefined); // told to who asks
  const referrers: Source['referrers'] = (wanted, options = {}) => {
    const page = asked;
    const isOther = wanted.digest !== subject.digest || options.maxBytes !== maxBytes;
    if (page === undefined || isOther || options.artifactType !== undefined) return source.referrers(wanted, options);
    asked = undefined;
    follow(options);
    return continued(page, pages);
  };
  return { ...source, referrers };
}

async function* continued<T>(first: Promise<IteratorResult<T>>, rest: AsyncIterator<T>): AsyncGenerator<T> {
  try {
    for (let next = await first; next.done !== true; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}

/** A signal for a question whose asker, with a signal of his own, comes later. */
function laterSignal(): { readonly signal: AbortSignal; readonly follow: (options: ReadOptions) => void } {
  const controller = new AbortController();
  const follow = ({ signal }: ReadOptions): void => {
    const abort = (): void => controller.abort(signal?.reason);
    signal?.addEventListener('abort', abort, { once: true });
    if (signal?.aborted === true) abort();
  };
  return { signal: controller.signal, follow };
}
