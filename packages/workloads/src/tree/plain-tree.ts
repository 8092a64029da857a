import type { Budget, Tree } from './tree.ts';

/** A parsed object (JSON) as a tree. Accessors and prototypes are not looked at. */
export function plainTree(value: unknown, budget: Budget): Tree {
  return new PlainTree(value, budget, 0);
}

/** A class for speed: a server reads thousands of objects a second. */
class PlainTree implements Tree {
  readonly type: Tree['type'];
  readonly #value: unknown;
  readonly #budget: Budget;
  readonly #depth: number;

  constructor(value: unknown, budget: Budget, depth: number) {
    budget.spend(depth);
    this.type = typeOf(value);
    this.#value = value;
    this.#budget = budget;
    this.#depth = depth;
  }

  get text(): string {
    return typeof this.#value === 'string' ? this.#value : '';
  }

  get(key: string): Tree | undefined {
    const members = this.#members();
    const member = members !== undefined && Object.hasOwn(members, key) ? members[key] : undefined;
    return member === undefined ? undefined : this.#child(member);
  }

  entries(): readonly (readonly [string, Tree])[] {
    return Object.entries(this.#members() ?? {}).map(([key, member]) => [key, this.#child(member)] as const);
  }

  items(): readonly Tree[] {
    return Array.isArray(this.#value) ? this.#value.map((item: unknown) => this.#child(item)) : [];
  }

  #child(value: unknown): Tree {
    return new PlainTree(value, this.#budget, this.#depth + 1);
  }

  #members(): Readonly<Record<string, unknown>> | undefined {
    return this.type === 'map' ? (this.#value as Readonly<Record<string, unknown>>) : undefined;
  }
}

function typeOf(value: unknown): Tree['type'] {
  if (typeof value === 'string') return 'text';
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return 'list';
  return typeof value === 'object' ? 'map' : 'other';
}
