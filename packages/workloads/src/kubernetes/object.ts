import { type Gathering, unread } from '../gathering.ts';
import type { ObjectName } from '../inventory.ts';
import { type Tree, textAt } from '../tree/tree.ts';
import { imageLikes } from './image-like.ts';
import { type Selected, selectPath } from './json-path.ts';
import type { KindTable } from './kind-table.ts';
import { readSelected } from './pod-spec.ts';

/** What objects are read with. */
export interface ObjectReader {
  readonly gathering: Gathering;
  readonly kinds: KindTable;
}

/** Whether a document is a Kubernetes object, or wants to be one. */
export function isObject(tree: Tree): boolean {
  return textAt(tree, 'kind') !== undefined && textAt(tree, 'apiVersion') !== undefined;
}

/** The images of one object; of a `List`, and of any `…List` with items, those of each item. */
export function readObject(tree: Tree, reader: ObjectReader): void {
  readNamed({ tree, path: '' }, reader, {});
}

/** What a list of one kind (`PodList`) says once for all its items. */
interface Inherited {
  readonly apiVersion?: string;
  readonly kind?: string;
}

function readNamed({ tree, path }: Selected, reader: ObjectReader, inherited: Inherited): void {
  const object = nameOf(tree, inherited);
  const items = tree.get('items');
  const paths = reader.kinds.pathsOf(object.apiVersion, object.kind);
  if (object.kind.endsWith('List') && items?.type === 'list') {
    const own = itemsOf(object);
    for (const [index, item] of items.items().entries())
      readNamed({ tree: item, path: memberOf(path, `items[${index}]`) }, reader, own);
    return;
  }
  if (paths === undefined) tellUnknown({ tree, path }, reader, object);
  const finder = { gathering: reader.gathering, object };
  for (const selected of (paths ?? []).flatMap((each) => selectPath(tree, each)))
    readSelected({ tree: selected.tree, path: memberOf(path, selected.path) }, finder);
}

/** A `List` holds any kinds, a `PodList` pods that need not say so. */
function itemsOf({ apiVersion, kind }: ObjectName): Inherited {
  return kind === 'List' ? {} : { apiVersion, kind: kind.slice(0, -'List'.length) };
}

function nameOf(tree: Tree, inherited: Inherited): ObjectName {
  const namespace = textAt(tree, 'metadata', 'namespace');
  const hook = textAt(tree, 'metadata', 'annotations', 'helm.sh/hook');
  return {
    apiVersion: textAt(tree, 'apiVersion') ?? inherited.apiVersion ?? '',
    kind: textAt(tree, 'kind') ?? inherited.kind ?? '',
    name: textAt(tree, 'metadata', 'name') ?? '',
    ...(namespace === undefined ? {} : { namespace }),
    ...(hook === undefined ? {} : { hook }),
  };
}

function tellUnknown({ tree, path }: Selected, { gathering }: ObjectReader, object: ObjectName): void {
  const [first, ...more] = imageLikes(tree);
  if (first === undefined) return;
  const kind = `${object.apiVersion}/${object.kind}`;
  const places = [first, ...more].map((each) => memberOf(path, each.path)).join(', ');
  gathering.problem(
    unread(
      'KIND_UNKNOWN',
      `kind ${kind.slice(0, 200)} is not known and seems to hold images (${places}); configure its paths`,
      {
        path: memberOf(path, first.path),
        object,
        at: first.tree,
      },
    ),
  );
}

function memberOf(path: string, member: string): string {
  if (path === '' || member === '') return `${path}${member}`;
  return member.startsWith('[') ? `${path}${member}` : `${path}.${member}`;
}
