import type { Budget, Tree } from './tree.ts';

/** A parsed object (JSON) as a tree. Accessors and prototypes are not looked at. */
export function plainTree(value: unknown, budget: Budget, depth = 0): Tree {
  budget.spend(depth);
  const tree = (inner: unknown): Tree => plainTree(inner, budget, depth + 1);
  return {
    type: typeOf(value),
    text: typeof value === 'string' ? value : '',
    get(key) {
      const members = asMembers(value);
      const member = members !== undefined && Object.hasOwn(members, key) ? members[key] : undefined;
      return member === undefined ? undefined : tree(member);
    },
    entries() {
      const entries = Object.entries(asMembers(value) ?? {});
      return entries.map(([key, member]) => [key, tree(member)] as const);
    },
    items: () => (Array.isArray(value) ? value.map((item: unknown) => tree(item)) : []),
  };
}

function typeOf(value: unknown): Tree['type'] {
  if (typeof value === 'string') return 'text';
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return 'list';
  return typeof value === 'object' ? 'map' : 'other';
}

function asMembers(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeOf(value) === 'map' ? (value as Readonly<Record<string, unknown>>) : undefined;
}
