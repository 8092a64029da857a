/** Scopes by resource (`repository:ns/app`) with the actions asked for. Rule: wire-formats 2.10, "Scope grammar". */
export type Scopes = ReadonlyMap<string, ReadonlySet<string>>;

/** `repository:NAME:ACTIONS`. */
export function repositoryScope(repository: string, actions: string): string {
  return `repository:${repository}:${actions}`;
}

/** The scopes of texts that may each hold several, joined by spaces; what is no scope is left out. */
export function parseScopes(texts: readonly string[]): Scopes {
  const scopes = new Map<string, Set<string>>();
  for (const text of texts.flatMap((joined) => joined.split(' '))) {
    const colon = text.lastIndexOf(':');
    if (colon <= text.indexOf(':') || text.length > 1024) continue;
    const resource = text.slice(0, colon);
    const actions = scopes.get(resource) ?? new Set();
    for (const action of text.slice(colon + 1).split(',')) if (action !== '') actions.add(action);
    scopes.set(resource, actions);
  }
  return scopes;
}

/** One text per resource, actions merged and in order: equal sets give equal texts. */
export function formatScopes(scopes: Scopes): readonly string[] {
  return [...scopes].map(([resource, actions]) => `${resource}:${[...actions].sort().join(',')}`).sort();
}

/** Whether `granted` holds every action of `wanted`. */
export function coversScopes(granted: Scopes, wanted: Scopes): boolean {
  for (const [resource, actions] of wanted) {
    const have = granted.get(resource);
    if (have === undefined || [...actions].some((action) => !have.has(action) && !have.has('*'))) return false;
  }
  return true;
}
