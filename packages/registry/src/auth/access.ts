import type { Route } from '../http/router.ts';

export type Action = 'pull' | 'push' | 'delete';

/** What the sender of a request may do. */
export interface Grants {
  readonly user?: string;
  /** Everything with this action on this repository. */
  allows(repository: string, action: Action): boolean;
}

/** What a request needs: actions on a repository, the catalogue, or nothing but being known. */
export type Need =
  | { readonly kind: 'repository'; readonly name: string; readonly actions: readonly Action[] }
  | { readonly kind: 'catalog' }
  | { readonly kind: 'base' }
  | { readonly kind: 'nothing' };

export const everything: Grants = { allows: () => true };

/** Pushing needs `pull` too, as clients ask for it. */
export function needOf(route: Route, method: string): Need {
  if (route.kind === 'token') return { kind: 'nothing' };
  if (route.kind === 'base' || route.kind === 'catalog') return { kind: route.kind };
  return { kind: 'repository', name: route.name, actions: actionsOf(route, method) };
}

/** The scope of a token that would do, as a challenge names it. Rule: Docker token authentication, "scope". */
export function scopeOf(need: Need): string | undefined {
  if (need.kind === 'repository') return `repository:${need.name}:${need.actions.join(',')}`;
  return need.kind === 'catalog' ? 'registry:catalog:*' : undefined;
}

function actionsOf(route: Route, method: string): readonly Action[] {
  if (route.kind === 'uploads' || route.kind === 'upload') return ['pull', 'push'];
  if (method === 'GET' || method === 'HEAD') return ['pull'];
  return method === 'DELETE' ? ['delete'] : ['pull', 'push'];
}
