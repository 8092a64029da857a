import { type Gathering, unread } from '../gathering.ts';
import type { ImageRole, ObjectName } from '../inventory.ts';
import { type Tree, textAt } from '../tree/tree.ts';
import type { Selected } from './json-path.ts';

/** Where findings go, and whose they are. */
export interface Finder {
  readonly gathering: Gathering;
  readonly object: ObjectName;
}

const containerLists: readonly (readonly [string, ImageRole])[] = [
  ['initContainers', 'init-container'],
  ['containers', 'container'],
  ['ephemeralContainers', 'ephemeral-container'],
];

/**
 * The images of what a path leads to: a text is an image; a map may be a container (`image`), a pod spec (`containers`, …) or both; of a
 * list each item.
 * Rule: Kubernetes API reference, PodSpec, Container, ImageVolumeSource
 */
export function readSelected(selected: Selected, finder: Finder): void {
  const { tree, path } = selected;
  if (tree.type === 'text') addImage(selected, finder, { role: 'custom' });
  else if (tree.type === 'map') readMap(selected, finder);
  else if (tree.type === 'other') wrongShape(selected, finder, 'a pod spec, a container or an image');
  for (const [index, item] of tree.items().entries()) readSelected({ tree: item, path: `${path}[${index}]` }, finder);
}

function readMap(selected: Selected, finder: Finder): void {
  const { tree } = selected;
  if (tree.get('image') !== undefined) readContainer(selected, finder, 'custom');
  for (const [key, role] of containerLists) {
    for (const container of listAt(selected, key, finder)) readContainer(container, finder, role);
  }
  for (const volume of listAt(selected, 'volumes', finder)) readVolume(volume, finder);
}

function listAt({ tree, path }: Selected, key: string, finder: Finder): readonly Selected[] {
  const list = tree.get(key);
  if (list === undefined || list.type === 'null') return [];
  const at = `${path}.${key}`;
  if (list.type === 'list') return list.items().map((item, index) => ({ tree: item, path: `${at}[${index}]` }));
  wrongShape({ tree: list, path: at }, finder, 'a list');
  return [];
}

function readContainer(selected: Selected, finder: Finder, role: ImageRole): void {
  const { tree, path } = selected;
  const image = tree.get('image');
  const name = textAt(tree, 'name');
  const where = { path, object: finder.object, at: image ?? tree };
  if (tree.type !== 'map') wrongShape(selected, finder, 'a container');
  else if (image === undefined || image.type === 'null' || (image.type === 'text' && image.text === ''))
    finder.gathering.problem(unread('IMAGE_MISSING', `${called(name)} has no image`, where));
  else
    addImage({ tree: image, path: `${path}.image` }, finder, {
      role,
      ...(name === undefined ? {} : { container: name }),
    });
}

function readVolume({ tree, path }: Selected, finder: Finder): void {
  const image = tree.get('image');
  if (image === undefined || image.type === 'null') return;
  if (image.type !== 'map') wrongShape({ tree: image, path: `${path}.image` }, finder, 'an image volume');
  const reference = image.get('reference');
  // An empty reference is a volume that a controller fills in.
  if (reference === undefined || reference.type === 'null' || (reference.type === 'text' && reference.text === ''))
    return;
  const name = textAt(tree, 'name');
  addImage({ tree: reference, path: `${path}.image.reference` }, finder, {
    role: 'image-volume',
    ...(name === undefined ? {} : { container: name }),
  });
}

function addImage(
  selected: Selected,
  finder: Finder,
  facts: { readonly role: ImageRole; readonly container?: string },
): void {
  const { tree, path } = selected;
  const { gathering, object } = finder;
  const written = tree.text;
  const message = `the image is only known when it runs: ${JSON.stringify(written.slice(0, 200))} has a variable`;
  if (tree.type !== 'text') wrongShape(selected, finder, 'an image reference');
  else if (/\$\(|\$\{|\{\{/.test(written))
    gathering.problem(unread('IMAGE_VARIABLE', message, { path, object, at: tree }));
  else gathering.image({ written, resolved: written, path, object, ...facts, ...spotOf(tree) });
}

function wrongShape({ tree, path }: Selected, { gathering, object }: Finder, wanted: string): void {
  gathering.problem(unread('SHAPE_WRONG', `${path} is not ${wanted}`, { path, object, at: tree }));
}

function called(name: string | undefined): string {
  return name === undefined ? 'the container' : `the container ${JSON.stringify(name.slice(0, 80))}`;
}

function spotOf(tree: Tree): Pick<Tree, 'spot'> {
  return tree.spot === undefined ? {} : { spot: tree.spot };
}
