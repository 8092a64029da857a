import { type Tree, textAt } from '../tree/tree.ts';
import { memberPath, type Selected } from './json-path.ts';

/** How many places are named at most. */
const maxNamed = 5;

/**
 * Where a value of unknown meaning holds something that looks like an image: `image` or `…Image` with a text or a repository, containers,
 * addresses of images. What a cluster says about itself (`metadata`, `status`) is left out.
 */
export function imageLikes(root: Tree): readonly Selected[] {
  const found: Selected[] = [];
  const waiting = root
    .entries()
    .filter(([name]) => name !== 'metadata' && name !== 'status')
    .map(([name, tree]) => ({ name, value: { tree, path: name } }))
    .reverse();
  for (let next = waiting.pop(); next !== undefined && found.length < maxNamed; next = waiting.pop()) {
    const { name, value } = next;
    if (looksLikeImage(name, value.tree)) found.push(value);
    else for (const child of namedChildren(name, value).reverse()) waiting.push(child);
  }
  return found;
}

function looksLikeImage(name: string, tree: Tree): boolean {
  if (tree.type === 'text')
    return isImageName(name) ? tree.text !== '' : /^(?:docker|docker-image|oci):\/\//.test(tree.text);
  if (tree.type === 'map') return isImageName(name) && textAt(tree, 'repository') !== undefined;
  if (!/^(?:init|ephemeral)?containers$/i.test(name)) return false;
  return tree.items().some((item) => item.get('image') !== undefined);
}

function isImageName(name: string): boolean {
  return /^image(?:name|ref|reference)?$|Image$|_image$/i.test(name);
}

/** Items of a list go by the name of the list. */
function namedChildren(name: string, { tree, path }: Selected): { readonly name: string; readonly value: Selected }[] {
  const items = tree.items().map((item, index) => ({ name, value: { tree: item, path: `${path}[${index}]` } }));
  const members = tree
    .entries()
    .map(([key, member]) => ({ name: key, value: { tree: member, path: memberPath(path, key) } }));
  return [...items, ...members];
}
