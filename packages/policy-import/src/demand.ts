/** What must be shown for an image: as Signet's `require`, with what is always and what is never satisfied. */
export type Demand =
  | { readonly kind: 'pass' }
  | { readonly kind: 'never' }
  | { readonly kind: 'source'; readonly name: string }
  | { readonly kind: 'atLeast'; readonly count: number; readonly of: readonly Demand[] };

/** Satisfied by everything, an image without signatures included. */
export const pass: Demand = { kind: 'pass' };

/** Satisfied by nothing: what stands in for what Signet cannot check. */
export const never: Demand = { kind: 'never' };

/** A signature that the source of this name trusts. */
export function bySource(name: string): Demand {
  return { kind: 'source', name };
}

/** One of these suffices. */
export function anyOf(of: readonly Demand[]): Demand {
  return atLeast(1, of);
}

/** All of these. An empty list asks for nothing. */
export function allOf(of: readonly Demand[]): Demand {
  return of.length === 0 ? pass : atLeast(of.length, of);
}

/** `count` of these, simplified: what is always or never satisfied stays only where it is the whole. */
export function atLeast(count: number, of: readonly Demand[]): Demand {
  const open = unique(of.filter(({ kind }) => kind !== 'pass' && kind !== 'never'));
  const wanted = count - of.filter(({ kind }) => kind === 'pass').length;
  // Equal branches are one: asking for both is asking for either, but counting them twice would be laxer.
  const isAll = count === of.length && !of.some(({ kind }) => kind === 'never');
  if (wanted <= 0) return pass;
  if (count > of.length) return never;
  if (isAll) return open.length === 1 ? (open[0] ?? never) : { kind: 'atLeast', count: open.length, of: open };
  if (wanted > open.length) return never;
  return open.length === 1 ? (open[0] ?? never) : { kind: 'atLeast', count: wanted, of: open };
}

/** The sources that it names, each once. */
export function sourcesIn(demand: Demand): readonly string[] {
  const names =
    demand.kind === 'source' ? [demand.name] : demand.kind === 'atLeast' ? demand.of.flatMap(sourcesIn) : [];
  return [...new Set(names)];
}

function unique(demands: readonly Demand[]): readonly Demand[] {
  return [...new Map(demands.map((demand) => [JSON.stringify(demand), demand])).values()];
}
