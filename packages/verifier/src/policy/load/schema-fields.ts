/** What a schema lets stand inside a map or a list: named fields, or anything of one kind, and how much of it. */
export type Inside =
  | { readonly kind: 'fields'; readonly fields: ReadonlyMap<string, unknown> }
  | { readonly kind: 'items'; readonly item: unknown; readonly most?: Most };

/** A bound of a list or a map with free names, and what to say beyond it. */
export interface Most {
  readonly count: number;
  readonly message: string;
}

/** What the schema lets stand inside a map or a list; undefined where it lets none be there. The schemas are those of valibot. */
export function insideOf(schema: unknown, container: 'map' | 'list'): Inside | undefined {
  if (!isSchema(schema)) return undefined;
  switch (schema.type) {
    case 'exact_optional':
      return insideOf(schema.wrapped, container);
    case 'lazy':
      return insideOf(schema.getter?.(), container);
    case 'union':
      return schema.options?.map((option) => insideOf(option, container)).find((inside) => inside !== undefined);
    case 'strict_object':
      return container === 'map'
        ? { kind: 'fields', fields: new Map(Object.entries(schema.entries ?? {})) }
        : undefined;
    case 'record':
      return container === 'map' ? { kind: 'items', item: schema.value, ...mostOf(schema) } : undefined;
    case 'array':
      return container === 'list' ? { kind: 'items', item: schema.item, ...mostOf(schema) } : undefined;
    case 'unknown':
      return { kind: 'items', item: schema };
    default:
      return undefined;
  }
}

function mostOf({ pipe = [] }: Schema): { readonly most?: Most } {
  const bound = pipe.find(({ type }) => type === 'max_length' || type === 'max_entries');
  if (typeof bound?.requirement !== 'number' || typeof bound.message !== 'string') return {};
  return { most: { count: bound.requirement, message: bound.message } };
}

/** The parts of valibot's schemas that are looked at here. */
interface Schema {
  readonly type: string;
  readonly wrapped?: unknown;
  readonly getter?: () => unknown;
  readonly options?: readonly unknown[];
  readonly entries?: Readonly<Record<string, unknown>>;
  readonly value?: unknown;
  readonly item?: unknown;
  readonly pipe?: readonly { readonly type: string; readonly requirement?: unknown; readonly message?: unknown }[];
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}
